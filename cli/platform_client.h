// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_PLATFORM_CLIENT_H_
#define WRIT_CLI_PLATFORM_CLIENT_H_

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"
#include "daemon/data_directory.h"

namespace writ {

struct PlatformReply {
  int http_status = 0;
  std::string body;
};

// Asks a running platform as the account's root, with what its
// credentials.json says: over TLS, trusting that platform's authority alone.
class PlatformClient {
 public:
  // clock  outlives the client
  PlatformClient(Credentials credentials, const Clock* clock);

  // GET `path_and_query`, signed as `action` of the operator's API.
  //
  // Errors  kUnavailable  no answer: not running, or not who it should be
  Result<PlatformReply> Get(std::string_view action,
                            const std::string& path_and_query) const;

 private:
  const Credentials credentials_;
  const Clock* const clock_;
};

}  // namespace writ

#endif  // WRIT_CLI_PLATFORM_CLIENT_H_
