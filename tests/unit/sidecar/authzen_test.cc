// SPDX-License-Identifier: Apache-2.0
//
// AuthZEN by the vectors in tests/sidecar/authzen/: a request, its status, and
// the whole answer, or the decisions in it, or what an error says.
#include "sidecar/authzen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/limits.h"
#include "sidecar/strict_json.h"
#include "tests/unit/sidecar/decision_world.h"

namespace writ::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class AuthZenTest : public ::testing::Test {
 protected:
  AuthZenTest() {
    app_.name = "app";
    app_.context_prefix = "app:";
  }

  HttpResponse Post(std::string_view path, std::string_view body) {
    return authzen_.Answer(asker_, *AuthZenEndpointAt(path), body);
  }
  Json PostJson(std::string_view path, const Json& body) {
    const HttpResponse response = Post(path, body.dump());
    EXPECT_EQ(response.status, 200) << response.body;
    return Json::parse(response.body);
  }

  static Json Alice() {
    return {{"type", "user"},
            {"id", "acs:ram::" + std::string(kAccount) + ":user/alice"}};
  }
  static Json Object(std::string_view name) {
    return {{"type", "oss"}, {"id", LogsObject(name)}};
  }
  static Json MayRead(std::string_view object) {
    return {{"subject", Alice()},
            {"action", {{"name", "oss:GetObject"}}},
            {"resource", Object(object)}};
  }

  DecisionWorld world_{/*with_log=*/true};
  ListenerRules trusted_ = TrustedListener();
  ListenerRules app_;
  AskerRule rule_ = RuleWith({Right::kCheck, Right::kLookup});
  Asker asker_ = {&trusted_, &rule_};
  AuthZen authzen_{&world_.point};
};

// Takes ids of decisions out: they are new each time.
void DropIds(Json* json) {
  if (json->is_object()) {
    json->erase("decision_id");
    if (json->contains("context") && json->at("context").empty()) {
      json->erase("context");
    }
  }
  for (auto& item : *json) {
    if (item.is_structured()) DropIds(&item);
  }
  if (json->is_object() && json->contains("context") &&
      json->at("context").empty()) {
    json->erase("context");
  }
}

TEST_F(AuthZenTest, EveryVector) {
  size_t count = 0;
  std::set<std::string> names;
  for (const auto& file :
       std::filesystem::directory_iterator("tests/sidecar/authzen")) {
    std::ifstream stream(file.path());
    for (const Json& vector : Json::parse(stream)) {
      const std::string name =
          file.path().filename().string() + ": " + std::string(vector["name"]);
      SCOPED_TRACE(name);
      EXPECT_TRUE(names.insert(name).second);
      ++count;
      asker_.listener =
          vector.value("listener", "") == "app" ? &app_ : &trusted_;
      const std::string body = vector.contains("text")
                                   ? std::string(vector["text"])
                                   : vector["request"].dump();
      const HttpResponse response = Post(std::string(vector["path"]), body);
      EXPECT_EQ(response.status, vector["status"]) << response.body;
      Json answer = Json::parse(response.body);
      DropIds(&answer);
      if (vector.contains("answer")) {
        EXPECT_EQ(answer, vector["answer"]);
      }
      if (vector.contains("decisions")) {
        Json decisions = Json::array();
        for (const Json& one : answer["evaluations"]) {
          decisions.push_back(one["decision"]);
        }
        EXPECT_EQ(decisions, vector["decisions"]) << response.body;
      }
      if (vector.contains("has")) {
        EXPECT_THAT(response.body, HasSubstr(std::string(vector["has"])));
      }
      if (response.status != 200) {
        EXPECT_EQ(answer["error"]["status"], response.status);
        EXPECT_THAT(std::string(answer["error"]["message"]),
                    HasSubstr(std::string(vector["says"])));
        EXPECT_THAT(response.body, Not(HasSubstr("true")));
      }
    }
  }
  EXPECT_GE(count, 75u);
}

TEST_F(AuthZenTest, PropertiesBecomeContextKeys) {
  Json request = MayRead("a");
  request["subject"]["properties"] = {{"dept", "Sales"}};
  request["action"]["properties"] = {{"period", 14}};
  request["resource"]["properties"] = {
      {"record", {{"title", "x"}, {"pages", 1.50}}}, {"open", true}};
  request["context"] = {{"time", "late"},
                        {"acs:SourceIp", {"10.0.0.1", "10.0.0.2"}},
                        {"gone", nullptr}};
  PostJson("/access/v1/evaluation", request);
  EXPECT_THAT(world_.log.lines(),
              ElementsAre("id-1 authzen gateway ALLOW 1 "
                          "authzen:subject/dept=Sales "
                          "authzen:action/period=14 "
                          "authzen:resource/open=true "
                          "authzen:resource/record.pages=1.5 "
                          "authzen:resource/record.title=x "
                          "acs:SourceIp=10.0.0.110.0.0.2 "
                          "authzen:gone= "
                          "authzen:time=late"));
}

TEST_F(AuthZenTest, NumbersAreTheTextAsWritten) {
  std::string request = MayRead("a").dump();
  request.back() = ',';
  request +=
      R"("context": {"a": 1.0, "b": 1e3, "c": -7, "d": 18446744073709551616}})";
  EXPECT_EQ(Post("/access/v1/evaluation", request).status, 200);
  EXPECT_THAT(world_.log.lines().back(),
              HasSubstr("authzen:a=1.0 authzen:b=1e3 authzen:c=-7 "
                        "authzen:d=18446744073709551616"));
}

TEST_F(AuthZenTest, StatementsAreForThoseWhoMaySeeThem) {
  EXPECT_THAT(Post("/access/v1/evaluation", MayRead("a").dump()).body,
              Not(HasSubstr("statements")));
  rule_.rights.Add(Right::kStatements);
  const Json answer = PostJson("/access/v1/evaluation", MayRead("secret/x"));
  EXPECT_EQ(answer["context"]["statements"],
            Json::parse(R"([{"account": "1000000000000001", "policy": "read",
                             "index": 1, "sid": "NoSecret"}])"));
}

TEST_F(AuthZenTest, AnswersNameTheirRecordInTheLog) {
  const Json allow = PostJson("/access/v1/evaluation", MayRead("a"));
  EXPECT_EQ(allow["context"], Json({{"decision_id", "id-1"}}));
  const Json deny = PostJson("/access/v1/evaluation", MayRead("secret/x"));
  EXPECT_EQ(deny["context"]["decision_id"], "id-2");
}

TEST_F(AuthZenTest, WithoutTheRightNothingIsAnswered) {
  rule_.rights = {Right::kLookup};
  Json batch = MayRead("a");
  batch["evaluations"] = Json::array({Json::object()});
  for (const auto& [path, body] :
       {std::pair<const char*, Json>{"/access/v1/evaluation", MayRead("a")},
        {"/access/v1/evaluations", batch}}) {
    EXPECT_EQ(Post(path, body.dump()).status, 403) << path;
  }
  rule_.rights = {Right::kCheck};
  for (const char* path :
       {"/access/v1/search/subject", "/access/v1/search/resource",
        "/access/v1/search/action"}) {
    EXPECT_EQ(Post(path, MayRead("a").dump()).status, 403) << path;
  }
  EXPECT_THAT(world_.log.lines(), ElementsAre());
}

TEST_F(AuthZenTest, WithoutABundleNothingIsAllowed) {
  BundleHolder empty;
  DecisionPoint point({.bundles = &empty,
                       .log = nullptr,
                       .metrics = &world_.metrics,
                       .clock = &world_.clock});
  const AuthZen authzen(&point);
  Json batch = MayRead("a");
  batch["evaluations"] = Json::array({Json::object()});
  Json ordered = batch;
  ordered["options"] = {{"evaluations_semantic", "permit_on_first_permit"}};
  for (const auto& [path, body] :
       {std::pair<const char*, Json>{"/access/v1/evaluation", MayRead("a")},
        {"/access/v1/evaluations", batch},
        {"/access/v1/evaluations", ordered},
        {"/access/v1/search/subject", MayRead("a")}}) {
    const HttpResponse response =
        authzen.Answer(asker_, *AuthZenEndpointAt(path), body.dump());
    EXPECT_EQ(response.status, 503) << path;
    EXPECT_THAT(response.body, Not(HasSubstr("true")));
  }
}

TEST_F(AuthZenTest, AFullLogThatDemandsItIsARefusal) {
  world_.log.SetFull(true);
  EXPECT_EQ(Post("/access/v1/evaluation", MayRead("a").dump()).status, 503);
  Json batch = MayRead("a");
  batch["evaluations"] = Json::array({Json::object()});
  const Json answer = PostJson("/access/v1/evaluations", batch);
  EXPECT_EQ(answer["evaluations"][0]["decision"], false);
  EXPECT_EQ(answer["evaluations"][0]["context"]["error"]["status"], 503);
}

TEST_F(AuthZenTest, MoreEvaluationsThanAllowedAreRefused) {
  Json batch = MayRead("a");
  batch["evaluations"] = Json::array();
  for (size_t i = 0; i < kMaxBatchChecks; ++i) {
    batch["evaluations"].push_back(Json::object());
  }
  EXPECT_EQ(PostJson("/access/v1/evaluations", batch)["evaluations"].size(),
            kMaxBatchChecks);
  batch["evaluations"].push_back(Json::object());
  EXPECT_EQ(Post("/access/v1/evaluations", batch.dump()).status, 400);
}

TEST_F(AuthZenTest, EvaluationsAfterTheEndAreNotEvenAsked) {
  Json batch = MayRead("a");
  batch["evaluations"] =
      Json::array({Json::object(), Json::object(), Json::object()});
  batch["options"] = {{"evaluations_semantic", "permit_on_first_permit"}};
  PostJson("/access/v1/evaluations", batch);
  EXPECT_EQ(world_.log.lines().size(), 1u);
}

TEST_F(AuthZenTest, PagesOfASearchMakeUpTheWhole) {
  Json request = {{"subject", Alice()},
                  {"action", {{"name", "oss:GetObject"}}},
                  {"resource", {{"type", "oss"}}},
                  {"page", {{"limit", 3}}}};
  std::vector<std::string> names;
  int pages = 0;
  while (true) {
    const Json answer = PostJson("/access/v1/search/resource", request);
    ++pages;
    EXPECT_EQ(answer["page"]["count"], answer["results"].size());
    for (const Json& one : answer["results"]) names.push_back(one["id"]);
    if (answer["page"]["next_token"] == "") break;
    EXPECT_EQ(answer["results"].size(), 3u);
    request["page"] = {{"token", answer["page"]["next_token"]}, {"limit", 3}};
  }
  EXPECT_EQ(pages, 2);
  EXPECT_THAT(names, ElementsAre(LogsObject("a"), LogsObject("b"),
                                 LogsObject("in/x"), LogsObject("z")));
}

TEST_F(AuthZenTest, ATokenIsGoodForItsOwnSearchAndBundleOnly) {
  Json request = {{"subject", Alice()},
                  {"action", {{"name", "oss:GetObject"}}},
                  {"resource", {{"type", "oss"}}},
                  {"page", {{"limit", 1}}}};
  const Json first = PostJson("/access/v1/search/resource", request);
  request["page"]["token"] = first["page"]["next_token"];
  Json other = request;
  other["action"]["name"] = "oss:PutObject";
  EXPECT_EQ(Post("/access/v1/search/resource", other.dump()).status, 400);
  other = request;
  other["context"] = {{"acs:SourceIp", "10.0.0.1"}};
  EXPECT_EQ(Post("/access/v1/search/resource", other.dump()).status, 400);
  EXPECT_EQ(Post("/access/v1/search/resource", request.dump()).status, 200);
  world_.bundles.Publish(MakeWorldBundle(8));
  const HttpResponse late = Post("/access/v1/search/resource", request.dump());
  EXPECT_EQ(late.status, 409);
  EXPECT_THAT(late.body, HasSubstr("first page"));
}

TEST_F(AuthZenTest, WhatASearchFindsIsAllowedWhenAskedAbout) {
  size_t found = 0;
  for (const char* action : {"oss:GetObject", "app:Many", "oss:PutObject"}) {
    for (const char* type : {"user", "role"}) {
      const Json who =
          PostJson("/access/v1/search/subject", {{"subject", {{"type", type}}},
                                                 {"action", {{"name", action}}},
                                                 {"resource", Object("a")}});
      for (const Json& subject : who["results"]) {
        ++found;
        EXPECT_EQ(PostJson("/access/v1/evaluation",
                           {{"subject", subject},
                            {"action", {{"name", action}}},
                            {"resource", Object("a")}})["decision"],
                  true)
            << subject;
      }
    }
  }
  EXPECT_EQ(found, 3u);
}

TEST_F(AuthZenTest, ATextIsBoundedInDepthAndNumberOfValues) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(ReadStrictJson(nested(kMaxJsonDepth)).ok());
  EXPECT_THAT(ReadStrictJson(nested(kMaxJsonDepth + 1)).status().message(),
              HasSubstr("nested deeper"));
  EXPECT_FALSE(ReadStrictJson(std::string(1000000, '[')).ok());
  const auto list = [](size_t count) {
    std::string text = "[0";
    while (--count > 1) text += ",0";
    return text + "]";
  };
  EXPECT_TRUE(ReadStrictJson(list(kMaxStrictJsonValues)).ok());
  EXPECT_THAT(ReadStrictJson(list(kMaxStrictJsonValues + 1)).status().message(),
              HasSubstr("more than"));
}

TEST_F(AuthZenTest, ByteByByteDamageNeverAllows) {
  Json deny = MayRead("a");
  deny["subject"]["id"] = "acs:ram::" + std::string(kAccount) + ":user/carol";
  deny["context"] = {{"acs:SourceIp", "10.0.0.1"}};
  const std::string good = deny.dump();
  for (size_t at = 0; at < good.size(); ++at) {
    for (const char byte : {'\0', '"', '}', '\xff', ' '}) {
      std::string bad = good;
      bad[at] = byte;
      const HttpResponse response = Post("/access/v1/evaluation", bad);
      EXPECT_THAT(response.body, Not(HasSubstr("\"decision\":true"))) << bad;
    }
    EXPECT_EQ(Post("/access/v1/evaluation", good.substr(0, at)).status, 400);
  }
}

TEST_F(AuthZenTest, TheMetadataNamesEveryEndpoint) {
  const Json json =
      Json::parse(AuthZen::Configuration("https://pdp.test").body);
  EXPECT_EQ(json, Json::parse(R"({
    "policy_decision_point": "https://pdp.test",
    "access_evaluation_endpoint": "https://pdp.test/access/v1/evaluation",
    "access_evaluations_endpoint": "https://pdp.test/access/v1/evaluations",
    "search_subject_endpoint": "https://pdp.test/access/v1/search/subject",
    "search_resource_endpoint": "https://pdp.test/access/v1/search/resource",
    "search_action_endpoint": "https://pdp.test/access/v1/search/action"})"));
}

}  // namespace
}  // namespace writ::testing
