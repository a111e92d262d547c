// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_SIDECAR_QUESTION_H_
#define WRIT_CLI_SIDECAR_QUESTION_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "cases/case_file.h"

// What `writ` and its module writ-ask.so say to each other. gRPC lives in the
// module, which is loaded by the one command that asks a sidecar: linked into
// `writ` it would cost every command its start-up time.
namespace writ {

struct SidecarAddress {
  std::string target;            // `127.0.0.1:50051` or `unix:/path`
  std::string ca_file;           // PEM: speak TLS and believe these
  std::string certificate_file;  // mutual TLS
  std::string key_file;
  std::string token_file;  // a bearer token; TLS or a Unix socket only
  std::chrono::milliseconds deadline{10000};
};

struct SidecarStatement {
  std::string kind;
  std::string account;
  std::string policy;
  uint32_t index = 0;
  std::string sid;
};

struct SidecarAnswer {
  // Of the call; the rest counts when it is OK. kInvalidArgument with
  // `is_local`: a file cannot be used, nothing was asked.
  Status status;
  bool is_local = false;
  int verdict = 0;  // as on the wire
  int layer = 0;
  int reason = 0;
  uint64_t revision = 0;
  std::string bundle_digest;  // bytes
  std::string decision_id;
  std::vector<SidecarStatement> statements;
};

// The module's one function, by the name kAskSidecarSymbol: asks Check and
// waits for the answer or the deadline.
using AskSidecarFunction = void (*)(const SidecarAddress& address,
                                    const CaseRequest& request,
                                    SidecarAnswer* answer);
inline constexpr char kAskSidecarSymbol[] = "WritAskSidecar";
// Stands beside the program.
inline constexpr char kAskSidecarModule[] = "writ-ask.so";

}  // namespace writ

#endif  // WRIT_CLI_SIDECAR_QUESTION_H_
