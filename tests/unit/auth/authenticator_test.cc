// SPDX-License-Identifier: Apache-2.0
#include "auth/authenticator.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "auth/acs3.h"
#include "crypto/hex.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

class KeysInMemory final : public AccessKeySource {
 public:
  void Add(const std::string& id, std::string_view secret, bool active) {
    auto key = std::make_shared<AccessKey>();
    key->caller = {.kind = CallerKind::kUser,
                   .account = "1000000000000001",
                   .user_name = "alice",
                   .user_id = "2000000000000001",
                   .arn = "acs:ram::1000000000000001:user/alice",
                   .access_key_id = id};
    key->active = active;
    key->key = HmacKey(secret);
    keys_[id] = std::move(key);
  }
  std::shared_ptr<const AccessKey> FindAccessKey(
      std::string_view id) const override {
    const auto found = keys_.find(std::string(id));
    return found == keys_.end() ? nullptr : found->second;
  }

 private:
  std::map<std::string, std::shared_ptr<const AccessKey>> keys_;
};

class AuthenticatorTest : public testing::Test {
 protected:
  AuthenticatorTest()
      : nonces_(clock_.Now()), authenticator_(&keys_, &nonces_, &clock_) {
    keys_.Add("AKalice", "alice's secret", true);
    keys_.Add("AKold", "an old secret", false);
  }

  RequestHead Signed(const std::string& id = "AKalice",
                     std::string_view secret = "alice's secret") {
    RequestHead head;
    head.method = "POST";
    head.raw_path = "/2023-03-30/functions/f%2F1/invocations";
    head.raw_query = "qualifier=LATEST&b=!*";
    head.headers = {{"host", "127.0.0.1:9443"},
                    {"x-acs-action", "InvokeFunction"},
                    {"x-acs-version", "2023-03-30"},
                    {"content-type", "application/octet-stream"},
                    {"x-fc-log-type", "Tail"}};
    EXPECT_TRUE(SignAcs3({id, SecretBytes::CopyOf(secret)}, kEmptySha256Hex,
                         clock_.Now(), &head)
                    .ok());
    return head;
  }

  // Expects the failure, and that the nonce was not used up.
  void ExpectFailure(const RequestHead& head, AuthFailure failure) {
    const uint64_t before = nonces_.size();
    const AuthOutcome outcome = authenticator_.Authenticate(head);
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(RpcAuthError(outcome.failure()).code, RpcAuthError(failure).code);
    EXPECT_EQ(outcome.failure(), failure)
        << RpcAuthError(outcome.failure()).message;
    EXPECT_EQ(nonces_.size(), before);
  }

  static std::string* Header(RequestHead* head, std::string_view name) {
    for (HeaderField& field : head->headers) {
      if (field.name == name) return &field.value;
    }
    return nullptr;
  }

  FakeClock clock_;
  KeysInMemory keys_;
  NonceWindow nonces_;
  Authenticator authenticator_;
};

TEST_F(AuthenticatorTest, KnowsTheCallerOfAGoodSignature) {
  const AuthOutcome outcome = authenticator_.Authenticate(Signed());
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome.call().caller.arn, "acs:ram::1000000000000001:user/alice");
  EXPECT_EQ(outcome.call().body_sha256_hex, kEmptySha256Hex);
  EXPECT_EQ(HexEncode(outcome.call().body_sha256), kEmptySha256Hex);
  EXPECT_EQ(outcome.call().action, "InvokeFunction");
  EXPECT_EQ(outcome.call().version, "2023-03-30");
}

TEST_F(AuthenticatorTest, RefusesAnUnsignedRequest) {
  RequestHead head = Signed();
  std::erase_if(head.headers, [](const HeaderField& field) {
    return field.name == "authorization";
  });
  ExpectFailure(head, AuthFailure::kUnsigned);
}

TEST_F(AuthenticatorTest, RefusesTwoAuthorizations) {
  RequestHead head = Signed();
  head.headers.push_back({"authorization", *head.Single("authorization")});
  ExpectFailure(head, AuthFailure::kMalformedAuthorization);
}

TEST_F(AuthenticatorTest, RefusesOtherSchemes) {
  RequestHead head = Signed();
  for (const char* value : {"Bearer x", "acs AK:sig", "FC AK:sig", ""}) {
    *Header(&head, "authorization") = value;
    ExpectFailure(head, AuthFailure::kMalformedAuthorization);
  }
}

TEST_F(AuthenticatorTest, RefusesAReplay) {
  const RequestHead head = Signed();
  EXPECT_TRUE(authenticator_.Authenticate(head).ok());
  ExpectFailure(head, AuthFailure::kNonceUsed);
  clock_.Advance(std::chrono::minutes(14));
  ExpectFailure(head, AuthFailure::kNonceUsed);
  clock_.Advance(std::chrono::minutes(2));
  ExpectFailure(head, AuthFailure::kDateOutOfWindow);
}

TEST_F(AuthenticatorTest, RefusesAnUnknownKeyAndAWrongSecret) {
  ExpectFailure(Signed("AKnobody", "x"), AuthFailure::kUnknownKey);
  ExpectFailure(Signed("AKalice", "x"), AuthFailure::kWrongSignature);
}

TEST_F(AuthenticatorTest, TellsADisabledKeyOnlyToItsOwner) {
  ExpectFailure(Signed("AKold", "an old secret"), AuthFailure::kInactiveKey);
  ExpectFailure(Signed("AKold", "x"), AuthFailure::kWrongSignature);
}

TEST_F(AuthenticatorTest, RefusesEveryTamperedPart) {
  const std::pair<const char*, std::function<void(RequestHead*)>> edits[] = {
      {"method", [](RequestHead* h) { h->method = "GET"; }},
      {"path", [](RequestHead* h) { h->raw_path += "x"; }},
      {"path decoded",
       [](RequestHead* h) {
         h->raw_path = "/2023-03-30/functions/f/1/invocations";
       }},
      {"query", [](RequestHead* h) { h->raw_query = "qualifier=1&b=!*"; }},
      {"query more", [](RequestHead* h) { h->raw_query += "&c=1"; }},
      {"host", [](RequestHead* h) { *Header(h, "host") = "elsewhere"; }},
      {"action",
       [](RequestHead* h) { *Header(h, "x-acs-action") = "DeleteFunction"; }},
      {"type", [](RequestHead* h) { *Header(h, "content-type") = "a/b"; }},
      {"body",
       [](RequestHead* h) {
         *Header(h, "x-acs-content-sha256") = std::string(64, '0');
       }},
      {"nonce",
       [](RequestHead* h) { *Header(h, "x-acs-signature-nonce") = "1"; }},
      {"date",
       [](RequestHead* h) {
         *Header(h, "x-acs-date") = "2026-12-01T00:00:01Z";
       }},
  };
  for (const auto& [what, edit] : edits) {
    SCOPED_TRACE(what);
    RequestHead head = Signed();
    edit(&head);
    ExpectFailure(head, AuthFailure::kWrongSignature);
  }
}

TEST_F(AuthenticatorTest, RefusesEveryOtherSignatureDigit) {
  const RequestHead good = Signed();
  const size_t size = good.Single("authorization")->size();
  for (size_t i = size - 64; i < size; ++i) {
    RequestHead head = good;
    char& digit = (*Header(&head, "authorization"))[i];
    digit = digit == '0' ? '1' : '0';
    ExpectFailure(head, AuthFailure::kWrongSignature);
  }
  EXPECT_TRUE(authenticator_.Authenticate(good).ok());
}

TEST_F(AuthenticatorTest, AcceptsTheSameQueryInAnotherSpelling) {
  RequestHead head = Signed();
  head.raw_query = "b=%21%2a&qualifier=LATEST";
  EXPECT_TRUE(authenticator_.Authenticate(head).ok());
}

TEST_F(AuthenticatorTest, RefusesHeadersAddedOnTheWay) {
  for (const char* name : {"x-acs-security-token", "x-acs-anything"}) {
    RequestHead head = Signed();
    head.headers.push_back({name, "v"});
    ExpectFailure(head, AuthFailure::kHeaderNotSigned);
  }
  RequestHead head = Signed();
  head.headers.push_back({"content-type", "application/octet-stream"});
  ExpectFailure(head, AuthFailure::kHeaderNotSigned);
  head = Signed();
  head.headers.push_back({"x-acs-action", "InvokeFunction"});
  ExpectFailure(head, AuthFailure::kMissingHeader);
}

TEST_F(AuthenticatorTest, NeedsEveryRequiredHeader) {
  for (const char* name :
       {"host", "x-acs-action", "x-acs-version", "x-acs-date",
        "x-acs-signature-nonce", "x-acs-content-sha256"}) {
    SCOPED_TRACE(name);
    RequestHead head = Signed();
    std::erase_if(head.headers, [name](const HeaderField& field) {
      return field.name == name;
    });
    ExpectFailure(head, AuthFailure::kMissingHeader);
    head = Signed();
    Header(&head, name)->clear();
    ExpectFailure(head, AuthFailure::kMissingHeader);
  }
}

TEST_F(AuthenticatorTest, RefusesBadAndStaleDates) {
  for (const char* date : {"yesterday", "2026-12-01T00:00:00.000Z",
                           "2026-12-01 00:00:00Z", "2026-13-01T00:00:00Z"}) {
    RequestHead head = Signed();
    *Header(&head, "x-acs-date") = date;
    ExpectFailure(head, AuthFailure::kMalformedDate);
  }
  const RequestHead head = Signed();
  clock_.Advance(std::chrono::seconds(901));
  ExpectFailure(head, AuthFailure::kDateOutOfWindow);
}

TEST_F(AuthenticatorTest, RefusesABodyDigestThatIsNone) {
  RequestHead head = Signed();
  *Header(&head, "x-acs-content-sha256") = "UNSIGNED-PAYLOAD";
  ExpectFailure(head, AuthFailure::kMalformedRequest);
}

TEST_F(AuthenticatorTest, SaysTooManyWhenTheWindowIsFull) {
  NonceWindow small(clock_.Now(), {.per_key = 1, .total = 10});
  const Authenticator authenticator(&keys_, &small, &clock_);
  EXPECT_TRUE(authenticator.Authenticate(Signed()).ok());
  const AuthOutcome outcome = authenticator.Authenticate(Signed());
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.failure(), AuthFailure::kTooManyRequests);
  EXPECT_EQ(FcAuthError(outcome.failure()).http_status, 429);
}

TEST(AuthFailures, AreAllClientErrorsWithACode) {
#define AUTH_FAILURE(Name, ...)                                        \
  for (const AuthError error : {FcAuthError(AuthFailure::k##Name),     \
                                RpcAuthError(AuthFailure::k##Name)}) { \
    EXPECT_GE(error.http_status, 400);                                 \
    EXPECT_LT(error.http_status, 500);                                 \
    EXPECT_NE(error.http_status, 401);                                 \
    EXPECT_FALSE(error.code.empty());                                  \
    EXPECT_FALSE(error.message.empty());                               \
  }
#include "auth/auth_failures.def"
#undef AUTH_FAILURE
  EXPECT_EQ(RpcAuthError(AuthFailure::kUnknownKey).http_status, 404);
  EXPECT_EQ(RpcAuthError(AuthFailure::kUnknownKey).code,
            "InvalidAccessKeyId.NotFound");
  EXPECT_EQ(FcAuthError(AuthFailure::kUnknownKey).http_status, 403);
  EXPECT_EQ(FcAuthError(AuthFailure::kWrongSignature).code,
            "SignatureNotMatch");
}

}  // namespace
}  // namespace writ
