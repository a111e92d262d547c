// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http_names.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace writ {
namespace {

struct Vector {
  std::string name;  // `refused`
  std::string target;
};

std::vector<Vector> PathVectors() {
  std::ifstream file("tests/unit/sidecar/path_vectors.txt");
  std::vector<Vector> vectors;
  for (std::string line; std::getline(file, line);) {
    const size_t tab = line.find('\t');
    if (line.starts_with('#') || tab == std::string::npos) continue;
    vectors.push_back({line.substr(0, tab), line.substr(tab + 1)});
  }
  return vectors;
}

TEST(CanonicalPath, TakesOneSpellingAndRefusesTheOthers) {
  const std::vector<Vector> vectors = PathVectors();
  ASSERT_GT(vectors.size(), 40u);
  for (const Vector& vector : vectors) {
    const Result<std::string_view> path = CanonicalPath(vector.target);
    if (vector.name == "refused") {
      EXPECT_FALSE(path.ok()) << vector.target;
      EXPECT_EQ(path.status().code(), StatusCode::kInvalidArgument);
    } else {
      ASSERT_TRUE(path.ok()) << vector.target;
      EXPECT_EQ(path.value(), vector.name);
    }
  }
}

TEST(CanonicalPath, IsDocumentedVectorByVector) {
  std::ifstream file("docs/canonical_names.md");
  std::ostringstream page;
  page << file.rdbuf();
  for (const Vector& vector : PathVectors()) {
    if (vector.target.empty()) continue;
    EXPECT_NE(page.str().find("`" + vector.target + "`"), std::string::npos)
        << vector.target;
  }
}

TEST(CanonicalPath, HasABound) {
  EXPECT_TRUE(CanonicalPath("/" + std::string(8191, 'a')).ok());
  EXPECT_FALSE(CanonicalPath("/" + std::string(8192, 'a')).ok());
  EXPECT_TRUE(CanonicalPath("/a?" + std::string(9000, 'a')).ok());
}

TEST(CanonicalPath, RefusesEveryByteThatMustBeEscaped) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string path = {'/', static_cast<char>(byte), 'x'};
    const bool may_stand =
        std::string_view(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
            "0123456789-._~!$&'()*+,;=:@?")
            .find(static_cast<char>(byte)) != std::string_view::npos;
    EXPECT_EQ(CanonicalPath(path).ok(), may_stand) << byte;
  }
}

TEST(CanonicalHost, FoldsCaseAndDropsThePort) {
  EXPECT_EQ(CanonicalHost("Shop.Example").value(), "shop.example");
  EXPECT_EQ(CanonicalHost("shop.example:8443").value(), "shop.example");
  EXPECT_EQ(CanonicalHost("192.0.2.1:80").value(), "192.0.2.1");
  EXPECT_EQ(CanonicalHost("[2001:DB8::1]:80").value(), "[2001:db8::1]");
}

TEST(CanonicalHost, RefusesWhatIsNoHost) {
  for (const std::string_view host : {"",
                                      ":80",
                                      "shop.example.",
                                      ".shop.example",
                                      "a..b",
                                      "a/b",
                                      "a b",
                                      "user@shop.example",
                                      "shop.example:",
                                      "shop.example:x",
                                      "shop.example:123456",
                                      "shop.example:80:80",
                                      "[::1",
                                      "[]",
                                      "[::1]x",
                                      "[g::1]",
                                      "caf\xc3\xa9.example",
                                      "a%2eb",
                                      "a\\b",
                                      "*"}) {
    EXPECT_FALSE(CanonicalHost(host).ok()) << host;
  }
  EXPECT_FALSE(CanonicalHost(std::string(256, 'a')).ok());
}

TEST(Method, IsInCapitals) {
  EXPECT_TRUE(CheckMethod("GET").ok());
  EXPECT_TRUE(CheckMethod("M-SEARCH").ok());
  for (const std::string_view method : {"", "get", "GET ", "GE\tT", "G*T"}) {
    EXPECT_FALSE(CheckMethod(method).ok()) << method;
  }
  EXPECT_FALSE(CheckMethod(std::string(33, 'A')).ok());
}

}  // namespace
}  // namespace writ
