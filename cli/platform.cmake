# The commands that run a platform or talk to one.
if(NOT TARGET CURL::libcurl)
  find_package(CURL REQUIRED)
endif()
target_sources(writ PRIVATE
  cmd_audit.cc cmd_doctor.cc cmd_serve.cc cmd_status.cc cmd_up.cc platform_client.cc)
target_link_libraries(writ PRIVATE
  writ_auth writ_crypto writ_host nlohmann_json::nlohmann_json
  ${CMAKE_DL_LIBS})
# The header only: the library is loaded when it is needed.
target_include_directories(writ SYSTEM PRIVATE
  $<TARGET_PROPERTY:CURL::libcurl,INTERFACE_INCLUDE_DIRECTORIES>)
target_compile_definitions(writ PRIVATE WRIT_HAS_PLATFORM)
# `writ serve` runs it.
add_dependencies(writ writ-sidecar)
