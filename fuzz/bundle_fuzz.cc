// SPDX-License-Identifier: Apache-2.0
// Any bytes as a bundle: reading it ends, and what can be read has one form
// only. What stands in it is then given a manifest with the right digests, so
// that images are looked at, and signatures, of which the wrong one opens
// nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/secret.h"
#include "bundle/bundle.h"
#include "bundle/container.h"
#include "crypto/ed25519.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace writ {
namespace {

constexpr size_t kHeaderBytes = 36;

void Must(bool holds) {
  if (!holds) std::abort();
}

Ed25519KeyPair Key(char number) {
  return Ed25519KeyPair::FromSeed(SecretBytes::CopyOf(std::string(32, number)))
      .value();
}

// Makes the head of a bundle right, so that the rest is looked at: the bytes
// behind the manifest are directory and program, then as many signatures as it
// says, up to two.
void Mend(char* bytes, size_t size) {
  const size_t manifest = WriteManifest({}).size();
  if (size < kHeaderBytes + manifest) return;
  const auto get = [bytes](size_t at) {
    uint32_t value = 0;
    std::memcpy(&value, bytes + at, sizeof(value));
    return value;
  };
  const auto put = [bytes](size_t at, auto value) {
    std::memcpy(bytes + at, &value, sizeof(value));
  };
  constexpr size_t kSignature = kBundleKeyIdBytes + sizeof(Ed25519Signature);
  size_t rest = size - kHeaderBytes - manifest;
  const auto signatures = static_cast<uint32_t>(
      rest / kSignature < 2 ? rest / kSignature : get(32) % 3);
  rest -= signatures * kSignature;
  const uint64_t directory = get(16) % (rest + 1);
  std::memcpy(bytes, "WRITBNDL", 8);
  put(8, uint32_t{1});
  put(12, static_cast<uint32_t>(manifest));
  put(16, directory);
  put(24, uint64_t{rest - directory});
  put(32, signatures);
  put(kHeaderBytes, uint32_t{1});
}

void CheckTrust(std::string_view bytes) {
  const Result<std::string> signed_bytes = SignBundle(bytes, Key(1));
  if (!signed_bytes.ok()) return;
  const BundleTrust right = {{Key(1).public_key()}, 0};
  // Which signed nothing in the corpus.
  const BundleTrust wrong = {{Key(99).public_key()}, 0};
  Must(!Bundle::Open(*signed_bytes, wrong, WallTime()).ok());
  const auto trusted = Bundle::Open(*signed_bytes, right, WallTime::min());
  const auto unverified = Bundle::OpenUnverified(bytes);
  // Before all time every bundle is good that can be loaded at all.
  Must(trusted.ok() == unverified.ok() ||
       (unverified.ok() && (*unverified)->ExpiredAt(WallTime::min())));
}

void Check(std::string_view bytes) {
  const Result<BundleParts> parts = ReadBundleParts(bytes);
  if (!parts.ok()) return;
  Must(WriteBundleParts(*parts) == bytes);
  const Result<BundleManifest> manifest = ReadManifest(parts->manifest);
  if (!manifest.ok()) return;
  Must(WriteManifest(*manifest) == parts->manifest);
  CheckTrust(bytes);
  CheckTrust(MakeBundle(*manifest, parts->directory, parts->program));
}

}  // namespace
}  // namespace writ

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size,
                                          size_t max_size, unsigned int seed) {
  const size_t mutated = LLVMFuzzerMutate(data, size, max_size);
  // Some are left as they are.
  if (seed % 8 != 0) writ::Mend(reinterpret_cast<char*>(data), mutated);
  return mutated;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  writ::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
