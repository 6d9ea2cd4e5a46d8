// Everything that a migration of your own needs, over crashsim's World: Migration, its definition;
// Actor, what its programs may do; View, what its properties see. docs/own-migration.md walks
// through it.
#pragma once

#include "crashsim/sdk/actor.h"
#include "crashsim/sdk/fenced.h"
#include "crashsim/sdk/migration.h"
#include "crashsim/sdk/view.h"
