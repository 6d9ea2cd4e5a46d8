# `cmake --install` of what a project with a migration of its own needs: the libraries, their
# headers, the `cutover` command with the built-in cases, and find_package(cutover), which offers the
# target cutover::cutover, and by its components `pictures` and `bench` cutover::pictures and
# cutover::bench. docs/own-migration.md shows its use.
#
# The headers go below include/cutover/, and that folder is on the include path too, as ours include
# each other from the root of the sources. A library that links something new publicly, or is static
# and links it at all, adds it to cutoverConfig.cmake.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

add_library(cutover_package INTERFACE)
set_target_properties(cutover_package PROPERTIES EXPORT_NAME cutover)
target_link_libraries(cutover_package INTERFACE cutover_cli)
target_compile_features(cutover_package INTERFACE cxx_std_20)
target_include_directories(cutover_package INTERFACE
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/cutover>)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/cutover)
install(TARGETS cutover RUNTIME)
install(TARGETS cutover_package cutover_system cutover_crashsim cutover_tla cutover_engines
  cutover_cli
  EXPORT cutoverTargets ARCHIVE)
install(EXPORT cutoverTargets NAMESPACE cutover:: DESTINATION ${package})
foreach(component pictures bench)
  set_target_properties(cutover_${component} PROPERTIES EXPORT_NAME ${component})
  install(TARGETS cutover_${component} EXPORT cutover-${component} ARCHIVE)
  install(EXPORT cutover-${component} NAMESPACE cutover:: DESTINATION ${package})
  install(FILES cli/${component}/commands.h
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cutover/cli/${component})
endforeach()
install(DIRECTORY system crashsim DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cutover
  FILES_MATCHING PATTERN "*.h")
install(DIRECTORY model/checker DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cutover/model
  FILES_MATCHING PATTERN "*.h")
# What --engine tla runs on; the jar too, if tla/fetch has fetched it.
install(DIRECTORY tla DESTINATION ${CMAKE_INSTALL_DATADIR}/cutover
  FILES_MATCHING PATTERN "*.tla" PATTERN "*.cfg")
install(FILES build/tla/tla2tools.jar DESTINATION ${CMAKE_INSTALL_DATADIR}/cutover/tla OPTIONAL)
install(FILES engines/case.h engines/family.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cutover/engines)
install(DIRECTORY engines/model DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cutover/engines
  FILES_MATCHING PATTERN "*.h")
install(FILES tla/value.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cutover/tla)
install(FILES cli/cutover_main.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cutover/cli)

write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/cutoverConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES cmake/cutoverConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/cutoverConfigVersion.cmake
  DESTINATION ${package})

# What docs/own-model.md adds to the job queue.
install(DIRECTORY tests/consumer/model/ DESTINATION ${CMAKE_INSTALL_DATADIR}/cutover/job_queue)
