#include "properties/catalog/world.h"

#include <fmt/format.h>

#include "impl/catalog/contents.h"
#include "properties/catalog/explanations.h"

namespace cutover::catalog {
namespace {

using crashsim::Beginning;
using crashsim::Bounds;
using crashsim::Value;
using crashsim::World;
using crashsim::catalog::ScheduledClients;
using crashsim::catalog::ScheduledStore;
using crashsim::catalog::SimulatedMachine;

constexpr const char* kKey = "a";   // clients write it
constexpr const char* kGone = "g";  // deleted before the beginning, still in persist's old copy

std::unique_ptr<crashsim::catalog::CatalogMachine> simulated() {
  return std::make_unique<SimulatedMachine>(cutover::apply);
}

std::unique_ptr<Store> scheduled(Which which, const Parts& parts, crashsim::Process& process) {
  std::unique_ptr<Store> store = std::make_unique<ScheduledStore>(which, process);
  return parts.wrap == nullptr ? std::move(store) : parts.wrap(std::move(store));
}

awaitable<Value> body(Parts parts, Which target, crashsim::Process& process, Value value) {
  const auto stash = scheduled(Which::stash, parts, process);
  const auto persist = scheduled(Which::persist, parts, process);
  ScheduledClients clients(process);
  const Plan plan{parts.protocol, target, parts.serve_one};
  const Stage stage = crashsim::catalog::stage_from(value, *stash, *persist);
  const Stage next = co_await run_stage(plan, stage, *stash, *persist, clients);
  co_return crashsim::catalog::to_value(next);
}

crashsim::Program program(const std::string& name, const Parts& parts, Which target) {
  const auto run = [=](crashsim::Process& process, Value stage) {
    return body(parts, target, process, std::move(stage));
  };
  return {name, run, crashsim::catalog::to_value(Stage{})};
}

crashsim::Input input(ClientRequest::Kind kind, const std::string& label, unsigned budget) {
  return {label, budget, [kind](unsigned issued) {
            ClientRequest request;
            request.kind = kind;
            request.key = kKey;
            if (kind == ClientRequest::Kind::put) request.value = fmt::format("v{}", issued + 1);
            return crashsim::catalog::to_value(request, issued);
          }};
}

Contents contents(std::uint32_t format, const Entries& values) {
  Contents made;
  made.format = format;
  for (const auto& [key, value] : values) made.entries[key] = encode_value(format, key, value);
  return made;
}

Beginning fresh() {
  const Value empty = crashsim::catalog::to_value(StoreState{});
  return {
      "fresh", {empty, empty}, initial_memory({{kKey, std::nullopt}}, Epoch{}, Epoch{}, Epoch{})};
}

Beginning leftovers() {
  StoreState stash, persist;
  stash.epoch = Epoch{5};
  stash.contents = contents(kOldFormat, {{kKey, "v0"}});
  persist.epoch = Epoch{2};
  persist.contents = contents(kCurrentFormat, {{kKey, "old"}, {kGone, "x"}});
  return {"leftovers",
          {crashsim::catalog::to_value(stash), crashsim::catalog::to_value(persist)},
          initial_memory({{kKey, "v0"}, {kGone, std::nullopt}}, stash.epoch, persist.epoch,
                         stash.epoch)};
}

}  // namespace

World make_world(const Parts& parts, const Bounds& bounds) {
  const unsigned writes = kWrites.of(bounds);
  World world;
  world.stores = {{"stash", parts.stash != nullptr ? parts.stash : simulated},
                  {"persist", parts.persist != nullptr ? parts.persist : simulated}};
  world.programs = {program("migrate", parts, Which::persist),
                    program("rollback", parts, Which::stash)};
  world.inputs = {input(ClientRequest::Kind::put, "put a", writes - writes / 2),
                  input(ClientRequest::Kind::erase, "delete a", writes / 2),
                  input(ClientRequest::Kind::get, "get a", kReads.of(bounds))};
  world.events = parts.events;
  world.beginnings = {leftovers(), fresh()};
  world.properties = property_names();
  world.witnesses = witnesses();
  world.monitor = make_monitor(parts.truth);
  world.lost_answer = crashsim::catalog::lost_answer();
  world.explanations = explanations(parts.truth);
  world.can_finish = can_finish_index();
  world.bounds = bounds;
  world.describe = [truth = parts.truth](std::span<const Value* const> stores) {
    return describe(truth, stores);
  };
  return world;
}

}  // namespace cutover::catalog
