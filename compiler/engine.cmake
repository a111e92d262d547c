# writ_compiler: trees in, program images out.
writ_library(compiler action_automaton.cc compile.cc directory_state.cc
  emit.cc image.cc index_actions.cc index_intervals.cc index_known_actions.cc
  index_units.cc ir.cc lower.cc passes.cc pattern_cover.cc policy_lists.cc resource_trie.cc
  rulings.cc snapshot_compiler.cc snapshot_pack.cc unit_plan.cc
  PUBLIC writ_authz writ_grammar writ_base)
