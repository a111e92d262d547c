// SPDX-License-Identifier: Apache-2.0
#include "auth/authenticator.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "auth/acs3.h"
#include "auth/canonical.h"
#include "crypto/compare.h"
#include "crypto/hex.h"
#include "crypto/random.h"

namespace writ {
namespace {

constexpr std::string_view kRequiredHeaders[] = {
    "host",       "x-acs-action",          "x-acs-version",
    "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"};
constexpr size_t kMaxNonceChars = 256;

struct FailureRow {
  AuthError fc;
  AuthError rpc;
};

constexpr FailureRow kFailures[] = {
#define AUTH_FAILURE(Name, fc_http, fc_code, rpc_http, rpc_code, message) \
  {{fc_http, fc_code, message}, {rpc_http, rpc_code, message}},
#include "auth/auth_failures.def"
#undef AUTH_FAILURE
};

bool Contains(const std::vector<std::string>& sorted, std::string_view name) {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}

// Signed, and in the head exactly once with a value.
bool IsSignedOnce(const RequestHead& head,
                  const std::vector<std::string>& signed_headers,
                  std::string_view name) {
  const std::string* value = head.Single(name);
  return value != nullptr && !value->empty() && Contains(signed_headers, name);
}

}  // namespace

AuthError FcAuthError(AuthFailure failure) {
  return kFailures[static_cast<size_t>(failure)].fc;
}
AuthError RpcAuthError(AuthFailure failure) {
  return kFailures[static_cast<size_t>(failure)].rpc;
}

Authenticator::Authenticator(const AccessKeySource* keys, NonceWindow* nonces,
                             const Clock* clock)
    : keys_(keys),
      nonces_(nonces),
      clock_(clock),
      stand_in_key_(RandomSecret(kHmacSha256Bytes)) {}

AuthOutcome Authenticator::Authenticate(const RequestHead& head) const {
  const auto is_authorization = [](const HeaderField& field) {
    return field.name == "authorization";
  };
  const auto count =
      std::count_if(head.headers.begin(), head.headers.end(), is_authorization);
  if (count == 0) return AuthFailure::kUnsigned;
  if (count > 1) return AuthFailure::kMalformedAuthorization;
  const Result<Acs3Authorization> parsed =
      ParseAcs3Authorization(*head.Single("authorization"));
  if (!parsed.ok()) return AuthFailure::kMalformedAuthorization;
  const Acs3Authorization& authorization = *parsed;
  const std::vector<std::string>& signed_headers = authorization.signed_headers;

  for (const std::string_view name : kRequiredHeaders) {
    if (!IsSignedOnce(head, signed_headers, name)) {
      return AuthFailure::kMissingHeader;
    }
  }
  // Otherwise somebody on the way could add one that means something.
  for (const HeaderField& field : head.headers) {
    const bool covered =
        field.name.starts_with("x-acs-") || field.name == "content-type";
    if (covered && (!Contains(signed_headers, field.name) ||
                    head.Single(field.name) == nullptr)) {
      return AuthFailure::kHeaderNotSigned;
    }
  }
  const std::string& body_hash = *head.Single("x-acs-content-sha256");
  const std::string& nonce = *head.Single("x-acs-signature-nonce");
  if (!IsLowerHex(body_hash, kSha256Bytes * 2) ||
      nonce.size() > kMaxNonceChars) {
    return AuthFailure::kMalformedRequest;
  }
  WallTime date;
  if (!ParseRfc3339Utc(*head.Single("x-acs-date"), &date)) {
    return AuthFailure::kMalformedDate;
  }
  const WallTime now = clock_->Now();
  if (!nonces_->InWindow(date, now)) return AuthFailure::kDateOutOfWindow;

  const Result<std::string> canonical =
      CanonicalRequest(head, signed_headers, body_hash);
  if (!canonical.ok()) return AuthFailure::kMalformedRequest;
  const std::shared_ptr<const AccessKey> key =
      keys_->FindAccessKey(authorization.access_key_id);
  const std::string expected =
      Acs3Signature(key == nullptr ? stand_in_key_ : key->key, *canonical);
  const bool genuine = ConstantTimeEqual(expected, authorization.signature);
  if (key == nullptr) return AuthFailure::kUnknownKey;
  if (!genuine) return AuthFailure::kWrongSignature;
  if (!key->active) return AuthFailure::kInactiveKey;

  switch (nonces_->Insert(authorization.access_key_id, nonce, date, now)) {
    case NonceWindow::Verdict::kFresh:
      break;
    case NonceWindow::Verdict::kUsed:
      return AuthFailure::kNonceUsed;
    case NonceWindow::Verdict::kOutOfWindow:
      return AuthFailure::kDateOutOfWindow;
    case NonceWindow::Verdict::kFull:
      return AuthFailure::kTooManyRequests;
  }
  AuthenticatedCall call;
  call.caller = key->caller;
  call.body_sha256_hex = body_hash;
  const Result<std::string> digest = HexDecode(body_hash);
  WRIT_CHECK(digest.ok() && digest->size() == call.body_sha256.size());
  std::memcpy(call.body_sha256.data(), digest->data(), digest->size());
  call.action = *head.Single("x-acs-action");
  call.version = *head.Single("x-acs-version");
  return call;
}

}  // namespace writ
