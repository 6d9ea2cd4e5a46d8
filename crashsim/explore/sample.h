// An even sample of a stream whose length is not known: everything while there is room, and then
// every second, every fourth, ... of what came.
#pragma once

#include <cstddef>
#include <vector>

namespace cutover::crashsim {

template <class T>
class Sample {
 public:
  explicit Sample(std::size_t most = 100'000) : most_(most) {}

  void add(T value) {
    if (seen_++ % stride_ != 0) return;
    kept_.push_back(std::move(value));
    if (kept_.size() < most_) return;
    for (std::size_t i = 0; 2 * i < kept_.size(); ++i) kept_[i] = std::move(kept_[2 * i]);
    kept_.resize((kept_.size() + 1) / 2);
    stride_ *= 2;
  }
  const std::vector<T>& kept() const { return kept_; }

 private:
  std::size_t most_, stride_ = 1, seen_ = 0;
  std::vector<T> kept_;
};

}  // namespace cutover::crashsim
