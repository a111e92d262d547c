// SPDX-License-Identifier: Apache-2.0
#include "store/temporary_url.h"

#include <cctype>
#include <string>

#include "gtest/gtest.h"
#include "store/memory_kv.h"
#include "tests/unit/store/open_store.h"

namespace writ {
namespace {

using std::chrono::seconds;

constexpr char kEndpoint[] = "https://127.0.0.1:9443";

class TemporaryUrlTest : public testing::Test {
 protected:
  TemporaryUrlTest() : store_(MakeMemoryKv(), scratch_, &clock_) {
    auto urls = TemporaryUrls::Make(store_.keyring.get(), kEndpoint);
    EXPECT_TRUE(urls.ok());
    urls_ = std::move(urls).value();
  }

  struct Parts {
    std::string path, query;
  };
  Parts Mint(std::string_view node = "", seconds lifetime = seconds(60)) {
    const auto url = urls_->Mint(kAlice, digest_, node, lifetime, clock_.Now());
    EXPECT_TRUE(url.ok());
    EXPECT_TRUE(url->starts_with(kEndpoint));
    const std::string rest = url->substr(sizeof kEndpoint - 1);
    const size_t mark = rest.find('?');
    return {rest.substr(0, mark), rest.substr(mark + 1)};
  }
  bool Valid(const Parts& url, std::string_view node = "",
             std::string_view method = "GET") {
    const auto grant =
        urls_->Verify(method, url.path, url.query, node, clock_.Now());
    if (!grant.ok()) {
      EXPECT_EQ(grant.status().ToString(),
                "permission denied: the temporary URL is not valid or has "
                "expired");
      return false;
    }
    EXPECT_EQ(grant->account, kAlice);
    EXPECT_EQ(grant->sha256_hex, digest_);
    return true;
  }

  const ScratchDirectory scratch_;
  FakeClock clock_;
  OpenStore store_;
  std::unique_ptr<TemporaryUrls> urls_;
  const std::string digest_ = Sha256Hex("a package");
};

TEST_F(TemporaryUrlTest, HasTheFixedForm) {
  const Parts plain = Mint();
  EXPECT_TRUE(plain.path.starts_with("/.artifact/"));
  EXPECT_EQ(plain.query.size(),
            std::string("Expires=1796083260&Signature=").size() + 64);
  EXPECT_TRUE(plain.query.starts_with("Expires=1796083260&Signature="));
  EXPECT_TRUE(Mint("node-1").query.starts_with(
      "Expires=1796083260&Node=node-1&Signature="));
  EXPECT_EQ(plain.path.find(digest_), std::string::npos);
  EXPECT_EQ(plain.path.find(kAlice), std::string::npos);
}

TEST_F(TemporaryUrlTest, LivesUntilItsExpiry) {
  const Parts url = Mint("", seconds(60));
  EXPECT_TRUE(Valid(url));
  clock_.Advance(seconds(59));
  EXPECT_TRUE(Valid(url));
  clock_.Advance(seconds(1));
  EXPECT_FALSE(Valid(url));
}

TEST_F(TemporaryUrlTest, LivesTenMinutesAtMost) {
  const auto mint = [&](seconds lifetime) {
    return urls_->Mint(kAlice, digest_, "", lifetime, clock_.Now()).ok();
  };
  EXPECT_TRUE(mint(seconds(600)));
  EXPECT_FALSE(mint(seconds(601)));
  EXPECT_FALSE(mint(seconds(0)));
  EXPECT_FALSE(mint(seconds(-5)));
  const Parts url = Mint("", seconds(600));
  clock_.Advance(seconds(-2));
  EXPECT_FALSE(Valid(url)) << "a clock set back must not lengthen its life";
}

TEST_F(TemporaryUrlTest, IsForGetOnly) {
  const Parts url = Mint();
  for (const char* method : {"PUT", "POST", "HEAD", "get", ""}) {
    EXPECT_FALSE(Valid(url, "", method)) << method;
  }
}

TEST_F(TemporaryUrlTest, BoundToANodeIsRefusedToAllOthers) {
  const Parts url = Mint("node-1");
  EXPECT_TRUE(Valid(url, "node-1"));
  EXPECT_FALSE(Valid(url, "node-2"));
  EXPECT_FALSE(Valid(url, ""));
  EXPECT_TRUE(Valid(Mint(), "node-1"));
  for (const char* node : {"a b", "a&b", "a=b", "é"}) {
    EXPECT_FALSE(
        urls_->Mint(kAlice, digest_, node, seconds(1), clock_.Now()).ok());
  }
}

TEST_F(TemporaryUrlTest, EveryAlteredByteIsRefused) {
  const Parts good = Mint("node-1");
  for (size_t i = 0; i < good.path.size(); ++i) {
    Parts url = good;
    url.path[i] = url.path[i] == '0' ? '1' : '0';
    EXPECT_FALSE(Valid(url, "node-1")) << url.path;
  }
  for (size_t i = 0; i < good.query.size(); ++i) {
    Parts url = good;
    url.query[i] = url.query[i] == '0' ? '1' : '0';
    EXPECT_FALSE(Valid(url, "node-1")) << url.query;
  }
  for (size_t i = 0; i < good.query.size(); ++i) {
    Parts url = good;
    url.query.resize(i);
    EXPECT_FALSE(Valid(url, "node-1")) << url.query;
  }
}

TEST_F(TemporaryUrlTest, OtherSpellingsAreRefused) {
  const Parts good = Mint("node-1");
  const std::string signature = good.query.substr(good.query.size() - 64);
  std::string upper = good.query;
  for (size_t i = upper.size() - 64; i < upper.size(); ++i) {
    upper[i] = static_cast<char>(std::toupper(upper[i]));
  }
  const std::string expires = "Expires=1796083260";
  const std::string queries[] = {
      upper,
      good.query + "&",
      good.query + "&x=1",
      "x=1&" + good.query,
      "&" + good.query,
      "Node=node-1&" + expires + "&Signature=" + signature,
      expires + "&" + good.query,
      expires + "&Signature=" + signature,
      "Signature=" + signature + "&" + expires + "&Node=node-1",
      "expires=1796083260&Node=node-1&Signature=" + signature,
      "Expires=01796083260&Node=node-1&Signature=" + signature,
      expires + "&Node=node%2D1&Signature=" + signature,
      good.query + "&Signature=" + signature,
      "",
  };
  for (const std::string& query : queries) {
    EXPECT_FALSE(Valid({good.path, query}, "node-1")) << query;
  }
  EXPECT_FALSE(Valid({good.path + "/", good.query}, "node-1"));
  EXPECT_FALSE(Valid({"/." + good.path, good.query}, "node-1"));
}

TEST_F(TemporaryUrlTest, IsForItsEndpointOnly) {
  const auto other =
      TemporaryUrls::Make(store_.keyring.get(), "https://127.0.0.1:9444");
  const Parts url = Mint();
  EXPECT_FALSE(
      (*other)->Verify("GET", url.path, url.query, "", clock_.Now()).ok());
  for (const char* endpoint :
       {"http://127.0.0.1:1", "https://", "https://h/", "https://u@h", ""}) {
    EXPECT_FALSE(TemporaryUrls::Make(store_.keyring.get(), endpoint).ok())
        << endpoint;
  }
}

TEST_F(TemporaryUrlTest, StaysValidAcrossARestartAndNotAcrossKeys) {
  const Parts url = Mint();
  urls_ =
      std::move(TemporaryUrls::Make(store_.keyring.get(), kEndpoint)).value();
  EXPECT_TRUE(Valid(url));
  const ScratchDirectory elsewhere;
  const OpenStore other(MakeMemoryKv(), elsewhere, &clock_);
  urls_ =
      std::move(TemporaryUrls::Make(other.keyring.get(), kEndpoint)).value();
  EXPECT_FALSE(Valid(url));
}

}  // namespace
}  // namespace writ
