// SPDX-License-Identifier: Apache-2.0
//
// What the decision point answers, and what it refuses. That lookups equal
// Check one by one over random directories is tested in
// tests/unit/sidecar/lookup_property_test.cc.
#include "sidecar/decision_point.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/limits.h"
#include "tests/unit/sidecar/decision_world.h"

namespace writ::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DecisionPointTest : public ::testing::Test {
 protected:
  // A question of alice about one object of logs/.
  static Ask About(std::string_view object,
                   std::string_view action = "oss:GetObject") {
    // Questions outlive this call.
    static std::set<std::string> names;
    const std::string_view name = *names.insert(LogsObject(object)).first;
    return {.action = action,
            .resources = std::vector<std::string_view>(1, name)};
  }
  Status Check(const Ask& ask, Answer* answer) {
    return Check(ask, {}, answer);
  }
  Status Check(const Ask& ask, Question question, Answer* answer) {
    const AskedRequest asked(ask);
    question.request = asked.request();
    return world_.point.Check(asker_, Protocol::kCheck, question, answer);
  }
  StatusCode CodeOf(const Ask& ask, const Question& question = {}) {
    Answer answer;
    const Status status = Check(ask, question, &answer);
    if (!status.ok()) {
      EXPECT_FALSE(answer.decision.allowed());
      EXPECT_EQ(answer.bundle, nullptr);
    }
    return status.code();
  }
  std::string VerdictOf(const Ask& ask, const Question& question = {}) {
    Answer answer;
    const Status status = Check(ask, question, &answer);
    return status.ok() ? std::string(VerdictName(answer.decision.verdict))
                       : status.ToString();
  }

  DecisionWorld world_;
  ListenerRules listener_ = TrustedListener();
  AskerRule rule_ = RuleWith({Right::kCheck});
  Asker asker_{&listener_, &rule_};
};

TEST_F(DecisionPointTest, AnswersWithTheBundleInForce) {
  Answer answer;
  ASSERT_TRUE(Check(About("a"), &answer).ok());
  EXPECT_TRUE(answer.decision.allowed());
  EXPECT_EQ(answer.bundle->revision(), 7u);
  EXPECT_TRUE(answer.decision_id.empty());
  EXPECT_TRUE(answer.statements.empty());
  EXPECT_EQ(VerdictOf(About("secret/x")), "EXPLICIT_DENY");
  EXPECT_EQ(VerdictOf(About("a", "oss:DeleteObject")), "IMPLICIT_DENY");
}

TEST_F(DecisionPointTest, RefusesAskersWithoutTheRight) {
  rule_.rights = {Right::kLookup, Right::kExplain, Right::kStatements};
  EXPECT_EQ(CodeOf(About("a")), StatusCode::kPermissionDenied);
  asker_.rule = nullptr;
  EXPECT_EQ(CodeOf(About("a")), StatusCode::kPermissionDenied);
}

TEST_F(DecisionPointTest, IsUnavailableWithoutABundleThatMayBeServed) {
  EXPECT_TRUE(world_.point.Ready());
  world_.bundles.Publish(nullptr);
  EXPECT_EQ(CodeOf(About("a")), StatusCode::kUnavailable);
  EXPECT_FALSE(world_.point.Ready());
  const int64_t now =
      world_.clock.Now().time_since_epoch().count() / 1000000000;
  world_.bundles.Publish(MakeWorldBundle(8, now + 10));
  EXPECT_EQ(VerdictOf(About("a")), "ALLOW");
  world_.clock.Advance(std::chrono::seconds(11));
  EXPECT_EQ(CodeOf(About("a")), StatusCode::kUnavailable);
  EXPECT_FALSE(world_.point.Ready());
}

TEST_F(DecisionPointTest, FollowsAClockThatJumps) {
  using std::chrono::hours;
  constexpr hours kYear{24 * 365};
  const int64_t now =
      world_.clock.Now().time_since_epoch().count() / 1000000000;
  world_.bundles.Publish(MakeWorldBundle(8, now + 24 * 3600));
  listener_.add_current_time = true;
  world_.clock.Advance(hours(1));
  EXPECT_EQ(VerdictOf(About("a", "app:Late")), "ALLOW");
  // Past the bundle's time, and back as when a wrong clock was set right.
  world_.clock.Advance(kYear);
  EXPECT_EQ(CodeOf(About("a", "app:Late")), StatusCode::kUnavailable);
  world_.clock.Advance(-kYear);
  EXPECT_EQ(VerdictOf(About("a", "app:Late")), "ALLOW");
  // Before the epoch, as a machine without a battery may start.
  world_.clock.Advance(-60 * kYear);
  EXPECT_TRUE(world_.point.Ready());
  EXPECT_EQ(VerdictOf(About("a")), "ALLOW");
  EXPECT_EQ(VerdictOf(About("a", "app:Late")), "IMPLICIT_DENY");
}

TEST_F(DecisionPointTest, RefusesToAnswerWithAnOlderBundleThanAskedFor) {
  EXPECT_EQ(VerdictOf(About("a"), {.request = {}, .at_least_revision = 7}),
            "ALLOW");
  EXPECT_EQ(CodeOf(About("a"), {.request = {}, .at_least_revision = 8}),
            StatusCode::kFailedPrecondition);
}

TEST_F(DecisionPointTest, RefusesMalformedQuestions) {
  const std::string_view no_utf8 = "\xff";
  Ask ask = About("a");
  ask.principal = "";
  EXPECT_EQ(CodeOf(ask), StatusCode::kInvalidArgument);
  ask = About("a", "");
  EXPECT_EQ(CodeOf(ask), StatusCode::kInvalidArgument);
  ask = About("a");
  ask.resources.clear();
  EXPECT_EQ(CodeOf(ask), StatusCode::kInvalidArgument);
  ask.resources.assign(1, "");
  EXPECT_EQ(CodeOf(ask), StatusCode::kInvalidArgument);
  for (const std::string_view place :
       {"name", "action", "resource", "group", "id", "account", "key", "value",
        "type"}) {
    ask = About("a");
    if (place == "name") ask.principal = no_utf8;
    if (place == "action") ask.action = no_utf8;
    if (place == "resource") ask.resources.assign(1, no_utf8);
    if (place == "group") ask.resource_group = no_utf8;
    if (place == "id") ask.principal_id = no_utf8;
    if (place == "account") ask.account = no_utf8;
    if (place == "key") ask.context = {{no_utf8, {"x"}}};
    if (place == "value") ask.context = {{"app:x", {no_utf8}}};
    if (place == "type") {
      ask.declared = static_cast<RequestPrincipal::Declared>(9);
    }
    EXPECT_EQ(CodeOf(ask), StatusCode::kInvalidArgument) << place;
  }
}

TEST_F(DecisionPointTest, RefusesAKeyInTwoSpellings) {
  Ask ask = About("a");
  ask.context = {{"app:Role", {"x"}}, {"APP:role", {"y"}}};
  EXPECT_EQ(CodeOf(ask), StatusCode::kInvalidArgument);
  // Behind the slash case counts (R10).
  ask.context = {{"app:Tag/A", {"x"}}, {"app:tag/a", {"y"}}};
  EXPECT_EQ(VerdictOf(ask), "ALLOW");
  // Many keys are found out in another way.
  std::vector<std::string> keys;
  for (int i = 0; i < 40; ++i) keys.push_back("app:k" + std::to_string(i));
  keys.push_back("APP:K7");
  ask.context.clear();
  for (size_t i = 0; i < 40; ++i) ask.context.push_back({keys[i], {"v"}});
  EXPECT_EQ(VerdictOf(ask), "ALLOW");
  ask.context.push_back({keys[40], {"v"}});
  EXPECT_EQ(CodeOf(ask), StatusCode::kInvalidArgument);
}

TEST_F(DecisionPointTest, ReadsAsManyContextKeysAsTheLimitSays) {
  std::vector<std::string> keys;
  for (size_t i = 0; i <= kMaxContextEntries; ++i) {
    keys.push_back("app:k" + std::to_string(i));
  }
  Ask ask = About("a");
  for (size_t i = 0; i < kMaxContextEntries; ++i) {
    ask.context.push_back({keys[i], {"v"}});
  }
  EXPECT_EQ(VerdictOf(ask), "ALLOW");
  ask.context.push_back({keys.back(), {"v"}});
  EXPECT_EQ(CodeOf(ask), StatusCode::kInvalidArgument);
}

TEST_F(DecisionPointTest, BelievesTrustedListenersWhatTheySay) {
  Ask ask = About("in/x", "oss:PutObject");
  EXPECT_EQ(VerdictOf(ask), "IMPLICIT_DENY");
  ask.context = {{"acs:SourceIp", {"10.1.2.3"}}};
  ask.principal_id = "200001";
  EXPECT_EQ(VerdictOf(ask), "ALLOW");
}

TEST_F(DecisionPointTest, BelievesOthersNothingThatCouldGiveThemMore) {
  listener_.trusted = false;
  EXPECT_EQ(VerdictOf(About("a")), "ALLOW");
  for (const std::string_view key :
       {"acs:SourceIp", "ACS:SourceIp", "Acs:x", "app:role", "role"}) {
    Ask ask = About("a");
    ask.context = {{key, {"10.1.2.3"}}};
    EXPECT_EQ(CodeOf(ask), StatusCode::kPermissionDenied) << key;
  }
  Ask ask = About("a");
  ask.principal_id = "200001";
  EXPECT_EQ(CodeOf(ask), StatusCode::kPermissionDenied);
  ask = About("a");
  ask.account = kAccount;
  EXPECT_EQ(CodeOf(ask), StatusCode::kPermissionDenied);
  ask = About("a");
  ask.declared = RequestPrincipal::Declared::kService;
  EXPECT_EQ(CodeOf(ask), StatusCode::kPermissionDenied);
  ask = About("a");
  ask.resource_group = "rg-1";
  EXPECT_EQ(CodeOf(ask), StatusCode::kPermissionDenied);
  EXPECT_EQ(CodeOf(About("a"), {.request = {}, .session_policy = "x"}),
            StatusCode::kPermissionDenied);
}

TEST_F(DecisionPointTest, TakesKeysOfTheListenersOwnPrefix) {
  listener_.trusted = false;
  listener_.context_prefix = "app:";
  Ask ask = About("a", "app:Act");
  ask.context = {{"App:Role", {"admin"}}};
  EXPECT_EQ(VerdictOf(ask), "ALLOW");
  ask.context = {{"app2:role", {"admin"}}};
  EXPECT_EQ(CodeOf(ask), StatusCode::kPermissionDenied);
  // A prefix never opens acs:, whatever the configuration says.
  for (const std::string_view prefix : {"acs:", "a", "AC"}) {
    listener_.context_prefix = prefix;
    ask.context = {{"acs:SourceIp", {"10.1.2.3"}}};
    EXPECT_EQ(CodeOf(ask), StatusCode::kPermissionDenied) << prefix;
  }
}

TEST_F(DecisionPointTest, AddsTheTimeWhereTheListenerSaysSo) {
  EXPECT_EQ(VerdictOf(About("a", "app:Late")), "IMPLICIT_DENY");
  listener_.add_current_time = true;
  world_.clock.Advance(std::chrono::hours(1));
  EXPECT_EQ(VerdictOf(About("a", "app:Late")), "ALLOW");
  // What the asker says goes first.
  Ask ask = About("a", "app:Late");
  ask.context = {{"ACS:currenttime", {"2020-01-01T00:00:00Z"}}};
  EXPECT_EQ(VerdictOf(ask), "IMPLICIT_DENY");
}

TEST_F(DecisionPointTest, NarrowsASessionByItsPolicy) {
  const std::string image =
      CompileStatements(AttachmentKind::kSession,
                        R"({"Effect": "Allow", "Action": "oss:*", "Resource":
          "acs:oss:*:*:logs/a"})");
  Question question;
  question.session_policy = image;
  Ask ask = About("a");
  ask.principal = kWorker;
  Answer answer;
  ASSERT_TRUE(Check(ask, question, &answer).ok());
  EXPECT_TRUE(answer.decision.allowed());
  EXPECT_NE(answer.session, nullptr);
  ask = About("b");
  ask.principal = kWorker;
  EXPECT_EQ(VerdictOf(ask), "ALLOW");
  EXPECT_EQ(VerdictOf(ask, question), "IMPLICIT_DENY");
}

TEST_F(DecisionPointTest, RefusesSessionPoliciesThatAreNone) {
  const std::string session = CompileStatements(
      AttachmentKind::kSession,
      R"({"Effect": "Allow", "Action": "*", "Resource": "*"})");
  const std::string identity = CompileStatements(
      AttachmentKind::kIdentity,
      R"({"Effect": "Allow", "Action": "*", "Resource": "*"})");
  const std::string cut = session.substr(0, session.size() - 1);
  std::string changed = session;
  changed[changed.size() / 2] ^= 1;
  const std::string large(kMaxSessionPolicyBytes + 1, 'x');
  Ask ask = About("a");
  ask.principal = kWorker;
  for (const std::string& image : {identity, cut, changed, large}) {
    Question question;
    question.session_policy = image;
    EXPECT_EQ(CodeOf(ask, question), StatusCode::kInvalidArgument);
  }
}

TEST_F(DecisionPointTest, ShowsStatementsToThoseWhoMaySeeThem) {
  rule_.rights = {Right::kCheck, Right::kStatements};
  Answer answer;
  ASSERT_TRUE(Check(About("secret/x"), &answer).ok());
  ASSERT_EQ(answer.statements.size(), 1u);
  const Snapshot& snapshot = answer.bundle->snapshot();
  EXPECT_EQ(snapshot.FindSid(answer.statements[0]), "NoSecret");
  EXPECT_EQ(snapshot.FindPolicy(answer.statements[0].policy)->name, "read");
}

TEST_F(DecisionPointTest, FindsMoreStatementsThanADecisionHolds) {
  rule_.rights = {Right::kCheck, Right::kStatements};
  Answer answer;
  ASSERT_TRUE(Check(About("a", "app:Many"), &answer).ok());
  EXPECT_EQ(answer.statements.size(), 20u);
  EXPECT_TRUE(std::ranges::is_sorted(answer.statements));
}

// ---- the log ----------------------------------------------------------------

class RecordedTest : public DecisionPointTest {
 protected:
  RecordedTest()
      : point_({.bundles = &world_.bundles,
                .log = &world_.log,
                .metrics = &world_.metrics,
                .clock = &world_.clock}) {}
  Status Check(const Ask& ask, Answer* answer) {
    const AskedRequest asked(ask);
    Question question;
    question.request = asked.request();
    return point_.Check(asker_, Protocol::kExtAuthz, question, answer);
  }

  DecisionPoint point_;
};

TEST_F(RecordedTest, RecordsEveryDecisionAsItWasTaken) {
  listener_.add_current_time = true;
  Answer answer;
  ASSERT_TRUE(Check(About("secret/x"), &answer).ok());
  EXPECT_EQ(answer.decision_id, "id-1");
  EXPECT_THAT(world_.log.lines(),
              ElementsAre("id-1 ext-authz gateway EXPLICIT_DENY 1 "
                          "acs:CurrentTime=2026-12-01T00:00:00Z"));
}

TEST_F(RecordedTest, AnswersNothingThatALogRefuses) {
  world_.log.SetFull(true);
  Answer answer;
  const Status status = Check(About("a"), &answer);
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_FALSE(answer.decision.allowed());
}

TEST_F(RecordedTest, RecordsALookupOnce) {
  rule_.rights = {Right::kLookup};
  const AskedRequest asked({.resources = {}, .context = {}});
  Lookup lookup;
  lookup.question.request = asked.request();
  lookup.question.request.action = "oss:GetObject";
  Found found;
  ASSERT_TRUE(
      point_.LookupResources(asker_, Protocol::kLookupResources, lookup, &found)
          .ok());
  EXPECT_THAT(world_.log.lines(),
              ElementsAre("id-1 lookup-resources gateway 4/6 0"));
  world_.log.SetFull(true);
  EXPECT_EQ(
      point_.LookupResources(asker_, Protocol::kLookupResources, lookup, &found)
          .code(),
      StatusCode::kUnavailable);
  EXPECT_TRUE(found.names.empty());
}

// ---- several at once --------------------------------------------------------

TEST_F(DecisionPointTest, AnswersABatchItemByItem) {
  const AskedRequest good(About("a"));
  const AskedRequest nameless({.principal = ""});
  Ask ask = About("a");
  const std::string secret = LogsObject("secret/x");
  ask.resources.assign(1, secret);
  const AskedRequest denied(ask);
  std::vector<Question> questions(4);
  questions[0].request = good.request();
  questions[1].request = nameless.request();
  questions[2].request = denied.request();
  questions[3].request = good.request();
  questions[3].at_least_revision = 8;
  std::vector<Answer> answers(4);
  std::vector<Status> statuses(4);
  std::shared_ptr<const Bundle> bundle;
  ASSERT_TRUE(world_.point
                  .CheckAll(asker_, Protocol::kBatchCheck, 7, questions,
                            answers, statuses, &bundle)
                  .ok());
  EXPECT_EQ(bundle->revision(), 7u);
  EXPECT_TRUE(statuses[0].ok());
  EXPECT_TRUE(answers[0].decision.allowed());
  EXPECT_EQ(statuses[1].code(), StatusCode::kInvalidArgument);
  EXPECT_FALSE(answers[1].decision.allowed());
  EXPECT_TRUE(statuses[2].ok());
  EXPECT_EQ(answers[2].decision.verdict, Verdict::kExplicitDeny);
  EXPECT_EQ(statuses[3].code(), StatusCode::kFailedPrecondition);
  EXPECT_FALSE(answers[3].decision.allowed());
}

TEST_F(DecisionPointTest, RefusesABatchThatIsWrongAsAWhole) {
  std::vector<Question> questions(kMaxBatchChecks + 1);
  std::vector<Answer> answers(kMaxBatchChecks + 1);
  std::vector<Status> statuses(kMaxBatchChecks + 1);
  std::shared_ptr<const Bundle> bundle;
  const auto ask = [&](size_t count, size_t room, uint64_t revision) {
    return world_.point
        .CheckAll(asker_, Protocol::kBatchCheck, revision,
                  std::span(questions).first(count),
                  std::span(answers).first(room),
                  std::span(statuses).first(room), &bundle)
        .code();
  };
  EXPECT_EQ(ask(kMaxBatchChecks + 1, kMaxBatchChecks + 1, 0),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(ask(2, 1, 0), StatusCode::kInternal);
  EXPECT_EQ(ask(1, 1, 8), StatusCode::kFailedPrecondition);
  EXPECT_EQ(ask(0, 0, 0), StatusCode::kOk);
  rule_.rights = {};
  EXPECT_EQ(ask(1, 1, 0), StatusCode::kPermissionDenied);
}

// ---- explanations -----------------------------------------------------------

TEST_F(DecisionPointTest, ExplainsToThoseWhoMaySeePolicies) {
  const AskedRequest asked(About("in/x", "oss:PutObject"));
  Question question;
  question.request = asked.request();
  Answer answer;
  SnapshotExplanation explanation;
  EXPECT_EQ(world_.point.Explain(asker_, question, true, &answer, &explanation)
                .code(),
            StatusCode::kPermissionDenied);
  rule_.rights = {Right::kExplain};
  ASSERT_TRUE(
      world_.point.Explain(asker_, question, true, &answer, &explanation).ok());
  EXPECT_EQ(answer.decision.verdict, Verdict::kImplicitDeny);
  ASSERT_EQ(explanation.explanation.flip.size(), 1u);
  EXPECT_EQ(explanation.explanation.flip[0].kind, Change::Kind::kSetKey);
}

// ---- lookups ----------------------------------------------------------------

class LookupTest : public DecisionPointTest {
 protected:
  LookupTest() {
    rule_.rights = {Right::kLookup};
    lookup_.question.request.principal.name = kAlice;
    lookup_.question.request.action = "oss:GetObject";
  }
  Status Resources() {
    return world_.point.LookupResources(asker_, Protocol::kLookupResources,
                                        lookup_, &found_);
  }
  Status Actions() {
    return world_.point.LookupActions(asker_, Protocol::kLookupActions, lookup_,
                                      &found_);
  }

  Lookup lookup_;
  Found found_;
};

TEST_F(LookupTest, FindsTheResourcesOfTheDirectory) {
  ASSERT_TRUE(Resources().ok());
  EXPECT_THAT(found_.names, ElementsAre(LogsObject("a"), LogsObject("b"),
                                        LogsObject("in/x"), LogsObject("z")));
  EXPECT_TRUE(found_.next_page_token.empty());
  EXPECT_EQ(found_.bundle->revision(), 7u);
  const std::string prefix = LogsObject("in/");
  lookup_.prefix = prefix;
  ASSERT_TRUE(Resources().ok());
  EXPECT_THAT(found_.names, ElementsAre(LogsObject("in/x")));
}

TEST_F(LookupTest, GoesThroughTheCandidatesInTheirOrder) {
  const std::string z = LogsObject("z");
  const std::string secret = LogsObject("secret/q");
  const std::string_view candidates[] = {z, secret, "*", z};
  lookup_.candidates = candidates;
  ASSERT_TRUE(Resources().ok());
  EXPECT_THAT(found_.names, ElementsAre(z, z));
}

TEST_F(LookupTest, FindsActionsByName) {
  const std::string resource = LogsObject("a");
  const std::string_view resources[] = {resource};
  lookup_.question.request.resources = resources;
  lookup_.question.request.action = "";
  lookup_.prefix = "OSS:";
  ASSERT_TRUE(Actions().ok());
  EXPECT_THAT(found_.names, ElementsAre("oss:getobject"));
  const std::string_view candidates[] = {"oss:PutObject", "oss:GetObject"};
  lookup_.candidates = candidates;
  ASSERT_TRUE(Actions().ok());
  EXPECT_THAT(found_.names, ElementsAre("oss:GetObject"));
}

TEST_F(LookupTest, FindsPrincipalsAndTheSessionsOfRoles) {
  const std::string resource = LogsObject("a");
  const std::string_view resources[] = {resource};
  lookup_.question.request.resources = resources;
  lookup_.question.request.principal.name = "";
  ASSERT_TRUE(world_.point.LookupPrincipals(asker_, lookup_, &found_).ok());
  ASSERT_EQ(found_.names.size(), 2u);
  EXPECT_EQ(found_.names[0], kAlice);
  EXPECT_THAT(found_.names[1], HasSubstr(":role/"));
}

TEST_F(LookupTest, GivesPagesThatTogetherAreTheWhole) {
  ASSERT_TRUE(Resources().ok());
  const std::vector<std::string> whole = found_.names;
  lookup_.page_size = 1;
  std::vector<std::string> pages;
  std::string token;
  do {
    lookup_.page_token = token;
    ASSERT_TRUE(Resources().ok());
    ASSERT_LE(found_.names.size(), 1u);
    pages.insert(pages.end(), found_.names.begin(), found_.names.end());
    token = found_.next_page_token;
  } while (!token.empty() && pages.size() < 10);
  EXPECT_EQ(pages, whole);
}

TEST_F(LookupTest, RefusesTokensOfAnotherBundleAndOthersThanItsOwn) {
  lookup_.page_size = 1;
  ASSERT_TRUE(Resources().ok());
  const std::string token = found_.next_page_token;
  lookup_.page_token = token;
  EXPECT_TRUE(Resources().ok());
  world_.bundles.Publish(MakeWorldBundle(8));
  EXPECT_EQ(Resources().code(), StatusCode::kAborted);
  for (const std::string_view wrong :
       {"x", "0123456789abcdef-", "0123456789abcdef-x", "0123456789ABCDEF-1",
        "0123456789abcdef-99999999999999999999999", "-1"}) {
    lookup_.page_token = wrong;
    EXPECT_EQ(Resources().code(), StatusCode::kInvalidArgument) << wrong;
  }
}

TEST_F(LookupTest, RefusesWhatCheckWouldRefuse) {
  rule_.rights = {Right::kCheck};
  EXPECT_EQ(Resources().code(), StatusCode::kPermissionDenied);
  rule_.rights = {Right::kLookup};
  const std::string_view empty[] = {""};
  lookup_.candidates = empty;
  EXPECT_EQ(Resources().code(), StatusCode::kInvalidArgument);
  const std::vector<std::string_view> many(kMaxLookupCandidates + 1, "x");
  lookup_.candidates = many;
  EXPECT_EQ(Resources().code(), StatusCode::kInvalidArgument);
  lookup_.candidates = {};
  lookup_.question.at_least_revision = 8;
  EXPECT_EQ(Resources().code(), StatusCode::kFailedPrecondition);
  lookup_.question.at_least_revision = 0;
  lookup_.question.request.principal.name = "";
  EXPECT_EQ(Resources().code(), StatusCode::kInvalidArgument);
  world_.bundles.Publish(nullptr);
  EXPECT_EQ(Resources().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace writ::testing
