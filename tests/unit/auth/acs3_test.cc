// SPDX-License-Identifier: Apache-2.0
#include "auth/acs3.h"

#include <string>
#include <vector>

#include "auth/canonical.h"
#include "crypto/digest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

using testing::ElementsAre;

const std::string kHex(64, 'a');

std::string Value(std::string_view credential, std::string_view names,
                  std::string_view signature) {
  return "ACS3-HMAC-SHA256 Credential=" + std::string(credential) +
         ",SignedHeaders=" + std::string(names) +
         ",Signature=" + std::string(signature);
}

TEST(Acs3, ParsesWhatClientsSend) {
  const auto parsed =
      ParseAcs3Authorization(Value("AKtest", "host;x-acs-date", kHex));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->access_key_id, "AKtest");
  EXPECT_THAT(parsed->signed_headers, ElementsAre("host", "x-acs-date"));
  EXPECT_EQ(parsed->signature, kHex);
  EXPECT_TRUE(ParseAcs3Authorization(
                  "ACS3-HMAC-SHA256 Credential=a, SignedHeaders=host, "
                  "Signature=" +
                  kHex)
                  .ok());
}

TEST(Acs3, RefusesEveryOtherForm) {
  const std::string good = Value("AK", "host;x-acs-date", kHex);
  const std::vector<std::string> bad = {
      "",
      "ACS3-HMAC-SHA256",
      "acs3-hmac-sha256" + good.substr(16),
      "ACS3-HMAC-SM3 " + good.substr(17),
      " " + good,
      good + " ",
      good + ",",
      good + ",Signature=" + kHex,
      Value("", "host", kHex),
      Value("a/b", "host", kHex),
      Value("a b", "host", kHex),
      Value(std::string(129, 'a'), "host", kHex),
      Value("AK", "", kHex),
      Value("AK", "host;", kHex),
      Value("AK", ";host", kHex),
      Value("AK", "host;host", kHex),
      Value("AK", "x-acs-date;host", kHex),
      Value("AK", "Host", kHex),
      Value("AK", "host; x-acs-date", kHex),
      Value("AK", "host", std::string(63, 'a')),
      Value("AK", "host", std::string(64, 'A')),
      Value("AK", "host", std::string(64, 'g')),
      "ACS3-HMAC-SHA256 SignedHeaders=host,Credential=AK,Signature=" + kHex,
      "ACS3-HMAC-SHA256 Credential=AK,Signature=" + kHex,
  };
  for (const std::string& value : bad) {
    EXPECT_FALSE(ParseAcs3Authorization(value).ok()) << value;
  }
}

// The signature was computed apart, with Python's hmac and hashlib.
TEST(Acs3, SignatureMatchesAnIndependentOne) {
  RequestHead head;
  head.method = "POST";
  head.raw_path = "/2023-03-30/functions/f1/invocations";
  head.raw_query = "qualifier=LATEST";
  head.headers = {{"host", "127.0.0.1:40643"},
                  {"x-acs-version", "2023-03-30"},
                  {"x-acs-action", "InvokeFunction"},
                  {"x-acs-date", "2026-11-21T21:04:02Z"},
                  {"x-acs-signature-nonce", "00112233"},
                  {"x-acs-content-sha256", Sha256Hex("hello")},
                  {"x-acs-credentials-provider", "static_ak"},
                  {"content-type", "application/octet-stream"},
                  {"accept", "application/json"}};
  const std::vector<std::string> names = {"content-type",
                                          "host",
                                          "x-acs-action",
                                          "x-acs-content-sha256",
                                          "x-acs-credentials-provider",
                                          "x-acs-date",
                                          "x-acs-signature-nonce",
                                          "x-acs-version"};
  const auto canonical = CanonicalRequest(head, names, Sha256Hex("hello"));
  ASSERT_TRUE(canonical.ok());
  EXPECT_EQ(Acs3Signature(HmacKey("test-secret"), *canonical),
            "7899b5f07de8cfb4e35100e88b4d3126cf2827fb9b17cb5403e652e9348c3f6f");
}

TEST(Acs3, SignedRequestCarriesWhatServersNeed) {
  FakeClock clock;
  RequestHead head;
  head.method = "POST";
  head.raw_path = "/";
  head.headers = {{"host", "127.0.0.1:1"},
                  {"x-acs-action", "CreateUser"},
                  {"x-acs-version", "2015-05-01"},
                  {"x-acs-date", "stale"}};
  const Acs3Credentials credentials{"AK", SecretBytes::CopyOf("secret")};
  ASSERT_TRUE(SignAcs3(credentials, kEmptySha256Hex, clock.Now(), &head).ok());
  EXPECT_EQ(*head.Single("x-acs-date"), "2026-12-01T00:00:00Z");
  EXPECT_EQ(*head.Single("x-acs-content-sha256"), Sha256Hex(""));
  const auto parsed = ParseAcs3Authorization(*head.Single("authorization"));
  ASSERT_TRUE(parsed.ok());
  EXPECT_THAT(
      parsed->signed_headers,
      ElementsAre("host", "x-acs-action", "x-acs-content-sha256", "x-acs-date",
                  "x-acs-signature-nonce", "x-acs-version"));
  const std::string first = *head.Single("x-acs-signature-nonce");
  ASSERT_TRUE(SignAcs3(credentials, kEmptySha256Hex, clock.Now(), &head).ok());
  EXPECT_NE(*head.Single("x-acs-signature-nonce"), first);
}

TEST(Acs3, SigningNeedsHostActionAndVersion) {
  FakeClock clock;
  RequestHead head;
  head.method = "GET";
  head.headers = {{"host", "h"}, {"x-acs-action", "A"}};
  EXPECT_FALSE(SignAcs3({"AK", SecretBytes::CopyOf("s")}, kEmptySha256Hex,
                        clock.Now(), &head)
                   .ok());
}

}  // namespace
}  // namespace writ
