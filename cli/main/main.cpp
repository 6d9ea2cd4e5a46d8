#include "cli/cutover_main.h"
#include "properties/catalog/cases.h"

int main(int argc, char** argv) {
  return cutover::cutover_main(argc, argv, cutover::catalog::cases());
}
