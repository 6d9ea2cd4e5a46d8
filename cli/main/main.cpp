#include "cli/bench/commands.h"
#include "cli/catalog/commands.h"
#include "cli/cutover_main.h"
#include "cli/online/commands.h"
#include "cli/pictures/commands.h"
#include "cli/state_version/commands.h"
#include "properties/catalog/cases.h"
#include "properties/online/cases.h"
#include "properties/state_version/cases.h"

int main(int argc, char** argv) {
  cutover::Family catalog = cutover::catalog::family();
  catalog.commands = cutover::cli::add_catalog_commands;
  cutover::Family state_version = cutover::state_version::family();
  state_version.commands = cutover::cli::add_state_version_commands;
  cutover::Family online = cutover::online::family();
  online.commands = cutover::cli::add_online_commands;
  return cutover::cutover_main(argc, argv, {catalog, state_version, online},
                               {cutover::pictures, cutover::bench});
}
