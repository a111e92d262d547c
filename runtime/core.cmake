# The core's side of the data plane. Boost is seen by http_server.cc alone,
# gRPC by node_channel.cc.
find_package(Boost 1.81 REQUIRED)

writ_library(http_server http_server.cc request_id.cc
  PUBLIC writ_auth
  PRIVATE writ_crypto Boost::headers OpenSSL::SSL Threads::Threads)
writ_library(data_plane access.cc authority.cc placement.cc scheduler.cc
  PUBLIC writ_grant writ_auth writ_authz
  PRIVATE writ_crypto writ_http_server Threads::Threads)
writ_library(node_channel node_channel.cc
  PUBLIC writ_data_plane PRIVATE writ_proto writ_crypto)
