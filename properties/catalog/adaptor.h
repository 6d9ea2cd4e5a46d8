// The catalog under the scheduler: its stores and clients as crashsim moves them.
//
// The protocol code is the same that runs over real files; only what it is handed differs. Every
// request becomes an Operation and suspends until the scheduler has decided what happens to it.
#pragma once

#include "crashsim/world/world.h"
#include "impl/catalog/process.h"
#include "impl/store/simulated_store.h"

namespace cutover::crashsim::catalog {

/// The stores by their index in World::stores.
using cutover::catalog::Which;
inline constexpr std::array<const char*, 2> kStoreNames = {"stash", "persist"};

/// Events that the properties are told, as JSON arrays:
///   ["opened", store, epoch]                      an open took effect
///   ["used", store, session's epoch, epoch after] another request of a session took effect
///   ["rejected", store, session's epoch]          a request was fenced
///   ["invoked", kind, key, value, number]         a client's write reached the process that serves
///   ["replied", kind, key, value, status, store, epoch, number]
/// The number tells requests of the same kind and key apart; that of a get is null.
/// A serving process declares {"serving": store, "epoch": epoch}.

/// A live store of the catalog.
class CatalogMachine : public StoreMachine {
 public:
  virtual Answer apply(const Request& request) = 0;
};

/// One step of a store, as a function of its state; mutants replace it.
using Apply = Answer (*)(StoreState&, const Request&);

/// The simulated store.
class SimulatedMachine : public CatalogMachine {
 public:
  explicit SimulatedMachine(Apply apply) : apply_(apply) {}
  Answer apply(const Request& request) override { return apply_(state_, request); }
  Value save() const override;
  void load(const Value& state) override;

 protected:
  StoreState state_;

 private:
  Apply apply_;
};

/// A Store whose steps the scheduler decides.
class ScheduledStore final : public Store {
 public:
  ScheduledStore(Which which, Process& process)
      : Store(kStoreNames[static_cast<std::size_t>(which)]), which_(which), process_(process) {}
  awaitable<Answer> perform(Request request) override;

 private:
  Which which_;
  Process& process_;
};

/// Clients whose requests the scheduler issues.
class ScheduledClients final : public cutover::catalog::Clients {
 public:
  explicit ScheduledClients(Process& process) : process_(process) {}
  void serving(const Session& session) override;
  awaitable<std::optional<cutover::catalog::ClientRequest>> next() override;
  void reply(const Session& session, const cutover::catalog::ClientRequest& request,
             const cutover::catalog::ClientReply& reply) override;

 private:
  Process& process_;
  Value number_;  ///< of the request that was taken last
};

/// A stage of a process as a value, and back; null where the process has ended.
Value to_value(const cutover::catalog::Stage& stage);
cutover::catalog::Stage stage_from(const Value& value, Store& stash, Store& persist);

Value to_value(const StoreState& state);
StoreState state_from(const Value& value);
/// The issued-th request of its kind and key.
Value to_value(const cutover::catalog::ClientRequest& request, unsigned issued);

/// How the step ended that a store answered so.
Status status_of(const Value& answer);

/// The answer of a request whose answer is lost.
Value lost_answer();

}  // namespace cutover::crashsim::catalog
