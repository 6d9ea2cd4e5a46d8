// What the user types to run this command: "cutover", or what they call a command of their own.
#pragma once

#include <string>

namespace cutover::cli {

/// "cutover" until it is named. Not thread-safe: name it first.
const std::string& command_name();
/// By argv[0]; from then on it is the file's name.
void name_command(const std::string& path);

}  // namespace cutover::cli
