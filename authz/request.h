// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_REQUEST_H_
#define WRIT_AUTHZ_REQUEST_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace writ {

enum class PrincipalKind : uint8_t {
  kRoot,               // acs:ram::<account>:root
  kUser,               // acs:ram::<account>:user/<name>
  kRoleSession,        // acs:ram::<account>:role/<name>/<session>
  kServiceLinkedRole,  // the same, of a service-linked role
  kFederated,          // …:saml-provider/<name>, …:oidc-provider/<name>
  kService,            // fc.aliyuncs.com
  kAnonymous,          // *
};

// Who asks. All views are borrowed from the asker for the length of the call.
struct RequestPrincipal {
  // As in the case files: an ARN, a service name, or "*".
  std::string_view name = {};
  // Numeric user id, or "<roleId>:<session>"; may be empty.
  std::string_view id = {};
  // What the asker knows and the name does not say.
  enum class Declared : uint8_t { kByName, kService, kServiceLinkedRole };
  Declared declared = Declared::kByName;
  // The caller's account where the name has none (a service); else empty or
  // equal to the name's.
  std::string_view account = {};
  // The account is the management account of the resource directory.
  bool in_management_account = false;
};

// One context key and its values as canonical text (R24). A key with no values
// is absent. Keys compare as R10 says; the asker must not repeat a key.
struct ContextEntry {
  std::string_view key;
  std::span<const std::string_view> values;
};

// One question. Everything is borrowed for the length of the call.
struct Request {
  RequestPrincipal principal = {};
  std::string_view action = {};                      // "fc:InvokeFunction"
  std::span<const std::string_view> resources = {};  // one, or several (R21)
  std::string_view resource_group = {};  // of the resource; may be empty
  std::span<const ContextEntry> context = {};
};

}  // namespace writ

#endif  // WRIT_AUTHZ_REQUEST_H_
