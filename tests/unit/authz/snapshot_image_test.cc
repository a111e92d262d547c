// SPDX-License-Identifier: Apache-2.0
//
// What a directory image must be to become a snapshot, rule by rule. That a
// loaded snapshot decides like a published one is tested on random directories
// in tests/property/snapshot_image_test.cc.
#include "authz/snapshot_image.h"

#include <cstddef>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/directory_image.h"
#include "base/limits.h"
#include "compiler/snapshot_compiler.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/authz/policy_set.h"

namespace writ::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kAccount = "1000000000000001";
constexpr std::string_view kOther = "2000000000000002";
constexpr std::string_view kAll =
    R"({"Effect":"Allow","Action":"*","Resource":"*"})";
constexpr std::string_view kInvoke =
    R"({"Effect":"Allow","Action":["fc:InvokeFunction","fc:Get*"],)"
    R"("Resource":"*"})";

void Must(const Status& status) {
  ASSERT_TRUE(status.ok()) << status.ToString();
}

// One of everything, two of what has an order.
//   accounts    0 1000…, 1 2000…
//   controls    0 of 1000…, 1 its folder's, 2 and 3 the root's of each
//   policies    identity all, invoke; resource b1, b2; trust; control
//   principals  0 alice, 1 bob, 2 Worker, 3 zorker
PackedSnapshot Packed() {
  SnapshotCompiler compiler;
  Must(compiler.PutFolder("f"));
  Must(compiler.PutAccount(kAccount, true, "f"));
  Must(compiler.PutAccount(kOther));
  Must(compiler.PutUser(kAccount, "alice", "27"));
  Must(compiler.PutUser(kOther, "bob"));
  const auto trust = ParseStatements(
      R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"*"}})");
  Must(compiler.PutRole(kAccount, "Worker", "300", trust));
  Must(compiler.PutRole(kAccount, "zorker", "", nullptr, true));
  Must(compiler.PutPolicy(kAccount, "all", ParseStatements(kAll)));
  Must(compiler.PutPolicy(kAccount, "invoke", ParseStatements(kInvoke)));
  const auto give = [&](HolderKind kind, std::string_view holder,
                        std::string_view policy, std::string_view group = {}) {
    Must(compiler.Attach(kAccount, kind, holder, policy, group));
  };
  give(HolderKind::kUser, "alice", "invoke");
  give(HolderKind::kUser, "alice", "all", "blue");
  give(HolderKind::kUser, "alice", "all", "red");
  give(HolderKind::kRole, "worker", "invoke");
  Must(compiler.PutControlPolicy("open", ParseStatements(kAll)));
  Must(compiler.PutControlPolicy("shut", ParseStatements(kInvoke)));
  Must(compiler.AttachControl(ControlTarget::kAccount, kAccount, "open"));
  Must(compiler.AttachControl(ControlTarget::kFolder, "f", "shut"));
  Must(compiler.AttachControl(ControlTarget::kRoot, "", "open"));
  const auto bucket =
      ParseStatements(R"({"Effect":"Allow","Action":"oss:*","Principal":["*"],)"
                      R"("Resource":"*"})");
  Must(compiler.PutBucketPolicy(kAccount, "b1", bucket));
  Must(compiler.PutBucketPolicy(kAccount, "b2", bucket));
  Must(compiler.PutResource("acs:fc:r:1000000000000001:functions/a", "blue"));
  Must(compiler.PutResource("acs:fc:r:1000000000000001:functions/b", "red"));
  return compiler.Pack().value();
}

const PackedSnapshot& Sound() {
  static const auto* const packed = new PackedSnapshot(Packed());
  return *packed;
}

// Changes a directory image in place.
class Editor {
 public:
  Editor() : bytes_(Sound().directory) {}

  SectionEntry Entry(DirectorySection section) const {
    SectionEntry entry;
    for (size_t i = 0;; ++i) {
      std::memcpy(
          &entry,
          bytes_.data() + sizeof(DirectoryHeader) + i * sizeof(SectionEntry),
          sizeof(entry));
      if (entry.kind == static_cast<uint32_t>(section)) return entry;
    }
  }
  template <typename Record>
  Record Get(DirectorySection section, size_t index) const {
    Record record;
    std::memcpy(&record, At<Record>(section, index), sizeof(record));
    return record;
  }
  template <typename Record>
  void Set(DirectorySection section, size_t index, const Record& record) {
    std::memcpy(const_cast<char*>(At<Record>(section, index)), &record,
                sizeof(record));
  }
  template <typename Record>
  void Change(DirectorySection section, size_t index,
              const std::function<void(Record&)>& change) {
    Record record = Get<Record>(section, index);
    change(record);
    Set(section, index, record);
  }
  template <typename Record>
  void Swap(DirectorySection section, size_t a, size_t b) {
    const auto first = Get<Record>(section, a);
    Set(section, a, Get<Record>(section, b));
    Set(section, b, first);
  }
  // Puts `text` in the place of a text of the same length.
  void Write(std::string_view before, std::string_view text) {
    const size_t at =
        bytes_.find(before, Entry(DirectorySection::kStrings).offset);
    ASSERT_NE(at, std::string::npos);
    ASSERT_EQ(before.size(), text.size());
    bytes_.replace(at, text.size(), text);
  }
  std::string& bytes() { return bytes_; }

  // With the checksum right again.
  std::string Seal() {
    const uint64_t sum = DirectoryChecksum(bytes_);
    std::memcpy(bytes_.data() + offsetof(DirectoryHeader, checksum), &sum,
                sizeof(sum));
    return bytes_;
  }

 private:
  template <typename Record>
  const char* At(DirectorySection section, size_t index) const {
    return bytes_.data() + Entry(section).offset + index * sizeof(Record);
  }

  std::string bytes_;
};

Status LoadStatus(std::string_view directory) {
  return SnapshotImage::Load(1, directory, Sound().program).status();
}

TEST(SnapshotImage, HoldsTheNamesOfTheDirectory) {
  const PackedSnapshot& packed = Sound();
  EXPECT_EQ(packed.accounts, 2u);
  EXPECT_EQ(packed.principals, 4u);
  EXPECT_EQ(packed.policies, 7u);
  EXPECT_EQ(packed.statements, 7u);
  const auto image =
      SnapshotImage::Load(9, packed.directory, packed.program).value();
  EXPECT_EQ(image->snapshot()->revision(), 9u);
  EXPECT_EQ(image->program().policy_count(), 7u);
  EXPECT_THAT(image->principals(),
              ElementsAre("acs:ram::1000000000000001:user/alice",
                          "acs:ram::2000000000000002:user/bob",
                          "acs:ram::1000000000000001:role/Worker",
                          "acs:ram::1000000000000001:role/zorker"));
  EXPECT_THAT(image->resources(),
              ElementsAre("acs:fc:r:1000000000000001:functions/a",
                          "acs:fc:r:1000000000000001:functions/b"));
  EXPECT_THAT(image->actions(),
              ElementsAre("fc:invokefunction", "sts:assumerole"));
}

TEST(SnapshotImage, ListsKnownActionsThatPatternsTreatApart) {
  constexpr std::string_view kKnown[] = {"fc:GetFunction", "ecs:StopInstance",
                                         "fc:invokeFunction"};
  SnapshotCompiler compiler({.known_actions = kKnown});
  Must(compiler.PutAccount(kAccount));
  Must(compiler.PutUser(kAccount, "alice"));
  Must(compiler.PutPolicy(kAccount, "invoke", ParseStatements(kInvoke)));
  Must(compiler.Attach(kAccount, HolderKind::kUser, "alice", "invoke"));
  const PackedSnapshot packed = compiler.Pack().value();
  const auto image =
      SnapshotImage::Load(1, packed.directory, packed.program).value();
  EXPECT_THAT(image->actions(),
              ElementsAre("fc:getfunction", "fc:invokefunction"));
}

TEST(SnapshotImage, OfAnEmptyDirectoryDeniesEverybody) {
  const PackedSnapshot packed = SnapshotCompiler().Pack().value();
  const auto image =
      SnapshotImage::Load(1, packed.directory, packed.program).value();
  EXPECT_TRUE(image->principals().empty());
  EXPECT_TRUE(image->actions().empty());
  const AskedRequest asked({});
  EXPECT_EQ(image->snapshot()->Decide(asked.request()).verdict,
            Verdict::kImplicitDeny);
}

TEST(SnapshotImage, OutlivesTheBytesItWasReadFrom) {
  std::shared_ptr<const Snapshot> snapshot;
  {
    std::string directory = Sound().directory;
    snapshot =
        SnapshotImage::Load(1, directory, Sound().program).value()->snapshot();
    directory.assign(directory.size(), 'x');
  }
  const AskedRequest asked({});
  const Decision decision = snapshot->Decide(asked.request());
  ASSERT_EQ(decision.verdict, Verdict::kAllow);
  const PolicyLabel* const label =
      snapshot->FindPolicy(decision.statements[0].policy);
  ASSERT_NE(label, nullptr);
  EXPECT_EQ(label->name, "invoke");
  EXPECT_EQ(label->account, kAccount);
  EXPECT_EQ(snapshot->FindPolicy(0), nullptr);
}

TEST(SnapshotImage, AccidentsAreDataLoss) {
  const PackedSnapshot& packed = Sound();
  const auto code = [&](const std::string& directory) {
    return LoadStatus(directory).code();
  };
  EXPECT_EQ(code(packed.directory), StatusCode::kOk);
  EXPECT_EQ(code(""), StatusCode::kDataLoss);
  EXPECT_EQ(code(packed.directory.substr(0, 39)), StatusCode::kDataLoss);
  EXPECT_EQ(code(packed.directory + std::string(8, '\0')),
            StatusCode::kDataLoss);
  EXPECT_EQ(code(packed.program), StatusCode::kDataLoss);
  Editor damaged;
  damaged.bytes()[100] ^= 1;
  EXPECT_EQ(code(damaged.bytes()), StatusCode::kDataLoss);
  const PackedSnapshot empty = SnapshotCompiler().Pack().value();
  const Status mixed =
      SnapshotImage::Load(1, empty.directory, packed.program).status();
  EXPECT_EQ(mixed.code(), StatusCode::kDataLoss);
  EXPECT_THAT(mixed.message(), HasSubstr("another program"));
}

TEST(SnapshotImage, OfANewerFormatSaysWhatToDo) {
  Editor editor;
  editor.bytes()[offsetof(DirectoryHeader, major)] = 2;
  const Status status = LoadStatus(editor.Seal());
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), HasSubstr("use the build that made it"));
  Editor minor;
  minor.bytes()[offsetof(DirectoryHeader, minor)] = 9;
  EXPECT_TRUE(LoadStatus(minor.Seal()).ok());
}

// An edit, and what is said of it.
struct Rule {
  std::string_view refusal;
  std::function<void(Editor&)> edit;
};

using Section = DirectorySection;

template <typename Record>
std::function<void(Editor&)> Changed(Section section, size_t index,
                                     std::function<void(Record&)> change) {
  return [=](Editor& editor) { editor.Change<Record>(section, index, change); };
}

void ExpectRefused(const std::vector<Rule>& rules) {
  for (const Rule& rule : rules) {
    Editor editor;
    rule.edit(editor);
    const Status status = LoadStatus(editor.Seal());
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << rule.refusal;
    EXPECT_THAT(status.message(), HasSubstr(rule.refusal));
  }
}

TEST(SnapshotImage, SectionsLieWhereTheyMust) {
  const auto entry = [](size_t index,
                        std::function<void(SectionEntry&)> change) {
    return [=](Editor& editor) {
      char* const at = editor.bytes().data() + sizeof(DirectoryHeader) +
                       index * sizeof(SectionEntry);
      SectionEntry record;
      std::memcpy(&record, at, sizeof(record));
      change(record);
      std::memcpy(at, &record, sizeof(record));
    };
  };
  ExpectRefused({
      {"sections[1]: out of order", entry(1, [](auto& e) { e.kind = 1; })},
      {"sections[0]: unknown flag", entry(0, [](auto& e) { e.flags = 3; })},
      {"sections[2]: wrong place", entry(2, [](auto& e) { e.offset += 8; })},
      {"sections[9]: wrong place",
       entry(9, [](auto& e) { e.size_bytes += 8; })},
      {"sections[9]: unknown and required",
       entry(9, [](auto& e) { e.kind = 11; })},
      {"sections[0]: a section is missing", entry(9,
                                                  [](auto& e) {
                                                    e.kind = 11;
                                                    e.flags = 0;
                                                  })},
      {"sections[9]: size is not a number of records",
       entry(9, [](auto& e) { e.size_bytes -= 8; })},
      {"sections[0]: bytes after the last",
       entry(9, [](auto& e) { e.size_bytes -= 16; })},
      {"header[0]: section table is outside",
       [](Editor& editor) {
         editor.bytes()[offsetof(DirectoryHeader, section_count) + 3] = 1;
       }},
  });
}

TEST(SnapshotImage, TextsFillThePool) {
  ExpectRefused({
      {"not UTF-8",
       [](Editor& e) {
         e.Write("alice",
                 "al\xff"
                 "ce");
       }},
      {"holds NUL",
       [](Editor& e) { e.Write("alice", std::string_view("al\0ce", 5)); }},
      {"accounts[0]: bad text",
       Changed<AccountRecord>(Section::kAccounts, 0,
                              [](auto& r) { ++r.id.offset; })},
      {"accounts[1]: bad text",
       Changed<AccountRecord>(Section::kAccounts, 1,
                              [](auto& r) { r.id.size_bytes = 1 << 30; })},
      {"accounts[1]: bad text",
       Changed<AccountRecord>(Section::kAccounts, 0,
                              [](auto& r) { --r.id.size_bytes; })},
      {"strings[",
       Changed<ResourceRecord>(Section::kResources, 1,
                               [](auto& r) { --r.group.size_bytes; })},
      {"resources[0]: bad text",
       Changed<ResourceRecord>(Section::kResources, 0,
                               [](auto& r) { r.arn.offset = 0; })},
  });
}

TEST(SnapshotImage, AccountsAreAccountsAndAscend) {
  ExpectRefused({
      {"accounts[0]: not the id of an account",
       [](Editor& e) { e.Write("1000000000000001", "10000000:0000001"); }},
      {"accounts[1]: out of order",
       [](Editor& e) { e.Write("1000000000000001", "3000000000000001"); }},
      {"accounts[1]: out of order",
       [](Editor& e) { e.Write("1000000000000001", "2000000000000002"); }},
      {"accounts[0]: unknown flag",
       Changed<AccountRecord>(Section::kAccounts, 0,
                              [](auto& r) { r.flags = 2; })},
      {"accounts[0]: controls out of order",
       Changed<AccountRecord>(Section::kAccounts, 0,
                              [](auto& r) { r.controls.first = 1; })},
      {"accounts[1]: controls out of order",
       Changed<AccountRecord>(Section::kAccounts, 0,
                              [](auto& r) { --r.controls.count; })},
      {"controls[3]: belongs to no account",
       Changed<AccountRecord>(Section::kAccounts, 1,
                              [](auto& r) { r.controls.count = 0; })},
  });
}

TEST(SnapshotImage, ControlsComeFromTheAccountOutwards) {
  const auto control = [](size_t index,
                          std::function<void(ControlRecord&)> change) {
    return Changed<ControlRecord>(Section::kControls, index, change);
  };
  ExpectRefused({
      {"controls[0]: bad level", control(0, [](auto& r) { r.level = 3; })},
      {"controls[0]: bad level", control(0, [](auto& r) { r.depth = 1; })},
      {"controls[1]: bad level", control(1, [](auto& r) { r.depth = 0; })},
      {"controls[1]: bad level",
       control(1, [](auto& r) { r.depth = kMaxFolderDepth + 1; })},
      {"controls[1]: out of order",
       [](Editor& e) { e.Swap<ControlRecord>(Section::kControls, 0, 1); }},
      {"controls[2]: out of order",
       [](Editor& e) {
         e.Set(Section::kControls, 2,
               e.Get<ControlRecord>(Section::kControls, 1));
       }},
      {"controls[0]: not a unit of control",
       control(0, [](auto& r) { r.unit = 0; })},
      {"controls[0]: not a unit of control",
       control(0, [](auto& r) { r.unit = 1000; })},
      {"nobody's",
       [](Editor& e) {
         const uint32_t other =
             e.Get<ControlRecord>(Section::kControls, 0).unit;
         e.Change<ControlRecord>(Section::kControls, 1,
                                 [=](auto& r) { r.unit = other; });
       }},
  });
}

TEST(SnapshotImage, PoliciesHaveNamesAndAccounts) {
  const auto label = [](size_t index,
                        std::function<void(LabelRecord&)> change) {
    return Changed<LabelRecord>(Section::kPolicies, index, change);
  };
  ExpectRefused({
      {"policies[0]: bad account", label(0, [](auto& r) { r.account = 2; })},
      {"policies[0]: bad account",
       label(0, [](auto& r) { r.account = kNoIndex; })},
      {"policies[6]: bad account", label(6, [](auto& r) { r.account = 0; })},
      {"policies[0]: bad text",
       label(0, [](auto& r) { r.name.size_bytes = 0; })},
  });
}

TEST(SnapshotImage, ListsHoldUnitsOfTheirKind) {
  const auto list = [](size_t index, std::function<void(ListRecord&)> change) {
    return Changed<ListRecord>(Section::kLists, index, change);
  };
  const auto unit = [](size_t index, uint32_t value) {
    return Changed<uint32_t>(Section::kListUnits, index,
                             [=](auto& u) { u = value; });
  };
  ExpectRefused({
      {"lists[0]: bad kind", list(0, [](auto& r) { r.kind = 3; })},
      {"lists[0]: bad kind", list(0, [](auto& r) { r.kind = 4; })},
      {"lists[0]: bad kind", list(0, [](auto& r) { r.kind = 5; })},
      {"list units[0]: of another kind", list(0, [](auto& r) { r.kind = 1; })},
      {"lists[1]: bad group", list(1, [](auto& r) { r.kind = 1; })},
      {"lists[0]: units out of order",
       list(0, [](auto& r) { r.units.count = 0; })},
      {"lists[0]: units out of order",
       list(0, [](auto& r) { r.units.count = 100; })},
      {"lists[1]: units out of order",
       list(1, [](auto& r) { r.units.first = 0; })},
      {"list units[1]: out of order",
       list(0, [](auto& r) { r.units.count = 2; })},
      {"list units[0]: of another kind", unit(0, 77)},
  });
}

TEST(SnapshotImage, PrincipalsArePrincipalsAndAscend) {
  const auto principal = [](size_t index,
                            std::function<void(PrincipalRecord&)> change) {
    return Changed<PrincipalRecord>(Section::kPrincipals, index, change);
  };
  ExpectRefused({
      {"principals[0]: not the ARN of a user",
       [](Editor& e) { e.Write("user/alice", "user/al/ce"); }},
      {"principals[2]: not the ARN of a role",
       [](Editor& e) { e.Write("role/Worker", "user/Worker"); }},
      {"principals[2]: not the ARN of a role",
       [](Editor& e) { e.Write("role/Worker", "role/Wo/ker"); }},
      {"principals[1]: of no account",
       [](Editor& e) {
         e.Write("acs:ram::2000000000000002:user/bob",
                 "acs:ram::2000000000000003:user/bob");
       }},
      {"principals[2]: of no account",
       [](Editor& e) {
         e.Write("acs:ram::1000000000000001:role/Worker",
                 "acs:ram::0000000000000001:role/Worker");
       }},
      {"principals[1]: out of order",
       [](Editor& e) {
         e.Write("acs:ram::2000000000000002:user/bob",
                 "acs:ram::1000000000000001:user/abe");
       }},
      {"principals[0]: bad flags", principal(0, [](auto& r) { r.flags = 2; })},
      {"principals[2]: bad flags", principal(2, [](auto& r) { r.flags = 5; })},
      {"principals[1]: out of order",
       [](Editor& e) {
         e.Write("user/alice", "role/alice");
         e.Change<PrincipalRecord>(Section::kPrincipals, 0,
                                   [](auto& r) { r.flags = 1; });
       }},
      {"principals[0]: bad list",
       principal(0, [](auto& r) { r.policies = 1; })},
      {"principals[0]: bad list",
       principal(0, [](auto& r) { r.policies = 99; })},
      {"principals[0]: bad trust", principal(0, [](auto& r) { r.trust = 5; })},
      {"principals[2]: bad trust", principal(2, [](auto& r) { r.trust = 0; })},
      {"principals[0]: scopes out of order",
       principal(0, [](auto& r) { r.scopes.first = 1; })},
      {"scopes[0]: belongs to no principal",
       [&](Editor& e) {
         for (size_t i = 0; i < 4; ++i) {
           e.Change<PrincipalRecord>(Section::kPrincipals, i, [](auto& r) {
             r.scopes = {0, 0};
           });
         }
       }},
      {"scopes[1]: out of order",
       [](Editor& e) { e.Swap<uint32_t>(Section::kScopes, 0, 1); }},
      {"scopes[0]: not a list with a scope",
       Changed<uint32_t>(Section::kScopes, 0, [](auto& list) { list = 0; })},
      {"lists[1]: nobody's",
       Changed<uint32_t>(Section::kScopes, 0, [](auto& list) { list = 2; })},
  });
}

TEST(SnapshotImage, ARoleIsThereInOneSpelling) {
  ExpectRefused({{"principals[3]: there twice",
                  [](Editor& e) { e.Write("role/zorker", "role/worker"); }}});
}

TEST(SnapshotImage, BucketsAndResourcesAreNamedAndAscend) {
  ExpectRefused({
      {"buckets[1]: out of order",
       [](Editor& e) { e.Write("b1b2acs", "b2b1acs"); }},
      {"buckets[1]: out of order",
       [](Editor& e) { e.Write("b1b2acs", "b2b2acs"); }},
      {"buckets[0]: not the name of a bucket",
       [](Editor& e) { e.Write("b1b2acs", "b/b2acs"); }},
      {"buckets[0]: bad list",
       Changed<BucketRecord>(Section::kBuckets, 0,
                             [](auto& r) { r.policy = 0; })},
      {"resources[0]: not an ARN",
       [](Editor& e) { e.Write("acs:fc:r:1", "acs-fc:r:1"); }},
      {"resources[1]: out of order",
       [](Editor& e) { e.Write("functions/a", "functions/b"); }},
      {"resources[1]: in no group",
       [](Editor& e) {
         // The group's text becomes part of the name.
         e.Change<ResourceRecord>(Section::kResources, 1, [](auto& r) {
           r.arn.size_bytes += r.group.size_bytes;
           r.group = {r.group.offset + r.group.size_bytes, 0};
         });
       }},
  });
}

TEST(SnapshotImage, IsRefusedByTheBudgetOfItsReader) {
  const Status status = SnapshotImage::Load(1, Sound().directory,
                                            Sound().program, {.max_steps = 1})
                            .status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace writ::testing
