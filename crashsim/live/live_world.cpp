#include "crashsim/live/live_world.h"

#include <fmt/format.h>

#include <algorithm>

namespace cutover::crashsim {
namespace {

std::string identity_of(const Operation& operation) {
  return bytes_of(Value::array({operation.store, operation.label, operation.arguments}));
}

/// What traces call a request of the process.
std::string step_name(const Execution& execution, std::size_t request) {
  const std::string& label = execution.operation(request).label;
  std::size_t nth = 1;
  for (auto before = first_request(execution.waits()); before < request; ++before) {
    nth += execution.operation(before).label == label;
  }
  return request_step(label, nth);
}

/// The request that the process has under way by that name.
std::optional<std::size_t> request_named(const Execution& execution, const std::string& step) {
  for (auto each = first_request(execution.waits()); each <= execution.others(); ++each) {
    if (step_name(execution, each) == step) return each;
  }
  return std::nullopt;
}

}  // namespace

LiveWorld::LiveWorld(const World& world, const std::string& beginning, LoneRuns* alone)
    : world_(world),
      issued_(world.inputs.size()),
      started_(world.programs.size()),
      own_alone_(alone == nullptr ? std::make_unique<LoneRuns>(world) : nullptr),
      alone_(alone == nullptr ? own_alone_.get() : alone),
      saved_(world.stores.size()),
      is_saved_(world.stores.size()),
      happened_(event_budgets(world).size()),
      results_(world.events.size()) {
  const auto at = std::ranges::find(world.beginnings, beginning, &Beginning::name);
  if (at == world.beginnings.end()) {
    throw std::runtime_error(fmt::format("there is no beginning named '{}'", beginning));
  }
  for (std::size_t i = 0; i < world.stores.size(); ++i) {
    stores_.push_back(world.stores[i].make());
    stores_.back()->load(at->stores[i]);
  }
  memory_ = at->memory;
}

std::vector<Choice> LiveWorld::choices() const {
  std::vector<Choice> all;
  std::set<std::string_view> seen;
  for (const auto& actor : actors_) {
    if (!seen.insert(actor->identity).second) continue;
    for (Choice& choice : own_choices(*actor)) all.push_back(std::move(choice));
  }
  seen.clear();
  for (const InFlight& request : in_flight_) {
    if (!seen.insert(request.identity).second || !is_enabled(request.operation)) continue;
    all.push_back({request.name, request.operation.label, "ok"});
  }
  for (std::size_t i = 0; i < world_.events.size(); ++i) {
    const StoreEvent& event = world_.events[i];
    const bool used_up = is_used_up(event);
    if (used_up && !event.of_sessions) continue;
    for (const auto& result : results(i)) {
      const bool due = is_due(event, result);
      if (!can_happen(event, result) || (used_up && !due)) continue;
      all.push_back({world_.stores[event.store].name, step_of(event, result),
                     outcome_of(event, result, due)});
    }
  }
  if (starts_ < world_.bounds.starts && actors_.size() < world_.bounds.processes) {
    for (std::size_t i = 0; i < world_.programs.size(); ++i) {
      all.push_back({fmt::format("{}-{}", world_.programs[i].name, started_[i] + 1), kStart, "ok"});
    }
  }
  return all;
}

/// What the process may do next.
std::vector<Choice> LiveWorld::own_choices(const Actor& actor) const {
  std::vector<Choice> all;
  const Execution& execution = *actor.execution;
  switch (execution.waits()) {
    case Execution::Waits::store: break;
    case Execution::Waits::choice:
      for (unsigned number = 0; number < execution.options(); ++number) {
        all.push_back({actor.name, choose_step(number), "ok"});
      }
      break;
    case Execution::Waits::input:
      for (std::size_t kind = 0; kind < world_.inputs.size(); ++kind) {
        if (issued_[kind] < world_.inputs[kind].budget) {
          all.push_back({actor.name, input_step(world_.inputs[kind].label), "ok"});
        }
      }
      all.push_back({actor.name, kStop, "ok"});
      break;
    case Execution::Waits::finished: break;
  }
  for (auto each = first_request(execution.waits()); each <= execution.others(); ++each) {
    for (const Outcome outcome : outcomes(execution.operation(each))) {
      all.push_back({actor.name, step_name(execution, each), to_string(outcome)});
    }
  }
  return all;
}

/// Asked of a copy of the store: an enabled step changes it.
bool LiveWorld::is_enabled(const Operation& operation) const {
  if (!operation.may_wait) return true;
  const auto copy = world_.stores[operation.store].make();
  copy->load(store_states()[operation.store]);
  return operation.run(*copy).enabled;
}

std::vector<Outcome> LiveWorld::outcomes(const Operation& operation) const {
  const bool enabled = is_enabled(operation);
  std::vector<Outcome> possible;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (is_crash(outcome) && crashes_ >= world_.bounds.crashes) continue;
    if (loses_answer(outcome) && lost_ >= world_.bounds.lost) continue;
    if (stays_in_flight(outcome) && left_in_flight_ >= world_.bounds.in_flight) continue;
    if (takes_effect(outcome) && !enabled) continue;
    const bool plain = outcome == Outcome::ok || outcome == Outcome::crash_before ||
                       outcome == Outcome::lost_before;
    if (operation.read_only && !plain) continue;
    if (world_.stores[operation.store].is_local && is_of_requests(outcome)) continue;
    possible.push_back(outcome);
  }
  return possible;
}

std::optional<std::string> LiveWorld::take(const Choice& choice) {
  last_answer_.clear();
  last_events_.clear();
  if (const auto event = event_named(world_, choice.actor, choice.step)) {
    return happen(*event, choice);
  }
  const bool is_in_flight = sender_of(choice.actor).has_value();
  Actor* const actor = is_in_flight ? nullptr : find(choice.actor);
  const auto request =
      actor == nullptr ? std::nullopt : request_named(*actor->execution, choice.step);
  const auto waits = actor == nullptr ? Execution::Waits::finished : actor->execution->waits();
  const bool waits_for_step = waits == Execution::Waits::store;
  if (!request && !waits_for_step && choice.outcome != to_string(Outcome::ok)) {
    return fmt::format("'{}' has no outcome '{}', only 'ok'", choice.step, choice.outcome);
  }
  if (choice.step == kStart) return start(choice);
  if (is_in_flight) return land(choice);
  if (actor == nullptr) return fmt::format("no process '{}' is alive", choice.actor);
  if (!request && waits_for_step) {
    return fmt::format("{} is about to '{}', not to '{}'", actor->name,
                       actor->execution->operation().label, choice.step);
  }
  const auto wrong = request                             ? step(*actor, *request, choice)
                     : waits == Execution::Waits::choice ? choose(*actor, choice)
                                                         : input(*actor, choice);
  if (!wrong) remove_finished();
  return wrong;
}

std::optional<std::string> LiveWorld::start(const Choice& choice) {
  for (std::size_t i = 0; i < world_.programs.size(); ++i) {
    const Program& program = world_.programs[i];
    if (choice.actor != fmt::format("{}-{}", program.name, started_[i] + 1)) continue;
    if (starts_ >= world_.bounds.starts) return "the bound on starts is used up";
    if (actors_.size() >= world_.bounds.processes) return "the bound on live processes is used up";
    ++starts_;
    ++started_[i];
    auto actor = std::make_unique<Actor>();
    actor->program = i;
    actor->name = choice.actor;
    actors_.push_back(std::move(actor));
    begin_stage(*actors_.back(), program.first_stage);
    remove_finished();
    return std::nullopt;
  }
  return fmt::format("'{}' is not the next process of any program", choice.actor);
}

std::optional<std::string> LiveWorld::step(Actor& actor, std::size_t request,
                                           const Choice& choice) {
  const Operation& operation = actor.execution->operation(request);
  const auto outcome = outcome_from(choice.outcome);
  if (!outcome) return fmt::format("'{}' is not an outcome of a step", choice.outcome);
  const auto possible = outcomes(operation);
  if (std::ranges::find(possible, *outcome) == possible.end()) {
    if (takes_effect(*outcome) && !is_enabled(operation)) {
      return fmt::format("'{}' has to wait", choice.step);
    }
    return fmt::format("the bounds do not allow '{}' at '{}' any more", choice.outcome,
                       choice.step);
  }
  Value answer_now;
  if (takes_effect(*outcome)) answer_now = carry_out(operation);
  if (stays_in_flight(*outcome)) stay_in_flight(actor.name, operation);
  if (is_crash(*outcome)) {
    ++crashes_;
    die(actor, request);
    return std::nullopt;
  }
  if (loses_answer(*outcome)) {
    ++lost_;
    answer_now = world_.lost_answer;
  }
  answer(actor, std::move(answer_now), request);
  return std::nullopt;
}

void LiveWorld::stay_in_flight(const std::string& sender, const Operation& operation) {
  ++left_in_flight_;
  in_flight_.push_back(
      {in_flight_name(sender, ++left_[sender]), operation, identity_of(operation)});
}

/// At a request. What else it had under way stays in flight, as far as the bounds have room.
void LiveWorld::die(const Actor& actor, std::size_t request) {
  const Execution& execution = *actor.execution;
  for (auto each = first_request(execution.waits()); each <= execution.others(); ++each) {
    const Operation& operation = execution.operation(each);
    const bool has_room = left_in_flight_ < world_.bounds.in_flight;
    const bool may_stay = !operation.read_only && !world_.stores[operation.store].is_local;
    if (each != request && may_stay && has_room) stay_in_flight(actor.name, operation);
  }
  std::erase_if(actors_, [&](const auto& each) { return each.get() == &actor; });
}

std::optional<std::string> LiveWorld::input(Actor& actor, const Choice& choice) {
  if (choice.step == kStop) {
    answer(actor, nullptr);
    return std::nullopt;
  }
  for (std::size_t kind = 0; kind < world_.inputs.size(); ++kind) {
    const Input& input = world_.inputs[kind];
    if (choice.step != input_step(input.label)) continue;
    if (issued_[kind] >= input.budget)
      return fmt::format("the bound on '{}' is used up", input.label);
    const unsigned turn = issued_[kind]++;
    answer(actor, input.request(turn));
    return std::nullopt;
  }
  return fmt::format("{} waits for a client, not for '{}'", actor.name, choice.step);
}

std::optional<std::string> LiveWorld::choose(Actor& actor, const Choice& choice) {
  const unsigned options = actor.execution->options();
  for (unsigned number = 0; number < options; ++number) {
    if (choice.step != choose_step(number)) continue;
    answer(actor, number);
    return std::nullopt;
  }
  return fmt::format("{} lets choose among {}, and not '{}'", actor.name, options, choice.step);
}

std::optional<std::string> LiveWorld::land(const Choice& choice) {
  for (std::size_t i = 0; i < in_flight_.size(); ++i) {
    if (!in_flight_[i].is_named_by(choice)) continue;
    if (!is_enabled(in_flight_[i].operation)) {
      return fmt::format("'{}' has to wait", choice.step);
    }
    const Operation operation = std::move(in_flight_[i].operation);
    in_flight_.erase(in_flight_.begin() + static_cast<std::ptrdiff_t>(i));
    last_answer_ = bytes_of(carry_out(operation));
    return std::nullopt;
  }
  return fmt::format("'{}' has nothing like '{}' in flight", choice.actor, choice.step);
}

std::optional<std::string> LiveWorld::happen(std::size_t index, const Choice& choice) {
  const StoreEvent& event = world_.events[index];
  const bool used_up = is_used_up(event);
  const auto bound = [&] {
    return fmt::format("the bound on {} is used up", event.budget ? event.budget->name : "crashes");
  };
  if (used_up && !event.of_sessions) return bound();
  for (const auto& result : results(index)) {
    const bool due = is_due(event, result);
    if (step_of(event, result) != choice.step) continue;
    if (outcome_of(event, result, due) != choice.outcome) continue;
    if (used_up && !due) return bound();
    if (!due) {
      const auto own = event_budget(world_, event);
      ++(own ? happened_[*own] : crashes_);
    }
    stores_[event.store]->load(Value(result.state));  // a copy: changed() drops the results
    changed(event.store);
    if (event.ends_processes) actors_.clear();
    return std::nullopt;
  }
  return fmt::format("'{}' of '{}' has no outcome '{}'", choice.step, choice.actor, choice.outcome);
}

bool LiveWorld::is_used_up(const StoreEvent& event) const {
  if (is_never_a_fault(world_, event)) return true;
  const auto own = event_budget(world_, event);
  return own ? happened_[*own] >= event.budget->of(world_.bounds)
             : crashes_ >= world_.bounds.crashes;
}

/// What may become of the event's store now.
const std::vector<StoreEvent::Result>& LiveWorld::results(std::size_t event) const {
  auto& known = results_[event];
  if (!known) {
    const StoreEvent& of = world_.events[event];
    known = results_of(of, store_states()[of.store]);
  }
  return *known;
}

bool LiveWorld::can_happen(const StoreEvent& event, const StoreEvent::Result& result) const {
  if (event.ends_processes && !actors_.empty()) return true;
  return result.state != store_states()[event.store];
}

bool LiveWorld::is_due(const StoreEvent& event, const StoreEvent::Result& result) const {
  return event.of_sessions && std::ranges::none_of(actors_, [&](const auto& actor) {
           return has_session(actor->execution->status(), result.session);
         });
}

unsigned LiveWorld::faults() const {
  unsigned all = crashes_ + lost_;
  for (const unsigned each : happened_) all += each;
  return all;
}

void LiveWorld::changed(std::size_t store) {
  ++changes_;
  is_saved_[store] = false;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    if (world_.events[i].store == store) results_[i].reset();
  }
  is_judged_ = false;
}

Value LiveWorld::carry_out(const Operation& operation) {
  Effect effect = operation.run(*stores_[operation.store]);
  if (!operation.read_only) changed(operation.store);
  if (!effect.event.is_null()) remember(effect.event);
  return std::move(effect.answer);
}

void LiveWorld::answer(Actor& actor, Value answer, std::size_t request) {
  last_answer_ = bytes_of(answer);
  actor.identity += static_cast<char>(request);
  actor.identity += last_answer_;
  actor.execution->resume(std::move(answer), request);
  settle(actor);
}

void LiveWorld::begin_stage(Actor& actor, const Value& stage) {
  actor.identity = bytes_of(Value::array({actor.program, stage}));
  actor.execution = std::make_unique<Execution>(world_.programs[actor.program], stage);
  settle(actor);
}

void LiveWorld::settle(Actor& actor) {
  for (const Value& event : actor.execution->take_events()) remember(event);
  if (actor.execution->waits() != Execution::Waits::finished) return;
  const Value next = actor.execution->next_stage();
  if (!next.is_null()) begin_stage(actor, next);
}

void LiveWorld::remove_finished() {
  std::erase_if(actors_, [](const auto& actor) {
    return actor->execution->waits() == Execution::Waits::finished &&
           actor->execution->others() == 0;
  });
}

void LiveWorld::remember(const Value& event) {
  if (listens_) last_events_.push_back(event);
  if (violated_by_step_) return;
  const Judgement judgement = world_.monitor->observe(memory_, event);
  violated_by_step_ = judgement.violated;
  witnesses_ |= judgement.witnesses;
  is_judged_ = false;
}

LiveWorld::Actor* LiveWorld::find(const std::string& name) const {
  for (const auto& actor : actors_) {
    if (actor->name == name) return actor.get();
  }
  return nullptr;
}

Value LiveWorld::last_answer() const {
  return last_answer_.empty() ? Value() : Value::from_cbor(last_answer_);
}

const Operation* LiveWorld::pending(const std::string& actor) const {
  const Actor* const found = find(actor);
  if (found == nullptr || found->execution->waits() != Execution::Waits::store) return nullptr;
  return &found->execution->operation();
}

unsigned LiveWorld::options(const std::string& actor) const {
  const Actor* const found = find(actor);
  if (found == nullptr || found->execution->waits() != Execution::Waits::choice) return 0;
  return found->execution->options();
}

const Operation* LiveWorld::request_of(const Choice& choice) const {
  if (const Actor* const sender = find(choice.actor)) {
    const auto request = request_named(*sender->execution, choice.step);
    return request ? &sender->execution->operation(*request) : nullptr;
  }
  for (const InFlight& request : in_flight_) {
    if (request.is_named_by(choice)) return &request.operation;
  }
  return nullptr;
}

std::optional<std::size_t> LiveWorld::violated() const {
  if (violated_by_step_) return violated_by_step_;
  if (const auto judged = judge_stores()) return judged;
  if (world_.can_finish && !alone_->every_program_finishes(store_states())) {
    return world_.can_finish;
  }
  return judge_processes();
}

std::optional<std::size_t> LiveWorld::violated_but_for_finishing() const {
  if (violated_by_step_) return violated_by_step_;
  const auto judged = judge_stores();
  return judged ? judged : judge_processes();
}

std::optional<std::size_t> LiveWorld::judge_stores() const {
  if (!is_judged_) {
    const Judgement judgement = world_.monitor->judge(pointers_to(store_states()), memory_);
    witnesses_ |= judgement.witnesses;
    judged_ = judgement.violated;
    is_judged_ = true;
  }
  return judged_;
}

std::optional<std::size_t> LiveWorld::judge_processes() const {
  const auto stores = pointers_to(store_states());
  for (const auto& actor : actors_) {
    const Value& status = actor->execution->status();
    if (status.is_null()) continue;
    const Judgement judgement = world_.monitor->judge_process(stores, status);
    witnesses_ |= judgement.witnesses;
    if (judgement.violated) return judgement.violated;
  }
  return std::nullopt;
}

const std::vector<Value>& LiveWorld::store_states() const {
  for (std::size_t i = 0; i < stores_.size(); ++i) {
    if (!is_saved_[i]) saved_[i] = stores_[i]->save();
    is_saved_[i] = true;
  }
  return saved_;
}

std::vector<std::pair<std::string, std::string>> LiveWorld::describe() const {
  const auto stores = pointers_to(store_states());
  auto columns = world_.describe(stores);
  if (!world_.describe_more) return columns;
  for (auto& more : world_.describe_more(stores, memory_)) columns.push_back(std::move(more));
  return columns;
}

std::string LiveWorld::fingerprint() const {
  std::vector<std::string> processes, in_flight;
  for (const auto& actor : actors_) processes.push_back(actor->identity);
  for (const InFlight& request : in_flight_) in_flight.push_back(request.identity);
  std::ranges::sort(processes);
  std::ranges::sort(in_flight);
  Value whole =
      Value::array({store_states(), memory_, issued_, starts_, crashes_, left_in_flight_, lost_,
                    happened_, violated_by_step_ ? static_cast<int>(*violated_by_step_) : -1});
  for (const auto& part : {processes, in_flight}) {
    Value list = Value::array();
    for (const std::string& each : part) list.push_back(Value::binary({each.begin(), each.end()}));
    whole.push_back(list);
  }
  return bytes_of(whole);
}

}  // namespace cutover::crashsim
