#include "properties/online/cases.h"

#include "properties/online/bounds.h"
#include "properties/online/shadow_cases.h"

namespace cutover::online {

Family family() {
  Family made;
  made.name = "online";
  made.bounds.own = {kPuts, kDeletes, kInserts, crashsim::kReads, kCompactions};
  made.bounds.of_engine = {{"crashsim", "starts=2,crashes=1"}};
  made.cases = shadow_cases;
  return made;
}

}  // namespace cutover::online
