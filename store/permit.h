// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_STORE_PERMIT_H_
#define WRIT_STORE_PERMIT_H_

#include <cstdint>
#include <string>
#include <utility>

namespace writ {

// Proof that a change was decided: every mutating call of a store takes one,
// and only the gate (control/gate.h) can make it. Move-only; names exactly the
// resource it was given for.
class Permit {
 public:
  Permit(Permit&&) = default;
  Permit& operator=(Permit&&) = default;
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;

  // The account whose records may change, and the ARN the decision named.
  const std::string& account() const { return account_; }
  const std::string& resource() const { return resource_; }
  // The action, or the system purpose ("system:Bootstrap") of P14.
  const std::string& action() const { return action_; }
  // The snapshot revision it was decided at (P14).
  uint64_t revision() const { return revision_; }

 private:
  friend class Gate;           // control/gate.h
  friend class PermitForTest;  // tests/support/permit_for_test.h
  Permit(std::string account, std::string resource, std::string action,
         uint64_t revision)
      : account_(std::move(account)),
        resource_(std::move(resource)),
        action_(std::move(action)),
        revision_(revision) {}

  std::string account_;
  std::string resource_;
  std::string action_;
  uint64_t revision_ = 0;
};

}  // namespace writ

#endif  // WRIT_STORE_PERMIT_H_
