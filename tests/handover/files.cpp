#include "tests/handover/files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "crashsim/process/child.h"
#include "tests/handover/protocol.h"

namespace cutover::handover {
namespace {

namespace fs = std::filesystem;
using crashsim::Value;

Shelf load(const fs::path& file) {
  std::ifstream in(file);
  return Value::parse(in).get<Shelf>();
}

void save(const fs::path& file, const Shelf& shelf) {
  const fs::path written = file.string() + ".new";
  std::ofstream(written) << Value(shelf);
  fs::rename(written, file);
}

/// A store in a file, each of whose steps whoever started the command may hold.
class FileShelf {
 public:
  FileShelf(fs::path folder, std::string name, int read_fd, int write_fd)
      : file_(folder / (name + ".json")), name_(name), read_fd_(read_fd), write_fd_(write_fd) {}

  template <class F, class... A>
  Task<std::invoke_result_t<F, Shelf&, A...>> step(std::string label, F operation,
                                                   A... arguments) const {
    pause("before", label);
    Shelf shelf = load(file_);
    try {
      const auto answer = operation(shelf, arguments...);
      save(file_, shelf);
      pause("after", label);
      co_return answer;
    } catch (const Rejected&) {
      pause("after", label);
      throw;
    }
  }

 private:
  void pause(const char* when, const std::string& label) const {
    const std::string line = fmt::format("{} {}: {}\n", when, name_, label);
    char go_on = 0;
    if (::write(write_fd_, line.data(), line.size()) < 0 || ::read(read_fd_, &go_on, 1) != 1) {
      throw std::runtime_error("nobody holds this command any more");
    }
  }

  fs::path file_;
  std::string name_;
  int read_fd_, write_fd_;
};

class Shelves final : public crashsim::ProcessStores {
 public:
  std::unique_ptr<ProcessStores> clone() const override { return std::make_unique<Shelves>(*this); }

  void copy_files(const fs::path& from, const fs::path& to) const override {
    fs::create_directories(to);
    for (const char* name : {"old.json", "new.json"}) {
      fs::copy_file(from / name, to / name, fs::copy_options::overwrite_existing);
    }
  }

  crashsim::MaybeFailure look(const fs::path& folder) override {
    left_ = load(folder / "old.json").left;
    if (load(folder / (truth_name() + ".json")).value == kValue) return std::nullopt;
    return crashsim::Failure{"NoLostValue", "the value is not on the " + truth_name() + " shelf"};
  }

  crashsim::MaybeFailure serve(const fs::path&, bool, std::string& told,
                               const std::function<void()>& before_closing) override {
    told = "nobody asks for the value";
    before_closing();
    return std::nullopt;
  }

  std::size_t truth() const override { return left_ ? 1 : 0; }
  std::string truth_name() const override { return left_ ? "new" : "old"; }
  std::size_t situation() const override { return truth(); }
  std::string situation_name() const override { return "from the " + truth_name() + " shelf"; }

 private:
  bool left_ = false;
};

}  // namespace

int move_files(const fs::path& folder, int pause_read_fd, int pause_write_fd) {
  const FileShelf from(folder, "old", pause_read_fd, pause_write_fd);
  const FileShelf to(folder, "new", pause_read_fd, pause_write_fd);
  try {
    return complete(move(from, to, false)) ? 0 : 1;
  } catch (const Rejected&) {
    return 1;
  }
}

crashsim::ProcessSubject process_subject(const std::string& executable) {
  const auto make = [](const fs::path& folder) -> std::unique_ptr<crashsim::ProcessStores> {
    save(folder / "old.json", Shelf{.value = kValue});
    save(folder / "new.json", Shelf{});
    return std::make_unique<Shelves>();
  };
  const auto arguments = [](const fs::path& folder) -> std::vector<std::string> {
    using crashsim::Child;
    return {"hand-over", "--folder", folder, "--pause-fds",
            fmt::format("{},{}", Child::kPauseRead, Child::kPauseWrite)};
  };
  crashsim::ProcessSubject subject;
  subject.name = "handover";
  subject.executable = executable;
  subject.moves = {{"to the new shelf", 1, arguments}};
  subject.beginnings = {{"begun", "the value is on the old shelf", make},
                        {"moved", "the value is on the old shelf", make, 0}};
  subject.opens = [](const std::string& label) { return label == "old: open"; };
  return subject;
}

}  // namespace cutover::handover
