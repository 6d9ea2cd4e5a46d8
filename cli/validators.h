// What options of the command line may be.
#pragma once

#include <CLI/CLI.hpp>

namespace cutover::cli {

extern const CLI::Validator kNotEmpty;
CLI::Validator whole_number(std::uint64_t most);
/// From 0; also no infinity and none of what is no number.
CLI::Validator seconds_up_to(double most);
/// Adds --threads.
void add_threads(CLI::App& command, unsigned& threads);

}  // namespace cutover::cli
