// A SQLite store as the scheduler moves it: a private database in memory whose whole state is saved
// and loaded between steps, so that what is explored is what the real engine answers.
#pragma once

#include "properties/catalog/adaptor.h"

namespace cutover::catalog {

std::unique_ptr<crashsim::catalog::CatalogMachine> make_sqlite_machine();

}  // namespace cutover::catalog
