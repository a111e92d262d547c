# `writ eval` and the cases it reads. Also included by tests that decide cases
# in a build without the rest of cli/.
include_guard(GLOBAL)
writ_library(cases
  ${PROJECT_SOURCE_DIR}/cli/case_decision.cc
  ${PROJECT_SOURCE_DIR}/cli/case_file.cc
  ${PROJECT_SOURCE_DIR}/cli/json_scanner.cc
  PUBLIC writ_authz writ_compiler writ_check writ_grammar writ_base)
