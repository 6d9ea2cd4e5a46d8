#include "cli/bench/commands.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/bench/bench.h"
#include "cli/validators.h"

namespace cutover {
namespace {

using namespace cutover::cli;

void add_bench(CLI::App& app, BenchOptions& options) {
  CLI::App* bench = app.add_subcommand("bench", "Measure how fast the search is, and how it grows");
  bench->add_option("case", options.name,
                    "a case, as list shows them; the default: the first that fits");
  bench->add_flag("--full", options.full, "up to some 10^8 states: minutes, and gigabytes");
  bench->add_flag("--tlc", options.tlc,
                  "compare the model with TLC on the large configuration instead: minutes");
  add_threads(*bench, options.threads);
}

}  // namespace

RunCommand bench(CLI::App& app, const Registry& cases) {
  const auto given = std::make_shared<BenchOptions>();
  add_bench(app, *given);
  return [&app, &cases, given]() -> std::optional<int> {
    if (app.got_subcommand("bench")) return run_bench(cases, *given);
    return std::nullopt;
  };
}

}  // namespace cutover
