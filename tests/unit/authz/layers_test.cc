// SPDX-License-Identifier: Apache-2.0
// The layers of a decision, their order, and what a decision says about them.
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "tests/unit/authz/policy_set.h"

namespace writ::testing {
namespace {

constexpr std::string_view kAllowAll =
    R"({"Effect":"Allow","Action":"*","Resource":"*"})";
constexpr std::string_view kDenyAll =
    R"({"Effect":"Deny","Action":"*","Resource":"*"})";
constexpr std::string_view kAllowOther =
    R"({"Effect":"Allow","Action":"rds:*","Resource":"*"})";
constexpr std::string_view kEveryone =
    R"({"Effect":"Allow","Action":"oss:*","Principal":["*"],"Resource":"*"})";
constexpr std::string_view kNoOne =
    R"({"Effect":"Deny","Action":"oss:*","Principal":["*"],"Resource":"*"})";

const Ask kGet;

Ask Object(std::string_view principal) {
  Ask ask;
  ask.principal = principal;
  ask.action = "oss:GetObject";
  ask.resources = {kObject};
  return ask;
}

Ask Assume(std::string_view principal) {
  Ask ask;
  ask.principal = principal;
  ask.action = "sts:AssumeRole";
  ask.resources = {"acs:ram::1000000000000001:role/deployer"};
  return ask;
}

std::string Trust(std::string_view effect, std::string_view principal) {
  return R"({"Effect":")" + std::string(effect) +
         R"(","Action":"sts:AssumeRole","Principal":)" +
         std::string(principal) + "}";
}

TEST(Unit, DenyWinsOverMoreSpecificAllow) {
  PolicySet set;
  set.Identity(
      R"({"Effect":"Allow","Action":"fc:InvokeFunction","Resource":")" +
      std::string(kWeb) + R"("})");
  set.Identity(kDenyAll);
  EXPECT_EQ(Show(set.Decide(kGet)), "EXPLICIT_DENY identity denied 1.0");
}

TEST(Unit, NothingMatchedIsAnImplicitDeny) {
  PolicySet set;
  EXPECT_EQ(Show(set.Decide(kGet)), "IMPLICIT_DENY default no-match");
  set.Identity(kAllowOther);
  EXPECT_EQ(Show(set.Decide(kGet)), "IMPLICIT_DENY default no-match");
}

TEST(Unit, EveryMatchedStatementIsNamedInOrder) {
  PolicySet set;
  set.Identity(std::string(kAllowAll) + "," + std::string(kAllowOther) + "," +
               std::string(kAllowAll));
  set.Identity(kAllowAll);
  EXPECT_EQ(Show(set.Decide(kGet)), "ALLOW identity allowed 0.0 0.2 1.0");
}

TEST(Unit, MoreStatementsThanFitAreCountedAndTheAskerSeesAll) {
  PolicySet set;
  std::string statements(kAllowAll);
  for (int i = 1; i < 40; ++i) statements += "," + std::string(kAllowAll);
  set.Identity(statements);
  const AskedRequest asked(kGet);
  Decision decision;
  StatementRef all[64];
  ASSERT_TRUE(Decide(asked.request(), set.attachments(), &decision, all).ok());
  EXPECT_EQ(decision.statement_count, 40u);
  for (uint32_t i = 0; i < 40; ++i) EXPECT_EQ(all[i].statement, i);
  EXPECT_EQ(decision.statements[15].statement, 15u);
}

TEST(Unit, PlainDenySaysDeniedEvenBesideAnUnreadableOne) {
  PolicySet set;
  set.Identity(R"({"Effect":"Deny","Action":"*","Resource":"*",)"
               R"("Condition":{"NumericEquals":{"d:k":"1"}}})");
  Ask ask;
  ask.context = {{"d:k", {"x"}}};
  EXPECT_EQ(Show(set.Decide(ask)),
            "EXPLICIT_DENY identity unreadable-value 0.0");
  set.Identity(kDenyAll);
  EXPECT_EQ(Show(set.Decide(ask)), "EXPLICIT_DENY identity denied 0.0 1.0");
}

TEST(Resources, AllMustBeAllowedAndTheFirstFailureIsReported) {
  PolicySet set;
  set.Identity(
      R"({"Effect":"Allow","Action":"*","Resource":"acs:fc:*:*:functions/a"},)"
      R"({"Effect":"Allow","Action":"*","Resource":"acs:fc:*:*:functions/b"},)"
      R"({"Effect":"Deny","Action":"*","Resource":"acs:fc:*:*:functions/c"})");
  constexpr std::string_view a = "acs:fc:r:1000000000000001:functions/a";
  constexpr std::string_view b = "acs:fc:r:1000000000000001:functions/b";
  constexpr std::string_view c = "acs:fc:r:1000000000000001:functions/c";
  constexpr std::string_view d = "acs:fc:r:1000000000000001:functions/d";
  EXPECT_EQ(Show(set.Decide({.resources = {b, a}})),
            "ALLOW identity allowed 0.0 0.1");
  const Decision implicit = set.Decide({.resources = {a, d, c}});
  EXPECT_EQ(Show(implicit), "IMPLICIT_DENY default no-match");
  EXPECT_EQ(implicit.resource, 1u);
  const Decision denied = set.Decide({.resources = {a, c, d}});
  EXPECT_EQ(Show(denied), "EXPLICIT_DENY identity denied 0.2");
  EXPECT_EQ(denied.resource, 1u);
  const Decision malformed = set.Decide({.resources = {a, "x"}});
  EXPECT_EQ(malformed.reason, Reason::kMalformedRequest);
  EXPECT_EQ(malformed.resource, 1u);
}

TEST(Control, FirstLevelThatDoesNotAllowAnswers) {
  PolicySet set;
  set.Identity(kAllowAll);
  set.Add(AttachmentKind::kControl, kDenyAll).level = ControlLevel::kRoot;
  set.Add(AttachmentKind::kControl, kAllowOther).level = ControlLevel::kFolder;
  EXPECT_EQ(Show(set.Decide(kGet)), "IMPLICIT_DENY control no-match");
  Attachment& inner = set.Add(AttachmentKind::kControl, kDenyAll);
  inner.level = ControlLevel::kFolder;
  inner.depth = 1;
  EXPECT_EQ(Show(set.Decide(kGet)), "EXPLICIT_DENY control denied 3.0");
  set.Add(AttachmentKind::kControl, kAllowOther);
  EXPECT_EQ(Show(set.Decide(kGet)), "IMPLICIT_DENY control no-match");
}

TEST(Control, PoliciesOfOneLevelAreOneUnit) {
  PolicySet set;
  set.Identity(kAllowAll);
  set.Add(AttachmentKind::kControl, kAllowOther);
  set.Add(AttachmentKind::kControl, kAllowAll);
  EXPECT_EQ(Show(set.Decide(kGet)), "ALLOW identity allowed 0.0");
}

TEST(Control, BindsUsersAndRolesOnly) {
  PolicySet set;
  set.Identity(kAllowAll);
  set.Add(AttachmentKind::kControl, kDenyAll);
  EXPECT_FALSE(set.Decide({.principal = kAlice}).allowed());
  EXPECT_FALSE(set.Decide({.principal = kWorker}).allowed());
  EXPECT_TRUE(set.Decide({.principal = kRoot}).allowed());
  EXPECT_TRUE(
      set.Decide({.principal = kWorker,
                  .declared = RequestPrincipal::Declared::kServiceLinkedRole})
          .allowed());
  EXPECT_TRUE(set.Decide({.principal = kAlice, .in_management_account = true})
                  .allowed());
}

TEST(Control, BothOwnerAndCallerAccountAreAsked) {
  for (const std::string_view account :
       {"", "1000000000000001", "2000000000000002", "3"}) {
    PolicySet set;
    set.Add(AttachmentKind::kResource, kEveryone);
    Attachment& control = set.Add(AttachmentKind::kControl, kDenyAll);
    control.account = account;
    EXPECT_EQ(set.Decide(Object(kBob)).allowed(), account == "3") << account;
  }
}

TEST(Session, MustAllowBeforeAnythingElseIsAsked) {
  PolicySet set;
  set.Identity(kAllowAll);
  set.Add(AttachmentKind::kSession, kAllowOther);
  EXPECT_EQ(Show(set.Decide({.principal = kWorker})),
            "IMPLICIT_DENY session no-match");
  set.Add(AttachmentKind::kResource, kEveryone);
  EXPECT_FALSE(set.Decide(Object(kWorker)).allowed());
}

TEST(Session, GrantsNothingByItself) {
  PolicySet set;
  set.Add(AttachmentKind::kSession, kAllowAll);
  EXPECT_EQ(Show(set.Decide({.principal = kWorker})),
            "IMPLICIT_DENY default no-match");
  set.Identity(kAllowAll);
  EXPECT_EQ(Show(set.Decide({.principal = kWorker})),
            "ALLOW identity allowed 1.0");
}

TEST(Session, IsAnErrorForCallersWithoutOne) {
  PolicySet set;
  set.Identity(kAllowAll);
  set.Add(AttachmentKind::kSession, kAllowAll);
  Decision decision;
  EXPECT_EQ(set.TryDecide({.principal = kAlice}, &decision).code(),
            StatusCode::kInvalidArgument);
  EXPECT_FALSE(decision.allowed());
}

TEST(AssumeRole, NeedsIdentityAndTrust) {
  PolicySet set;
  set.Identity(kAllowAll);
  EXPECT_EQ(Show(set.Decide(Assume(kAlice))), "IMPLICIT_DENY trust no-match");
  set.Add(AttachmentKind::kTrust,
          Trust("Allow", R"({"RAM":["acs:ram::1000000000000001:root"]})"));
  EXPECT_EQ(Show(set.Decide(Assume(kAlice))), "ALLOW trust allowed 0.0 1.0");
  PolicySet trust;
  trust.Add(AttachmentKind::kTrust,
            Trust("Allow", R"({"RAM":["acs:ram::1000000000000001:root"]})"));
  EXPECT_EQ(Show(trust.Decide(Assume(kAlice))),
            "IMPLICIT_DENY identity no-match");
}

TEST(AssumeRole, EitherDenyIsExplicitAndAccountsDoNotMatter) {
  PolicySet set;
  set.Identity(kAllowAll);
  set.Add(AttachmentKind::kTrust,
          Trust("Allow", R"({"RAM":["acs:ram::2000000000000002:root"]})"));
  EXPECT_TRUE(set.Decide(Assume(kBob)).allowed());
  set.Add(AttachmentKind::kTrust,
          Trust("Deny", R"({"RAM":["acs:ram::2000000000000002:user/bob"]})"));
  EXPECT_EQ(Show(set.Decide(Assume(kBob))), "EXPLICIT_DENY trust denied 2.0");
  set.Identity(kDenyAll);
  EXPECT_EQ(Show(set.Decide(Assume(kBob))),
            "EXPLICIT_DENY identity denied 3.0");
}

TEST(AssumeRole, RootMayNotButIsBoundByTrustDenies) {
  PolicySet set;
  set.Identity(kAllowAll);
  set.Add(AttachmentKind::kTrust,
          Trust("Allow", R"({"RAM":["acs:ram::1000000000000001:root"]})"));
  EXPECT_EQ(Show(set.Decide(Assume(kRoot))), "IMPLICIT_DENY default no-match");
}

TEST(AssumeRole, ResourceGroupsDoNotApply) {
  PolicySet set;
  set.Identity(kAllowAll).resource_group_scope = true;
  set.Add(AttachmentKind::kTrust,
          Trust("Allow", R"({"RAM":["acs:ram::1000000000000001:root"]})"));
  EXPECT_FALSE(set.Decide(Assume(kAlice)).allowed());
}

TEST(AssumeRole, TrustAloneDecidesForServicesAndFederatedIdentities) {
  PolicySet set;
  set.Add(
      AttachmentKind::kTrust,
      Trust("Allow",
            R"({"Service":["fc.aliyuncs.com"],)"
            R"("Federated":["acs:ram::1000000000000001:saml-provider/c"]})"));
  Ask service = Assume("fc.aliyuncs.com");
  service.declared = RequestPrincipal::Declared::kService;
  service.account = "1000000000000001";
  EXPECT_EQ(Show(set.Decide(service)), "ALLOW trust allowed 0.0");
  service.account = "2000000000000002";
  EXPECT_FALSE(set.Decide(service).allowed());
  service.account = {};
  EXPECT_TRUE(set.Decide(service).allowed());
  service.principal = "oss.aliyuncs.com";
  EXPECT_EQ(Show(set.Decide(service)), "IMPLICIT_DENY trust no-match");
  EXPECT_TRUE(set.Decide(Assume("acs:ram::1000000000000001:saml-provider/c"))
                  .allowed());
  EXPECT_FALSE(set.Decide(Assume("acs:ram::1000000000000001:oidc-provider/c"))
                   .allowed());
}

TEST(Principals, TrustPoliciesNameUsersRolesAndSessions) {
  const struct {
    std::string_view entry;
    bool alice;
    bool worker;
  } kCases[] = {
      {"acs:ram::1000000000000001:root", true, true},
      {"acs:ram::2000000000000002:root", false, false},
      {"acs:ram::1000000000000001:user/alice", true, false},
      {"acs:ram::1000000000000001:user/Alice", false, false},
      {"acs:ram::1000000000000001:role/worker", false, true},
      {"acs:ram::1000000000000001:role/worker/s1", false, true},
      {"acs:ram::1000000000000001:role/worker/S1", false, false},
      {"acs:ram:*:1000000000000001:role/worker", false, false},
  };
  for (const auto& c : kCases) {
    PolicySet set;
    set.Identity(kAllowAll);
    set.Add(AttachmentKind::kTrust,
            Trust("Allow", R"({"RAM":[")" + std::string(c.entry) + R"("]})"));
    EXPECT_EQ(set.Decide(Assume(kAlice)).allowed(), c.alice) << c.entry;
    EXPECT_EQ(set.Decide(Assume(kWorker)).allowed(), c.worker) << c.entry;
  }
}

TEST(Principals, BucketPoliciesNameIdsAccountsSessionsAndEveryone) {
  const struct {
    std::string_view list;
    std::string_view principal;
    std::string_view id;
    bool allowed;
  } kCases[] = {
      {R"(["2700000000000001"])", kBob, "2700000000000001", true},
      {R"(["2700000000000001"])", kBob, "2700000000000002", false},
      {R"(["2000000000000002"])", kBob, "", true},
      {R"(["2000000000000002"])", "acs:ram::2000000000000002:root", "", true},
      {R"(["2000000000000002"])", "acs:ram::2000000000000002:role/r/s", "",
       true},
      {R"(["2000000000000002"])", "*", "", false},
      {R"(["*"])", "*", "", true},
      {R"([])", "*", "", true},
      {R"(["300001:s1"])", "acs:ram::2000000000000002:role/r/s1", "300001:s1",
       true},
      {R"(["300001"])", "acs:ram::2000000000000002:role/r/s1", "300001:s1",
       true},
      {R"(["300001:s2"])", "acs:ram::2000000000000002:role/r/s1", "300001:s1",
       false},
      {R"(["acs:ram::2000000000000002:role/R"])",
       "acs:ram::2000000000000002:role/r/s1", "", true},
      {R"(["acs:ram::2000000000000002:role/R/s1"])",
       "acs:ram::2000000000000002:role/r/s1", "", true},
      {R"(["acs:ram::2000000000000002:user/bob"])", kBob, "", true},
      {R"(["acs:ram::2000000000000002:root"])",
       "acs:ram::2000000000000002:root", "", false},
  };
  for (const auto& c : kCases) {
    PolicySet set;
    set.Add(
        AttachmentKind::kResource,
        R"({"Effect":"Allow","Action":"oss:*","Resource":"*","Principal":)" +
            std::string(c.list) + "}");
    Ask ask = Object(c.principal);
    ask.principal_id = c.id;
    EXPECT_EQ(set.Decide(ask).allowed(), c.allowed)
        << c.list << " " << c.principal;
  }
}

TEST(Access, MergesIdentityAndResourcePolicies) {
  PolicySet set;
  set.Identity(kAllowAll);
  set.Add(AttachmentKind::kResource, kEveryone);
  EXPECT_EQ(Show(set.Decide(Object(kAlice))), "ALLOW identity allowed 0.0 1.0");
  set.Add(AttachmentKind::kResource, kNoOne);
  EXPECT_EQ(Show(set.Decide(Object(kAlice))),
            "EXPLICIT_DENY resource denied 2.0");
  set.Identity(kDenyAll);
  EXPECT_EQ(Show(set.Decide(Object(kAlice))),
            "EXPLICIT_DENY identity denied 3.0");
}

TEST(Access, OnlyServicesThatPublishResourcePoliciesHaveThem) {
  PolicySet set;
  set.Add(
      AttachmentKind::kResource,
      R"({"Effect":"Allow","Action":"*","Principal":["*"],"Resource":"*"})");
  EXPECT_TRUE(set.Decide(Object(kAlice)).allowed());
  EXPECT_FALSE(set.Decide(kGet).allowed());
}

TEST(Access, ForeignIdentityAllowCountsForNothingButDenyStays) {
  PolicySet set;
  set.Identity(kAllowAll);
  EXPECT_FALSE(set.Decide(Object(kBob)).allowed());
  EXPECT_FALSE(set.Decide({.principal = kBob}).allowed());
  set.Add(AttachmentKind::kResource, kEveryone);
  EXPECT_EQ(Show(set.Decide(Object(kBob))), "ALLOW resource allowed 1.0");
  set.Identity(kDenyAll);
  EXPECT_EQ(Show(set.Decide(Object(kBob))),
            "EXPLICIT_DENY identity denied 2.0");
}

TEST(Access, RootNeedsNoPolicyAtHomeAndObeysBucketDenies) {
  PolicySet set;
  set.Identity(kDenyAll);
  EXPECT_EQ(Show(set.Decide({.principal = kRoot})), "ALLOW root allowed");
  EXPECT_EQ(Show(set.Decide({.principal = "acs:ram::2000000000000002:root"})),
            "IMPLICIT_DENY default no-match");
  set.Add(AttachmentKind::kResource, kNoOne);
  EXPECT_EQ(Show(set.Decide(Object(kRoot))),
            "EXPLICIT_DENY resource denied 1.0");
}

TEST(ResourceGroup, IsAskedOnlyWhenTheAccountIsSilent) {
  PolicySet set;
  set.Identity(kDenyAll).resource_group_scope = true;
  EXPECT_EQ(Show(set.Decide(kGet)), "EXPLICIT_DENY resource-group denied 0.0");
  set.Identity(kAllowAll);
  EXPECT_EQ(Show(set.Decide(kGet)), "ALLOW identity allowed 1.0");
}

TEST(ResourceGroup, CoversItsOwnResourcesAndNeverTheStar) {
  PolicySet set;
  Attachment& attachment = set.Identity(kAllowAll);
  attachment.resource_group_scope = true;
  EXPECT_EQ(Show(set.Decide(kGet)), "ALLOW resource-group allowed 0.0");
  EXPECT_FALSE(set.Decide({.resources = {"*"}}).allowed());
  attachment.group = "rg-1";
  EXPECT_FALSE(set.Decide(kGet).allowed());
  EXPECT_FALSE(set.Decide({.resource_group = "rg-2"}).allowed());
  EXPECT_TRUE(set.Decide({.resource_group = "rg-1"}).allowed());
}

TEST(Attachments, APolicyCompiledAsOneKindIsRefusedAsAnother) {
  PolicySet set;
  set.Identity(kAllowAll).kind = AttachmentKind::kTrust;
  Decision decision;
  EXPECT_EQ(set.TryDecide(Assume(kAlice), &decision).code(),
            StatusCode::kInvalidArgument);
  EXPECT_FALSE(decision.allowed());
  PolicySet other;
  other.Identity(kAllowAll).unit = 1;
  EXPECT_FALSE(other.TryDecide(kGet, &decision).ok());
}

TEST(StepBudget, WorkPastTheLimitIsADenyEvenAfterAnAllow) {
  PolicySet set;
  set.Identity(kAllowAll);
  // 1,000 request values against 5,000 patterns are five million comparisons.
  std::string operands = R"("*x0")";
  for (int i = 1; i < 5000; ++i) operands += ",\"*x" + std::to_string(i) + '"';
  set.Identity(R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":)"
               R"({"StringLike":{"d:k":[)" +
               operands + "]}}}");
  Ask ask;
  EXPECT_TRUE(set.Decide(ask).allowed());
  ask.context = {{"d:k", std::vector<std::string_view>(1000, "y")}};
  EXPECT_EQ(Show(set.Decide(ask)), "IMPLICIT_DENY default step-limit");
}

}  // namespace
}  // namespace writ::testing
