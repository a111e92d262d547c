// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CONTROL_API_H_
#define WRIT_CONTROL_API_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/authenticator.h"
#include "auth/request_head.h"
#include "base/clock.h"
#include "control/audit.h"
#include "control/directory.h"
#include "control/gate.h"
#include "control/router.h"
#include "store/artifact.h"
#include "store/metadata.h"
#include "store/temporary_url.h"

namespace writ {

// One process of the platform, for GetStatus.
struct RoleStatus {
  std::string name;  // core, node, jail
  int64_t pid = 0;
  std::string state;  // ready, starting, stopped
};

// What the API is made of. Everything is borrowed and must outlive it.
struct ControlParts {
  MetadataStore* store = nullptr;
  ArtifactStore* artifacts = nullptr;
  Directory* directory = nullptr;
  const Gate* gate = nullptr;
  const Authenticator* authenticator = nullptr;
  const TemporaryUrls* urls = nullptr;
  const AuditTrail* audit = nullptr;
  const Clock* clock = nullptr;
  // The account of this platform, 16 digits.
  std::string account;
  // The processes of this platform; may be empty.
  std::function<std::vector<RoleStatus>()> roles;
  // The compute node that a request proves to come from, empty for everybody
  // else (P24); without it nobody is a node.
  std::function<std::string(const RequestHead&)> proven_node;
};

// The FC, RAM, STS and operator's APIs: everything but invocations.
//
// Each call goes the way of P22: route, verify the signature from the head,
// decide, only then read the body and compare it with the digest that was
// signed, act, commit, publish, audit, answer. Thread-safe; blocks on the
// store.
class ControlApi {
 public:
  explicit ControlApi(ControlParts parts);

  // Answers one request. Never fails: faults are answers too.
  //
  // body        read only after the call was admitted, at most
  //             kMaxControlBodyBytes
  // request_id  made by the listener, which also names it in the headers
  // match       what Router::Match gave for `head`
  HttpResponse Handle(const RequestHead& head, BodyReader* body,
                      std::string_view request_id,
                      const RouteMatch& match) const;
  HttpResponse Handle(const RequestHead& head, BodyReader* body,
                      std::string_view request_id) const {
    return Handle(head, body, request_id, Router::Match(head));
  }

 private:
  const ControlParts parts_;
};

// The answer to a call that is not authenticated, in the manner of `product`.
HttpResponse AuthFailureResponse(Product product, AuthFailure failure,
                                 std::string_view request_id);

// The 403 of a denied call: FC AccessDenied, RAM and STS NoPermission. Says
// the same whether the resource exists or not (P10).
HttpResponse DeniedResponse(Product product, const Admission& admission,
                            const AuthenticatedCaller& caller,
                            std::string_view request_id);

}  // namespace writ

#endif  // WRIT_CONTROL_API_H_
