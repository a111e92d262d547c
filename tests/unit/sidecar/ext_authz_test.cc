// SPDX-License-Identifier: Apache-2.0
//
// What a request of Envoy becomes, and what Envoy is told. Over the wire:
// tests/unit/sidecar/grpc_server_test.cc.
#include "sidecar/ext_authz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/sidecar/decision_world.h"

namespace writ::testing {
namespace {

using ::testing::HasSubstr;
using HttpRequest = envoy::service::auth::v3::AttributeContext::HttpRequest;

class ExtAuthzTest : public ::testing::Test {
 protected:
  ExtAuthzTest() {
    HttpRequest* const http = Http();
    http->set_method("GET");
    http->set_host("Shop.Example:8443");
    http->set_path("/items/1?page=2");
    (*http->mutable_headers())["x-writ-principal"] = std::string(kAlice);
  }
  HttpRequest* Http() {
    return request_.mutable_attributes()->mutable_request()->mutable_http();
  }
  // The HTTP status that Envoy sends to the client; 200: the request passes.
  int Ask(bool with_log = true) {
    const DecisionPoint point({.bundles = &world_.bundles,
                               .log = with_log ? &world_.log : nullptr,
                               .metrics = &world_.metrics,
                               .clock = &world_.clock});
    ExtAuthz ext_authz(&mapping_, &point);
    response_.Clear();
    ext_authz.Check(asker_, request_, &response_);
    if (response_.has_ok_response()) {
      EXPECT_EQ(response_.status().code(), 0);
      return 200;
    }
    EXPECT_TRUE(response_.has_denied_response());
    EXPECT_NE(response_.status().code(), 0);
    return response_.denied_response().status().code();
  }
  std::string Header(std::string_view name) const {
    const auto& headers = response_.has_ok_response()
                              ? response_.ok_response().headers()
                              : response_.denied_response().headers();
    for (const auto& header : headers) {
      EXPECT_EQ(header.append_action(),
                envoy::config::core::v3::HeaderValueOption::
                    OVERWRITE_IF_EXISTS_OR_ADD);
      if (header.header().key() == name) return header.header().value();
    }
    return "none";
  }

  DecisionWorld world_;
  ListenerRules listener_ = TrustedListener();
  AskerRule rule_ = RuleWith({Right::kCheck});
  const Asker asker_{&listener_, &rule_};
  ExtAuthzMapping mapping_;
  ExtAuthz::CheckRequest request_;
  ExtAuthz::CheckResponse response_;
};

TEST_F(ExtAuthzTest, LetsPassWhatIsAllowedAndNamesTheDecision) {
  EXPECT_EQ(Ask(), 200);
  EXPECT_EQ(Header("x-writ-decision-id"), "id-1");
  EXPECT_EQ(Header("x-writ-revision"), "7");
}

TEST_F(ExtAuthzTest, KeepsAClientFromNamingADecisionThatThereIsNot) {
  EXPECT_EQ(Ask(false), 200);
  ASSERT_EQ(response_.ok_response().headers_to_remove_size(), 1);
  EXPECT_EQ(response_.ok_response().headers_to_remove(0), "x-writ-decision-id");
}

TEST_F(ExtAuthzTest, DeniesTheRest) {
  Http()->set_method("POST");
  EXPECT_EQ(Ask(), 403);
  EXPECT_EQ(response_.denied_response().body(),
            R"({"code":"AccessDenied","revision":7,"decision":"id-1"})"
            "\n");
  EXPECT_EQ(Header("content-type"), "application/json");
  EXPECT_EQ(Header("x-writ-decision-id"), "id-1");
  Http()->set_method("GET");
  Http()->set_path("/other");
  EXPECT_EQ(Ask(), 403);
}

TEST_F(ExtAuthzTest, DeniesWhatIsNobodys) {
  Http()->clear_headers();
  EXPECT_EQ(Ask(), 403);
  (*Http()->mutable_headers())["x-writ-principal"] = "alice";
  EXPECT_EQ(Ask(), 403);
}

TEST_F(ExtAuthzTest, RefusesNamesWithASecondSpelling) {
  Http()->set_path("/items/../items/1");
  EXPECT_EQ(Ask(), 400);
  EXPECT_THAT(response_.denied_response().body(), HasSubstr("BadRequest"));
  EXPECT_TRUE(world_.log.lines().empty());
  Http()->set_path("/items%2F1");
  EXPECT_EQ(Ask(), 400);
  Http()->set_path("/items/1");
  Http()->set_host("shop.example.");
  EXPECT_EQ(Ask(), 400);
  Http()->set_host("shop.example");
  Http()->set_method("get");
  EXPECT_EQ(Ask(), 400);
  request_.Clear();
  EXPECT_EQ(Ask(), 400);
}

TEST_F(ExtAuthzTest, DeniesWhenItCannotDecide) {
  world_.log.SetFull(true);
  EXPECT_EQ(Ask(), 503);
  world_.log.SetFull(false);
  rule_.rights = {Right::kLookup};
  EXPECT_EQ(Ask(), 503);
  rule_.rights = {Right::kCheck};
  world_.bundles.Publish(nullptr);
  EXPECT_EQ(Ask(), 503);
  EXPECT_THAT(response_.denied_response().body(),
              HasSubstr("AuthorizationUnavailable"));
}

TEST_F(ExtAuthzTest, SaysWhatItKnowsOfTheRequestAsContext) {
  mapping_.headers = {"x-tenant", "x-absent"};
  (*Http()->mutable_headers())["x-tenant"] = "blue";
  request_.mutable_attributes()
      ->mutable_source()
      ->mutable_address()
      ->mutable_socket_address()
      ->set_address("192.0.2.7");
  EXPECT_EQ(Ask(), 200);
  EXPECT_EQ(world_.log.lines().back(),
            "id-1 ext-authz gateway ALLOW 1 http:Method=GET "
            "http:Host=shop.example http:Path=/items/1 "
            "http:Header/x-tenant=blue acs:SourceIp=192.0.2.7");
}

TEST_F(ExtAuthzTest, SaysOnUntrustedListenersOnlyWhatIsTheirs) {
  request_.mutable_attributes()
      ->mutable_source()
      ->mutable_address()
      ->mutable_socket_address()
      ->set_address("192.0.2.7");
  listener_.trusted = false;
  EXPECT_EQ(Ask(), 200);
  EXPECT_EQ(world_.log.lines().back(), "id-1 ext-authz gateway ALLOW 1");
  listener_.context_prefix = "http:";
  EXPECT_EQ(Ask(), 200);
  EXPECT_EQ(world_.log.lines().back(),
            "id-2 ext-authz gateway ALLOW 1 http:Method=GET "
            "http:Host=shop.example http:Path=/items/1");
}

TEST_F(ExtAuthzTest, TakesThePrincipalFromTheCertificateIfToldSo) {
  mapping_.principal_from_certificate = true;
  EXPECT_EQ(Ask(), 403);
  request_.mutable_attributes()->mutable_source()->set_principal(
      std::string(kAlice));
  EXPECT_EQ(Ask(), 200);
}

TEST_F(ExtAuthzTest, ReadsRawHeadersAndRefusesOneThatStandsTwice) {
  Http()->clear_headers();
  auto* header = Http()->mutable_header_map()->add_headers();
  header->set_key("X-Writ-Principal");
  header->set_raw_value(std::string(kAlice));
  EXPECT_EQ(Ask(), 200);
  header = Http()->mutable_header_map()->add_headers();
  header->set_key("x-writ-principal");
  header->set_raw_value("acs:ram::1000000000000001:root");
  EXPECT_EQ(Ask(), 400);
}

TEST_F(ExtAuthzTest, FillsItsTemplatesOnce) {
  mapping_.account = "{path}";
  mapping_.action = "x:{method}{method}{other}";
  mapping_.resource = "acs:http:*:{account}:{host}{path}";
  EXPECT_EQ(Ask(), 403);
  mapping_.account = kAccount;
  mapping_.action = "http:{method}";
  EXPECT_EQ(Ask(), 200);
}

}  // namespace
}  // namespace writ::testing
