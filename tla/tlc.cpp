#include "tla/tlc.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <sstream>
#include <stdexcept>

#include "system/temporary_folder.h"
#include "tla/messages.h"
#include "tla/process.h"

namespace cutover::tla {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// TLC's codes for what is of interest here.
enum Code {
  kSuccess = 2193,
  kFinished = 2186,
  kInitialViolates = 2107,
  kInvariantViolated = 2110,
  kActionPropertyViolated = 2112,
  kTemporalViolated = 2116,
  kDepth = 2194,
  kStatistics = 2199,
  kProgress = 2200,
  kState = 2217,
  kStuttering = 2218,
  kBackToState = 2122,
};

/// TLC's exit statuses.
constexpr int kHolds = 0, kSafetyViolated = 12, kLivenessViolated = 13;

/// The word before " is violated".
std::string name_in(const std::string& text) {
  const auto end = text.find(" is violated");
  if (end == std::string::npos) return "";
  const auto space = text.rfind(' ', end - 1);
  return text.substr(space + 1, end - space - 1);
}

/// The number before `what`, "1,234 distinct states": 1234.
std::uint64_t number_before(const std::string& text, const std::string& what) {
  const auto end = text.find(what);
  if (end == std::string::npos) return 0;
  std::size_t begin = end;
  while (begin > 0 &&
         (std::isdigit(static_cast<unsigned char>(text[begin - 1])) || text[begin - 1] == ',')) {
    --begin;
  }
  std::string digits = text.substr(begin, end - begin);
  std::erase(digits, ',');
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() && !digits.empty()) {
    throw std::runtime_error(fmt::format("TLC said what is no number of states: {}", digits));
  }
  return number;
}

/// "2: <OpenStore line 253, col 3 ...>" and the state below.
TraceStep step_in(const std::string& text) {
  const auto line = std::min(text.find('\n'), text.size());
  const auto open = std::min(text.find('<'), line);
  const auto close = std::min(text.rfind('>', line), line);
  std::string label = text.substr(std::min(open + 1, line), close > open ? close - open - 1 : 0);
  const auto where = label.find(" line ");
  if (where != std::string::npos) label.resize(where);
  return {label, text.substr(std::min(line + 1, text.size()))};
}

/// Listens to TLC, and judges at its end what its word is worth.
class Reader {
 public:
  Reader(const Configuration& configuration, const RunOptions& options, Result& result)
      : configuration_(configuration), options_(options), result_(result) {}

  void hear(const Message& message) {
    const std::string& text = message.text;
    switch (message.code) {
      case kSuccess: has_succeeded_ = true; break;
      case kFinished: has_finished_ = true; break;
      case kInitialViolates:
        result_.trace.push_back({"Initial predicate", text.substr(end_of_line(text))});
        [[fallthrough]];
      case kInvariantViolated: violated(name_in(text), kSafetyViolated); break;
      case kActionPropertyViolated: violated(name_in(text), kLivenessViolated); break;
      case kTemporalViolated:
        violated(configuration_.properties.size() == 1 ? configuration_.properties[0] : "",
                 kLivenessViolated);
        break;
      case kState: result_.trace.push_back(step_in(text)); break;
      case kStuttering: result_.trace.push_back({"stuttering", ""}); break;
      case kBackToState: result_.trace.push_back({"back to state " + first_word(text), ""}); break;
      case kDepth: result_.depth = number_before(text, "."); break;
      case kStatistics:
      case kProgress:
        result_.states = number_before(text, " distinct states");
        result_.generated = number_before(text, " states generated");
        left_ = number_before(text, " states left on queue");
        break;
      default: break;
    }
    if (message.is_error) result_.errors += text;
    if (options_.progress) options_.progress({message.code, result_.states});
  }

  /// What came of it, by all that was said and the exit status together: each alone is no proof.
  Result::Ended judge(int status, bool was_cut_off) {
    const std::string doubt = was_cut_off        ? "its output ends within a message"
                              : !has_finished_   ? "it did not say that it had finished"
                              : status == kHolds ? doubt_of_success()
                              : status == kSafetyViolated || status == kLivenessViolated
                                  ? doubt_of_violation(status)
                                  : "its exit status is that of an error";
    if (doubt.empty()) return status == kHolds ? Result::Ended::holds : Result::Ended::violated;
    result_.doubt = doubt;
    return Result::Ended::failed;
  }

 private:
  static std::string first_word(const std::string& text) { return text.substr(0, text.find(':')); }
  static std::size_t end_of_line(const std::string& text) {
    return std::min(text.find('\n'), text.size() - 1) + 1;
  }

  void violated(const std::string& name, int status) {
    result_.violated = name;
    status_of_violation_ = status;
  }

  std::string doubt_of_success() const {
    if (!result_.violated.empty() || !result_.errors.empty()) return "it reported an error";
    if (!has_succeeded_) return "it did not say that no error was found";
    if (left_ > 0) return fmt::format("it left {} states unexplored", left_);
    return result_.states > 0 ? "" : "it looked at no state";
  }

  std::string doubt_of_violation(int status) const {
    const auto& properties = configuration_.properties;
    const bool is_checked = status == kSafetyViolated
                                ? configuration_.invariants.contains(result_.violated)
                                : std::ranges::count(properties, result_.violated) > 0;
    if (result_.violated.empty()) return "it did not say what is violated";
    if (status != status_of_violation_) return "its exit status does not fit what it reported";
    if (!is_checked) {
      return fmt::format("{} is none of what the configuration checks", result_.violated);
    }
    return result_.trace.empty() ? "it showed no behaviour" : "";
  }

  const Configuration& configuration_;
  const RunOptions& options_;
  Result& result_;
  bool has_succeeded_ = false, has_finished_ = false;
  std::uint64_t left_ = 0;
  int status_of_violation_ = kHolds;
};

/// The folder of a configuration is a folder below that of its module.
fs::path modules_of(const Configuration& configuration) {
  return configuration.file.parent_path().parent_path();
}

Command command_for(const Configuration& configuration, const RunOptions& options,
                    const fs::path& temporary) {
  std::vector<std::string> arguments = {options.tools.java, "-XX:+UseParallelGC"};
  const auto add = [&](const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
  };
  // The second compiler pays only in runs of minutes; of short ones it takes most of the time.
  if (!configuration.is_large()) {
    add({"-XX:TieredStopAtLevel=1", "-XX:ParallelGCThreads=1"});
    // Silently none if it is of another Java. It was made with the flags above.
    if (!options.tools.archive.empty()) {
      add({"-Xlog:disable", "-XX:SharedArchiveFile=" + options.tools.archive.string()});
    }
  }
  // Nothing is left outside of the folder, also by a machine that is killed or crashes.
  add({"-XX:-UsePerfData", "-XX:ErrorFile=" + (temporary / "crash.log").string()});
  add({"-Djava.io.tmpdir=" + temporary.string(), "-cp", options.tools.jar.string(), "tlc2.TLC"});
  add({"-tool", "-deadlock", "-lncheck", "final", "-workers", std::to_string(options.workers)});
  // Room that is laid out for fingerprints; those that find none go to the disk.
  if (!configuration.is_large()) add({"-fpmem", "0.01"});
  add({"-metadir", temporary.string(), "-config", fs::absolute(configuration.file).string()});
  if (!options.dump.empty()) add({"-dump", "dot,actionlabels", options.dump.string()});
  add({configuration.module});
  const std::chrono::duration<double> time(options.seconds);
  return {arguments, modules_of(configuration),
          Clock::now() + std::chrono::duration_cast<Clock::duration>(time)};
}

/// Those that the specification printed: <<"witness", "Moves">>.
std::set<std::string> witnesses_in(const std::string& rest) {
  static const std::string begin = "<<\"witness\", \"", end = "\">>";
  std::set<std::string> names;
  std::istringstream lines(rest);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(begin) || !line.ends_with(end)) continue;
    names.insert(line.substr(begin.size(), line.size() - begin.size() - end.size()));
  }
  return names;
}

/// What was said outside of TLC's messages, without the names of what was read.
std::string complaints(const std::string& rest) {
  std::string kept;
  std::istringstream lines(rest);
  for (std::string line; std::getline(lines, line);) {
    const bool is_news =
        line.starts_with("Parsing file") || line.starts_with("Semantic processing");
    if (!is_news && !line.empty()) kept += line + "\n";
  }
  return kept;
}

}  // namespace

Result run_tlc(const Configuration& configuration, const RunOptions& options) {
  // Also for the standard modules, which TLC unpacks into the system's temporary folder and removes
  // at its end, from under other runs if they share one.
  const system::TemporaryFolder temporary("cutover-tlc");
  const auto started = Clock::now();
  Result result;
  Reader reader(configuration, options, result);
  Messages messages([&](const Message& message) { reader.hear(message); });
  const Ended ended = run(command_for(configuration, options, temporary.path()),
                          [&](const std::string& line) { messages.take(line); });
  result.seconds = std::chrono::duration<double>(Clock::now() - started).count();
  result.status = ended.status;
  result.ended = ended.out_of_time ? Result::Ended::out_of_time
                                   : reader.judge(ended.status, messages.is_within_one());
  result.seen = witnesses_in(messages.rest());
  if (result.ended == Result::Ended::failed) result.errors += complaints(messages.rest());
  return result;
}

std::vector<std::string> unseen(const Configuration& configuration, const Result& result) {
  std::vector<std::string> names;
  std::ranges::set_difference(configuration.witnesses, result.seen, std::back_inserter(names));
  return names;
}

bool is_as_expected(const Configuration& configuration, const Result& result) {
  if (configuration.expect == Configuration::Expect::holds) {
    return result.ended == Result::Ended::holds && unseen(configuration, result).empty();
  }
  return result.ended == Result::Ended::violated && result.violated == configuration.violated;
}

std::string to_string(const Result& result) {
  switch (result.ended) {
    case Result::Ended::holds: return "holds";
    case Result::Ended::violated: return "violates " + result.violated;
    case Result::Ended::out_of_time: return "out of time";
    case Result::Ended::failed: break;
  }
  return fmt::format("TLC failed{}: {}{}{}",
                     result.status < 0 ? "" : fmt::format(", status {}", result.status),
                     result.doubt, result.errors.empty() ? "" : ":\n", result.errors);
}

}  // namespace cutover::tla
