// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_AUTHZEN_H_
#define WRIT_SIDECAR_AUTHZEN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/request_head.h"
#include "sidecar/asker.h"
#include "sidecar/decision_point.h"

namespace writ {

// What AuthZEN can be asked; a row of authzen_endpoints.def each.
enum class AuthZenEndpoint : uint8_t {
#define ENDPOINT(Name, path, member, max_bytes) k##Name,
#include "sidecar/authzen_endpoints.def"
#undef ENDPOINT
};

// The endpoint at a path.
std::optional<AuthZenEndpoint> AuthZenEndpointAt(std::string_view path);
// How large a body it takes.
uint64_t AuthZenBodyLimit(AuthZenEndpoint endpoint);
// Under which name its questions are counted.
Protocol AuthZenProtocol(AuthZenEndpoint endpoint);

// OpenID AuthZEN Authorization API 1.0 (docs/authzen.md): JSON in, JSON out. A
// decision is 200; whatever fails is another status, or, for one of several
// evaluations, a `false` that says why. Thread-safe.
class AuthZen {
 public:
  // point  outlives this
  explicit AuthZen(const DecisionPoint* point) : point_(*point) {}

  HttpResponse Answer(const Asker& asker, AuthZenEndpoint endpoint,
                      std::string_view body) const;

  // The metadata document.
  //
  // base  "https://pdp.example.com", as the client came
  static HttpResponse Configuration(std::string_view base);

 private:
  const DecisionPoint& point_;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_AUTHZEN_H_
