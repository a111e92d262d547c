// SPDX-License-Identifier: Apache-2.0
// A loop over operations.def: nothing that has a row can be reached without a
// good signature and a permission, and a refused call changes nothing. A new
// row is tested here without a line of its own.
#include <functional>
#include <string>

#include "control/operations.h"
#include "gtest/gtest.h"
#include "tests/unit/control/platform.h"

namespace writ::testing {
namespace {

constexpr std::string_view kPolicyText =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"a:b",)"
    R"("Resource":"*"}]})";

// A request for `row` that root could make; `name` stands for whatever the
// operation names: a user, a policy, a function.
Draft DraftOf(const Platform& platform, const Operation& row,
              const std::string& name) {
  if (row.is_rpc()) {
    return platform.Rpc(row.name, {{"UserName", name},
                                   {"PolicyName", name},
                                   {"PolicyType", "Custom"},
                                   {"PolicyDocument", std::string(kPolicyText)},
                                   {"UserAccessKeyId", "LTAI0"}});
  }
  Draft draft;
  draft.method = row.method;
  draft.path = row.path;
  draft.action = row.name;
  draft.version = row.version;
  const size_t open = draft.path.find('{');
  if (open != std::string::npos) {
    draft.path.replace(open, draft.path.find('}') - open + 1, name);
  }
  if (row.body == OperationBody::kNamingJson ||
      row.body == OperationBody::kJson) {
    draft.body = FunctionBody(name).dump();
    draft.content_type = "application/json";
  }
  return draft;
}

// An answer without what differs between any two calls.
std::string Comparable(const HttpResponse& response) {
  Json body = Json::parse(response.body, nullptr, false);
  body.erase("RequestId");
  return body.dump();
}

class BypassTest : public ::testing::TestWithParam<size_t> {
 protected:
  BypassTest() {
    alice_ = platform_.MakeUser("alice");
    // What exists under the name "present": one of each kind.
    platform_.Do(platform_.Rpc("CreateUser", {{"UserName", "present"}}));
    platform_.Do(platform_.Rpc("CreatePolicy",
                               {{"PolicyName", "present"},
                                {"PolicyDocument", std::string(kPolicyText)}}));
    platform_.MakeFunction("present");
  }

  const Operation& row() const { return kOperations[GetParam()]; }

  // Expects that `send` is refused with one of `statuses`, leaves an audit
  // record, and changes nothing.
  HttpResponse ExpectRefused(const std::function<HttpResponse()>& send,
                             int status, const std::string& what) {
    const uint64_t revision = platform_.store->revision();
    const uint64_t sequence = platform_.store->audit_sequence();
    HttpResponse response = send();
    EXPECT_EQ(response.status, status) << what << ": " << response.body;
    EXPECT_EQ(platform_.store->revision(), revision) << what;
    EXPECT_EQ(platform_.store->audit_sequence(), sequence + 1) << what;
    const Json record = platform_.Audit(1)[0];
    EXPECT_EQ(record["Operation"], row().name) << what;
    EXPECT_EQ(record["HttpStatus"], response.status) << what;
    const Json body = Json::parse(response.body, nullptr, false);
    EXPECT_TRUE(body.contains("Code")) << what;
    EXPECT_TRUE(body.contains("Message")) << what;
    EXPECT_TRUE(body.contains("RequestId")) << what;
    EXPECT_EQ(record["Code"], body["Code"]) << what;
    return response;
  }

  Platform platform_;
  Signer alice_;
};

TEST_P(BypassTest, NoSignatureNoService) {
  const Draft draft = DraftOf(platform_, row(), "present");
  const RequestHead good = platform_.Sign(draft, platform_.root);
  if (row().access == OperationAccess::kUrlSignature) {
    ExpectRefused([&] { return platform_.SendHead(good, ""); }, 403,
                  "no URL signature");
    return;
  }
  const bool rpc = row().is_rpc();

  RequestHead unsigned_head = good;
  std::erase_if(unsigned_head.headers, [](const HeaderField& field) {
    return field.name == "authorization";
  });
  ExpectRefused([&] { return platform_.SendHead(unsigned_head, draft.body); },
                400, "unsigned");

  const Signer stranger = {"LTAIstranger", platform_.root.secret};
  ExpectRefused([&] { return platform_.Send(draft, stranger); },
                rpc ? 404 : 403, "unknown key");

  const Signer forger = {platform_.root.id, "not the secret"};
  ExpectRefused([&] { return platform_.Send(draft, forger); }, rpc ? 400 : 403,
                "wrong secret");

  RequestHead tampered = good;
  tampered.raw_query += tampered.raw_query.empty() ? "x=1" : "&x=1";
  ExpectRefused([&] { return platform_.SendHead(tampered, draft.body); },
                rpc ? 400 : 403, "tampered query");

  platform_.clock.Advance(std::chrono::seconds(901));
  ExpectRefused([&] { return platform_.SendHead(good, draft.body); },
                rpc ? 400 : 403, "stale");
}

TEST_P(BypassTest, NoRequestTwice) {
  if (row().access == OperationAccess::kUrlSignature) return;
  const Draft draft = DraftOf(platform_, row(), "replayed");
  const RequestHead head = platform_.Sign(draft, platform_.root);
  platform_.SendHead(head, draft.body);
  ExpectRefused([&] { return platform_.SendHead(head, draft.body); }, 400,
                "replay");
}

TEST_P(BypassTest, NoOtherBodyThanTheSignedOne) {
  if (row().access == OperationAccess::kUrlSignature) return;
  if (row().body == OperationBody::kPayload) return;  // the data plane's
  const Draft draft = DraftOf(platform_, row(), "fresh");
  const RequestHead head = platform_.Sign(draft, platform_.root);
  const uint64_t revision = platform_.store->revision();
  const HttpResponse response = platform_.SendHead(head, draft.body + " ");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(platform_.store->revision(), revision);
}

TEST_P(BypassTest, NoPermissionNoServiceAndNoHint) {
  if (row().access != OperationAccess::kPermission) return;
  const auto send = [&](const std::string& name) {
    return platform_.Send(DraftOf(platform_, row(), name), alice_);
  };
  const HttpResponse present =
      ExpectRefused([&] { return send("present"); }, 403, "existing");
  HttpResponse missing =
      ExpectRefused([&] { return send("missing"); }, 403, "missing");
  const Json body = Json::parse(present.body);
  EXPECT_EQ(body["Code"], row().is_rpc() ? "NoPermission" : "AccessDenied");
  const Json& detail = body["AccessDeniedDetail"];
  EXPECT_EQ(detail["AuthAction"], row().action);
  EXPECT_EQ(detail["NoPermissionType"], "ImplicitDeny");
  EXPECT_EQ(detail["AuthPrincipalType"], "SubUser");
  EXPECT_EQ(detail["AuthPrincipalOwnerId"], platform_.account);
  // But for the name that the caller sent, the answers are the same.
  for (size_t at; (at = missing.body.find("missing")) != std::string::npos;) {
    missing.body.replace(at, 7, "present");
  }
  EXPECT_EQ(Comparable(present), Comparable(missing));
  const Json record = platform_.Audit(1)[0];
  EXPECT_EQ(record["Verdict"], "IMPLICIT_DENY");
  EXPECT_EQ(record["AccessKeyId"], alice_.id);
}

TEST_P(BypassTest, AnExplicitDenyIsStrongerThanFullPermission) {
  if (row().access != OperationAccess::kPermission) return;
  platform_.Grant("alice", "all",
                  {{"Effect", "Allow"}, {"Action", "*"}, {"Resource", "*"}});
  platform_.Grant("alice", "but",
                  {{"Effect", "Deny"},
                   {"Action", std::string(row().action)},
                   {"Resource", "*"}});
  const HttpResponse denied = ExpectRefused(
      [&] {
        return platform_.Send(DraftOf(platform_, row(), "present"), alice_);
      },
      403, "explicit deny");
  EXPECT_EQ(Json::parse(denied.body)["AccessDeniedDetail"]["NoPermissionType"],
            "ExplicitDeny");
  const Json record = platform_.Audit(1)[0];
  EXPECT_EQ(record["Verdict"], "EXPLICIT_DENY");
  EXPECT_EQ(record["Statements"], Json::array({"but#0"}));
}

INSTANTIATE_TEST_SUITE_P(Operations, BypassTest,
                         ::testing::Range(size_t{0}, kOperations.size()),
                         [](const auto& row_index) {
                           return std::string(
                               kOperations[row_index.param].name);
                         });

}  // namespace
}  // namespace writ::testing
