#include "cli/catalog/steps.h"

#include <fmt/format.h>

#include <ostream>

namespace cutover::cli {
awaitable<Answer> Steps::perform(Store& store, Request request) {
  std::string step = label(store.name(), request);
  return perform(store, std::move(request), std::move(step));
}

awaitable<Answer> Steps::perform(Store& store, Request request, std::string step) {
  begin(store, step);
  Answer answer = co_await store.perform(std::move(request));
  end(step, answer.status);
  co_return answer;
}

void Steps::tell(const Store& store, const std::string& step, Status status) {
  begin(store, step);
  end(step, status);
}

Snapshot Steps::watched(Snapshot contents) {
  if (!progress_.is_shown()) return contents;
  return with_progress(std::move(contents), [this](std::uint64_t done, std::uint64_t total) {
    progress_.entries(last_label_, done, total);
  });
}

void Steps::begin(const Store& store, const std::string& step) {
  pauses_.before(step);
  last_label_ = step;
  last_store_ = store.name();
}

void Steps::end(const std::string& step, Status status) {
  progress_.clear();
  out_ << fmt::format("{:>3}  {:<26} {}\n", ++count_, step, to_string(status)) << std::flush;
  pauses_.after(step);
}

}  // namespace cutover::cli
