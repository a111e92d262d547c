// SPDX-License-Identifier: Apache-2.0
// A policy's values are read by grammar/, a request's by authz/, which may not
// include it. What one of them reads, the other must read as the same value.
#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include "authz/read_value.h"
#include "grammar/value.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

void ExpectSameNumber(const std::string& text) {
  const auto policy = ParseDecimal(text);
  DecimalConstant request;
  ASSERT_EQ(policy.has_value(), ReadDecimal(text, &request)) << text;
  if (!policy) return;
  std::string digits;
  for (size_t i = 0; i < request.digit_count; ++i) {
    digits += static_cast<char>('0' + request.digits[i]);
  }
  EXPECT_EQ(policy->digits, digits) << text;
  EXPECT_EQ(policy->negative, request.sign < 0) << text;
  EXPECT_EQ(policy->point, request.point) << text;
}

void ExpectSameInstant(const std::string& text) {
  const auto policy = ParseInstant(text);
  InstantConstant request;
  ASSERT_EQ(policy.has_value(), ReadInstant(text, &request)) << text;
  if (!policy) return;
  EXPECT_EQ(policy->seconds, request.seconds) << text;
  EXPECT_EQ(policy->nanos, request.nanos) << text;
}

void ExpectSameAddress(const std::string& text) {
  if (text.find('/') != std::string::npos) return;
  const auto policy = ParseCidr(text);
  BlockConstant request;
  ASSERT_EQ(policy.has_value(), ReadAddress(text, &request)) << text;
  if (!policy) return;
  ASSERT_EQ(policy->is_v6, request.is_v6 != 0) << text;
  EXPECT_EQ(policy->prefix, request.prefix_bits) << text;
  const auto from = policy->bytes.begin() + (policy->is_v6 ? 0 : 12);
  EXPECT_TRUE(std::equal(from, policy->bytes.end(), request.bytes.begin()))
      << text;
}

// Calls `expect` for each seed and for many texts near it.
template <typename Expect>
void Around(std::initializer_list<std::string_view> seeds,
            std::string_view alphabet, Expect expect) {
  std::mt19937 random(20261121);
  for (const std::string_view seed : seeds) {
    expect(std::string(seed));
    for (int i = 0; i < 20000; ++i) {
      std::string text(seed);
      for (size_t edits = 1 + random() % 3; edits > 0; --edits) {
        const char byte = alphabet[random() % alphabet.size()];
        const size_t at = random() % (text.size() + 1);
        if (at == text.size() || random() % 3 == 0) {
          text.insert(at, 1, byte);
        } else if (random() % 2 == 0) {
          text[at] = byte;
        } else {
          text.erase(at, 1);
        }
      }
      expect(text);
    }
  }
}

TEST(ValueAgreement, NumbersInPoliciesAndRequests) {
  Around({"0", "-0.0", "10.50e-3", "1e999", "0.001E+12",
          "1234567890123456789012345678901234",
          "10000000000000000000000000000000000000000",
          "0.00000000000000000000000000000000000000001",
          "1.0000000000000000000000000000000000000000"},
         "0012359.-+eE x", ExpectSameNumber);
}

TEST(ValueAgreement, InstantsInPoliciesAndRequests) {
  Around({"2026-01-01T00:00:00Z", "2000-02-29T23:59:59.123456789+23:59",
          "0001-01-01T00:00:00.5-00:00", "9999-12-31T23:59:59Z",
          "1900-02-28T12:30:30+08:00"},
         "0123456789-:.TZtz+", ExpectSameInstant);
}

TEST(ValueAgreement, AddressesInPoliciesAndRequests) {
  Around({"10.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::8:800",
          "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::ffff:10.1.2.3",
          "::ffff:0a01:0203", "64:ff9b::192.0.2.33"},
         "0012589afF.:g%", ExpectSameAddress);
}

}  // namespace
}  // namespace writ
