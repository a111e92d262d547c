# The host's side (checks, runs, data directory) is a library of its own, which
# the command line shares; the supervisor and the core make up writd.
writ_library(host
  data_directory.cc host_check.cc host_run.cc listen_address.cc
  PUBLIC writ_base
  PRIVATE writ_cgroup writ_crypto nlohmann_json::nlohmann_json)
writ_library(supervisor role_process.cc supervisor.cc tls.cc
  PUBLIC writ_host writ_crypto PRIVATE writ_cgroup)
writ_library(core core.cc core_adapters.cc privileges.cc
  PUBLIC writ_control writ_data_plane writ_http_server writ_node_channel
         writ_store)
writ_binary(writd main.cc LIBS writ_core writ_supervisor)

# The supervisor opens these beside its own program.
add_dependencies(writd writd-node writ-jail writ-init writ-unpack)
