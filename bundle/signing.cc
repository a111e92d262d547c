// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/coding.h"
#include "base/limits.h"
#include "bundle/bundle.h"
#include "bundle/container.h"
#include "crypto/hex.h"

namespace writ {
namespace {

// Before the manifest in what is signed: so a signature that the key made for
// anything else is none of a bundle, and the other way round.
constexpr std::string_view kSignedPrefix = "writ bundle manifest\n";

std::string SignedText(std::string_view manifest) {
  std::string text(kSignedPrefix);
  text += manifest;
  return text;
}

std::string KeyIds(const std::vector<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : ", ") + id;
  return text;
}

}  // namespace

std::string BundleKeyId(const Ed25519PublicKey& key) {
  const Sha256Digest digest = Sha256(AsText(key));
  return HexEncode(std::span(digest).first(kBundleKeyIdBytes));
}

Result<std::string> SignBundle(std::string_view bytes,
                               const Ed25519KeyPair& key) {
  WRIT_ASSIGN_OR_RETURN(BundleParts parts, ReadBundleParts(bytes));
  // A signature stands for a content; one under what nobody can read would not.
  WRIT_RETURN_IF_ERROR(ReadManifest(parts.manifest).status());
  BundleSignature signature;
  signature.key_id = BundleKeyId(key.public_key());
  signature.signature = key.Sign(SignedText(parts.manifest));
  const auto at = std::lower_bound(
      parts.signatures.begin(), parts.signatures.end(), signature.key_id,
      [](const BundleSignature& a, const std::string& id) {
        return a.key_id < id;
      });
  if (at != parts.signatures.end() && at->key_id == signature.key_id) {
    *at = std::move(signature);
  } else if (parts.signatures.size() >= kMaxBundleSignatures) {
    return ResourceExhausted("the bundle has " +
                             std::to_string(kMaxBundleSignatures) +
                             " signatures, as many as it may");
  } else {
    parts.signatures.insert(at, std::move(signature));
  }
  return WriteBundleParts(parts);
}

Result<std::string> VerifyBundleSignature(
    const BundleParts& parts, std::span<const Ed25519PublicKey> keys) {
  const std::string text = SignedText(parts.manifest);
  std::vector<std::string> signers;
  for (const BundleSignature& signature : parts.signatures) {
    for (const Ed25519PublicKey& key : keys) {
      if (BundleKeyId(key) == signature.key_id &&
          Ed25519Verify(key, text, signature.signature)) {
        return signature.key_id;
      }
    }
    signers.push_back(signature.key_id);
  }
  if (signers.empty()) return Unauthenticated("the bundle is not signed");
  std::vector<std::string> trusted;
  for (const Ed25519PublicKey& key : keys) trusted.push_back(BundleKeyId(key));
  return Unauthenticated(
      "no trusted key signed the bundle: it is signed by " + KeyIds(signers) +
      (trusted.empty() ? "; no key is trusted"
                       : "; trusted are " + KeyIds(trusted)));
}

}  // namespace writ
