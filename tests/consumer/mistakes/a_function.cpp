// give a lambda without captures
#include <cutover/crashsim/sdk.h>
using namespace cutover;
void set(int& cell) { cell = 1; }
Task<void> program(Actor& actor) { co_await actor.store<int>("cell").step("set", set); }
