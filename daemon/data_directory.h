// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DAEMON_DATA_DIRECTORY_H_
#define WRIT_DAEMON_DATA_DIRECTORY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/secret.h"
#include "base/status.h"

namespace writ {

// What credentials.json says (P03).
struct Credentials {
  std::string endpoint;
  std::string ca_certificate;  // absolute path
  std::string account_id;
  std::string region;
  std::string access_key_id;
  SecretBytes access_key_secret;
};

// What the supervisor says of itself in run.json, for `writ status`.
struct RunState {
  struct RoleState {
    std::string name;
    int64_t pid = 0;
    std::string state;  // starting, ready, stopped
  };
  int64_t supervisor_pid = 0;
  std::string state;  // starting, ready, restarting, stopping
  std::string endpoint;
  std::string run;
  uint64_t restarts = 0;
  std::vector<RoleState> roles;
};

// The data directory of one platform. All of it belongs to root alone (0700)
// but two directories inside, which are the core's:
//
//   credentials.json  0600  for clients
//   run.json          0600  while the platform runs
//   lock              0600  held by the supervisor
//   tls/              0700  the public authority and its key
//   keys/             0700  the core's: the key-encryption key
//   store/            0700  the core's: everything sealed
//
// The core is given store/ and keys/ as descriptors and can look into nothing
// else.
class DataDirectory {
 public:
  // Makes the directory when it is missing, and takes it for this process.
  //
  // core_uid  owner of store/ and keys/
  // Errors  kUnavailable         another platform has it; the message names
  //                              its pid
  //         kFailedPrecondition  not empty and none of ours, or another user's
  //         else                 as the system says
  static Result<DataDirectory> Open(const std::string& path, uint32_t core_uid);

  int fd() const { return directory_.get(); }
  int tls_fd() const { return tls_.get(); }
  int keys_fd() const { return keys_.get(); }
  int store_fd() const { return store_.get(); }
  // Without links and dots.
  const std::string& absolute_path() const { return absolute_path_; }

  Status WriteCredentials(const Credentials& credentials) const;
  Status WriteRunState(const RunState& state) const;
  void RemoveRunState() const;

 private:
  DataDirectory() = default;
  UniqueFd directory_;
  UniqueFd lock_;
  UniqueFd tls_;
  UniqueFd keys_;
  UniqueFd store_;
  std::string absolute_path_;
};

// Errors  kNotFound     no platform has been started there
//         kDataLoss     malformed
Result<Credentials> ReadCredentials(const std::string& data_path);
// Errors  kNotFound     no platform runs there
Result<RunState> ReadRunState(const std::string& data_path);

}  // namespace writ

#endif  // WRIT_DAEMON_DATA_DIRECTORY_H_
