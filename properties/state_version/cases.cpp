#include "properties/state_version/cases.h"

#include "properties/state_version/file_cases.h"
#include "properties/state_version/table_cases.h"
#include "properties/state_version/znode_cases.h"

namespace cutover::state_version {
namespace {

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const auto& of_a_kind : {file_cases(), znode_cases(), table_cases()}) {
    all.insert(all.end(), of_a_kind.begin(), of_a_kind.end());
  }
  return all;
}

}  // namespace

Family family() {
  Family made;
  made.name = "state_version";
  made.bounds.own = {crashsim::kWrites};
  made.bounds.of_engine = {{"crashsim", "processes=3,starts=3"},
                           {"model", "processes=3,starts=4,writes=1"},
                           {"refinement", "starts=3,crashes=1,writes=1"},
                           {"counts", "starts=3,crashes=1,lost=0,writes=1"},
                           {"graph", "writes=0"}};
  made.cases = cases;
  return made;
}

}  // namespace cutover::state_version
