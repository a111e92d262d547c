// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_STORE_KEYRING_H_
#define WRIT_STORE_KEYRING_H_

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "base/status.h"
#include "crypto/hmac.h"
#include "store/key_provider_file.h"
#include "store/kv.h"
#include "store/record_cache.h"
#include "store/records.h"

namespace writ {

// The account whose data key protects what belongs to no account.
inline constexpr std::string_view kPlatformAccount = "";

// The data keys of a store. Each account has its own, made when first needed,
// wrapped by the key-encryption key and kept in the store itself. Unwrapped
// keys stay in memory at most kMaxPlaintextSeconds (P35).
//
// Thread-safe. `kv`, `provider` and `clock` must outlive it.
class Keyring {
 public:
  // Errors   kDataLoss            the key-encryption key is not the one that
  //                               wrapped the store's keys, or a wrapped key
  //                               was altered
  //          kFailedPrecondition  a later version wrote the store; nothing was
  //                               changed
  static Result<std::unique_ptr<Keyring>> Open(Kv* kv,
                                               const FileKeyProvider* provider,
                                               const Clock* clock);

  // The data key of `account`, made now if it has none.
  Result<SecretBytes> DataKey(std::string_view account);

  // A key for one purpose, derived from the platform's data key: the same
  // after a restart, different for each purpose ("temporary url").
  Result<SecretBytes> PurposeKey(std::string_view purpose);

  // The name that stands for (table, account, name) in the engine: 32 bytes
  // that tell nothing without the blinding key.
  std::string BlindName(Table table, std::string_view account,
                        std::string_view name) const;

  // Wipes unwrapped keys whose time has come.
  void WipeExpired();

 private:
  Keyring(Kv* kv, const FileKeyProvider* provider, const Clock* clock);

  // Reads and unwraps the key kept under `engine_key`; makes it when absent.
  Result<SecretBytes> LoadOrMake(const std::string& engine_key,
                                 std::string_view purpose);

  Kv* const kv_;
  const FileKeyProvider* const provider_;
  HmacKey blinding_;
  RecordCache cache_;
  Mutex mu_;  // making a key
};

}  // namespace writ

#endif  // WRIT_STORE_KEYRING_H_
