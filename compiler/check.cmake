writ_library(check check.cc check_condition.cc check_principal.cc
  PUBLIC writ_grammar writ_base)
