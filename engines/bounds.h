// The bounds of a check: as a user gives them, and as they are shown.
#pragma once

#include "engines/engines.h"

namespace cutover {

enum class OfOthers { refused, ignored };  ///< bounds that only other families have

/// Parses "processes=2,crashes=3" over the defaults. Throws UsageError, also for impossible bounds.
crashsim::Bounds parse_bounds(const std::string& text, const crashsim::BoundSpecs& all,
                              const crashsim::Bounds& defaults,
                              OfOthers others = OfOthers::refused);

/// Within which the engine checks the case: what the user gave, or else its defaults. Throws
/// UsageError.
crashsim::Bounds bounds_for(const Case& of, const Engine& engine, const std::string& given);

/// "2 processes, 4 starts, ..."
std::string bounds_list(const Case& of, const crashsim::Bounds& bounds);
/// "Bounds: 2 processes, 4 starts, ...", for each family where several are among the cases, and
/// for cases with bounds of their own.
std::string bounds_lines(const std::string& title, const std::vector<const Case*>& cases,
                         const std::function<crashsim::Bounds(const Case&)>& bounds);

/// The same of what the engine checks them within.
std::string bounds_lines_of(const std::string& engine, const std::vector<const Case*>& cases,
                            const EngineOptions& options);

}  // namespace cutover
