// this type has no JSON
#include <cutover/crashsim/sdk.h>
using namespace cutover;
struct Cell {
  int value = 0;
};
void define(Migration& migration) { migration.store("cell", Cell{}); }
