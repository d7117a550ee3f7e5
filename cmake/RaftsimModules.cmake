# Systems under test as shared objects: hidden but for the one entry point, so that the code of a module never mixes with
# the same code in the executable.

set(raftsim_module_exports "${CMAKE_SOURCE_DIR}/cmake/module.map")

# raftsim_module(NAME OUTPUT path-without-suffix SOURCES file...)
function(raftsim_module name)
  cmake_parse_arguments(ARG "" "OUTPUT" "SOURCES;DEFINITIONS" ${ARGN})
  add_library(${name} MODULE ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE raftsim::core)
  target_compile_definitions(${name} PRIVATE ${ARG_DEFINITIONS})
  target_link_options(${name} PRIVATE "LINKER:--version-script,${raftsim_module_exports}")
  get_filename_component(folder "${ARG_OUTPUT}" DIRECTORY)
  get_filename_component(file "${ARG_OUTPUT}" NAME)
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so" OUTPUT_NAME "${file}"
                        LIBRARY_OUTPUT_DIRECTORY "${folder}")
endfunction()

# raftsim_patched(OUT patch): applies a patch against core/*.cpp to copies; sets OUT to the patched files. The command
# depends on patch and originals, and takes no fuzz: a stale patch fails the build.
function(raftsim_patched out name patch)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${patch}")
  file(STRINGS "${patch}" headers REGEX "^\\+\\+\\+ b/core/.*\\.cpp")
  set(folder "${CMAKE_BINARY_DIR}/patched/${name}")
  set(files)
  set(originals)
  set(copies)
  foreach(header IN LISTS headers)
    string(REGEX REPLACE "^\\+\\+\\+ b/([^\t ]*).*" "\\1" file "${header}")
    list(APPEND files "${folder}/${file}")
    list(APPEND originals "${CMAKE_SOURCE_DIR}/${file}")
    get_filename_component(subfolder "${folder}/${file}" DIRECTORY)
    list(APPEND copies COMMAND "${CMAKE_COMMAND}" -E make_directory "${subfolder}"
                       COMMAND "${CMAKE_COMMAND}" -E copy "${CMAKE_SOURCE_DIR}/${file}" "${folder}/${file}")
  endforeach()
  if(NOT files)
    message(FATAL_ERROR "${patch} touches no core/*.cpp")
  endif()
  add_custom_command(OUTPUT ${files} ${copies}
    COMMAND patch -s -p1 --fuzz=0 --no-backup-if-mismatch -d "${folder}" -i "${patch}"
    DEPENDS "${patch}" ${originals} COMMENT "Planting ${name}" VERBATIM)
  set(${out} ${files} PARENT_SCOPE)
endfunction()
