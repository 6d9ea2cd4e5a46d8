#include "cli/report.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "cli/errors.h"
#include "crashsim/trace/trace.h"
#include "system/printable.h"
#include "system/whole_file.h"

namespace cutover::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Why it is unknown.
std::string reason_of(const Verdict& verdict) {
  return verdict.reason.empty() ? verdict.note : verdict.reason;
}

Json json_of(const Verdict& verdict) {
  Json json;
  json["case"] = verdict.of->name;
  json["family"] = verdict.of->family;
  json["engine"] = verdict.engine;
  json["expected"] = to_string(verdict.expected());
  json["verdict"] = to_string(verdict.finding);
  json["violated"] = verdict.violated.empty() ? Json(nullptr) : Json(verdict.violated);
  json["complete"] = verdict.complete;
  for (const auto& bound : verdict.of->bounds.all()) {
    json["bounds"][bound.name] = bound.of(verdict.bounds);
  }
  json["states"] = verdict.states;
  json["transitions"] = verdict.transitions;
  json["executions"] = verdict.executions;
  json["seconds"] = verdict.seconds;
  json["trace"] = verdict.trace ? Json(verdict.trace->string()) : Json(nullptr);
  const bool is_unknown = verdict.finding == Finding::unknown;
  json["reason"] = is_unknown ? Json(reason_of(verdict)) : Json(nullptr);
  return json;
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : system::printable(text, true)) {
    switch (c) {
      case '\n': safe += "&#10;"; break;
      case '&': safe += "&amp;"; break;
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '"': safe += "&quot;"; break;
      default: safe += c;
    }
  }
  return safe;
}

std::string complaint(const Verdict& verdict) {
  const std::string why = verdict.finding == Finding::unknown ? reason_of(verdict) : verdict.note;
  return fmt::format(
      "expected {}{}, found {}{}{}", to_string(verdict.expected()),
      verdict.of->violates.empty() ? "" : " " + verdict.of->violates, to_string(verdict.finding),
      verdict.violated.empty() ? "" : " " + verdict.violated, why.empty() ? "" : ": " + why);
}

std::string junit_case(const Verdict& verdict) {
  const std::string head = fmt::format(R"(    <testcase classname="{}" name="{}" time="{:.3f}")",
                                       verdict.engine, escaped(verdict.of->name), verdict.seconds);
  if (verdict.as_expected()) return head + "/>\n";
  return fmt::format("{}>\n      <{} message=\"{}\"/>\n    </testcase>\n", head,
                     verdict.differs() ? "failure" : "error", escaped(complaint(verdict)));
}

}  // namespace

void write_json(const std::filesystem::path& file, bool is_ok,
                const std::vector<Verdict>& verdicts) {
  Json report;
  report["ok"] = is_ok;
  report["cases"] = Json::array();
  for (const Verdict& verdict : verdicts) report["cases"].push_back(json_of(verdict));
  system::write_file(file, report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void write_junit(const std::filesystem::path& file, const std::vector<Verdict>& verdicts) {
  std::map<std::string, std::vector<const Verdict*>> suites;
  for (const Verdict& verdict : verdicts) suites[verdict.engine].push_back(&verdict);
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const auto& [engine, cases] : suites) {
    int failures = 0, errors = 0;
    std::string body;
    for (const Verdict* verdict : cases) {
      failures += verdict->differs();
      errors += !verdict->as_expected() && !verdict->differs();
      body += junit_case(*verdict);
    }
    text += fmt::format(
        "  <testsuite name=\"cutover {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n{}"
        "  </testsuite>\n",
        engine, cases.size(), failures, errors, body);
  }
  system::write_file(file, text + "</testsuites>\n");
}

}  // namespace cutover::cli
