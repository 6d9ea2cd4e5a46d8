// Text that came from elsewhere, for a terminal: it must not move the cursor, nor be taken for more
// than it is.
#pragma once

#include <string>
#include <string_view>

namespace cutover::system {

/// Control characters, and bytes that are no UTF-8, as "\x1b". Newlines too, unless they are kept.
std::string printable(std::string_view text, bool keep_newlines = false);

/// Whether it is the same when printed.
bool is_printable(std::string_view text);

}  // namespace cutover::system
