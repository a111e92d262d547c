// SPDX-License-Identifier: Apache-2.0
#include "bundle/container.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/coding.h"
#include "base/limits.h"
#include "crypto/hex.h"

namespace writ {
namespace {

constexpr std::string_view kMagic = "WRITBNDL";
constexpr uint32_t kVersion = 1;

Status Refuse(std::string_view what) {
  return DataLoss("not a whole bundle: " + std::string(what));
}

// Says which of two sizes is which.
std::string Sizes(std::string_view what, uint64_t size, uint64_t limit) {
  return std::string(what) + " of " + std::to_string(size) +
         " bytes; the limit is " + std::to_string(limit);
}

struct Lengths {
  uint32_t manifest = 0;
  uint64_t directory = 0;
  uint64_t program = 0;
  uint32_t signatures = 0;
};

// Bounds each length by its limit: so no sum of them overflows.
Status CheckLengths(const Lengths& lengths) {
  if (lengths.manifest > kMaxManifestBytes) {
    return Refuse(Sizes("a manifest", lengths.manifest, kMaxManifestBytes));
  }
  if (lengths.directory > kMaxDirectoryBytes) {
    return Refuse(Sizes("a directory", lengths.directory, kMaxDirectoryBytes));
  }
  if (lengths.program > kMaxProgramBytes) {
    return Refuse(Sizes("a program", lengths.program, kMaxProgramBytes));
  }
  if (lengths.signatures > kMaxBundleSignatures) {
    return Refuse(std::to_string(lengths.signatures) +
                  " signatures; the limit is " +
                  std::to_string(kMaxBundleSignatures));
  }
  return OkStatus();
}

// What stands before the manifest.
Result<Lengths> ReadLengths(ByteReader* reader) {
  if (reader->GetRaw(kMagic.size()) != kMagic) {
    return DataLoss("not a bundle: it does not begin with `WRITBNDL`");
  }
  const uint32_t version = reader->Get<uint32_t>();
  if (!reader->ok()) return Refuse("cut short before its version");
  if (version != kVersion) {
    return Unimplemented("a bundle of format " + std::to_string(version) +
                         "; this program reads format " +
                         std::to_string(kVersion));
  }
  Lengths lengths;
  lengths.manifest = reader->Get<uint32_t>();
  lengths.directory = reader->Get<uint64_t>();
  lengths.program = reader->Get<uint64_t>();
  lengths.signatures = reader->Get<uint32_t>();
  if (!reader->ok()) return Refuse("cut short before its lengths");
  WRIT_RETURN_IF_ERROR(CheckLengths(lengths));
  return lengths;
}

}  // namespace

Result<BundleManifest> PeekManifest(std::string_view beginning) {
  ByteReader reader(beginning);
  WRIT_ASSIGN_OR_RETURN(const Lengths lengths, ReadLengths(&reader));
  const std::string_view manifest = reader.GetRaw(lengths.manifest);
  if (!reader.ok()) return Refuse("it is cut short");
  return ReadManifest(manifest);
}

Result<BundleParts> ReadBundleParts(std::string_view bytes) {
  if (bytes.size() > kMaxBundleBytes) {
    return Refuse(Sizes("a file", bytes.size(), kMaxBundleBytes));
  }
  ByteReader reader(bytes);
  WRIT_ASSIGN_OR_RETURN(const Lengths lengths, ReadLengths(&reader));
  BundleParts parts;
  parts.manifest = reader.GetRaw(lengths.manifest);
  parts.directory = reader.GetRaw(lengths.directory);
  parts.program = reader.GetRaw(lengths.program);
  for (uint32_t i = 0; i < lengths.signatures && reader.ok(); ++i) {
    BundleSignature signature;
    signature.key_id = HexEncode(reader.GetRaw(kBundleKeyIdBytes));
    const std::span<const std::byte> raw =
        AsBytes(reader.GetRaw(signature.signature.size()));
    if (!reader.ok()) break;
    std::copy(raw.begin(), raw.end(), signature.signature.begin());
    if (!parts.signatures.empty() &&
        parts.signatures.back().key_id >= signature.key_id) {
      return Refuse("its signatures do not ascend by key id");
    }
    parts.signatures.push_back(std::move(signature));
  }
  if (!reader.ok()) return Refuse("it is cut short");
  if (!reader.at_end()) return Refuse("it has bytes behind its end");
  return parts;
}

std::string WriteBundleParts(const BundleParts& parts) {
  ByteWriter writer;
  writer.PutRaw(kMagic);
  writer.Put(kVersion);
  writer.Put(static_cast<uint32_t>(parts.manifest.size()));
  writer.Put(uint64_t{parts.directory.size()});
  writer.Put(uint64_t{parts.program.size()});
  writer.Put(static_cast<uint32_t>(parts.signatures.size()));
  writer.PutRaw(parts.manifest);
  writer.PutRaw(parts.directory);
  writer.PutRaw(parts.program);
  for (const BundleSignature& signature : parts.signatures) {
    const Result<std::string> key_id = HexDecode(signature.key_id);
    WRIT_CHECK(key_id.ok() && key_id->size() == kBundleKeyIdBytes);
    writer.PutRaw(*key_id);
    writer.PutRaw(AsText(signature.signature));
  }
  return writer.Take();
}

std::string MakeBundle(BundleManifest manifest, std::string_view directory,
                       std::string_view program) {
  manifest.directory_bytes = directory.size();
  manifest.directory_digest = Sha256(directory);
  manifest.program_bytes = program.size();
  manifest.program_digest = Sha256(program);
  const std::string text = WriteManifest(manifest);
  BundleParts parts;
  parts.manifest = text;
  parts.directory = directory;
  parts.program = program;
  return WriteBundleParts(parts);
}

}  // namespace writ
