writ_test(grant_test grant_test.cc LIBS writ_grant writ_crypto)
writ_test(placement_test placement_test.cc LIBS writ_data_plane)
writ_test(scheduler_test scheduler_test.cc LIBS writ_data_plane)
writ_test(invocation_test invocation_test.cc
  LIBS writ_data_plane writ_control writ_crypto)
writ_test(node_channel_test node_channel_test.cc
  LIBS writ_node_channel writ_proto writ_crypto)
