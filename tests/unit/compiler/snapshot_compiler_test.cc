// SPDX-License-Identifier: Apache-2.0
//
// How snapshots follow their changes. What one gathers for a decision is tested
// in tests/unit/authz/snapshot_test.cc; that any sequence of changes decides
// like a fresh compilation, in tests/property/snapshot_test.cc.
#include "compiler/snapshot_compiler.h"

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "compiler/policy_lists.h"
#include "gtest/gtest.h"
#include "tests/unit/authz/policy_set.h"

namespace writ::testing {
namespace {

constexpr std::string_view kAccount = "1000000000000001";
constexpr std::string_view kOther = "2000000000000002";

std::shared_ptr<const ast::Policy> Allow(std::string_view action) {
  return ParseStatements(R"({"Effect":"Allow","Action":")" +
                         std::string(action) + R"(","Resource":"*"})");
}

std::string Name(std::string_view prefix, size_t number) {
  return std::string(prefix) + std::to_string(number);
}

void Must(const Status& status) {
  EXPECT_TRUE(status.ok()) << status.ToString();
}

// Verdict, and the statements by the names of their policies.
std::string Decided(const Snapshot& snapshot, const Ask& ask) {
  const AskedRequest asked(ask);
  std::vector<StatementRef> all(100);
  const Decision decision = snapshot.Decide(asked.request(), all);
  std::set<std::string> statements;
  for (uint32_t i = 0; i < decision.statement_count; ++i) {
    const PolicyLabel* const label = snapshot.FindPolicy(all[i].policy);
    statements.insert(label == nullptr ? "?" : label->name);
  }
  std::string text(VerdictName(decision.verdict));
  for (const std::string& statement : statements) text += " " + statement;
  return text;
}

// The number of the first determining statement's policy.
uint32_t FirstNumber(const Snapshot& snapshot, const Ask& ask) {
  const AskedRequest asked(ask);
  const Decision decision = snapshot.Decide(asked.request());
  EXPECT_GT(decision.statement_count, 0u);
  return decision.statements[0].policy;
}

class SnapshotCompilerTest : public ::testing::Test {
 protected:
  SnapshotCompilerTest() {
    Must(compiler_.PutAccount(kAccount));
    Must(compiler_.PutUser(kAccount, "alice", "1"));
    Must(compiler_.PutUser(kAccount, "carol", "2"));
  }
  void Give(std::string_view user, std::string_view policy) {
    Must(compiler_.Attach(kAccount, HolderKind::kUser, user, policy));
  }
  std::shared_ptr<const Snapshot> Publish() {
    return compiler_.Publish(++revision_).value();
  }

  const Ask alice_ = {.action = "a:b"};
  const Ask carol_ = {.principal = "acs:ram::1000000000000001:user/carol",
                      .action = "a:b"};
  SnapshotCompiler compiler_;
  uint64_t revision_ = 0;
};

TEST_F(SnapshotCompilerTest, EqualSetsOfPoliciesShareOneUnit) {
  for (const std::string_view policy : {"p", "q"}) {
    Must(compiler_.PutPolicy(kAccount, policy, Allow("a:*")));
    Give("alice", policy);
  }
  Give("carol", "q");
  auto snapshot = Publish();
  EXPECT_NE(FirstNumber(*snapshot, alice_), FirstNumber(*snapshot, carol_));
  Must(compiler_.PutGroup(kAccount, "devs"));
  Must(compiler_.AddMember(kAccount, "devs", "carol"));
  Must(compiler_.Attach(kAccount, HolderKind::kGroup, "devs", "p"));
  snapshot = Publish();
  EXPECT_EQ(FirstNumber(*snapshot, alice_), FirstNumber(*snapshot, carol_));
  EXPECT_EQ(Decided(*snapshot, carol_), "ALLOW p q");
}

TEST_F(SnapshotCompilerTest, AnOldSnapshotDecidesAsBefore) {
  Must(compiler_.PutPolicy(kAccount, "p", Allow("a:b")));
  Give("alice", "p");
  const auto first = Publish();
  Must(compiler_.PutPolicy(kAccount, "p", Allow("a:c")));
  const auto second = Publish();
  Must(compiler_.RemoveUser(kAccount, "alice"));
  const auto third = Publish();
  Must(compiler_.RemoveAccount(kAccount));
  const auto fourth = Publish();
  Ask other = alice_;
  other.action = "a:c";
  EXPECT_EQ(Decided(*first, alice_), "ALLOW p");
  EXPECT_EQ(Decided(*first, other), "IMPLICIT_DENY");
  EXPECT_EQ(Decided(*second, alice_), "IMPLICIT_DENY");
  EXPECT_EQ(Decided(*second, other), "ALLOW p");
  EXPECT_EQ(Decided(*third, other), "IMPLICIT_DENY");
  EXPECT_EQ(Decided(*fourth, other), "IMPLICIT_DENY");
  EXPECT_EQ(fourth->revision(), 4u);
}

TEST_F(SnapshotCompilerTest, ASnapshotOutlivesItsCompiler) {
  std::shared_ptr<const Snapshot> snapshot;
  {
    SnapshotCompiler compiler;
    Must(compiler.PutAccount(kAccount));
    Must(compiler.PutUser(kAccount, "alice"));
    Must(compiler.PutPolicy(kAccount, "p", Allow("a:b")));
    Must(compiler.Attach(kAccount, HolderKind::kUser, "alice", "p"));
    snapshot = compiler.Publish(1).value();
  }
  EXPECT_EQ(Decided(*snapshot, alice_), "ALLOW p");
}

TEST_F(SnapshotCompilerTest, WhatIsRemovedTakesItsAttachmentsAlong) {
  Must(compiler_.PutGroup(kAccount, "devs"));
  Must(compiler_.AddMember(kAccount, "devs", "alice"));
  Must(compiler_.PutRole(kAccount, "Worker", "3", nullptr));
  const Ask worker = {.principal = kWorker, .action = "a:b"};
  const auto give = [&] {
    Must(compiler_.PutPolicy(kAccount, "p", Allow("a:b")));
    Must(compiler_.Attach(kAccount, HolderKind::kGroup, "devs", "p"));
    Must(compiler_.Attach(kAccount, HolderKind::kRole, "worker", "p"));
    const auto snapshot = Publish();
    EXPECT_EQ(Decided(*snapshot, alice_), "ALLOW p");
    EXPECT_EQ(Decided(*snapshot, worker), "ALLOW p");
  };
  give();
  Must(compiler_.RemovePolicy(kAccount, "p"));
  EXPECT_EQ(Decided(*Publish(), alice_), "IMPLICIT_DENY");
  EXPECT_EQ(Decided(*Publish(), worker), "IMPLICIT_DENY");
  give();
  Must(compiler_.RemoveGroup(kAccount, "devs"));
  Must(compiler_.RemoveRole(kAccount, "WORKER"));
  EXPECT_EQ(Decided(*Publish(), alice_), "IMPLICIT_DENY");
  EXPECT_EQ(Decided(*Publish(), worker), "IMPLICIT_DENY");
  Must(compiler_.PutGroup(kAccount, "devs"));
  Must(compiler_.AddMember(kAccount, "devs", "alice"));
  Must(compiler_.PutRole(kAccount, "Worker", "3", nullptr));
  EXPECT_EQ(Decided(*Publish(), alice_), "IMPLICIT_DENY");
  EXPECT_EQ(Decided(*Publish(), worker), "IMPLICIT_DENY");
  give();
}

TEST_F(SnapshotCompilerTest, WhatIsNotThereIsNamed) {
  const auto all = Allow("*");
  const auto code = [](const Status& status) { return status.code(); };
  constexpr auto kMissing = StatusCode::kNotFound;
  constexpr auto kBad = StatusCode::kInvalidArgument;
  EXPECT_EQ(code(compiler_.PutUser(kOther, "x")), kMissing);
  EXPECT_EQ(code(compiler_.PutUser(kAccount, "a/b")), kBad);
  EXPECT_EQ(code(compiler_.PutUser(kAccount, "")), kBad);
  EXPECT_EQ(code(compiler_.PutAccount("")), kBad);
  EXPECT_EQ(code(compiler_.PutAccount("1:2")), kBad);
  EXPECT_EQ(code(compiler_.PutAccount(kAccount, false, "f")), kMissing);
  EXPECT_EQ(code(compiler_.PutRole(kAccount, "a/b", "", nullptr)), kBad);
  EXPECT_EQ(code(compiler_.PutRole(kAccount, std::string(kMaxRoleKeyBytes, 'r'),
                                   "", nullptr)),
            kBad);
  EXPECT_EQ(code(compiler_.PutPolicy(kOther, "p", all)), kMissing);
  EXPECT_EQ(code(compiler_.PutBucketPolicy(kAccount, "a/b", all)), kBad);
  EXPECT_EQ(code(compiler_.PutResource("*", "g")), kBad);
  EXPECT_EQ(code(compiler_.PutResource(kWeb, "")), kBad);
  EXPECT_EQ(code(compiler_.RemoveResource(kWeb)), kMissing);
  const Status attach =
      compiler_.Attach(kAccount, HolderKind::kUser, "alice", "p");
  EXPECT_EQ(attach.ToString(), "not found: no policy `p`");
  EXPECT_EQ(compiler_.Attach(kAccount, HolderKind::kRole, "r", "p").ToString(),
            "not found: no role `r`");
  EXPECT_EQ(code(compiler_.Detach(kAccount, HolderKind::kUser, "alice", "p")),
            kMissing);
  EXPECT_EQ(code(compiler_.RemoveMember(kAccount, "g", "alice")), kMissing);
  EXPECT_EQ(code(compiler_.RemoveFolder("f")), kMissing);
  EXPECT_EQ(code(compiler_.AttachControl(ControlTarget::kRoot, "x", "c")),
            kMissing);
  Must(compiler_.PutAccount(kOther));
  Must(compiler_.PutBucketPolicy(kAccount, "b", all));
  EXPECT_EQ(code(compiler_.PutBucketPolicy(kOther, "b", all)),
            StatusCode::kAlreadyExists);
  Must(compiler_.RemoveAccount(kAccount));
  Must(compiler_.PutBucketPolicy(kOther, "b", all));
  EXPECT_EQ(code(compiler_.RemoveUser(kAccount, "alice")), kMissing);
}

TEST_F(SnapshotCompilerTest, FoldersAreATreeOfBoundedDepth) {
  for (uint32_t i = 1; i <= kMaxFolderDepth; ++i) {
    Must(compiler_.PutFolder(Name("f", i), i == 1 ? "" : Name("f", i - 1)));
  }
  EXPECT_EQ(compiler_.PutFolder("deep", Name("f", kMaxFolderDepth)).code(),
            StatusCode::kResourceExhausted);
  Must(compiler_.PutFolder("top"));
  EXPECT_EQ(compiler_.PutFolder("f1", "top").code(),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(compiler_.PutFolder("f1", "f2").code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(compiler_.RemoveFolder("f1").code(),
            StatusCode::kFailedPrecondition);
  Must(compiler_.PutAccount(kAccount, false, "top"));
  EXPECT_EQ(compiler_.RemoveFolder("top").code(),
            StatusCode::kFailedPrecondition);
  Must(compiler_.PutAccount(kAccount));
  Must(compiler_.RemoveFolder("top"));
}

TEST_F(SnapshotCompilerTest, APolicyOverTheBudgetIsNamedAndCanBeReplaced) {
  SnapshotCompiler::Options options;
  options.budget.image_bytes = 4096;
  SnapshotCompiler compiler(options);
  Must(compiler.PutAccount(kAccount));
  Must(compiler.PutUser(kAccount, "alice"));
  std::string many;
  for (size_t i = 0; i < 200; ++i) {
    many += (many.empty() ? "" : ",") +
            std::string(R"({"Effect":"Allow","Resource":"*","Action":"a:x)") +
            std::to_string(i) + "\"}";
  }
  Must(compiler.PutPolicy(kAccount, "large", ParseStatements(many)));
  Must(compiler.PutPolicy(kAccount, "small", Allow("a:b")));
  for (const std::string_view policy : {"small", "large"}) {
    Must(compiler.Attach(kAccount, HolderKind::kUser, "alice", policy));
  }
  const Status failed = compiler.Publish(1).status();
  EXPECT_EQ(failed.code(), StatusCode::kResourceExhausted);
  EXPECT_NE(failed.message().find("`large`"), std::string_view::npos)
      << failed.message();
  Must(compiler.PutPolicy(kAccount, "large", Allow("a:*")));
  EXPECT_EQ(Decided(*compiler.Publish(1).value(), alice_), "ALLOW large small");
}

TEST_F(SnapshotCompilerTest, PoliciesThatFitOnlyAloneStandAlone) {
  SnapshotCompiler::Options options;
  options.budget.image_bytes = 4096;
  SnapshotCompiler compiler(options);
  Must(compiler.PutAccount(kAccount));
  Must(compiler.PutUser(kAccount, "alice"));
  std::string expected = "ALLOW";
  std::set<std::string> names;
  for (size_t i = 0; i < 80; ++i) {
    const std::string policy = Name("p", i);
    Must(compiler.PutPolicy(kAccount, policy, Allow(Name("a:*", i))));
    Must(compiler.Attach(kAccount, HolderKind::kUser, "alice", policy));
    names.insert(policy);
  }
  Must(compiler.PutPolicy(kAccount, "p7", Allow("a:b")));
  Must(compiler.PutPolicy(kAccount, "p70", Allow("a:b")));
  EXPECT_EQ(Decided(*compiler.Publish(1).value(), alice_), "ALLOW p7 p70");
  Must(compiler.Fold());
  Must(compiler.PutPolicy(kAccount, "p7", Allow("a:c")));
  EXPECT_EQ(Decided(*compiler.Publish(2).value(), alice_), "ALLOW p70");
}

TEST_F(SnapshotCompilerTest, NumbersAreUsedAgain) {
  constexpr size_t kPolicies = 40;
  for (size_t i = 0; i < kPolicies; ++i) {
    Must(compiler_.PutPolicy(kAccount, Name("p", i), Allow("a:b")));
    Give("alice", Name("p", i));
  }
  uint32_t highest = 0;
  for (size_t round = 0; round < 500; ++round) {
    const std::string policy = Name("p", round % kPolicies);
    Must(compiler_.PutPolicy(kAccount, policy, Allow("a:b")));
    const auto snapshot = Publish();
    const AskedRequest asked(alice_);
    std::vector<StatementRef> all(kPolicies);
    const Decision decision = snapshot->Decide(asked.request(), all);
    ASSERT_EQ(decision.statement_count, kPolicies);
    std::set<std::string> names;
    for (const StatementRef& ref : all) {
      const PolicyLabel* const label = snapshot->FindPolicy(ref.policy);
      ASSERT_NE(label, nullptr);
      names.insert(label->name);
    }
    ASSERT_EQ(names.size(), kPolicies);
    highest = std::max(highest, all.back().policy);
  }
  EXPECT_LT(highest, 3000u);
  EXPECT_EQ(Publish()->FindPolicy(highest + 100000), nullptr);
  EXPECT_EQ(Publish()->FindPolicy(0), nullptr);
}

// The lists themselves.
class PolicyListsTest : public ::testing::Test {
 protected:
  const ListedPolicy* Make(std::string_view action) {
    auto policy = std::make_unique<ListedPolicy>();
    policy->label = std::make_shared<PolicyLabel>();
    policy->tree = Allow(action);
    policy->id = ++last_id_;
    policy->statements = 1;
    made_.push_back(std::move(policy));
    return made_.back().get();
  }
  ListedSet Some(size_t count) {
    ListedSet set;
    while (set.size() < count) set.push_back(Make("a:b"));
    return set;
  }
  std::shared_ptr<PolicyLists::List> ListOf(const ListedSet& set,
                                            const PolicyLists::List* before) {
    auto list = lists_.ListOf({}, set, before, &budget_);
    EXPECT_TRUE(list.ok()) << list.status().ToString();
    return list.value();
  }

  std::vector<std::unique_ptr<const ListedPolicy>> made_;
  uint64_t last_id_ = 0;
  uint64_t budget_ = 0;
  PolicyLists lists_{PolicyLists::Limits()};
};

TEST_F(PolicyListsTest, AChangedPolicyStandsBesideTheUnit) {
  ListedSet set = Some(100);
  const auto whole = ListOf(set, nullptr);
  EXPECT_EQ(whole->published()->units.size(), 1u);
  EXPECT_EQ(whole->published()->units[0]->policies.size(), 100u);
  set.erase(set.begin() + 7);
  set.push_back(Make("a:c"));
  const auto patched = ListOf(set, whole.get());
  ASSERT_EQ(patched->published()->units.size(), 2u);
  EXPECT_EQ(patched->published()->units[0], whole->published()->units[0]);
  EXPECT_EQ(patched->published()->units[1]->policies.size(), 1u);
  EXPECT_EQ(patched->published()->without[0], std::vector<uint32_t>{7});
  EXPECT_EQ(ListOf(set, nullptr), patched);
  ASSERT_TRUE(lists_.Fold(set, patched.get()).ok());
  EXPECT_EQ(patched->published()->units.size(), 1u);
  EXPECT_TRUE(patched->published()->without[0].empty());
}

TEST_F(PolicyListsTest, TooManySinglePoliciesBecomeOneUnit) {
  ListedSet set = Some(1000);
  auto list = ListOf(set, nullptr);
  const auto base = list->published()->units[0];
  const auto change = [&] {
    set.erase(set.begin());
    set.push_back(Make("a:c"));
    list = ListOf(set, list.get());
    return list->published()->units.size();
  };
  for (uint32_t i = 1; i <= kMaxListPatches; ++i) ASSERT_EQ(change(), i + 1);
  EXPECT_EQ(change(), 2u);
  EXPECT_EQ(list->published()->units[0], base);
  EXPECT_EQ(list->published()->units[1]->policies.size(), kMaxListPatches + 1);
}

TEST_F(PolicyListsTest, AListHasFewUnitsAndEachChangeLittleWork) {
  constexpr size_t kPolicies = 600;
  constexpr size_t kChanges = 1500;
  ListedSet set = Some(kPolicies);
  auto list = ListOf(set, nullptr);
  uint64_t compiled = 0;
  std::set<const PolicyUnit*> known;
  std::vector<std::shared_ptr<const PolicyUnit>> held;
  for (size_t i = 0; i < kChanges; ++i) {
    set.erase(set.begin() + static_cast<std::ptrdiff_t>(i * 7 % kPolicies));
    set.push_back(Make("a:c"));
    list = ListOf(set, list.get());
    ASSERT_LE(list->published()->units.size(), kMaxListPatches + 6);
    size_t live = 0;
    for (size_t u = 0; u < list->published()->units.size(); ++u) {
      const auto& unit = list->published()->units[u];
      live += unit->policies.size() - list->published()->without[u].size();
      if (!known.insert(unit.get()).second) continue;
      held.push_back(unit);
      compiled += unit->policies.size();
    }
    ASSERT_EQ(live, kPolicies);
  }
  EXPECT_LT(compiled - kPolicies, kChanges * 20);
}

TEST_F(PolicyListsTest, AUnitThatLostMostOfItsPoliciesIsCompiledAnew) {
  ListedSet set = Some(100);
  auto list = ListOf(set, nullptr);
  const auto base = list->published()->units[0];
  while (set.size() > 50) {
    set.erase(set.begin());
    list = ListOf(set, list.get());
    ASSERT_EQ(list->published()->units[0], base);
  }
  set.erase(set.begin());
  list = ListOf(set, list.get());
  ASSERT_EQ(list->published()->units.size(), 1u);
  EXPECT_EQ(list->published()->units[0]->policies.size(), 49u);
}

TEST_F(PolicyListsTest, ASmallListIsFoldedAtOnceWithinTheBudget) {
  ListedSet set = Some(10);
  auto list = ListOf(set, nullptr);
  budget_ = 25;
  for (int i = 0; i < 3; ++i) {
    set.erase(set.begin());
    set.push_back(Make("a:c"));
    list = ListOf(set, list.get());
    EXPECT_EQ(list->published()->units.size(), i < 2 ? 1u : 2u);
  }
  EXPECT_EQ(budget_, 5u);
}

}  // namespace
}  // namespace writ::testing
