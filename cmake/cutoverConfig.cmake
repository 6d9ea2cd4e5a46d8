# find_package(cutover): the target cutover::cutover, and what it needs in turn.
include(CMakeFindDependencyMacro)
find_dependency(Boost 1.74)
find_dependency(fmt)
find_dependency(nlohmann_json)
find_dependency(SQLite3)
find_dependency(Threads)
find_dependency(CLI11)
include(${CMAKE_CURRENT_LIST_DIR}/cutoverTargets.cmake)
