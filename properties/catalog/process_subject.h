// The catalog's protocols as they are checked by real processes (crashsim/process/process_check.h):
// the command's `migrate` over two SQLite files.
//
// After every event both files are judged: OneSourceOfTruth, NoLostWrite, NoResurrection,
// EpochMonotone. Of processes that end: CanFinish, ServeOnlyTruth, FencedNeverSucceeds
// (properties.h).
#pragma once

#include "crashsim/process/subject.h"
#include "impl/catalog/protocol.h"
#include "properties/catalog/properties.h"

namespace cutover::catalog {

/// The children are run as EXECUTABLE migrate --stash S --persist P --to T --protocol P --pause-fds
/// R,W. The protocol's code serves clients in between.
///
/// A history begins with a stash that is the truth, with contents in the old format and no
/// tombstone; with one that was moved to persist; and with two stores that are not a pair yet.
crashsim::ProcessSubject process_subject(const Protocol& protocol, Truth truth,
                                         const std::string& executable);

}  // namespace cutover::catalog
