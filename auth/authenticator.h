// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTH_AUTHENTICATOR_H_
#define WRIT_AUTH_AUTHENTICATOR_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "auth/access_key.h"
#include "auth/nonce_window.h"
#include "auth/request_head.h"
#include "base/check.h"
#include "base/clock.h"
#include "crypto/digest.h"
#include "crypto/hmac.h"

namespace writ {

enum class AuthFailure : uint8_t {
#define AUTH_FAILURE(Name, ...) k##Name,
#include "auth/auth_failures.def"
#undef AUTH_FAILURE
};

// What a client is told. Views live for ever.
struct AuthError {
  int http_status;
  std::string_view code;
  std::string_view message;
};

// The two faces of a failure: of the FC API, and of RAM and STS.
AuthError FcAuthError(AuthFailure failure);
AuthError RpcAuthError(AuthFailure failure);

// A request whose signature is its caller's. The body is not read yet: it must
// hash to `body_sha256`, or the call ends unexecuted (P22).
struct AuthenticatedCall {
  AuthenticatedCaller caller;
  std::string body_sha256_hex;  // 64 lower-case digits, as signed
  Sha256Digest body_sha256 = {};
  std::string action;   // x-acs-action, signed
  std::string version;  // x-acs-version, signed
};

// An authenticated call, or why there is none.
class [[nodiscard]] AuthOutcome {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): `return call;` must read well
  AuthOutcome(AuthenticatedCall call) : rep_(std::move(call)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): likewise
  AuthOutcome(AuthFailure failure) : rep_(failure) {}

  bool ok() const { return rep_.index() == 0; }
  // Must be ok().
  const AuthenticatedCall& call() const {
    WRIT_CHECK(ok());
    return *std::get_if<AuthenticatedCall>(&rep_);
  }
  // Must not be ok().
  AuthFailure failure() const {
    WRIT_CHECK(!ok());
    return *std::get_if<AuthFailure>(&rep_);
  }

 private:
  std::variant<AuthenticatedCall, AuthFailure> rep_;
};

// Verifies request signatures (ACS3-HMAC-SHA256) from the head alone, with the
// digest the client claims for its body (P22). The nonce is remembered only
// after the signature verified. Thread-safe.
class Authenticator {
 public:
  // All three must outlive the authenticator.
  Authenticator(const AccessKeySource* keys, NonceWindow* nonces,
                const Clock* clock);

  // Who sent this request. Each request must be given exactly once: a second
  // time it is a replay.
  //
  // An unknown key costs a signature like a known one, so that time does not
  // tell them apart before the answer does.
  AuthOutcome Authenticate(const RequestHead& head) const;

 private:
  const AccessKeySource* const keys_;
  NonceWindow* const nonces_;
  const Clock* const clock_;
  const HmacKey stand_in_key_;
};

}  // namespace writ

#endif  // WRIT_AUTH_AUTHENTICATOR_H_
