// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_GRANT_H_
#define WRIT_RUNTIME_GRANT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "base/status.h"

namespace writ {

using Sha256Bytes = std::array<std::byte, 32>;
using BootEpoch = std::array<std::byte, 16>;

// What an invocation may do, once, on one node: rule P30. A value.
struct Grant {
  std::string request_id;
  std::string account;
  std::string function_arn;
  std::string function_name;
  std::string qualifier;
  uint64_t function_revision = 0;
  Sha256Bytes code_digest = {};
  std::string principal_arn;
  std::string decision_id;
  uint64_t snapshot_revision = 0;
  bool async = false;  // false: HMAC, fixed by the channel
  bool log_tail = false;
  Sha256Bytes body_digest = {};  // as the client signed it
  std::string node_id;
  BootEpoch boot_epoch = {};
  uint32_t key_id = 0;
  int64_t minted_ns = 0;   // since 1970
  int64_t expires_ns = 0;  // at most kGrantSeconds after minted_ns
};

// A key that only the authority and one boot of one node share: HKDF over an
// X25519 agreement, the boot epoch and the key id (P31).
//
// Errors  kInvalidArgument  a public key of the wrong size or of low order
Result<SecretBytes> DeriveGrantKey(const SecretBytes& own_private_key,
                                   std::string_view peer_public_key,
                                   const BootEpoch& boot_epoch,
                                   uint32_t key_id);

// Returns the grant as bytes followed by its HMAC-SHA256.
std::string MintGrant(const Grant& grant, const SecretBytes& key);

// What a node shows when it fetches a package, "<node> <key id> <64 hex>": an
// HMAC of the URL's path and query under its grant key, in a domain of its own
// (P24). Sent as the header kNodeProofHeader.
inline constexpr std::string_view kNodeProofHeader = "x-writ-node";
std::string MakeNodeProof(std::string_view node_id, uint32_t key_id,
                          const SecretBytes& key,
                          std::string_view path_and_query);

// Verifies grants at a node. Thread-safe.
class GrantVerifier {
 public:
  // clock  borrowed; outlives this
  GrantVerifier(std::string node_id, BootEpoch boot_epoch, const Clock* clock);

  // Takes the key of a registration; grants under older key ids are refused.
  void SetKey(uint32_t key_id, SecretBytes key);

  // Accepts a grant once.
  //
  // body_digest  SHA-256 of the body that came with it
  // Errors  kUnauthenticated    no key yet, malformed, wrong tag or key id
  //         kPermissionDenied   another node or boot epoch, async flag set,
  //                             body digest differs
  //         kDeadlineExceeded   expired, or minted in the future
  //         kAlreadyExists      used before
  //         kResourceExhausted  the replay set is full
  Result<Grant> Accept(std::string_view bytes, const Sha256Bytes& body_digest);

  // The proof of this node for a URL; empty before the first registration.
  std::string ProveNode(std::string_view path_and_query);

 private:
  void DropExpired(int64_t now_ns) WRIT_REQUIRES(mu_);

  const std::string node_id_;
  const BootEpoch boot_epoch_;
  const Clock* const clock_;
  Mutex mu_;
  uint32_t key_id_ WRIT_GUARDED_BY(mu_) = 0;
  SecretBytes key_ WRIT_GUARDED_BY(mu_);
  // Request id to expiry.
  std::unordered_map<std::string, int64_t> used_ WRIT_GUARDED_BY(mu_);
};

}  // namespace writ

#endif  // WRIT_RUNTIME_GRANT_H_
