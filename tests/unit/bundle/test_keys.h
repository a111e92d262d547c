// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_BUNDLE_TEST_KEYS_H_
#define WRIT_TESTS_UNIT_BUNDLE_TEST_KEYS_H_

#include <string>
#include <utility>

#include "base/check.h"
#include "base/secret.h"
#include "crypto/ed25519.h"

namespace writ {

// The same key every time: its seed is `number` 32 times.
inline Ed25519KeyPair TestKey(char number) {
  const SecretBytes seed = SecretBytes::CopyOf(std::string(32, number));
  Result<Ed25519KeyPair> key = Ed25519KeyPair::FromSeed(seed);
  WRIT_CHECK(key.ok());
  return std::move(key).value();
}

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_BUNDLE_TEST_KEYS_H_
