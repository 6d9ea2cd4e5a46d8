#include "properties/online/cases.h"

#include "properties/online/bounds.h"
#include "properties/online/counter_cases.h"
#include "properties/online/shadow_cases.h"

namespace cutover::online {
namespace {

std::vector<Case> cases() {
  std::vector<Case> all = shadow_cases();
  const std::vector<Case> counters = counter_cases();
  all.insert(all.end(), counters.begin(), counters.end());
  return all;
}

}  // namespace

Family family() {
  Family made;
  made.name = "online";
  made.bounds.own = {kPuts, kDeletes, kInserts, crashsim::kReads, kCompactions};
  // The last two search the implementation and the model together, and several times.
  made.bounds.of_engine = {{"crashsim", "starts=2,crashes=1"},
                           {"model", "starts=2,crashes=1"},
                           {"refinement", "starts=2,crashes=1,lost=0"},
                           {"counts", "starts=2,crashes=1,lost=0"}};
  made.cases = cases;
  return made;
}

}  // namespace cutover::online
