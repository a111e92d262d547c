# writ_compiler: trees in, program images out.
writ_library(compiler compile.cc emit.cc image.cc action_automaton.cc index_actions.cc
  index_known_actions.cc
  index_intervals.cc index_units.cc ir.cc lower.cc passes.cc resource_trie.cc
  PUBLIC writ_authz writ_grammar writ_base)
