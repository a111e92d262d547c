# gRPC and protobuf, shared or static: whoever links writ_grpc gets the shared
# libraries, unless the program at the end has the property WRIT_STATIC_GRPC.
# Static are those that nothing else on a host brings along (gRPC, protobuf,
# Abseil, RE2, c-ares, upb); OpenSSL, zlib and the C and C++ libraries stay
# shared, so that the system's security updates reach them.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)

# Archives of the packages below, in the linker's order; a name may come up
# often, and once is enough within a group.
function(writ_static_archives result)
  execute_process(
    COMMAND ${PKG_CONFIG_EXECUTABLE} --static --libs-only-l ${ARGN}
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags)
  list(REMOVE_DUPLICATES flags)
  set(archives)
  foreach(flag ${flags})
    string(REGEX REPLACE "^-l" "" name ${flag})
    if(name MATCHES "^(ssl|crypto|z|dl|rt|m|pthread|atomic)$")
      continue()
    endif()
    find_library(WRIT_ARCHIVE_${name} NAMES lib${name}.a REQUIRED)
    mark_as_advanced(WRIT_ARCHIVE_${name})
    list(APPEND archives ${WRIT_ARCHIVE_${name}})
  endforeach()
  set(${result} ${archives} PARENT_SCOPE)
endfunction()
writ_static_archives(grpc_archives grpc++ protobuf)
find_library(WRIT_ARCHIVE_grpc++_reflection NAMES libgrpc++_reflection.a REQUIRED)
mark_as_advanced(WRIT_ARCHIVE_grpc++_reflection)

set(is_static $<BOOL:$<TARGET_PROPERTY:WRIT_STATIC_GRPC>>)
set(grpc_group
  -Wl,--start-group ${grpc_archives} -Wl,--end-group
  OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB Threads::Threads ${CMAKE_DL_LIBS})
add_library(writ_grpc INTERFACE)
target_link_libraries(writ_grpc INTERFACE
  "$<${is_static}:${grpc_group}>"
  "$<$<NOT:${is_static}>:gRPC::grpc++;protobuf::libprotobuf>")
add_library(writ_grpc_reflection INTERFACE)
target_link_libraries(writ_grpc_reflection INTERFACE
  "$<${is_static}:${WRIT_ARCHIVE_grpc++_reflection}>"
  "$<$<NOT:${is_static}>:gRPC::grpc++_reflection>"
  writ_grpc)
