#include "cli/online/application.h"

#include <fmt/format.h>
#include <poll.h>

#include <chrono>
#include <random>
#include <set>
#include <thread>

#include "cli/errors.h"
#include "cli/stores/store_argument.h"
#include "impl/online/shadow.h"
#include "impl/store/store_failed.h"

namespace cutover::cli {

using namespace online;

namespace {

bool has_ended(int descriptor) {
  pollfd input{descriptor, POLLIN, 0};
  return ::poll(&input, 1, 0) > 0 && (input.revents & (POLLIN | POLLHUP)) != 0;
}

class Application {
 public:
  Application(const ApplicationOptions& options, std::ostream& out)
      : options_(options),
        out_(out),
        wait_(std::chrono::milliseconds(static_cast<std::int64_t>(options.migration.wait * 1000))),
        source_(open_store(options.migration.from, wait_)),
        target_(open_store(options.migration.to, wait_)),
        record_(target_->record(options.migration.table)),
        random_(options.seed) {}

  int run() {
    while (!has_ended(0)) {
      try {
        if (!schema_) {
          schema_ = schema_of(*source_, options_.migration.from, options_.migration.table);
        }
        const bool is_right = schema_->has_counters ? count() : request();
        if (!is_right) return kDiffers;
      } catch (const StoreFailed&) {
        // Not acknowledged, and not known.
        generation_.reset();
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    }
    return kAsExpected;
  }

 private:
  struct Known {
    std::string acknowledged = "-";
    std::set<std::string> possible = {};  ///< later than that, and perhaps there
  };

  std::string any_key() { return fmt::format("{}-{}", options_.name, random_() % options_.keys); }
  WriteTime time() { return written_ = std::max(present() + options_.skew, written_ + 1); }

  /// A put, a deletion or a read.
  bool request() {
    const std::string& name = options_.migration.table;
    if (from_ == nullptr) from_ = source_->table(name, {});
    // The target's table is made when the migration begins.
    if (to_ == nullptr && target_->schema(name)) to_ = target_->table(name, {});
    if (to_ == nullptr) known_ = {};
    const Table &source = *from_, &target = to_ == nullptr ? *from_ : *to_;
    const std::string key = any_key();
    if (random_() % 4 == 0)
      return is_as_known(key, complete(read(source, target, *record_, known_, source.key(key))));
    struct Request {
      Application& by;
      std::string key, value;
      WriteTime written = 0;
      Row attempt() {
        written = by.time();
        by.out_ << fmt::format("try {} {} {}\n", key, written, value) << std::flush;
        by.keys_[key].possible.insert(value);
        if (value == "-") return deleted_at(written);
        return row_of("v", by.from_->stored("v", value), written);
      }
      void in_target() {}
    };
    const std::string value =
        random_() % 4 == 0 ? "-" : fmt::format("{}:{}", options_.name, ++values_);
    Request request{*this, key, value};
    complete(write(source, target, *record_, known_, source.key(key), request));
    keys_[key] = {value, {}};
    out_ << fmt::format("ack {} {}\n", key, request.written) << std::flush;
    return true;
  }

  bool is_as_known(const std::string& key, const Row& row) {
    const auto column = row.columns.find("v");
    std::string found = "-";
    if (column != row.columns.end() && !column->second.elements.at("").is_marker()) {
      found = from_->shown("v", column->second.elements.at("").value).get<std::string>();
    }
    const Known& known = keys_[key];
    if (found == known.acknowledged || known.possible.contains(found)) return true;
    out_ << fmt::format("WRONG: {} is {}, and {} was acknowledged\n", key, found,
                        known.acknowledged)
         << std::flush;
    return false;
  }

  bool count() {
    const std::string key = any_key();
    const auto source = source_->counter(options_.migration.table, key, "v");
    const auto target = target_->counter(options_.migration.table, key, "v");
    std::int64_t& counted = counted_[key];
    if (random_() % 4 == 0) {
      const std::int64_t found = complete(read(*source, *target, *record_));
      if (found >= counted && found <= added_[key]) return true;
      out_ << fmt::format("WRONG: {} is {}, and {} to {} was counted\n", key, found, counted,
                          added_[key])
           << std::flush;
      return false;
    }
    if (!generation_) generation_ = complete(record_->generation());
    out_ << "add " << key << "\n" << std::flush;
    ++added_[key];
    if (!complete(add(*source, *target, *record_, *generation_, 1))) return true;
    ++counted;
    out_ << "counted " << key << "\n" << std::flush;
    return true;
  }

  const ApplicationOptions& options_;
  std::ostream& out_;
  LockWait wait_;
  std::unique_ptr<Cluster> source_, target_;
  std::unique_ptr<MigrationRecord> record_;
  std::optional<Schema> schema_;
  std::unique_ptr<Table> from_, to_;
  std::mt19937 random_;
  Record known_;
  std::optional<int> generation_;  ///< as it was last heard of
  WriteTime written_ = 0;
  std::uint64_t values_ = 0;
  std::map<std::string, Known> keys_;
  std::map<std::string, std::int64_t> counted_, added_;
};

}  // namespace

int run_application(const ApplicationOptions& options, std::ostream& out) {
  return Application(options, out).run();
}

}  // namespace cutover::cli
