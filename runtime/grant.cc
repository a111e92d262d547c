// SPDX-License-Identifier: Apache-2.0
//
// A grant as bytes: a format number, the members in the order of the struct,
// and an HMAC-SHA256 over all of it. The tag is checked before a member is
// looked at, so a node never parses what the authority did not write.
#include "runtime/grant.h"

#include <algorithm>
#include <utility>

#include "base/coding.h"
#include "base/limits.h"
#include "crypto/hex.h"
#include "crypto/hkdf.h"
#include "crypto/hmac.h"
#include "crypto/x25519.h"

namespace writ {
namespace {

constexpr uint32_t kGrantFormat = 1;
constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kLifeNs =
    static_cast<int64_t>(kGrantSeconds) * kNanosPerSecond;

int64_t NowNs(const Clock& clock) {
  return clock.Now().time_since_epoch().count();
}

template <size_t N>
std::string_view Text(const std::array<std::byte, N>& bytes) {
  return AsText(bytes);
}

template <size_t N>
std::array<std::byte, N> GetArray(ByteReader* reader) {
  std::array<std::byte, N> bytes = {};
  const std::string_view raw = reader->GetRaw(N);
  if (raw.size() == N) {
    std::ranges::copy(AsBytes(raw), bytes.begin());
  }
  return bytes;
}

std::string Encode(const Grant& grant) {
  ByteWriter out;
  out.Put(kGrantFormat);
  out.PutBytes(grant.request_id);
  out.PutBytes(grant.account);
  out.PutBytes(grant.function_arn);
  out.PutBytes(grant.function_name);
  out.PutBytes(grant.qualifier);
  out.Put(grant.function_revision);
  out.PutRaw(Text(grant.code_digest));
  out.PutBytes(grant.principal_arn);
  out.PutBytes(grant.decision_id);
  out.Put(grant.snapshot_revision);
  out.Put(static_cast<uint8_t>(grant.async ? 1 : 0));
  out.Put(static_cast<uint8_t>(grant.log_tail ? 1 : 0));
  out.PutRaw(Text(grant.body_digest));
  out.PutBytes(grant.node_id);
  out.PutRaw(Text(grant.boot_epoch));
  out.Put(grant.key_id);
  out.Put(static_cast<uint64_t>(grant.minted_ns));
  out.Put(static_cast<uint64_t>(grant.expires_ns));
  return out.Take();
}

Result<Grant> Decode(std::string_view bytes) {
  ByteReader in(bytes);
  const bool known_format = in.Get<uint32_t>() == kGrantFormat;
  Grant grant;
  grant.request_id = in.GetBytes();
  grant.account = in.GetBytes();
  grant.function_arn = in.GetBytes();
  grant.function_name = in.GetBytes();
  grant.qualifier = in.GetBytes();
  grant.function_revision = in.Get<uint64_t>();
  grant.code_digest = GetArray<32>(&in);
  grant.principal_arn = in.GetBytes();
  grant.decision_id = in.GetBytes();
  grant.snapshot_revision = in.Get<uint64_t>();
  grant.async = in.Get<uint8_t>() != 0;
  grant.log_tail = in.Get<uint8_t>() != 0;
  grant.body_digest = GetArray<32>(&in);
  grant.node_id = in.GetBytes();
  grant.boot_epoch = GetArray<16>(&in);
  grant.key_id = in.Get<uint32_t>();
  grant.minted_ns = static_cast<int64_t>(in.Get<uint64_t>());
  grant.expires_ns = static_cast<int64_t>(in.Get<uint64_t>());
  if (!known_format || !in.Finish("the grant").ok()) {
    return Unauthenticated("the grant is malformed");
  }
  return grant;
}

}  // namespace

Result<SecretBytes> DeriveGrantKey(const SecretBytes& own_private_key,
                                   std::string_view peer_public_key,
                                   const BootEpoch& boot_epoch,
                                   uint32_t key_id) {
  WRIT_ASSIGN_OR_RETURN(const X25519KeyPair own,
                        X25519KeyPair::FromPrivateKey(own_private_key));
  WRIT_ASSIGN_OR_RETURN(const SecretBytes shared,
                        own.Agree(AsBytes(peer_public_key)));
  ByteWriter info;
  info.PutBytes("writ grant key");
  info.Put(key_id);
  return HkdfSha256(shared.span(), Text(boot_epoch), info.data(),
                    kHmacSha256Bytes);
}

std::string MintGrant(const Grant& grant, const SecretBytes& key) {
  WRIT_CHECK(!key.empty());
  std::string bytes = Encode(grant);
  const HmacTag tag = HmacSha256(key.text(), bytes);
  bytes.append(AsText(tag));
  return bytes;
}

std::string MakeNodeProof(std::string_view node_id, uint32_t key_id,
                          const SecretBytes& key,
                          std::string_view path_and_query) {
  WRIT_CHECK(!key.empty());
  // The prefix keeps proofs and grants apart: a grant begins with its format.
  const HmacTag tag =
      HmacSha256(key.text(), "writ node proof\n" + std::string(path_and_query));
  return std::string(node_id) + " " + std::to_string(key_id) + " " +
         HexEncode(tag);
}

std::string GrantVerifier::ProveNode(std::string_view path_and_query) {
  MutexLock lock(&mu_);
  if (key_.empty()) return "";
  return MakeNodeProof(node_id_, key_id_, key_, path_and_query);
}

GrantVerifier::GrantVerifier(std::string node_id, BootEpoch boot_epoch,
                             const Clock* clock)
    : node_id_(std::move(node_id)), boot_epoch_(boot_epoch), clock_(clock) {}

void GrantVerifier::SetKey(uint32_t key_id, SecretBytes key) {
  MutexLock lock(&mu_);
  key_id_ = key_id;
  key_ = std::move(key);
}

void GrantVerifier::DropExpired(int64_t now_ns) {
  std::erase_if(used_,
                [now_ns](const auto& use) { return use.second < now_ns; });
}

Result<Grant> GrantVerifier::Accept(std::string_view bytes,
                                    const Sha256Bytes& body_digest) {
  SecretBytes key;
  uint32_t key_id = 0;
  {
    MutexLock lock(&mu_);
    if (key_.empty()) return Unauthenticated("no authority has registered");
    key = key_.Clone();
    key_id = key_id_;
  }
  if (bytes.size() < kHmacSha256Bytes) {
    return Unauthenticated("the grant is malformed");
  }
  const std::string_view body =
      bytes.substr(0, bytes.size() - kHmacSha256Bytes);
  const std::string_view tag = bytes.substr(body.size());
  if (!HmacKey(key).Verify(body, AsBytes(tag))) {
    return Unauthenticated("the grant is not the authority's");
  }
  WRIT_ASSIGN_OR_RETURN(Grant grant, Decode(body));
  if (grant.key_id != key_id) {
    return Unauthenticated("the grant's key is no longer in use");
  }
  if (grant.node_id != node_id_ || grant.boot_epoch != boot_epoch_) {
    return PermissionDenied("the grant is for another node");
  }
  if (grant.async) {
    return PermissionDenied("the grant is for another channel");
  }
  if (grant.body_digest != body_digest) {
    return PermissionDenied("the grant is for another body");
  }
  const int64_t now_ns = NowNs(*clock_);
  if (grant.minted_ns > now_ns || grant.expires_ns < now_ns ||
      grant.expires_ns - grant.minted_ns > kLifeNs) {
    return DeadlineExceeded("the grant is not valid now");
  }
  MutexLock lock(&mu_);
  if (used_.contains(grant.request_id)) {
    return AlreadyExists("the grant was used before");
  }
  if (used_.size() >= kMaxReplayEntries) {
    DropExpired(now_ns);
    if (used_.size() >= kMaxReplayEntries) {
      return ResourceExhausted("too many grants within their life");
    }
  }
  used_.emplace(grant.request_id, grant.expires_ns);
  return grant;
}

}  // namespace writ
