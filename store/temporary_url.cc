// SPDX-License-Identifier: Apache-2.0
#include "store/temporary_url.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/coding.h"
#include "base/limits.h"
#include "crypto/aead.h"
#include "crypto/compare.h"
#include "crypto/digest.h"
#include "crypto/hex.h"

namespace writ {
namespace {

constexpr std::string_view kMethod = "GET";
constexpr std::string_view kScheme = "https://";
constexpr std::string_view kExpires = "Expires=";
constexpr std::string_view kNode = "&Node=";
constexpr std::string_view kSignature = "&Signature=";
constexpr std::string_view kAssociated = "writ temporary url";
constexpr size_t kMaxNodeChars = 64;

int64_t Seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch())
      .count();
}

Status Refused() {
  return PermissionDenied("the temporary URL is not valid or has expired");
}

bool IsNode(std::string_view node) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !node.empty() && node.size() <= kMaxNodeChars &&
         node.find_first_not_of(kAllowed) == std::string_view::npos;
}

// Reads a number written without sign or leading zeros.
bool ParseSeconds(std::string_view text, int64_t* seconds) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), *seconds);
  return error == std::errc() && end == text.data() + text.size() &&
         *seconds > 0 && text[0] != '0';
}

}  // namespace

TemporaryUrls::TemporaryUrls(std::string endpoint, SecretBytes seal_key,
                             HmacKey sign_key)
    : endpoint_(std::move(endpoint)),
      seal_key_(std::move(seal_key)),
      sign_key_(std::move(sign_key)) {}

Result<std::unique_ptr<TemporaryUrls>> TemporaryUrls::Make(
    Keyring* keyring, std::string_view endpoint) {
  const std::string_view authority =
      endpoint.substr(std::min(kScheme.size(), endpoint.size()));
  if (!endpoint.starts_with(kScheme) || authority.empty() ||
      authority.find_first_of("/?#@ ") != std::string_view::npos) {
    return InvalidArgument("an endpoint has the form https://HOST:PORT");
  }
  WRIT_ASSIGN_OR_RETURN(SecretBytes seal_key,
                        keyring->PurposeKey("temporary url, sealing"));
  WRIT_ASSIGN_OR_RETURN(const SecretBytes sign_key,
                        keyring->PurposeKey("temporary url, signing"));
  return std::unique_ptr<TemporaryUrls>(new TemporaryUrls(
      std::string(endpoint), std::move(seal_key), HmacKey(sign_key)));
}

std::string TemporaryUrls::Signature(std::string_view path_and_query) const {
  std::string text(kMethod);
  text += '\n';
  text += endpoint_;
  text += '\n';
  text += path_and_query;
  return HexEncode(sign_key_.Sign(text));
}

Result<std::string> TemporaryUrls::Mint(std::string_view account,
                                        std::string_view sha256_hex,
                                        std::string_view node,
                                        std::chrono::seconds lifetime,
                                        WallTime now) const {
  if (!IsLowerHex(sha256_hex, kSha256Bytes * 2)) {
    return InvalidArgument("not the digest of a package");
  }
  if (!node.empty() && !IsNode(node)) return InvalidArgument("not a node's id");
  if (lifetime < std::chrono::seconds(1) ||
      lifetime > std::chrono::seconds(kTemporaryUrlSeconds)) {
    return InvalidArgument("a temporary URL lives 1 to " +
                           std::to_string(kTemporaryUrlSeconds) + " seconds");
  }
  ByteWriter target;
  target.PutBytes(account);
  target.PutRaw(sha256_hex);
  std::string url(kTemporaryUrlPrefix);
  url += HexEncode(AeadSeal(seal_key_, target.data(), kAssociated));
  url += '?';
  url += kExpires;
  url += std::to_string(Seconds(now) + lifetime.count());
  if (!node.empty()) {
    url += kNode;
    url += node;
  }
  const std::string signature = Signature(url);
  url += kSignature;
  url += signature;
  return endpoint_ + url;
}

Result<TemporaryUrlGrant> TemporaryUrls::Verify(std::string_view method,
                                                std::string_view raw_path,
                                                std::string_view raw_query,
                                                std::string_view node,
                                                WallTime now) const {
  constexpr size_t kSignatureChars = kHmacSha256Bytes * 2;
  constexpr size_t kTailChars = kSignature.size() + kSignatureChars;
  if (method != kMethod || !raw_path.starts_with(kTemporaryUrlPrefix) ||
      raw_query.size() <= kTailChars) {
    return Refused();
  }
  const std::string_view tail = raw_query.substr(raw_query.size() - kTailChars);
  std::string_view query = raw_query.substr(0, raw_query.size() - kTailChars);
  std::string signed_text(raw_path);
  signed_text += '?';
  signed_text += query;
  if (!tail.starts_with(kSignature) ||
      !ConstantTimeEqual(Signature(signed_text),
                         tail.substr(kSignature.size()))) {
    return Refused();
  }
  // Only what Mint wrote comes this far; read it as strictly all the same.
  if (!query.starts_with(kExpires)) return Refused();
  query.remove_prefix(kExpires.size());
  const size_t node_at = std::min(query.find(kNode), query.size());
  int64_t expires = 0;
  if (!ParseSeconds(query.substr(0, node_at), &expires)) return Refused();
  if (node_at < query.size()) {
    const std::string_view bound = query.substr(node_at + kNode.size());
    if (!IsNode(bound) || bound != node) return Refused();
  }
  const int64_t left = expires - Seconds(now);
  if (left <= 0 || left > static_cast<int64_t>(kTemporaryUrlSeconds)) {
    return Refused();
  }
  const Result<std::string> sealed =
      HexDecode(raw_path.substr(kTemporaryUrlPrefix.size()));
  if (!sealed.ok()) return Refused();
  const Result<SecretBytes> target = AeadOpen(seal_key_, *sealed, kAssociated);
  if (!target.ok()) return Refused();
  ByteReader reader(target->text());
  TemporaryUrlGrant grant;
  grant.account = reader.GetBytes();
  grant.sha256_hex = reader.GetRaw(kSha256Bytes * 2);
  if (!reader.Finish("target").ok()) return Refused();
  return grant;
}

}  // namespace writ
