// Tables drawn at random, for the worlds in which random search looks for what lies past every
// exhaustive bound.
//
// A table has from one to 250 rows, of every kind of cell: values that are texts, numbers, truth
// values, arrays, empty, long, or no ASCII; cells that expire; sets and maps by element; markers of
// elements, of columns and of rows, with and without what is later than they are; rows that nothing
// is left of. Its plan has one range or several, its pages one row or many. Clients ask for few of
// the keys, so that they meet, and insert some that are not there.
//
// Not covered: what expires while it is moved; a page of several rows of which only some arrive,
// as it is one step; puts and deletions of keys that clients have inserted.
#pragma once

#include <string>
#include <vector>

#include "crashsim/random/random_worlds.h"
#include "impl/online/record.h"
#include "impl/online/row.h"

namespace cutover::online {

struct RandomTable {
  Rows rows;
  std::vector<Range> plan;
  unsigned rows_of_page = 1;
};
RandomTable random_table(const crashsim::WorldName& name);

/// The key of a client's nth request of a kind, from 1; of an insertion one that is not there.
std::string random_key(const crashsim::WorldName& name, const std::string& kind, int number);

/// How keys begin that are not there at the beginning.
inline constexpr const char* kNewKeys = "new ";

}  // namespace cutover::online
