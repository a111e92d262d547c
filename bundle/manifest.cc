// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/coding.h"
#include "bundle/bundle.h"
#include "bundle/container.h"

namespace writ {
namespace {

constexpr uint32_t kManifestVersion = 1;

Sha256Digest GetDigest(ByteReader* reader) {
  Sha256Digest digest = {};
  const std::span<const std::byte> raw = AsBytes(reader->GetRaw(digest.size()));
  std::copy(raw.begin(), raw.end(), digest.begin());
  return digest;
}

}  // namespace

Result<BundleManifest> ReadManifest(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint32_t version = reader.Get<uint32_t>();
  if (reader.ok() && version != kManifestVersion) {
    return Unimplemented("a manifest of version " + std::to_string(version) +
                         "; this program reads version " +
                         std::to_string(kManifestVersion));
  }
  BundleManifest manifest;
  manifest.revision = reader.Get<uint64_t>();
  const uint8_t has_not_after = reader.Get<uint8_t>();
  const uint64_t not_after = reader.Get<uint64_t>();
  manifest.directory_bytes = reader.Get<uint64_t>();
  manifest.directory_digest = GetDigest(&reader);
  manifest.program_bytes = reader.Get<uint64_t>();
  manifest.program_digest = GetDigest(&reader);
  manifest.accounts = reader.Get<uint32_t>();
  manifest.principals = reader.Get<uint32_t>();
  manifest.policies = reader.Get<uint32_t>();
  manifest.statements = reader.Get<uint32_t>();
  WRIT_RETURN_IF_ERROR(reader.Finish("the manifest"));
  if (has_not_after > 1 || (has_not_after == 0 && not_after != 0)) {
    return DataLoss("the manifest says neither that it ends nor that it lasts");
  }
  if (has_not_after == 1) {
    manifest.not_after = static_cast<int64_t>(not_after);
  }
  return manifest;
}

std::string WriteManifest(const BundleManifest& manifest) {
  ByteWriter writer;
  writer.Put(kManifestVersion);
  writer.Put(manifest.revision);
  writer.Put(uint8_t{manifest.not_after.has_value()});
  writer.Put(static_cast<uint64_t>(manifest.not_after.value_or(0)));
  writer.Put(manifest.directory_bytes);
  writer.PutRaw(AsText(manifest.directory_digest));
  writer.Put(manifest.program_bytes);
  writer.PutRaw(AsText(manifest.program_digest));
  writer.Put(manifest.accounts);
  writer.Put(manifest.principals);
  writer.Put(manifest.policies);
  writer.Put(manifest.statements);
  return writer.Take();
}

}  // namespace writ
