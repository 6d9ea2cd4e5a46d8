// Applications whose table moves, as processes of their own, and what they have said.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/command.h"

namespace cutover::online {

inline constexpr int kKilled = 128 + SIGKILL;

/// What applications have said of a key, which one of them alone writes to.
struct Said {
  std::string acknowledged = "-";
  std::set<std::string> possible = {};  ///< tried later than that
  std::string tried = "-";              ///< last
  std::int64_t counted = 0, added = 0;

  bool allows(const std::string& value) const {
    return value == acknowledged || possible.contains(value);
  }
};

/// A running `cutover application`. Its standard input ends when it is told to stop.
class Application {
 public:
  explicit Application(const std::vector<std::string>& arguments) : pipe_(made_pipe()) {
    started_.emplace(arguments, [this] {
      ::dup2(pipe_[0], STDIN_FILENO);
      ::close(pipe_[1]);
    });
    ::close(pipe_[0]);
  }
  Ended stop() {
    ::close(pipe_[1]);
    return started_->wait();
  }
  Ended kill() {
    const Ended ended = started_->kill(SIGKILL);
    ::close(pipe_[1]);
    return ended;
  }

 private:
  static std::array<int, 2> made_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    return ends;
  }
  std::array<int, 2> pipe_;
  std::optional<Started> started_;
};

/// Several of them, of one migration after the other.
class Applications {
 public:
  /// `command`: what runs one, but for its name, its seed, its keys and its clock's skew.
  void start(std::size_t count, const std::vector<std::string>& command) {
    command_ = command;
    said.clear();
    running_.resize(count);
    for (std::size_t i = 0; i < count; ++i) start_one(i);
  }
  /// And starts another one in its place.
  void kill_one(std::size_t at) {
    const Ended ended = running_[at]->kill();
    EXPECT_EQ(ended.status, kKilled) << ended.output << ended.errors;
    learn(ended.output);
    start_one(at);
  }
  void stop() {
    for (const auto& application : running_) {
      const Ended ended = application->stop();
      EXPECT_EQ(ended.status, 0) << ended.output.substr(ended.output.size() / 2) << ended.errors;
      learn(ended.output);
    }
    running_.clear();
  }

  std::map<std::string, Said> said;  ///< by key, in this migration
  int tries = 0, acknowledged = 0;

 private:
  void start_one(std::size_t at) {
    const int number = ++started_;
    // The clocks of the applications differ by minutes, and by less than the grace.
    const int skew = (number % 3 - 1) * 60'000'000;
    std::vector<std::string> command = command_;
    command.insert(command.end(),
                   {"--name", fmt::format("app{}", number), "--seed", std::to_string(number),
                    "--keys", "4", "--skew", std::to_string(skew)});
    running_[at] = std::make_unique<Application>(command);
  }
  void learn(const std::string& output) {
    std::istringstream lines(output);
    std::string line;
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::string what, key, written, value;
      words >> what >> key >> written >> value;
      Said& of = said[key];
      if (what == "try") {
        of.possible.insert(value);
        of.tried = value;
        ++tries;
      } else if (what == "ack") {
        of.acknowledged = of.tried;
        of.possible.clear();
        ++acknowledged;
      } else if (what == "add") {
        ++of.added;
        ++tries;
      } else if (what == "counted") {
        ++of.counted;
        ++acknowledged;
      }
    }
  }

  std::vector<std::string> command_;
  std::vector<std::unique_ptr<Application>> running_;
  int started_ = 0;
};

}  // namespace cutover::online
