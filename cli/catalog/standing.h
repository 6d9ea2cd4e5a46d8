// What a store knows of the source of truth: whether it is the one, as far as its own config tells,
// or together with the other store of its pair.
#pragma once

#include "cli/catalog/protocol_mark.h"

namespace cutover::cli {

enum class Standing {
  truth,      ///< or it belongs to no pair that has ever been moved
  not_truth,  ///< what is written to it will never be read
  unknown,    ///< only the other store tells
};

Standing standing(const Config& own);

/// Of the persist store of a pair if `is_persist`, else of the stash.
Standing standing_in_pair(const Config& stash, const Config& persist, bool is_persist);

}  // namespace cutover::cli
