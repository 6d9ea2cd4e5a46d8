#include <cutover/cli/bench/commands.h>
#include <cutover/cli/cutover_main.h>
#include <cutover/cli/pictures/commands.h>

#include "examples.h"

using namespace cutover;

int main(int argc, char** argv) {
  const Family examples{
      .name = "examples",
      .cases = {
          {"examples/lock", "a lock of a session", "", lock(true)},
          {"examples/lock+outside", "writes outside of the session", "NothingLost", lock(false)},
          {"examples/disk", "acknowledges what is synced", "", disk(true)},
          {"examples/disk+early", "acknowledges, and then syncs", "Durable", disk(false)},
          {"examples/queue", "jobs that are waited for", "", queue(true)},
          {"examples/queue+looks", "looks first, and then takes", "DoneOnce", queue(false)},
          {"examples/leader", "a log with a fence", "", leader(true)},
          {"examples/leader+unfenced", "writes past the fence", "NoLostEntry", leader(false)},
          {"examples/replicas", "reads from either of two", "", replicas(true)},
          {"examples/replicas+one", "writes to one of them", "ReadYourWrites", replicas(false)},
          {"examples/mirror", "awaits both sides", "", mirror(true)},
          {"examples/mirror+one", "awaits one side", "OnBothSides", mirror(false)},
      }};
  return cutover_main(argc, argv, {examples}, {pictures, bench});
}
