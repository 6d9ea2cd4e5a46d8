// The machine-readable reports of a check. Their layout is a contract, documented in the README.
#pragma once

#include "engines/verdict.h"

namespace cutover::cli {

/// {"ok": bool, "cases": [{"case", "family", "engine", "expected", "verdict", "violated",
/// "complete", "bounds", "states", "transitions", "executions", "seconds", "trace"}]}. Throws
/// std::runtime_error if the file cannot be written.
void write_json(const std::filesystem::path& file, bool is_ok,
                const std::vector<Verdict>& verdicts);

/// JUnit XML: a test suite an engine, a test case a case; a verdict that differs is a failure, an
/// unknown one an error.
void write_junit(const std::filesystem::path& file, const std::vector<Verdict>& verdicts);

}  // namespace cutover::cli
