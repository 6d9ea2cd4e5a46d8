// What is beside docs/own-migration.md: an example for each thing that a definition may use.
#pragma once

#include <cutover/crashsim/sdk.h>

cutover::Migration lock(bool in_session);
cutover::Migration disk(bool syncs_first);
cutover::Migration queue(bool in_one_step);
cutover::Migration leader(bool fenced);
cutover::Migration replicas(bool writes_both);
cutover::Migration mirror(bool awaits_both);
