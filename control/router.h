// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CONTROL_ROUTER_H_
#define WRIT_CONTROL_ROUTER_H_

#include <string>
#include <string_view>

#include "auth/request_head.h"
#include "control/operations.h"
#include "control/parameters.h"

namespace writ {

// Why a request has no route: an error answer to be made with ErrorResponse.
struct RouteError {
  int http_status = 0;
  std::string code;
  std::string message;
};

// What a request asks for. Either `operation` is set, or `error` says why not.
struct RouteMatch {
  const Operation* operation = nullptr;  // a row of kOperations
  // Of the path and the query. The form body of an RPC call is not read yet.
  Parameters parameters;
  RouteError error;
  // In whose manner errors are answered, also when nothing matched.
  Product product = Product::kFc;

  bool ok() const { return operation != nullptr; }
};

// Finds the operation of a request in operations.def. Judges the head alone
// and grants nothing: an unauthenticated caller may learn that a path or an
// action does not exist on the platform, and nothing else. Stateless.
class Router {
 public:
  // Errors   404  no such path, version or RPC action
  //          405  the path exists, the method does not
  //          400  broken escapes, a parameter that stands twice, an
  //               x-acs-action that is not the path's
  static RouteMatch Match(const RequestHead& head);

  // True when the head asks for InvokeFunction, so that the data plane serves
  // it. `match` is what Match returned.
  static bool IsInvocation(const RouteMatch& match) {
    return match.ok() && match.operation->id == OperationId::kInvokeFunction;
  }
};

}  // namespace writ

#endif  // WRIT_CONTROL_ROUTER_H_
