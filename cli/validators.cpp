#include "cli/validators.h"

#include <fmt/format.h>

#include <charconv>

#include "engines/limits.h"

namespace cutover::cli {

const CLI::Validator kNotEmpty(
    [](std::string& text) {
      return std::string(text.empty() ? "expected a text, found none" : "");
    },
    "", "not empty");

CLI::Validator whole_number(std::uint64_t most) {
  return {[most](std::string& text) {
            std::uint64_t number = 0;
            const char* const end = text.data() + text.size();
            const auto [rest, error] = std::from_chars(text.data(), end, number);
            if (error == std::errc() && rest == end && number <= most) return std::string();
            return fmt::format("expected a whole number from 0 to {}, found '{}'", most, text);
          },
          ""};
}

CLI::Validator seconds_up_to(double most) {
  return {[most](std::string& text) {
            double number = -1;
            const char* const end = text.data() + text.size();
            const auto [rest, error] = std::from_chars(text.data(), end, number);
            if (error == std::errc() && rest == end && number >= 0 && number <= most) {
              return std::string();
            }
            return fmt::format("expected seconds, from 0 to {:.0f}, found '{}'", most, text);
          },
          ""};
}

void add_threads(CLI::App& command, unsigned& threads) {
  command.add_option("--threads", threads, "0: as many as there are cores")
      ->check(whole_number(kMostThreads))
      ->capture_default_str();
}

}  // namespace cutover::cli
