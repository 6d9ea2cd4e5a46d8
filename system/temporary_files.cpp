#include "system/temporary_files.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>

namespace cutover::system {
namespace {

// What the handler reads: it must not touch a container.
constexpr std::size_t kMost = 16;
std::array<std::atomic<const char*>, kMost> g_files{};

std::atomic<const char*> g_last_words = nullptr;

void remove_and_end(int signal) {
  const char* const words = g_last_words.load();
  if (words != nullptr && ::write(STDERR_FILENO, words, std::strlen(words)) < 0) {
    // There is nobody to tell.
  }
  for (const auto& each : g_files) {
    const char* const file = each.load();
    if (file != nullptr) ::unlink(file);
  }
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void handle_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before{};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_DFL) continue;
    struct sigaction ours{};
    ours.sa_handler = remove_and_end;
    ::sigaction(signal, &ours, nullptr);
  }
}

void put(const char* file) {
  for (auto& each : g_files) {
    const char* none = nullptr;
    if (each.compare_exchange_strong(none, file)) return;
  }
}

void take_away(const char* file) {
  for (auto& each : g_files) {
    const char* same = file;
    if (each.compare_exchange_strong(same, nullptr)) return;
  }
}

}  // namespace

TemporaryFiles::TemporaryFiles(const std::vector<std::filesystem::path>& files) {
  for (const std::filesystem::path& file : files) files_.push_back(file.string());
  for (const std::string& file : files_) put(file.c_str());
  handle_signals();
}

TemporaryFiles::~TemporaryFiles() {
  for (const std::string& file : files_) {
    ::unlink(file.c_str());
    take_away(file.c_str());
  }
}

void set_last_words(const char* text) {
  g_last_words = text;
  if (text != nullptr) handle_signals();
}

std::filesystem::path temporary_name(const std::filesystem::path& file) {
  return fmt::format("{}.{}.tmp", file.string(), ::getpid());
}

}  // namespace cutover::system
