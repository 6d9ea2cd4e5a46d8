// The command with the handover beside the catalog.
#include "cli/bench/commands.h"
#include "cli/cutover_main.h"
#include "cli/pictures/commands.h"
#include "properties/catalog/cases.h"
#include "tests/handover/family.h"

int main(int argc, char** argv) {
  return cutover::cutover_main(argc, argv,
                               {cutover::catalog::family(), cutover::handover::family()},
                               {cutover::pictures, cutover::bench});
}
