# What others build against: the seam, for a module of their own, and the core, to compare with.
# find_package(raftsim) gives raftsim::seam and raftsim::core.
include(CMakePackageConfigHelpers)

set(package lib/cmake/raftsim)
# The headers keep their folders: "seam/process.hpp" is included by that name everywhere.
install(TARGETS raftsim_flags raftsim_seam raftsim_core EXPORT raftsim
        ARCHIVE DESTINATION lib COMPONENT development
        FILE_SET HEADERS DESTINATION include/raftsim COMPONENT development)
install(EXPORT raftsim NAMESPACE raftsim:: FILE raftsimTargets.cmake DESTINATION ${package} COMPONENT development)
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/raftsimConfig.cmake.in"
  "${CMAKE_BINARY_DIR}/generated/raftsimConfig.cmake" INSTALL_DESTINATION ${package})
write_basic_package_version_file("${CMAKE_BINARY_DIR}/generated/raftsimConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/generated/raftsimConfig.cmake" "${CMAKE_BINARY_DIR}/generated/raftsimConfigVersion.cmake"
        DESTINATION ${package} COMPONENT development)
