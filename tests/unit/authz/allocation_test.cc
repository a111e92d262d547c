// SPDX-License-Identifier: Apache-2.0
// Deciding takes no memory from the heap, whatever the outcome. The counting
// operator new is this program's alone.
#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "authz/snapshot.h"
#include "compiler/snapshot_compiler.h"
#include "gtest/gtest.h"
#include "tests/unit/authz/policy_set.h"

namespace {
std::atomic<size_t> allocations{0};
}  // namespace

// Not inlined: where only one of the pair is, the compiler sees a mismatch.
__attribute__((noinline)) void* operator new(size_t size) {
  ++allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}
// Sorting asks in this way, and gives back by the operators below.
__attribute__((noinline)) void* operator new(size_t size,
                                             const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
__attribute__((noinline)) void operator delete(void* memory) noexcept {
  std::free(memory);
}
__attribute__((noinline)) void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace writ::testing {
namespace {

size_t AllocationsWhileDeciding(const PolicySet& set, const Ask& ask) {
  const AskedRequest asked(ask);
  Decision decision;
  const size_t before = allocations.load();
  const Status status = Decide(asked.request(), set.attachments(), &decision);
  const size_t after = allocations.load();
  static_cast<void>(status.ok());
  return after - before;
}

TEST(Allocation, TheCounterCounts) {
  const size_t before = allocations.load();
  const std::vector<int> memory(100);
  EXPECT_GT(allocations.load(), before);
}

TEST(Allocation, DecidingTakesNone) {
  PolicySet set;
  set.Identity(R"({"Effect":"Allow","Action":"fc:*","Resource":"acs:fc:*:*:*",)"
               R"("Condition":{"StringLike":{"d:s":"a*b?c"},)"
               R"("NumericLessThan":{"d:n":"10"},"Bool":{"d:b":"true"},)"
               R"("DateGreaterThan":{"d:d":"2026-01-01T00:00:00Z"},)"
               R"("NotIpAddress":{"d:i":["10.0.0.0/8","2001:db8::/32"]}}})");
  set.Identity(R"({"Effect":"Deny","Action":"ram:*","Resource":"*"})");
  set.Add(AttachmentKind::kControl,
          R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  set.Add(AttachmentKind::kResource,
          R"({"Effect":"Allow","Action":"oss:*","Principal":["*"],)"
          R"("Resource":"*"})");
  Ask match;
  match.context = {{"d:s", {"aXXbYc"}},
                   {"d:n", {"1", "2"}},
                   {"d:b", {"TRUE"}},
                   {"d:d", {"2026-06-01T00:00:00+08:00"}},
                   {"d:i", {"192.0.2.1"}}};
  ASSERT_TRUE(set.Decide(match).allowed());
  EXPECT_EQ(AllocationsWhileDeciding(set, match), 0u);
  Ask unreadable = match;
  unreadable.context[1].second = {"x"};
  EXPECT_EQ(AllocationsWhileDeciding(set, unreadable), 0u);
  EXPECT_EQ(AllocationsWhileDeciding(set, {.action = "ram:CreateUser"}), 0u);
  EXPECT_EQ(AllocationsWhileDeciding(set, {.principal = "nobody"}), 0u);
  Ask twice;
  twice.context = {{"a:b", {"1"}}, {"A:b", {"2"}}};
  EXPECT_EQ(AllocationsWhileDeciding(set, twice), 0u);
}

// Tries of every sort, a role, Deny and Allow cells, more statements than the
// Decision has room for, and all layers.
TEST(Allocation, FindingStatementsTakesNone) {
  PolicySet set;
  std::string statements;
  for (int i = 0; i < 40; ++i) {
    statements += std::string(i > 0 ? "," : "") +
                  R"({"Effect":"Allow","Action":["fc:*","sts:*"],"Resource":[)"
                  R"("acs:fc:*:*:functions/w*","acs:fc:*:*:functions/*b",)"
                  R"("acs:*:cn-h*:*:*e*","acs:ram:*:*:role/W*"]})";
  }
  set.Identity(statements);
  set.Identity(R"({"Effect":"Deny","Action":"*","Resource":"acs:fc:*:*:x/*"})");
  set.Add(AttachmentKind::kTrust,
          R"({"Effect":"Allow","Action":"sts:AssumeRole",)"
          R"("Principal":{"RAM":["acs:ram::1000000000000001:root"]}})");
  for (uint32_t depth = 0; depth < 20; ++depth) {
    Attachment& level =
        set.Add(AttachmentKind::kControl,
                R"({"Effect":"Allow","NotAction":"ram:*","Resource":"*"})");
    level.level = ControlLevel::kFolder;
    level.depth = depth;
  }
  Attachment& scoped = set.Identity(
      R"({"Effect":"Allow","Action":"ecs:*","NotResource":"acs:fc:*:*:*"})");
  scoped.resource_group_scope = true;
  EXPECT_EQ(set.Decide({}).statement_count, 40u);
  EXPECT_EQ(AllocationsWhileDeciding(set, {}), 0u);
  const Ask kAsks[] = {
      {.action = "sts:AssumeRole",
       .resources = {"acs:ram::1000000000000001:role/worker"}},
      {.resources = {"acs:fc:r:1000000000000001:x/y"}},
      {.action = "ecs:Run", .resources = {"acs:ecs:r:1000000000000001:i/1"}},
      {.action = "ram:Get", .resources = {"*"}},
      {.resources = {kWeb, kWeb, kObject}},
  };
  for (const Ask& ask : kAsks) {
    EXPECT_EQ(AllocationsWhileDeciding(set, ask), 0u) << ask.action;
  }
}

TEST(Allocation, ManyKeysTakeNone) {
  PolicySet set;
  set.Identity(R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":)"
               R"({"NumericLessThan":{"d:k9":"10"}}})");
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back("d:k" + std::to_string(i));
  Ask ask;
  for (const std::string& key : keys) {
    ask.context.push_back({key, std::vector<std::string_view>(100, "7")});
  }
  EXPECT_TRUE(set.Decide(ask).allowed());
  EXPECT_EQ(AllocationsWhileDeciding(set, ask), 0u);
}

TEST(Allocation, SnapshotDecidesWithoutAny) {
  constexpr std::string_view kAccount = "1000000000000001";
  const auto all =
      ParseStatements(R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  SnapshotCompiler compiler;
  ASSERT_TRUE(compiler.PutAccount(kAccount).ok());
  ASSERT_TRUE(compiler.PutUser(kAccount, "alice", "2700000000000001").ok());
  ASSERT_TRUE(compiler.PutPolicy(kAccount, "p", all).ok());
  ASSERT_TRUE(compiler.Attach(kAccount, HolderKind::kUser, "alice", "p").ok());
  ASSERT_TRUE(compiler.PutControlPolicy("c", all).ok());
  ASSERT_TRUE(compiler.AttachControl(ControlTarget::kRoot, "", "c").ok());
  ASSERT_TRUE(compiler.PutRole(kAccount, "Worker", "3", nullptr).ok());
  ASSERT_TRUE(
      compiler.Attach(kAccount, HolderKind::kRole, "worker", "p", "g").ok());
  const auto snapshot = compiler.Publish(1).value();
  const AskedRequest of_user({});
  const AskedRequest of_role({.principal = kWorker, .resource_group = "g"});
  const size_t before = allocations.load();
  const Decision first = snapshot->Decide(of_user.request());
  const Decision second = snapshot->Decide(of_role.request());
  const PolicyLabel* label = snapshot->FindPolicy(first.statements[0].policy);
  EXPECT_EQ(allocations.load(), before);
  EXPECT_TRUE(first.allowed());
  EXPECT_TRUE(second.allowed());
  ASSERT_NE(label, nullptr);
  EXPECT_EQ(label->name, "p");
}

}  // namespace
}  // namespace writ::testing
