# The core's side of the data plane. gRPC is seen by node_channel.cc alone.
writ_library(data_plane access.cc authority.cc placement.cc scheduler.cc
  PUBLIC writ_grant writ_auth writ_authz
  PRIVATE writ_crypto writ_http_server Threads::Threads)
writ_library(node_channel node_channel.cc
  PUBLIC writ_data_plane PRIVATE writ_proto writ_crypto)
