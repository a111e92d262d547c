# Tests of the node's side of runtime/. Those named jail_* need root: they run
# the real writ-jail.
add_library(writ_jail_for_test STATIC jail_process.cc)
target_link_libraries(writ_jail_for_test
  PUBLIC writ_node writ_cgroup writ_crypto GTest::gtest
  PRIVATE archive writ_warnings)
target_compile_definitions(writ_jail_for_test PRIVATE
  WRIT_BIN_DIR="${PROJECT_BINARY_DIR}/bin"
  WRIT_PROBE="${PROJECT_BINARY_DIR}/tests/instance_probe")

writ_test(cgroup_test cgroup_test.cc LIBS writ_cgroup)
writ_test(frames_test frames_test.cc LIBS writ_base)
writ_test(http_response_test http_response_test.cc LIBS writ_init)
writ_test(unpack_test unpack_test.cc LIBS writ_unpack writ_jail_for_test)
writ_test(instance_start_test instance_start_test.cc LIBS writ_node)
writ_test(jail_instance_test jail_instance_test.cc
  LIBS writ_jail_for_test LABELS root TIMEOUT 300)
writ_test(jail_request_test jail_request_test.cc
  LIBS writ_jail_for_test writ_jail_protocol LABELS root TIMEOUT 120)
writ_test(jail_python_test jail_python_test.cc
  LIBS writ_jail_for_test LABELS root TIMEOUT 300)
writ_test(jail_node_test jail_node_test.cc
  LIBS writ_jail_for_test writ_proto LABELS root TIMEOUT 300)
foreach(test jail_instance_test jail_request_test jail_python_test
        jail_node_test)
  set_tests_properties(${test} PROPERTIES RESOURCE_LOCK platform)
  add_dependencies(${test} writ-jail writ-init writ-unpack instance_probe)
endforeach()
