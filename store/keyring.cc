// SPDX-License-Identifier: Apache-2.0
#include "store/keyring.h"

#include <optional>
#include <utility>

#include "base/coding.h"
#include "crypto/aead.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"
#include "store/format.h"

namespace writ {
namespace {

// Engine keys of wrapped keys: 'k', then what they are for.
constexpr std::string_view kBlindingEngineKey = "kb";
constexpr std::string_view kDataKeyPrefix = "kd";
// Room for the data keys of some thousand accounts.
constexpr size_t kCacheBytes = 256 << 10;

}  // namespace

Keyring::Keyring(Kv* kv, const FileKeyProvider* provider, const Clock* clock)
    : kv_(kv), provider_(provider), cache_(clock, kCacheBytes) {}

Result<std::unique_ptr<Keyring>> Keyring::Open(Kv* kv,
                                               const FileKeyProvider* provider,
                                               const Clock* clock) {
  WRIT_RETURN_IF_ERROR(CheckStoreFormat(*kv));
  std::unique_ptr<Keyring> keyring(new Keyring(kv, provider, clock));
  const std::string engine_key(kBlindingEngineKey);
  WRIT_ASSIGN_OR_RETURN(const SecretBytes blinding,
                        keyring->LoadOrMake(engine_key, "writ blinding key"));
  keyring->blinding_ = HmacKey(blinding);
  // Needed as long as the ring lives, as a midstate; the key itself is not.
  keyring->cache_.Erase(engine_key);
  return keyring;
}

Result<SecretBytes> Keyring::DataKey(std::string_view account) {
  std::string engine_key(kDataKeyPrefix);
  engine_key += BlindName(Table::kMeta, account, "data key");
  return LoadOrMake(engine_key, "writ data key " + std::string(account));
}

Result<SecretBytes> Keyring::PurposeKey(std::string_view purpose) {
  WRIT_ASSIGN_OR_RETURN(const SecretBytes root, DataKey(kPlatformAccount));
  return HkdfSha256(root.span(), "", "writ purpose " + std::string(purpose),
                    kAeadKeyBytes);
}

std::string Keyring::BlindName(Table table, std::string_view account,
                               std::string_view name) const {
  ByteWriter writer;
  writer.Put(static_cast<uint8_t>(table));
  writer.PutBytes(account);
  writer.PutBytes(name);
  const HmacTag tag = blinding_.Sign(writer.data());
  return std::string(AsText(tag));
}

void Keyring::WipeExpired() { cache_.WipeExpired(); }

Result<SecretBytes> Keyring::LoadOrMake(const std::string& engine_key,
                                        std::string_view purpose) {
  if (std::optional<RecordCache::Entry> held = cache_.Get(engine_key)) {
    return std::move(held->value);
  }
  MutexLock lock(&mu_);
  const Result<KvEntry> stored = kv_->Get(engine_key);
  if (stored.ok()) {
    Result<SecretBytes> key = provider_->Unwrap(stored->value, purpose);
    if (!key.ok() || key->size() != kAeadKeyBytes) {
      return DataLoss(
          "the key-encryption key does not open this store, or a wrapped key "
          "is damaged");
    }
    cache_.Put(engine_key, stored->revision, *key);
    return key;
  }
  if (stored.status().code() != StatusCode::kNotFound) return stored.status();
  SecretBytes key = RandomSecret(kAeadKeyBytes);
  KvBatch batch;
  batch.Require(engine_key, 0);
  batch.Put(engine_key, provider_->Wrap(key, purpose));
  WRIT_ASSIGN_OR_RETURN(const uint64_t revision, kv_->Write(batch));
  cache_.Put(engine_key, revision, key);
  return key;
}

}  // namespace writ
