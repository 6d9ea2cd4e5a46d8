#include "properties/catalog/sqlite_machine.h"

#include "impl/store/complete.h"
#include "impl/store/sqlite_store.h"

namespace cutover::catalog {
namespace {

class SqliteMachine final : public crashsim::catalog::CatalogMachine {
 public:
  Answer apply(const Request& request) override { return complete(store_.perform(request)); }
  crashsim::Value save() const override { return crashsim::catalog::to_value(store_.inspect()); }
  void load(const crashsim::Value& state) override {
    store_.restore(crashsim::catalog::state_from(state));
  }

 private:
  mutable SqliteStore store_{"in memory", ":memory:", SqliteStore::Mode::create_if_missing};
};

}  // namespace

std::unique_ptr<crashsim::catalog::CatalogMachine> make_sqlite_machine() {
  return std::make_unique<SqliteMachine>();
}

}  // namespace cutover::catalog
