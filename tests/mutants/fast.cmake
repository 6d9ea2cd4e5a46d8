# Read by CMake after project(), for mutants alone: what hardly ever changes is compiled beforehand.
function(cutover_precompile)
  foreach(library impl crashsim engines properties tla cli)
    target_precompile_headers(cutover_${library} PRIVATE
      <algorithm> <functional> <map> <string> <vector> <fmt/format.h>)
  endforeach()
  target_precompile_headers(cutover_impl PRIVATE <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp>)
  foreach(library crashsim engines properties cli)
    target_precompile_headers(cutover_${library} PRIVATE <nlohmann/json.hpp> <boost/asio/awaitable.hpp>)
  endforeach()
endfunction()
cmake_language(DEFER DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} CALL cutover_precompile)
