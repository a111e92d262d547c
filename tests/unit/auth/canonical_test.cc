// SPDX-License-Identifier: Apache-2.0
#include "auth/canonical.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace writ {
namespace {

TEST(Canonical, PathStaysRawButForThreeSpellings) {
  EXPECT_EQ(CanonicalPath(""), "/");
  EXPECT_EQ(CanonicalPath("/"), "/");
  EXPECT_EQ(CanonicalPath("/a+b*c%7Ed"), "/a%20b%2Ac~d");
  // Decoding it would turn a name into two path segments.
  EXPECT_EQ(CanonicalPath("/fn%24_%2F%7e"), "/fn%24_%2F%7e");
}

TEST(Canonical, QueryIsDecodedSortedAndEncodedAgain) {
  const auto canonical = [](std::string_view raw) {
    const Result<std::string> query = CanonicalQuery(raw);
    return query.ok() ? *query : query.status().ToString();
  };
  EXPECT_EQ(canonical(""), "");
  EXPECT_EQ(canonical("b=2&a=1"), "a=1&b=2");
  EXPECT_EQ(canonical("a"), "a=");
  EXPECT_EQ(canonical("a="), "a=");
  EXPECT_EQ(canonical("a=b=c"), "a=b%3Dc");
  EXPECT_EQ(canonical("a=x+y%20z"), "a=x%20y%20z");
  // What JavaScript leaves raw, RFC 3986 encodes.
  EXPECT_EQ(canonical("a=!'()*~"), "a=%21%27%28%29%2A~");
  EXPECT_EQ(canonical("u=%c3%a9"), "u=%C3%A9");
  EXPECT_EQ(canonical("B=1&a=2&A=3"), "A=3&B=1&a=2");
  EXPECT_EQ(canonical("a=2&a=1"), "a=2&a=1");
  EXPECT_EQ(canonical("a&&b"), "a=&b=");
}

TEST(Canonical, QueryWithBadEncodingIsRefused) {
  for (const char* raw : {"a=%", "a=%2", "a=%zz", "%=1", "a=%2g"}) {
    EXPECT_FALSE(CanonicalQuery(raw).ok()) << raw;
  }
}

TEST(Canonical, PercentCodingRoundTripsEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(*PercentDecode(PercentEncode(bytes), false), bytes);
  EXPECT_EQ(*PercentDecode(PercentEncode(bytes), true), bytes);
  EXPECT_EQ(*PercentDecode("+", false), "+");
}

// A name or value cannot pass for several parameters.
TEST(Canonical, SeparatorsInsideParametersStayEncoded) {
  EXPECT_NE(*CanonicalQuery("a=1%26b=2"), *CanonicalQuery("a=1&b=2"));
  EXPECT_NE(*CanonicalQuery("a%3D1=2"), *CanonicalQuery("a=1=2"));
}

TEST(Canonical, RequestHasTheSixParts) {
  RequestHead head;
  head.method = "POST";
  head.raw_path = "/2023-03-30/functions";
  head.raw_query = "limit=1";
  head.headers = {{"x-acs-date", " 2026 "}, {"host", "h:1"}, {"accept", "*"}};
  const std::vector<std::string> names = {"host", "x-acs-date"};
  EXPECT_EQ(*CanonicalRequest(head, names, "hash"),
            "POST\n/2023-03-30/functions\nlimit=1\nhost:h:1\nx-acs-date:2026\n"
            "\nhost;x-acs-date\nhash");
}

TEST(Canonical, SignedHeadersMustStandOnce) {
  RequestHead head;
  head.method = "GET";
  head.headers = {{"host", "a"}, {"x-acs-a", "1"}, {"x-acs-a", "1"}};
  EXPECT_FALSE(
      CanonicalRequest(head, std::vector<std::string>{"x-acs-a"}, "").ok());
  EXPECT_FALSE(
      CanonicalRequest(head, std::vector<std::string>{"x-acs-b"}, "").ok());
  head.headers = {{"host", "a\nx-acs-a:1"}};
  EXPECT_FALSE(
      CanonicalRequest(head, std::vector<std::string>{"host"}, "").ok());
}

}  // namespace
}  // namespace writ
