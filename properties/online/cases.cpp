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
  for (const char* engine : {"crashsim", "model", "refinement", "counts"}) {
    made.bounds.of_engine[engine] = "starts=2,crashes=1";
  }
  made.cases = cases;
  return made;
}

}  // namespace cutover::online
