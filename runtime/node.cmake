# The node's side of runtime/: the jail (root), PID 1 of an instance, the
# unpacker and the node process. None of them links the core's side.
find_package(CURL REQUIRED)
find_library(WRIT_SECCOMP seccomp REQUIRED)
find_library(WRIT_ARCHIVE archive REQUIRED)

# The system call filter, compiled from data at build time.
add_executable(seccomp_compile seccomp/compile.cc)
target_link_libraries(seccomp_compile PRIVATE
  ${WRIT_SECCOMP} nlohmann_json::nlohmann_json writ_warnings)
set(filter_header ${PROJECT_BINARY_DIR}/generated/runtime/seccomp/instance_filter.h)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated/runtime/seccomp)
add_custom_command(
  OUTPUT ${filter_header}
  COMMAND seccomp_compile ${CMAKE_CURRENT_SOURCE_DIR}/seccomp/instance.json
          ${filter_header}
  DEPENDS seccomp_compile ${CMAKE_CURRENT_SOURCE_DIR}/seccomp/instance.json
  VERBATIM)

writ_library(cgroup jail/cgroup.cc PUBLIC writ_base)
writ_library(jail_protocol jail/socket_packet.cc PUBLIC writ_base)
writ_library(jail jail/jail.cc jail/root_tree.cc jail/sandbox.cc
  ${filter_header} PUBLIC writ_base writ_cgroup writ_jail_protocol)
writ_binary(writ-jail jail/main.cc LIBS writ_jail)

writ_library(unpack unpack/archive.cc PUBLIC writ_base PRIVATE ${WRIT_ARCHIVE})
writ_binary(writ-unpack unpack/main.cc LIBS writ_unpack)

writ_library(init init/http_response.cc init/runtime_process.cc init/session.cc
  PUBLIC writ_base)
writ_binary(writ-init init/main.cc LIBS writ_init)
target_link_options(writ-init PRIVATE -static)

writ_library(node
  code_fetch.cc instance.cc instance_start.cc jail_client.cc node.cc node_service.cc
  PUBLIC writ_base writ_grant
  PRIVATE writ_crypto writ_jail_protocol writ_cgroup writ_proto CURL::libcurl)
writ_binary(writd-node node_main.cc LIBS writ_node)

# The bootstraps beside the programs, where the supervisor opens them.
file(GLOB_RECURSE language_files CONFIGURE_DEPENDS
  ${CMAKE_CURRENT_SOURCE_DIR}/languages/*.py)
set(languages_stamp ${PROJECT_BINARY_DIR}/generated/runtime/languages.stamp)
add_custom_command(
  OUTPUT ${languages_stamp}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/bin
  COMMAND ${CMAKE_COMMAND} -E copy_directory
          ${CMAKE_CURRENT_SOURCE_DIR}/languages
          ${PROJECT_BINARY_DIR}/bin/languages
  COMMAND ${CMAKE_COMMAND} -E touch ${languages_stamp}
  DEPENDS ${language_files}
  VERBATIM)
add_custom_target(writ-languages ALL DEPENDS ${languages_stamp})
add_dependencies(writ-jail writ-languages)
