// SPDX-License-Identifier: Apache-2.0
#include "bundle/bundle.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace writ {
namespace {

Status CheckImage(std::string_view what, std::string_view image,
                  uint64_t size_bytes, const Sha256Digest& digest) {
  if (image.size() == size_bytes && Sha256(image) == digest) return OkStatus();
  return DataLoss("the " + std::string(what) +
                  " of the bundle is not the one that its manifest names");
}

// That the images are those which the manifest names.
Status CheckImages(const BundleManifest& manifest, const BundleParts& parts) {
  WRIT_RETURN_IF_ERROR(CheckImage("directory", parts.directory,
                                  manifest.directory_bytes,
                                  manifest.directory_digest));
  return CheckImage("program", parts.program, manifest.program_bytes,
                    manifest.program_digest);
}

bool IsAfter(WallTime now, const std::optional<int64_t>& not_after) {
  // In whole seconds, rounded down: every not_after can be compared.
  return not_after &&
         std::chrono::floor<std::chrono::seconds>(now.time_since_epoch())
                 .count() > *not_after;
}

}  // namespace

// WallTime ends with the year 2262; the format of a bundle does not.
std::string NotAfterText(int64_t seconds) {
  constexpr int64_t kLast =
      std::chrono::floor<std::chrono::seconds>(WallTime::duration::max())
          .count();
  if (seconds < 0 || seconds > kLast) {
    return std::to_string(seconds) + " s since 1970";
  }
  return FormatRfc3339(WallTime(std::chrono::seconds(seconds)));
}

bool Bundle::ExpiredAt(WallTime now) const {
  return IsAfter(now, manifest_.not_after);
}

Result<std::shared_ptr<const Bundle>> Bundle::Open(std::string_view bytes,
                                                   const BundleTrust& trust,
                                                   WallTime now) {
  WRIT_ASSIGN_OR_RETURN(const BundleParts parts, ReadBundleParts(bytes));
  WRIT_RETURN_IF_ERROR(VerifyBundleSignature(parts, trust.keys).status());
  WRIT_ASSIGN_OR_RETURN(const BundleManifest manifest,
                        ReadManifest(parts.manifest));
  WRIT_RETURN_IF_ERROR(CheckImages(manifest, parts));
  if (manifest.revision < trust.min_revision) {
    return FailedPrecondition("the bundle has revision " +
                              std::to_string(manifest.revision) +
                              "; the oldest that may be served is " +
                              std::to_string(trust.min_revision));
  }
  if (IsAfter(now, manifest.not_after)) {
    return FailedPrecondition(
        "the bundle of revision " + std::to_string(manifest.revision) +
        " was good until " + NotAfterText(*manifest.not_after));
  }
  return Load(manifest, parts);
}

Result<std::shared_ptr<const Bundle>> Bundle::OpenUnverified(
    std::string_view bytes) {
  WRIT_ASSIGN_OR_RETURN(const BundleParts parts, ReadBundleParts(bytes));
  WRIT_ASSIGN_OR_RETURN(const BundleManifest manifest,
                        ReadManifest(parts.manifest));
  WRIT_RETURN_IF_ERROR(CheckImages(manifest, parts));
  return Load(manifest, parts);
}

Result<std::shared_ptr<const Bundle>> Bundle::Load(
    const BundleManifest& manifest, const BundleParts& parts) {
  WRIT_ASSIGN_OR_RETURN(std::shared_ptr<const SnapshotImage> image,
                        SnapshotImage::Load(manifest.revision, parts.directory,
                                            std::string(parts.program)));
  const std::shared_ptr<Bundle> bundle(new Bundle());
  bundle->manifest_ = manifest;
  bundle->digest_ = Sha256(parts.manifest);
  bundle->image_ = std::move(image);
  return std::shared_ptr<const Bundle>(bundle);
}

}  // namespace writ
