# One library per folder, linked by alias only; one Boost.Test executable per tests/ folder.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Planted bugs are modules beside the same code in the executable: everything stays apart only when hidden.
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Every leaf links this: the warnings, and what keeps the bits the same under both compilers.
add_library(raftsim_flags INTERFACE)
target_compile_options(raftsim_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wswitch-enum -Wnon-virtual-dtor
  -Woverloaded-virtual -ffp-contract=off "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=")
target_include_directories(raftsim_flags INTERFACE "${CMAKE_SOURCE_DIR}")
if(RAFTSIM_WERROR)
  target_compile_options(raftsim_flags INTERFACE -Werror)
endif()

# raftsim_library(NAME SOURCES file... HEADERS file... DEPENDS target...): static library raftsim_NAME, alias
# raftsim::NAME. A folder without sources becomes an interface library.
function(raftsim_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  if(ARG_SOURCES)
    add_library(raftsim_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(raftsim_${name} PUBLIC raftsim_flags ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_DEPENDS})
    target_sources(raftsim_${name} PUBLIC FILE_SET HEADERS BASE_DIRS "${CMAKE_SOURCE_DIR}" FILES ${ARG_HEADERS})
  else()
    add_library(raftsim_${name} INTERFACE)
    target_link_libraries(raftsim_${name} INTERFACE raftsim_flags ${ARG_DEPENDS})
    target_sources(raftsim_${name} INTERFACE FILE_SET HEADERS BASE_DIRS "${CMAKE_SOURCE_DIR}" FILES ${ARG_HEADERS})
  endif()
  add_library(raftsim::${name} ALIAS raftsim_${name})
endfunction()

# raftsim_test(NAME SOURCES file... DEPENDS target...): executable test_NAME, one CTest of that name. SOURCES without a
# main: tests/main.cpp is added.
function(raftsim_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(test_${name} "${CMAKE_SOURCE_DIR}/tests/main.cpp" ${ARG_SOURCES})
  target_link_libraries(test_${name} PRIVATE raftsim_flags Boost::unit_test_framework fmt::fmt ${ARG_DEPENDS})
  target_compile_definitions(test_${name} PRIVATE BOOST_TEST_DYN_LINK
    "RAFTSIM_SOURCE_DIR=\"${CMAKE_SOURCE_DIR}\"")
  add_test(NAME ${name} COMMAND test_${name})
  if(ARG_LABELS)
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}")
  endif()
endfunction()
