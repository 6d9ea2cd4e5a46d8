#include "engines/process_engine.h"

#include <fmt/format.h>

#include "crashsim/process/process_check.h"
#include "engines/judging.h"
#include "system/text.h"

namespace cutover {

bool has_processes(const Case& of) { return of.process != nullptr; }

Verdict check_by_processes(const Case& of, const EngineOptions& options) {
  Verdict verdict = blank(of, "process", options);
  crashsim::ProcessCheckOptions run;
  run.threads = options.threads;
  run.seconds = options.seconds;
  if (options.progress) {
    run.progress = [&](std::uint64_t done, std::uint64_t total) {
      options.progress({fmt::format("{} of {} histories", done, total)});
    };
  }
  const auto found = check_processes(of.process(options.executable), run);
  verdict.executions = found.executions;
  verdict.complete = found.complete;
  verdict.details =
      fmt::format("{}: {} processes, {} killed, {} fenced\n{}", of.name,
                  with_commas(found.executions), with_commas(found.kills),
                  with_commas(found.fenced), format_matrix(found.matrix) + found.detail);
  verdict.note = "see below";
  if (found.violated) {
    verdict.finding = Finding::violates;
    verdict.violated = *found.violated;
  } else if (found.complete) {
    verdict.finding = Finding::holds;
    verdict.note = with_commas(found.kills) + " kills";
  }
  return verdict;
}

}  // namespace cutover
