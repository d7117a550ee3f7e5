# One library per folder, linked by alias only; one Boost.Test executable per tests/ folder.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# Modules link the core. The build for campaigns makes none, and is for the machine that it is built on.
if(RAFTSIM_PROFILE)
  add_compile_options(-march=native -fno-pie)
  add_link_options(-no-pie)
else()
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()
# Small blocks by a few wide stores: g++ likes the string instructions, which take tens of cycles to start.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options("$<$<CONFIG:Release>:-mmemset-strategy=unrolled_loop:256:noalign,libcall:-1:noalign>"
                      "$<$<CONFIG:Release>:-mmemcpy-strategy=unrolled_loop:256:noalign,libcall:-1:noalign>")
endif()
# Planted bugs are modules beside the same code in the executable: everything stays apart only when hidden.
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Every leaf links this: the warnings, and what keeps the bits the same under both compilers.
add_library(raftsim_flags INTERFACE)
# An installed package passes on the language and where its headers are, nothing of how it was built.
target_compile_options(raftsim_flags INTERFACE $<BUILD_INTERFACE:-Wall;-Wextra;-Wpedantic;-Wconversion;-Wsign-conversion>
  $<BUILD_INTERFACE:-Wshadow;-Wswitch-enum;-Wnon-virtual-dtor;-Woverloaded-virtual;-ffp-contract=off>
  "$<BUILD_INTERFACE:-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=>")
target_include_directories(raftsim_flags INTERFACE "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>"
                                                   "$<INSTALL_INTERFACE:include/raftsim>")
target_compile_features(raftsim_flags INTERFACE cxx_std_20)
# Two builds in one folder, as the profile is found by the object's path: bench/campaign_build.sh.
set(profile_folder "${CMAKE_BINARY_DIR}/profile")
if(RAFTSIM_PROFILE STREQUAL "generate")
  add_compile_options(-fprofile-generate -fprofile-update=single "-fprofile-dir=${profile_folder}")
  add_link_options(-fprofile-generate)
elseif(RAFTSIM_PROFILE STREQUAL "use")
  add_compile_options(-flto=auto "-fprofile-use=${profile_folder}" -fprofile-correction -Wno-missing-profile)
  # g++ 12 takes fmt's one-character fill for an overflow once it is inlined across files.
  add_link_options(-flto=auto -Wno-stringop-overflow)
elseif(RAFTSIM_PROFILE)
  message(FATAL_ERROR "RAFTSIM_PROFILE is ${RAFTSIM_PROFILE}: expected generate or use")
endif()
if(RAFTSIM_WERROR)
  target_compile_options(raftsim_flags INTERFACE $<BUILD_INTERFACE:-Werror>)
endif()
if(CMAKE_UNITY_BUILD)
  # A name of one file shadows nothing that a reader of it sees; the file-by-file builds keep the warning.
  target_compile_options(raftsim_flags INTERFACE $<BUILD_INTERFACE:-Wno-shadow>)
endif()
# g++ 12 loses track under sanitizers: it takes moved-from alternatives of std::variant, and <regex>'s own std::function,
# for uninitialised. The builds without sanitizers keep the warning.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_DEBUG}" MATCHES "-fsanitize=")
  target_compile_options(raftsim_flags INTERFACE $<BUILD_INTERFACE:-Wno-maybe-uninitialized>)
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
  set_target_properties(raftsim_${name} PROPERTIES EXPORT_NAME ${name})
endfunction()

# What test executables share. Their own code is not optimised: it is compiled far more often than its speed is felt (half
# of a test file's compile time); the libraries under test are as the preset says. Not in unity builds: a test file's
# helpers stand in an anonymous namespace under everyday names.
function(raftsim_test_executable target)
  target_link_libraries(${target} PRIVATE raftsim_flags Boost::unit_test_framework fmt::fmt)
  target_compile_definitions(${target} PRIVATE BOOST_TEST_DYN_LINK "RAFTSIM_SOURCE_DIR=\"${CMAKE_SOURCE_DIR}\"")
  target_compile_options(${target} PRIVATE -O0)
  set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
endfunction()

if(RAFTSIM_TESTS)
  add_library(raftsim_test_main OBJECT "${CMAKE_SOURCE_DIR}/tests/main.cpp")
  raftsim_test_executable(raftsim_test_main)
endif()

# raftsim_test(NAME SOURCES file... DEPENDS target...): executable test_NAME, one CTest of that name. SOURCES without a
# main: tests/main.cpp, compiled once, is added.
function(raftsim_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(test_${name} $<TARGET_OBJECTS:raftsim_test_main> ${ARG_SOURCES})
  raftsim_test_executable(test_${name})
  target_link_libraries(test_${name} PRIVATE ${ARG_DEPENDS})
  add_test(NAME ${name} COMMAND test_${name})
  if(ARG_LABELS)
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}")
  endif()
endfunction()
