// Each store against a small model of a fenced store: what several sessions do, at random and
// interleaved, with connections that are cut and made again in between.
//
// The model is not told how a fence works: it compares no epochs. Whoever opened last holds the
// store, and nothing that any other session asks for happens.
//
// Not covered: two stores compared with each other, requests that no Session would make, and every
// bit pattern of an epoch (store_contract_test.cpp); outages (sqlite_store_test.cpp).
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/state.h>

#include <algorithm>
#include <ostream>

#include "impl/store/simulated_store.h"
#include "impl/store/sqlite_store.h"
#include "run.h"

namespace cutover {
namespace {

using Bytes = std::optional<std::string>;

struct Model {
  StoreState store;
  std::size_t sessions = 0;  ///< opened so far; the last one holds the store

  bool is_held_by(std::size_t session) const { return session + 1 == sessions; }
};

/// What the sequences have exercised, over all of them.
struct Exercised {
  int rejected = 0, commits = 0, values_read = 0, raises = 0;
};

/// A store under test, reached over several connections.
class Subject {
 public:
  explicit Subject(Exercised& exercised) : exercised(exercised) {}
  virtual ~Subject() = default;
  virtual Store& connection(std::size_t session) = 0;
  virtual void reconnect(std::size_t session) = 0;
  virtual StoreState state() = 0;

  std::vector<Epoch> sessions;  ///< what each opener remembers
  Exercised& exercised;
};

class SimulatedSubject final : public Subject {
 public:
  using Subject::Subject;
  Store& connection(std::size_t) override { return store_; }
  void reconnect(std::size_t) override {}
  StoreState state() override { return store_.state(); }

 private:
  SimulatedStore store_{"stash"};
};

/// Two connections to one file: the odd sessions use one of them, the even ones the other.
class SqliteSubject final : public Subject {
 public:
  explicit SqliteSubject(Exercised& exercised) : Subject(exercised) {
    reconnect(0);
    reconnect(1);
  }
  Store& connection(std::size_t session) override { return *stores_[session % 2]; }
  void reconnect(std::size_t session) override {
    auto& store = stores_[session % 2];
    store = nullptr;
    store = std::make_unique<SqliteStore>("stash", folder_ / "stash.db",
                                          SqliteStore::Mode::create_if_missing);
  }
  StoreState state() override { return stores_[0]->inspect(); }

 private:
  TemporaryFolder folder_;
  std::array<std::unique_ptr<SqliteStore>, 2> stores_;
};

std::string any_bytes() {
  const auto few = rc::gen::elementOf(
      std::vector<std::string>{"", "a", "b", std::string("a\0", 2), "\xff", "tombstone"});
  return *rc::gen::weightedOneOf<std::string>({{4, few}, {1, rc::gen::string<std::string>()}});
}

Epoch any_bound() {
  return Epoch{*rc::gen::weightedElement<std::uint64_t>({{6, 0}, {2, 3}, {1, 20}, {1, 1u << 31}})};
}

Entries any_entries() {
  Entries entries;
  for (int left = *rc::gen::inRange(0, 4); left > 0; --left) {
    std::string key = any_bytes();
    entries[key] = any_bytes();
  }
  return entries;
}

Transaction any_transaction() {
  Transaction transaction;
  const auto in = [](unsigned times) { return *rc::gen::inRange(0u, times) == 0; };
  if (in(4)) transaction.replace = Contents{*rc::gen::inRange(0u, 4u), any_entries()};
  for (auto& [key, value] : any_entries()) {
    transaction.entries[key] = in(3) ? Bytes() : Bytes(value);
  }
  if (in(2)) transaction.config[any_bytes()] = *rc::gen::arbitrary<std::uint64_t>();
  if (in(4)) transaction.raise_epoch = any_bound();
  return transaction;
}

class Step : public rc::state::Command<Model, Subject> {
 public:
  void run(const Model& before, Subject& subject) const final {
    perform(before, subject);
    RC_ASSERT(subject.state() == nextState(before).store);
  }

 protected:
  virtual void perform(const Model& before, Subject& subject) const = 0;
};

class OpenStep final : public Step {
 public:
  explicit OpenStep(const Model&) : bound_(any_bound()) {}
  void apply(Model& model) const override {
    model.store.epoch = std::max(above(model.store.epoch), bound_);
    ++model.sessions;
  }
  void show(std::ostream& out) const override { out << "open at " << bound_.value; }

 private:
  void perform(const Model& before, Subject& subject) const override {
    const Session session = cutover::run(open(subject.connection(before.sessions), bound_));
    RC_ASSERT(session.epoch() == nextState(before).store.epoch);
    subject.sessions.push_back(session.epoch());
  }

  Epoch bound_;
};

class ReconnectStep final : public Step {
 public:
  explicit ReconnectStep(const Model&) : session_(*rc::gen::inRange<std::size_t>(0, 2)) {}
  void show(std::ostream& out) const override { out << "reconnect " << session_; }

 private:
  void perform(const Model&, Subject& subject) const override { subject.reconnect(session_); }

  std::size_t session_;
};

template <class Map>
auto found_in(const Map& map, const std::string& key) {
  const auto at = map.find(key);
  return at == map.end() ? std::nullopt : std::optional(at->second);
}

class PeekStep final : public Step {
 public:
  explicit PeekStep(const Model&) : name_(any_bytes()) {}
  void show(std::ostream& out) const override { out << "peek " << printable(name_); }

 private:
  void perform(const Model& before, Subject& subject) const override {
    RC_ASSERT(cutover::run(peek_config(subject.connection(0), name_)) ==
              found_in(before.store.config, name_));
  }

  std::string name_;
};

/// A step of a session: mostly of the one that holds the store.
class SessionStep : public Step {
 public:
  explicit SessionStep(const Model& before) {
    RC_PRE(before.sessions > 0);
    const bool holds = *rc::gen::weightedElement<bool>({{2, true}, {1, false}});
    session_ = holds ? before.sessions - 1 : *rc::gen::inRange<std::size_t>(0, before.sessions);
  }
  void checkPreconditions(const Model& before) const final { RC_PRE(session_ < before.sessions); }
  void apply(Model& model) const final {
    if (model.is_held_by(session_)) change(model.store);
  }
  void show(std::ostream& out) const final {
    out << "session " << session_ << ": ";
    show_request(out);
  }

 protected:
  virtual void show_request(std::ostream& out) const = 0;
  virtual void change(StoreState&) const {}
  virtual void request(const StoreState& before, Session& session, Exercised&) const = 0;

 private:
  void perform(const Model& before, Subject& subject) const final {
    Session session(subject.connection(session_), subject.sessions[session_]);
    bool rejected = false;
    try {
      request(before.store, session, subject.exercised);
    } catch (const StepFailed& failed) {
      RC_ASSERT(failed.status() == Status::fenced);
      rejected = true;
    }
    RC_ASSERT(rejected == !before.is_held_by(session_));
    subject.exercised.rejected += rejected;
    subject.sessions[session_] = session.epoch();
  }

  std::size_t session_ = 0;
};

/// Mostly of an entry that is there.
template <class Map>
std::string any_key_of(const Map& map) {
  if (map.empty() || *rc::gen::inRange(0, 3) == 0) return any_bytes();
  return std::next(map.begin(), *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(map)))->first;
}

/// Reads an entry: of the config collection or of the contents.
class ReadStep final : public SessionStep {
 public:
  explicit ReadStep(const Model& before)
      : SessionStep(before), of_config_(*rc::gen::arbitrary<bool>()) {
    key_ = of_config_ ? any_key_of(before.store.config) : any_key_of(before.store.contents.entries);
  }

 private:
  void show_request(std::ostream& out) const override {
    out << (of_config_ ? "config " : "get ") << printable(key_);
  }
  void request(const StoreState& before, Session& session, Exercised& exercised) const override {
    if (of_config_) {
      RC_ASSERT(cutover::run(session.config(key_)) == found_in(before.config, key_));
    } else {
      const Bytes value = cutover::run(session.try_get(key_)).value();
      RC_ASSERT(value == found_in(before.contents.entries, key_));
      exercised.values_read += value.has_value();
    }
  }

  bool of_config_;
  std::string key_;
};

class SnapshotStep final : public SessionStep {
 public:
  using SessionStep::SessionStep;

 private:
  void show_request(std::ostream& out) const override { out << "snapshot"; }
  void request(const StoreState& before, Session& session, Exercised&) const override {
    RC_ASSERT(cutover::run(session.snapshot()) == before.contents);
  }
};

class CommitStep final : public SessionStep {
 public:
  explicit CommitStep(const Model& before) : SessionStep(before), transaction_(any_transaction()) {}

 private:
  void show_request(std::ostream& out) const override {
    out << "commit";
    if (transaction_.replace) out << ", replacing all";
    for (const auto& [key, value] : transaction_.entries) {
      out << ", " << printable(key) << (value ? " = " + printable(*value) : " gone");
    }
    for (const auto& [name, number] : transaction_.config) {
      out << ", config " << printable(name) << " = " << number;
    }
    if (transaction_.raise_epoch) out << ", raise to " << transaction_.raise_epoch->value;
  }
  void change(StoreState& store) const override {
    if (transaction_.replace) store.contents = transaction_.replace->contents();
    for (const auto& [key, value] : transaction_.entries) {
      store.contents.entries.erase(key);
      if (value) store.contents.entries.emplace(key, *value);
    }
    for (const auto& [name, number] : transaction_.config) store.config[name] = number;
    if (const auto bound = transaction_.raise_epoch) {
      store.epoch = std::max(above(store.epoch), *bound);
    }
  }
  void request(const StoreState& before, Session& session, Exercised& exercised) const override {
    cutover::run(session.commit(transaction_));
    StoreState after = before;
    change(after);
    RC_ASSERT(session.epoch() == after.epoch);
    ++exercised.commits;
    exercised.raises += transaction_.raise_epoch.has_value();
  }

  Transaction transaction_;
};

template <class SubjectType>
void expect_like_the_model(const std::string& name) {
  Exercised exercised;
  ASSERT_TRUE(rc::check(name + " is a fenced store", [&] {
    SubjectType subject(exercised);
    rc::state::check(
        Model(), static_cast<Subject&>(subject),
        rc::state::gen::execOneOfWithArgs<OpenStep, CommitStep, CommitStep, CommitStep, ReadStep,
                                          ReadStep, PeekStep, SnapshotStep, ReconnectStep>());
  }));
  EXPECT_GT(exercised.rejected, 100);
  EXPECT_GT(exercised.commits, 100);
  EXPECT_GT(exercised.values_read, 20);
  EXPECT_GT(exercised.raises, 50);
}

TEST(RandomSessions, FindTheSimulatedStoreLikeTheModel) {
  expect_like_the_model<SimulatedSubject>("the simulated store");
}

TEST(RandomSessions, FindTheSqliteStoreLikeTheModel) {
  expect_like_the_model<SqliteSubject>("the SQLite store");
}

}  // namespace
}  // namespace cutover
