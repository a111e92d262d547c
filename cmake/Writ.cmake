# The two ways in which this tree makes targets: a library per folder, and a
# test program per topic.

# Flags of our own code; generated and third-party code does not get them.
add_library(writ_warnings INTERFACE)
target_compile_options(writ_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  target_compile_options(writ_warnings INTERFACE -Wthread-safety)
endif()

# writ_library(NAME SOURCES... [PUBLIC libs...] [PRIVATE libs...])
# makes writ_NAME, with #include paths from the root.
function(writ_library name)
  cmake_parse_arguments(ARG "" "" "PUBLIC;PRIVATE" ${ARGN})
  add_library(writ_${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(writ_${name} PUBLIC
    ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
  target_link_libraries(writ_${name}
    PUBLIC ${ARG_PUBLIC} PRIVATE writ_warnings ${ARG_PRIVATE})
endfunction()

# writ_binary(NAME SOURCES... [LIBS libs...]) leaves bin/NAME.
function(writ_binary name)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} writ_warnings)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()

# writ_test(NAME SOURCES... [LIBS libs...] [LABELS labels...] [TIMEOUT seconds])
# makes a GoogleTest program and registers it with ctest as one test. The
# working directory of every test is the root of the source tree.
function(writ_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LIBS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE
    ${ARG_LIBS} GTest::gtest GTest::gmock GTest::gtest_main writ_warnings)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES
    TIMEOUT ${ARG_TIMEOUT} LABELS "unit;${ARG_LABELS}")
endfunction()
