#include "impl/online/migration_record.h"

namespace cutover::online {

Task<Record> MigrationRecord::get() const { co_return committed().value_or(Migration{}).record; }

Task<Record> MigrationRecord::advance(int turn) const {
  Record now;
  change("advance", [&](Migration& migration) {
    online::advance(migration.record, turn);
    now = migration.record;
  });
  co_return now;
}

Task<Record> MigrationRecord::go_back(int turn) const {
  Record now;
  change("go back", [&](Migration& migration) {
    online::go_back(migration.record, turn);
    now = migration.record;
  });
  co_return now;
}

Task<Lease> MigrationRecord::lease(const std::set<int>& held) const {
  Lease lease;
  change("lease", [&](Migration& migration) { lease = online::lease(migration.record, held); });
  co_return lease;
}

Task<bool> MigrationRecord::finish(const Lease& lease) const {
  bool is_done = false;
  change("finish",
         [&](Migration& migration) { is_done = online::finish(migration.record, lease); });
  co_return is_done;
}

Task<bool> MigrationRecord::finish_comparison(int turn) const {
  bool is_done = false;
  change("finish the comparison", [&](Migration& migration) {
    is_done = online::finish_comparison(migration.record, turn);
  });
  co_return is_done;
}

Task<int> MigrationRecord::generation() const {
  co_return committed().value_or(Migration{}).generation;
}

Task<int> MigrationRecord::next(int generation) const {
  int now = 0;
  change("next generation", [&](Migration& migration) {
    if (migration.generation == generation) ++migration.generation;
    now = migration.generation;
  });
  co_return now;
}

}  // namespace cutover::online
