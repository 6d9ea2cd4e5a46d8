// The coroutines of a World's programs, for those who write or run one. A header of its own, as
// Boost.Asio's brings the system's sockets along: their names would collide with a user's.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "crashsim/world/world.h"
