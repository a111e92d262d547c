// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTH_ACCESS_KEY_H_
#define WRIT_AUTH_ACCESS_KEY_H_

#include <memory>
#include <string>
#include <string_view>

#include "crypto/hmac.h"

namespace writ {

enum class CallerKind : unsigned char { kRoot, kUser };

// Whom a key speaks for.
struct AuthenticatedCaller {
  CallerKind kind = CallerKind::kUser;
  std::string account;    // 16 digits
  std::string user_name;  // empty for root
  std::string user_id;    // numeric; the account for root
  std::string arn;        // acs:ram::<account>:root or …:user/<name>
  std::string access_key_id;
};

// What verifying a signature needs. `key` holds HMAC midstates, not the secret
// (P34).
struct AccessKey {
  AuthenticatedCaller caller;
  bool active = false;
  HmacKey key;
};

// Finds keys; implemented over the metadata store. Thread-safe.
class AccessKeySource {
 public:
  virtual ~AccessKeySource() = default;
  // Null when no such key exists. Never blocks on anything but the store.
  virtual std::shared_ptr<const AccessKey> FindAccessKey(
      std::string_view access_key_id) const = 0;
};

}  // namespace writ

#endif  // WRIT_AUTH_ACCESS_KEY_H_
