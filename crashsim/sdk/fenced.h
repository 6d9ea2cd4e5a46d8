// A store with a fence: whoever opens it gets a higher epoch, and steps of all who opened it before
// are rejected from then on, also those that land late (fencing tokens).
//
//   migration.store("old", Fenced<Queue>{.value = {.jobs = {7}}});
//
//   const auto old = co_await open(actor.store<Fenced<Queue>>("old"));
//   co_await old.step("push", [](Queue& queue, int job) { queue.jobs.push_back(job); }, 1);
//
// Properties look at it as it is: now.store<Fenced<Queue>>("old").value.
#pragma once

#include "crashsim/sdk/actor.h"

namespace cutover {

template <class T>
struct Fenced {
  int epoch = 0;  ///< of whoever opened it last
  T value = {};

  friend void to_json(nlohmann::json& json, const Fenced& store) {
    json = {{"epoch", store.epoch}, {"value", store.value}};
  }
  friend void from_json(const nlohmann::json& json, Fenced& store) {
    json.at("epoch").get_to(store.epoch);
    json.at("value").get_to(store.value);
  }
};

namespace sdk {

/// An F under the fence; of a const store, if F takes a const value.
template <class F>
struct UnderEpoch {
  template <class Store, class... A>
    requires std::is_invocable_v<F, decltype((std::declval<Store&>().value)), A...>
  auto operator()(Store& store, int epoch, A... arguments) const {
    require(store.epoch == epoch);
    return F{}(store.value, std::move(arguments)...);
  }
};

}  // namespace sdk

/// A program's way to a fenced store that it has opened. A small value; copy it freely.
template <class T>
class FencedHandle {
 public:
  FencedHandle(StoreHandle<Fenced<T>> store, int epoch) : store_(store), epoch_(epoch) {}

  int epoch() const { return epoch_; }

  /// As StoreHandle::step, read and when, of `change(T&, arguments...)` and `look(const T&,
  /// arguments...)`. Rejected if somebody has opened the store since.
  template <class F, class... A>
  auto step(std::string_view label, F, A&&... arguments) const {
    if constexpr (sdk::is_good_call<T, F, A...>()) {
      return store_.step(label, sdk::UnderEpoch<F>{}, epoch_, std::forward<A>(arguments)...);
    }
  }
  template <class F, class... A>
  auto read(std::string_view label, F, A&&... arguments) const {
    if constexpr (sdk::is_good_call<const T, F, A...>()) {
      return store_.read(label, sdk::UnderEpoch<F>{}, epoch_, std::forward<A>(arguments)...);
    }
  }
  template <class F, class... A>
  auto when(std::string_view label, F, A&&... arguments) const {
    constexpr bool reads = std::is_invocable_v<F, const T&, sdk::Stored<A>...>;
    using State = std::conditional_t<reads, const T, T>;
    if constexpr (sdk::is_good_call<State, F, A...>()) {
      return store_.when(label, sdk::UnderEpoch<F>{}, epoch_, std::forward<A>(arguments)...);
    }
  }

 private:
  StoreHandle<Fenced<T>> store_;
  int epoch_;
};

/// Takes the store over: one step, "STORE: open".
template <class T>
Task<FencedHandle<T>> open(StoreHandle<Fenced<T>> store) {
  const auto raise = [](Fenced<T>& fenced) { return ++fenced.epoch; };
  const int epoch = co_await store.step("open", raise);
  co_return FencedHandle<T>(store, epoch);
}

}  // namespace cutover
