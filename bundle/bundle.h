// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BUNDLE_BUNDLE_H_
#define WRIT_BUNDLE_BUNDLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authz/snapshot_image.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/status.h"
#include "crypto/digest.h"
#include "crypto/ed25519.h"

// A bundle: the directory and the compiled policies of one revision in one
// file, signed with Ed25519 (RFC 8032) and named by its SHA-256
// (docs/spec/bundle.md). Deterministic: same content, same bytes.
namespace writ {

// What a bundle says of itself. Covered by the signatures.
struct BundleManifest {
  uint64_t revision = 0;
  // Seconds since 1970 after which the bundle must not be served.
  std::optional<int64_t> not_after;
  Sha256Digest directory_digest = {};
  Sha256Digest program_digest = {};
  uint64_t directory_bytes = 0;
  uint64_t program_bytes = 0;
  // For people: how much there is.
  uint32_t accounts = 0;
  uint32_t principals = 0;
  uint32_t policies = 0;
  uint32_t statements = 0;
};

// A manifest's not_after for people: "2026-12-01T00:00:00Z", or seconds where
// no calendar reaches.
std::string NotAfterText(int64_t seconds);

struct BundleSignature {
  // The first 8 bytes of the public key's SHA-256, in hex: says which key to
  // try, proves nothing.
  std::string key_id;
  Ed25519Signature signature = {};
};

// Whom to believe, and what is too old.
struct BundleTrust {
  // One of these must have signed. Two while a key is being replaced.
  std::vector<Ed25519PublicKey> keys;
  uint64_t min_revision = 0;
};

// The pieces of a bundle file, borrowed from its bytes. Nothing of them is
// verified but that they are whole: for tools.
struct BundleParts {
  std::string_view manifest;  // as signed
  std::string_view directory;
  std::string_view program;
  std::vector<BundleSignature> signatures;
};

// Errors  kDataLoss         cut short, bytes behind the end, not a bundle
//         kUnimplemented    another version of the format
Result<BundleParts> ReadBundleParts(std::string_view bytes);
// Errors  kDataLoss, kUnimplemented  likewise
Result<BundleManifest> ReadManifest(std::string_view manifest);

// What a file claims to be, from its first kBundleBeginningBytes (or all of
// it): to choose among files before one of them is read.
//
// Errors  kDataLoss, kUnimplemented  likewise
inline constexpr size_t kBundleBeginningBytes = 36 + kMaxManifestBytes;
Result<BundleManifest> PeekManifest(std::string_view beginning);

// The key id of signatures by `key`.
std::string BundleKeyId(const Ed25519PublicKey& key);

// The key id of a signature that one of `keys` made over the manifest.
//
// Errors  kUnauthenticated  no signature, or none by these keys; names both
Result<std::string> VerifyBundleSignature(
    const BundleParts& parts, std::span<const Ed25519PublicKey> keys);

// An unsigned bundle of the images that SnapshotCompiler::Pack made.
std::string MakeBundle(BundleManifest manifest, std::string_view directory,
                       std::string_view program);

// The same bundle with one more signature; a second one by the same key
// replaces the first. At most kMaxBundleSignatures.
Result<std::string> SignBundle(std::string_view bytes,
                               const Ed25519KeyPair& key);

// What a deciding process serves. Immutable.
class Bundle {
 public:
  // Checks, in this order: that the file is whole, a signature by a trusted
  // key, the digests of both images, revision, notAfter, and then everything
  // that SnapshotImage::Load checks. Nothing of the content is read before its
  // signature is known to be good.
  //
  // now      against notAfter
  // Errors   kUnauthenticated     no trusted key signed it
  //          kFailedPrecondition  older than trust.min_revision, or past its
  //                               notAfter
  //          as ReadBundleParts and SnapshotImage::Load
  static Result<std::shared_ptr<const Bundle>> Open(std::string_view bytes,
                                                    const BundleTrust& trust,
                                                    WallTime now);
  // Without the signature: for tools that say so, and for tests.
  static Result<std::shared_ptr<const Bundle>> OpenUnverified(
      std::string_view bytes);

  const BundleManifest& manifest() const { return manifest_; }
  uint64_t revision() const { return manifest_.revision; }
  // The bundle's name: SHA-256 of the manifest, which has the digests of the
  // rest. Signatures do not change it.
  const Sha256Digest& digest() const { return digest_; }
  // May it still be served at `now`?
  bool ExpiredAt(WallTime now) const;

  const SnapshotImage& image() const { return *image_; }
  const Snapshot& snapshot() const { return *image_->snapshot(); }

 private:
  Bundle() = default;
  // The digests have been compared.
  static Result<std::shared_ptr<const Bundle>> Load(
      const BundleManifest& manifest, const BundleParts& parts);

  BundleManifest manifest_;
  Sha256Digest digest_ = {};
  std::shared_ptr<const SnapshotImage> image_;
};

}  // namespace writ

#endif  // WRIT_BUNDLE_BUNDLE_H_
