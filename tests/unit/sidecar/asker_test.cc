// SPDX-License-Identifier: Apache-2.0
#include "sidecar/asker.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace writ {
namespace {

class AskerTest : public ::testing::Test {
 protected:
  AskerTest() {
    AskerRule gateway;
    gateway.name = "gateway";
    gateway.tokens = {Sha256("old-token"), Sha256("new-token")};
    gateway.rights = {Right::kCheck};
    AskerRule mesh;
    mesh.name = "mesh";
    mesh.certificates = {"URI:spiffe://example/mesh", "proxy"};
    listener_.askers = {gateway, mesh};
  }
  std::string Name(std::string_view authorization,
                   std::vector<std::string_view> names = {}) {
    const Result<Asker> asker =
        Identify(listener_,
                 {.authorization = authorization, .certificate_names = names});
    if (!asker.ok()) {
      EXPECT_EQ(asker.status().code(), StatusCode::kUnauthenticated);
      return "";
    }
    EXPECT_EQ(asker.value().listener, &listener_);
    return asker.value().rule->name;
  }
  void LetEverybodyAsk() {
    AskerRule everybody;
    everybody.name = "everybody";
    listener_.askers.push_back(everybody);
  }

  ListenerRules listener_;
};

TEST_F(AskerTest, IsKnownByAnyOfItsTokens) {
  EXPECT_EQ(Name("Bearer old-token"), "gateway");
  EXPECT_EQ(Name("bearer  new-token"), "gateway");
  EXPECT_EQ(Name("Bearer old-toke"), "");
  EXPECT_EQ(Name("Bearer "), "");
  EXPECT_EQ(Name("old-token"), "");
  EXPECT_EQ(Name("Basic old-token"), "");
  EXPECT_EQ(Name(""), "");
}

TEST_F(AskerTest, IsKnownByANameInItsCertificate) {
  EXPECT_EQ(Name("", {"DNS:x", "URI:spiffe://example/mesh"}), "mesh");
  EXPECT_EQ(Name("", {"proxy"}), "mesh");
  EXPECT_EQ(Name("", {"DNS:proxy"}), "");
  EXPECT_EQ(Name("", {"URI:spiffe://example/mesh2"}), "");
}

TEST_F(AskerTest, IsRefusedWithAWrongTokenWhateverElseItShows) {
  LetEverybodyAsk();
  EXPECT_EQ(Name("Bearer wrong", {"proxy"}), "");
  EXPECT_EQ(Name("Bearer wrong"), "");
}

TEST_F(AskerTest, MayBeAnybodyWhereTheListenerSaysSo) {
  LetEverybodyAsk();
  EXPECT_EQ(Name(""), "everybody");
  EXPECT_EQ(Name("Basic x"), "everybody");
  EXPECT_EQ(Name("", {"proxy"}), "mesh");
  EXPECT_EQ(Name("Bearer old-token"), "gateway");
}

TEST_F(AskerTest, LearnsNothingFromARefusal) {
  const Result<Asker> token = Identify(listener_, {"Bearer wrong", {}});
  const Result<Asker> none = Identify(listener_, {});
  EXPECT_EQ(token.status().message(), none.status().message());
  EXPECT_EQ(token.status().message().find("wrong"), std::string::npos);
}

TEST(Rights, HaveNamesThatAreFoundAgain) {
#define RIGHT(Name, name, what)               \
  EXPECT_EQ(RightName(Right::k##Name), name); \
  EXPECT_EQ(RightNamed(name), Right::k##Name);
#include "sidecar/rights.def"
#undef RIGHT
  EXPECT_EQ(RightNamed("all"), std::nullopt);
  EXPECT_FALSE(Rights({Right::kCheck}).Has(Right::kExplain));
  EXPECT_FALSE(Asker{}.May(Right::kCheck));
}

}  // namespace
}  // namespace writ
