// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_EXAMPLES_CLIENTS_CPP_AUTHORIZER_H_
#define WRIT_EXAMPLES_CLIENTS_CPP_AUTHORIZER_H_

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "writ/authz/v1/authorization.grpc.pb.h"

// How to reach a sidecar.
struct SidecarAddress {
  std::string target;            // `unix:/path` or `127.0.0.1:50051`
  std::string ca_file;           // PEM: speak TLS and believe these authorities
  std::string certificate_file;  // mutual TLS: who we are
  std::string key_file;
  std::string token_file;  // a bearer token; empty: none
};

// Asks a sidecar what may be done. Whatever is not plainly an allow is a deny:
// an error, a deadline that passed, an answer that this program does not know.
// Thread-safe.
class Authorizer {
 public:
  // Throws std::runtime_error when a file cannot be read, or when a token would
  // go over the network without TLS. Does not connect yet.
  Authorizer(const SidecarAddress& address, std::chrono::milliseconds deadline);

  // Whether this may be done. `why_not`, when given, gets a line for the log
  // when there was no decision.
  bool Allows(const writ::authz::v1::CheckRequest& request,
              std::string* why_not = nullptr) const;

  // The same for up to 1,000 requests in one call, decided at one revision;
  // the result has one element for each.
  std::vector<bool> AllowsEach(
      const std::vector<writ::authz::v1::CheckRequest>& requests,
      std::string* why_not = nullptr) const;

 private:
  void Prepare(grpc::ClientContext* context) const;

  std::unique_ptr<writ::authz::v1::Authorization::Stub> stub_;
  std::string authorization_;
  std::chrono::milliseconds deadline_;
};

#endif  // WRIT_EXAMPLES_CLIENTS_CPP_AUTHORIZER_H_
