// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CONTROL_OPERATIONS_H_
#define WRIT_CONTROL_OPERATIONS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace writ {

enum class Product : uint8_t { kFc, kRam, kSts, kWrit };
enum class OperationAccess : uint8_t {
  kPermission,
  kAuthenticated,
  kUrlSignature,
};
enum class OperationEffect : uint8_t { kRead, kChange, kInvoke };
enum class OperationBody : uint8_t {
  kNone,
  kJson,
  kNamingJson,
  kForm,
  kPayload,
};

enum class OperationId : uint8_t {
#define SYSTEM_PURPOSE(...)
#define OPERATION(Name, ...) k##Name,
#include "control/operations.def"
#undef OPERATION
#undef SYSTEM_PURPOSE
};

// One row of operations.def; its columns are explained there.
struct Operation {
  OperationId id;
  Product product;
  std::string_view name;
  std::string_view version;
  std::string_view method;
  std::string_view path;
  std::string_view action;
  std::string_view resource;
  OperationAccess access;
  OperationEffect effect;
  OperationBody body;

  // RPC style: chosen by headers, parameters in the query or a form.
  constexpr bool is_rpc() const {
    return product == Product::kRam || product == Product::kSts;
  }
};

// All rows, indexed by OperationId.
inline constexpr auto kOperations = std::to_array<Operation>({
#define SYSTEM_PURPOSE(...)
#define OPERATION(Name, product, version, method, path, action, resource, \
                  access, effect, body)                                   \
  {OperationId::k##Name,                                                  \
   Product::k##product,                                                   \
   #Name,                                                                 \
   version,                                                               \
   method,                                                                \
   path,                                                                  \
   action,                                                                \
   resource,                                                              \
   OperationAccess::k##access,                                            \
   OperationEffect::k##effect,                                            \
   OperationBody::k##body},
#include "control/operations.def"
#undef OPERATION
#undef SYSTEM_PURPOSE
});

constexpr const Operation& OperationOf(OperationId id) {
  return kOperations[static_cast<size_t>(id)];
}

// A row either names an action and a resource to decide on, or says in so many
// words that no decision is needed; and only the former may change anything.
consteval bool EveryOperationIsAuthorized() {
  for (const Operation& row : kOperations) {
    const bool decides = row.access == OperationAccess::kPermission;
    if (row.action.empty() == decides) return false;
    if (row.resource.empty() == decides) return false;
    if (!decides && row.effect != OperationEffect::kRead) return false;
  }
  return true;
}
static_assert(EveryOperationIsAuthorized(),
              "operations.def: a row without an authorization");

consteval bool OperationNamesAreUnique() {
  for (size_t i = 0; i < kOperations.size(); ++i) {
    for (size_t j = i + 1; j < kOperations.size(); ++j) {
      if (kOperations[i].name == kOperations[j].name) return false;
    }
  }
  return true;
}
static_assert(OperationNamesAreUnique(), "operations.def: a name used twice");

// Work that the platform does on its own: the closed list of P14.
enum class SystemPurpose : uint8_t {
#define OPERATION(...)
#define SYSTEM_PURPOSE(Name, ...) k##Name,
#include "control/operations.def"
#undef SYSTEM_PURPOSE
#undef OPERATION
};

// "system:Bootstrap": what Permit::action() says.
std::string_view SystemPurposeAction(SystemPurpose purpose);

}  // namespace writ

#endif  // WRIT_CONTROL_OPERATIONS_H_
