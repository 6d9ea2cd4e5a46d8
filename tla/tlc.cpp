#include "tla/tlc.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <sstream>

#include "tla/messages.h"
#include "tla/process.h"
#include "tla/temporary.h"

namespace cutover::tla {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// TLC's codes for what is of interest here.
enum Code {
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
  return digits.empty() ? 0 : std::stoull(digits);
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

class Reader {
 public:
  Reader(const Configuration& configuration, const RunOptions& options, Result& result)
      : configuration_(configuration), options_(options), result_(result) {}

  void hear(const Message& message) {
    const std::string& text = message.text;
    switch (message.code) {
      case kInitialViolates:
      case kInvariantViolated:
      case kActionPropertyViolated: result_.violated = name_in(text); break;
      case kTemporalViolated:
        if (configuration_.properties.size() == 1) result_.violated = configuration_.properties[0];
        break;
      case kState: result_.trace.push_back(step_in(text)); break;
      case kStuttering: result_.trace.push_back({"stuttering", ""}); break;
      case kBackToState: result_.trace.push_back({"back to state " + first_word(text), ""}); break;
      case kDepth: result_.depth = number_before(text, "."); break;
      case kStatistics:
      case kProgress:
        result_.states = number_before(text, " distinct states");
        result_.generated = number_before(text, " states generated");
        break;
      default: break;
    }
    if (message.is_error) result_.errors += text;
    if (options_.progress) options_.progress({message.code, result_.states});
  }

 private:
  static std::string first_word(const std::string& text) { return text.substr(0, text.find(':')); }

  const Configuration& configuration_;
  const RunOptions& options_;
  Result& result_;
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
  if (!configuration.is_large()) add({"-XX:TieredStopAtLevel=1"});
  add({"-Djava.io.tmpdir=" + temporary.string(), "-cp", options.tools.jar.string(), "tlc2.TLC"});
  add({"-tool", "-deadlock", "-lncheck", "final", "-workers", std::to_string(options.workers)});
  add({"-metadir", temporary.string(), "-config", fs::absolute(configuration.file).string()});
  if (!options.dump.empty()) add({"-dump", "dot,actionlabels", options.dump.string()});
  add({configuration.module});
  const std::chrono::duration<double> time(options.seconds);
  return {arguments, modules_of(configuration),
          Clock::now() + std::chrono::duration_cast<Clock::duration>(time)};
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

Result::Ended judged(int status, const Result& result) {
  // An exit status alone is no proof that anything was looked at.
  if (status == kHolds) {
    return result.states > 0 ? Result::Ended::holds : Result::Ended::failed;
  }
  const bool violated = status == kSafetyViolated || status == kLivenessViolated;
  return violated && !result.violated.empty() ? Result::Ended::violated : Result::Ended::failed;
}

}  // namespace

Result run_tlc(const Configuration& configuration, const RunOptions& options) {
  // Also for the standard modules, which TLC unpacks into the system's temporary folder and removes
  // at its end, from under other runs if they share one.
  const TemporaryFolder temporary;
  const auto started = Clock::now();
  Result result;
  Reader reader(configuration, options, result);
  Messages messages([&](const Message& message) { reader.hear(message); });
  const Ended ended = run(command_for(configuration, options, temporary.path()),
                          [&](const std::string& line) { messages.take(line); });
  result.seconds = std::chrono::duration<double>(Clock::now() - started).count();
  result.status = ended.status;
  result.ended = ended.out_of_time ? Result::Ended::out_of_time : judged(ended.status, result);
  if (result.ended == Result::Ended::failed) result.errors += complaints(messages.rest());
  return result;
}

bool is_as_expected(const Configuration& configuration, const Result& result) {
  if (configuration.expect == Configuration::Expect::holds) {
    return result.ended == Result::Ended::holds;
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
  return fmt::format("TLC failed, status {}:\n{}", result.status, result.errors);
}

}  // namespace cutover::tla
