# writ_compiler: trees in, program images out.
writ_library(compiler compile.cc emit.cc ir.cc lower.cc
  PUBLIC writ_authz writ_grammar writ_base)
