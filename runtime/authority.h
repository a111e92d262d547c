// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_AUTHORITY_H_
#define WRIT_RUNTIME_AUTHORITY_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "auth/access_key.h"
#include "auth/authenticator.h"
#include "auth/request_head.h"
#include "authz/decision.h"
#include "authz/snapshot.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "base/status.h"
#include "runtime/function_source.h"
#include "runtime/grant.h"

namespace writ {

// The policies in force. Whoever changes them makes the change visible here
// before it answers (P12). Thread-safe.
class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;
  // Never null.
  virtual std::shared_ptr<const Snapshot> snapshot() const = 0;
};

// What the audit trail is told of one invocation, refused or not. Borrowed for
// the call.
struct InvocationAudit {
  std::string request_id;
  AuthenticatedCaller caller;  // empty: not authenticated
  std::string source_ip;
  std::string resource;
  Decision decision;
  std::shared_ptr<const Snapshot> snapshot;  // that decided; may be null
  int http_status = 0;
  std::string code;               // of an error answer
  bool unsigned_headers = false;  // x-fc-* headers were obeyed (P15)
};

// Where invocations are recorded (P51). Thread-safe.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  // On the disk when this returns; a failure forbids the answer.
  virtual Status Append(const InvocationAudit& record) = 0;
};

// What a request asks to have invoked; names decoded.
struct InvocationTarget {
  std::string function_name;
  std::string qualifier;  // empty: LATEST
};

// An invocation that may go on once its body has the digest that was signed.
struct AdmittedInvocation {
  AuthenticatedCall call;
  FunctionRoute route;
  std::string decision_id;
  bool log_tail = false;
  InvocationAudit audit;
};

// An invocation that ends here. `audit` is empty when nothing was looked at.
struct RefusedInvocation {
  HttpResponse response;
  std::optional<InvocationAudit> audit;
};

// Decides invocations and mints the grants that let them run: verifies the
// signature, decides fc:InvokeFunction on the ARN built from the request, and
// only then looks whether there is such a function (P10, P11). Fails closed:
// without a fresh lease it answers 503 (P12). Thread-safe.
class Authority {
 public:
  // Everything is borrowed and must outlive the authority.
  struct Parts {
    const Authenticator* authenticator = nullptr;
    const SnapshotSource* snapshots = nullptr;
    const FunctionSource* functions = nullptr;
    const Clock* clock = nullptr;
    std::string region;
  };

  explicit Authority(Parts parts) : parts_(std::move(parts)) {}
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  // Says that the snapshots are still being kept current; good for
  // kLeaseSeconds.
  void RenewLease();

  // Decides one invocation from its head alone (P22).
  std::variant<AdmittedInvocation, RefusedInvocation> Admit(
      const RequestHead& head, const InvocationTarget& target,
      const std::string& request_id) const;

  // One side of a key agreement with a node (P31).
  struct KeyOffer {
    uint32_t key_id = 0;
    std::string public_key;  // X25519, 32 bytes
    SecretBytes private_key;
  };
  KeyOffer OfferKey();
  // Completes it with what the node answered: grants for it are minted with
  // the new key from now on.
  //
  // Errors  kInvalidArgument  no public key
  Status AcceptNode(const KeyOffer& offer, std::string_view node_id,
                    const BootEpoch& boot_epoch,
                    std::string_view node_public_key);

  // The node that sends `head`, proven by its header kNodeProofHeader; empty
  // for everybody else.
  std::string ProvenNode(const RequestHead& head) const;

  // A grant for one run of `invocation` on `node_id`, good for kGrantSeconds.
  //
  // Errors  kNotFound  no such node has registered
  Result<std::string> Mint(const AdmittedInvocation& invocation,
                           std::string_view node_id) const;

 private:
  struct NodeKey {
    uint32_t key_id = 0;
    BootEpoch boot_epoch = {};
    SecretBytes key;
  };

  // The snapshot to decide with; null when none may be used.
  std::shared_ptr<const Snapshot> CurrentSnapshot() const;

  const Parts parts_;
  // Steady time until which snapshots may be used.
  std::atomic<int64_t> lease_end_ns_{INT64_MIN};
  mutable std::atomic<uint64_t> newest_revision_{0};
  mutable Mutex mu_;
  uint32_t last_key_id_ WRIT_GUARDED_BY(mu_) = 0;
  std::map<std::string, NodeKey, std::less<>> nodes_ WRIT_GUARDED_BY(mu_);
};

}  // namespace writ

#endif  // WRIT_RUNTIME_AUTHORITY_H_
