// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "authz/match_resource.h"
#include "authz/program/program.h"
#include "base/limits.h"
#include "compiler/compile.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_json.h"
#include "gtest/gtest.h"
#include "tests/unit/compiler/trie_walk.h"

namespace writ {
namespace {

using Units = std::vector<std::vector<uint32_t>>;

ast::Policy Parse(std::string_view statements) {
  const SourceText source("test", R"({"Version":"1","Statement":[)" +
                                      std::string(statements) + "]}");
  Diagnostics diagnostics;
  std::optional<ast::Policy> tree = ParseJsonPolicy(source, &diagnostics);
  EXPECT_TRUE(tree.has_value()) << statements;
  return tree ? *std::move(tree) : ast::Policy();
}

// A statement as JSON text.
std::string Statement(std::string_view effect, std::string_view resource,
                      std::string_view action = R"("Action":"a:x")",
                      std::string_view rest = "") {
  return R"({"Effect":")" + std::string(effect) + R"(",)" +
         std::string(action) + "," + std::string(resource) + std::string(rest) +
         "}";
}

Result<std::string> Compile(std::span<const ast::Policy> trees,
                            const Units& units = {},
                            PassSet passes = PassSet::All(),
                            ast::PolicyKind kind = ast::PolicyKind::kIdentity) {
  std::vector<PolicyInput> inputs;
  for (const ast::Policy& tree : trees) inputs.push_back({&tree, kind});
  return CompileProgram(inputs, {.passes = passes, .units = units});
}

std::unique_ptr<const Program> Load(Result<std::string> image) {
  EXPECT_TRUE(image.ok()) << image.status().message();
  if (!image.ok()) return nullptr;
  auto program = Program::Load(*std::move(image));
  EXPECT_TRUE(program.ok()) << program.status().message();
  return program.ok() ? std::move(program).value() : nullptr;
}

// Reads the units of an image from format.h alone.
class UnitReader {
 public:
  UnitReader(const ProgramView& view, uint32_t unit)
      : view_(view), unit_(view.units[unit]) {
    for (uint32_t i = 0; i < unit_.policies.count; ++i) {
      const UnitPolicy member = view.unit_policies[unit_.policies.first + i];
      EXPECT_EQ(member.first_ordinal, rows_.size());
      const Run rows = view.policies[member.policy].statements;
      for (uint32_t k = 0; k < rows.count; ++k) {
        rows_.push_back(view.statements[rows.first + k]);
      }
    }
  }

  // Ordinals of the statements found for the resource, and still wanted by it.
  std::set<uint32_t> Find(std::string_view text) const {
    RequestResource resource;
    EXPECT_TRUE(ReadResource(text, &resource)) << text;
    std::set<uint32_t> ends;
    const bool role = resource.fold_bytes > 0;
    const uint32_t root = role ? unit_.roles : unit_.resources;
    if (!resource.any && root != kNoIndex) {
      ends = testing::EndsThatMatch(view_, root, role, text);
    }
    if (unit_.anywhere != kNoIndex) ends.insert(unit_.anywhere);
    std::set<uint32_t> found;
    for (const uint32_t end : ends) {
      for (const PostingRecord& posting : PostingsOf(end)) {
        const uint32_t ordinal = posting.ordinal & ~PostingRecord::kCheckRest;
        if (ordinal == posting.ordinal || Matches(ordinal, resource)) {
          found.insert(ordinal);
        }
      }
    }
    return found;
  }

  // The statements whose resources match, each asked.
  std::set<uint32_t> Match(std::string_view text) const {
    RequestResource resource;
    EXPECT_TRUE(ReadResource(text, &resource)) << text;
    std::set<uint32_t> matching;
    for (uint32_t i = 0; i < rows_.size(); ++i) {
      if (Matches(i, resource)) matching.insert(i);
    }
    return matching;
  }

  // Checks everything that a walk does not, and the bound on steps.
  void CheckAll(bool deny_first) const {
    std::set<uint32_t> ends;
    size_t bytes = 0;
    uint32_t nodes = 0;
    for (const uint32_t root : {unit_.resources, unit_.roles}) {
      if (root == kNoIndex) continue;
      ends.merge(testing::EndsBelow(view_, root, &bytes, &nodes));
    }
    if (unit_.anywhere != kNoIndex) {
      EXPECT_EQ(view_.ends[unit_.anywhere].pattern, kNoIndex);
      EXPECT_TRUE(ends.insert(unit_.anywhere).second);
    }
    uint64_t steps = nodes;
    for (const uint32_t end : ends) steps += CheckEnd(end, deny_first);
    EXPECT_EQ(unit_.max_steps, steps);
  }

  std::vector<PostingRecord> PostingsOf(uint32_t end_index) const {
    const EndRecord end = view_.ends[end_index];
    std::vector<PostingRecord> postings;
    for (uint32_t i = 0; i < CellsOf(end); ++i) {
      const CellRecord cell = view_.cells[end.first_cell + i];
      for (uint32_t k = 0; k < cell.count_and_effect / 2; ++k) {
        postings.push_back(view_.postings[cell.first_posting + k]);
      }
    }
    return postings;
  }

  const UnitRecord& unit() const { return unit_; }

 private:
  static uint32_t CellsOf(const EndRecord& end) {
    return end.allow_count + (end.deny_count == kNoIndex ? 0 : end.deny_count);
  }

  bool Matches(uint32_t ordinal, const RequestResource& resource) const {
    const StatementRecord& row = rows_[ordinal];
    if ((row.flags & StatementRecord::kHasResource) == 0) return true;
    bool matches = false;
    for (uint32_t i = 0; i < row.resources.count; ++i) {
      matches =
          matches ||
          MatchResource(
              view_,
              view_.resource_patterns[view_.resource_lists[row.resources.first +
                                                           i]],
              resource);
    }
    return matches != ((row.flags & StatementRecord::kNotResource) != 0);
  }

  // Returns its steps.
  uint64_t CheckEnd(uint32_t index, bool deny_first) const {
    const EndRecord end = view_.ends[index];
    EXPECT_EQ(end.deny_count != kNoIndex, deny_first);
    uint64_t steps =
        end.kind == static_cast<uint32_t>(EndKind::kVerify) ? 2 : 1;
    std::set<uint32_t> ordinals;
    std::tuple<bool, uint32_t, bool> last = {};
    for (uint32_t i = 0; i < CellsOf(end); ++i) {
      const CellRecord cell = view_.cells[end.first_cell + i];
      const bool deny = (cell.count_and_effect & CellRecord::kDeny) != 0;
      const std::tuple order = {deny_first && !deny, cell.action_set, deny};
      if (i > 0) {
        EXPECT_LT(last, order);
      }
      last = order;
      if (deny_first) {
        EXPECT_EQ(deny, i < end.deny_count);
      }
      const ActionSet set = view_.action_sets[cell.action_set];
      steps += 1 + (view_.action_rows.size() == 0 ? set.actions.count : 0);
      EXPECT_GE(cell.count_and_effect, 2u);
      uint32_t previous = 0;
      for (uint32_t k = 0; k < cell.count_and_effect / 2; ++k) {
        const PostingRecord posting = view_.postings[cell.first_posting + k];
        const uint32_t ordinal = posting.ordinal & ~PostingRecord::kCheckRest;
        EXPECT_TRUE(k == 0 || ordinal > previous);
        previous = ordinal;
        EXPECT_TRUE(ordinals.insert(ordinal).second);
        const StatementRecord& row = rows_[ordinal];
        EXPECT_EQ((row.flags & StatementRecord::kDeny) != 0, deny);
        EXPECT_EQ(set.actions, row.actions);
        EXPECT_EQ(set.negated != 0,
                  (row.flags & StatementRecord::kNotAction) != 0);
        steps += 1;
        if (posting.condition != kNoIndex) {
          EXPECT_EQ(view_.conditions[posting.condition].code, row.code);
          steps += view_.conditions[posting.condition].steps;
        } else {
          EXPECT_EQ(row.code.count, 2u);
        }
        if (posting.ordinal != ordinal) {
          steps += row.resources.count + row.principals.count;
        } else {
          EXPECT_EQ(row.principals.count, 0u);
          EXPECT_EQ(row.flags & StatementRecord::kNotResource, 0u);
        }
      }
    }
    return steps;
  }

  const ProgramView& view_;
  const UnitRecord unit_;
  std::vector<StatementRecord> rows_;  // by ordinal
};

TEST(Units, EachPolicyIsOneByDefault) {
  const ast::Policy trees[] = {
      Parse(Statement("Allow", R"("Resource":"acs:oss:*:*:b/*")")),
      Parse(Statement("Deny", R"("Resource":"*")") + "," +
            Statement("Allow", R"("Resource":"acs:oss:*:*:c")"))};
  const auto program = Load(Compile(trees));
  ASSERT_EQ(program->view().units.size(), 2u);
  const UnitReader first(program->view(), 0);
  EXPECT_EQ(first.Find("acs:oss:::b/x"), (std::set<uint32_t>{0}));
  EXPECT_TRUE(first.Find("acs:oss:::c").empty());
  const UnitReader second(program->view(), 1);
  EXPECT_EQ(second.Find("acs:oss:::c"), (std::set<uint32_t>{0, 1}));
  EXPECT_EQ(second.Find("*"), (std::set<uint32_t>{0}));
}

TEST(Units, NumberStatementsThroughTheirPolicies) {
  const ast::Policy trees[] = {
      Parse(Statement("Allow", R"("Resource":"acs:oss:*:*:a")")),
      Parse(Statement("Allow", R"("Resource":"acs:oss:*:*:b")") + "," +
            Statement("Allow", R"("Resource":"acs:oss:*:*:a")")),
      Parse("")};
  const auto program = Load(Compile(trees, {{1, 0}, {2}, {0, 2, 1}}));
  ASSERT_EQ(program->view().units.size(), 3u);
  EXPECT_EQ(UnitReader(program->view(), 0).Find("acs:oss:::a"),
            (std::set<uint32_t>{1, 2}));
  EXPECT_TRUE(UnitReader(program->view(), 1).Find("acs:oss:::a").empty());
  EXPECT_EQ(UnitReader(program->view(), 2).Find("acs:oss:::a"),
            (std::set<uint32_t>{0, 2}));
}

TEST(Units, RefuseWhatIsNoUnit) {
  const ast::Policy identity = Parse(Statement("Allow", R"("Resource":"*")"));
  const PolicyInput inputs[] = {{&identity, ast::PolicyKind::kIdentity},
                                {&identity, ast::PolicyKind::kControl}};
  const Units missing = {{0}, {1, 2}};
  const auto first = CompileProgram(inputs, {.units = missing});
  EXPECT_EQ(first.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(first.status().message(), "unit 1 has policy 2 of 2");
  const Units empty = {{0}, {}};
  EXPECT_EQ(CompileProgram(inputs, {.units = empty}).status().message(),
            "unit 1 has no policies");
  const Units mixed = {{0, 1}};
  const auto second = CompileProgram(inputs, {.units = mixed});
  EXPECT_EQ(second.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(second.status().message(), "unit 0 has policies of several kinds");
}

TEST(Units, StandAnywhereWhenNoPatternCanFindThem) {
  const ast::Policy trees[] = {
      Parse(Statement("Allow", R"("Resource":["acs:oss:*:*:a","*"])") + "," +
            Statement("Allow", R"("NotResource":["acs:oss:*:*:a"])") + "," +
            Statement("Deny", R"("NotResource":"*")"))};
  const auto program = Load(Compile(trees));
  const UnitReader unit(program->view(), 0);
  EXPECT_EQ(unit.unit().resources, kNoIndex);
  EXPECT_EQ(unit.unit().roles, kNoIndex);
  EXPECT_EQ(unit.Find("acs:oss:::a"), (std::set<uint32_t>{0}));
  EXPECT_EQ(unit.Find("acs:oss:::b"), (std::set<uint32_t>{0, 1}));
  EXPECT_EQ(unit.Find("*"), (std::set<uint32_t>{0, 1}));
  unit.CheckAll(true);
}

TEST(Units, PrincipalsAreAskedOfTheStatement) {
  const ast::Policy trust[] = {
      Parse(R"({"Effect":"Allow","Action":"sts:AssumeRole",)"
            R"("Principal":{"RAM":["acs:ram::1:root","acs:ram::2:root"]}})")};
  const auto program =
      Load(Compile(trust, {}, PassSet::All(), ast::PolicyKind::kTrust));
  const UnitReader unit(program->view(), 0);
  const auto postings = unit.PostingsOf(unit.unit().anywhere);
  ASSERT_EQ(postings.size(), 1u);
  EXPECT_EQ(postings[0].ordinal, PostingRecord::kCheckRest);
  unit.CheckAll(true);
}

TEST(Units, StatementsAlikeShareACell) {
  std::string statements;
  for (int i = 0; i < 4; ++i) {
    statements +=
        Statement(i == 2 ? "Deny" : "Allow", R"("Resource":"acs:oss:*:*:a")") +
        ",";
  }
  statements +=
      Statement("Allow", R"("Resource":"acs:oss:*:*:a")", R"("Action":"b:*")",
                R"(,"Condition":{"Bool":{"c:k":"true"}})");
  const ast::Policy trees[] = {Parse(statements)};
  const auto program = Load(Compile(trees));
  const ProgramView& view = program->view();
  ASSERT_EQ(view.ends.size(), 1u);
  EXPECT_EQ(view.ends[0].deny_count, 1u);
  EXPECT_EQ(view.ends[0].allow_count, 2u);
  ASSERT_EQ(view.cells.size(), 3u);
  EXPECT_EQ(view.cells[0].count_and_effect, 2u + CellRecord::kDeny);
  EXPECT_EQ(view.cells[1].count_and_effect, 6u);
  EXPECT_EQ(view.action_sets.size(), 2u);
  EXPECT_EQ(view.conditions.size(), 1u);
  EXPECT_EQ(view.conditions[0].steps, 2u);
}

TEST(Units, AreLeftOutWithTheIndex) {
  const ast::Policy trees[] = {
      Parse(Statement("Allow", R"("Resource":"acs:oss:*:*:a")"))};
  const PassSet none = PassSet::All().Without(Pass::kIndex);
  EXPECT_EQ(Load(Compile(trees, {}, none))->view().units.size(), 0u);
  // Asked for, they are there, but statements are tried one after the other.
  const auto program = Load(Compile(trees, {{0}}, none));
  ASSERT_EQ(program->view().units.size(), 1u);
  EXPECT_EQ(program->view().units[0].resources, kNoIndex);
  EXPECT_EQ(UnitReader(program->view(), 0).Find("acs:oss:::a").size(), 1u);
}

// Policies of few different texts, so that requests meet them.
class Source {
 public:
  explicit Source(uint32_t seed) : random_(seed) {}

  uint32_t Below(uint32_t bound) {
    return static_cast<uint32_t>(random_() % bound);
  }
  std::string OneOf(std::initializer_list<std::string_view> texts) {
    return std::string(
        texts.begin()[Below(static_cast<uint32_t>(texts.size()))]);
  }

  std::string Pattern() {
    if (Below(12) == 0) return "*";
    return "acs:" + OneOf({"oss", "ram", "*", "r*", "o?s"}) + ":" +
           OneOf({"*", "", "cn"}) + ":" + OneOf({"*", "1", "?"}) + ":" +
           OneOf({"a*", "*a", "a", "ab", "*", "a*b*", "role/*", "role/A",
                  "ROLE/a?", "*b*a", "a**"});
  }

  std::string Policy() {
    std::string text;
    for (uint32_t left = Below(12); left > 0; --left) {
      std::string list;
      for (uint32_t i = Below(3) + 1; i > 0; --i) {
        list += '"' + Pattern() + (i > 1 ? "\"," : "\"");
      }
      if (!text.empty()) text += ",";
      text += Statement(OneOf({"Allow", "Allow", "Deny"}),
                        OneOf({R"("Resource":[)", R"("Resource":[)",
                               R"("Resource":[)", R"("NotResource":[)"}) +
                            list + "]",
                        OneOf({R"("Action":"a:x")", R"("NotAction":"a:x")",
                               R"("Action":["a:*","b:y"])"}),
                        OneOf({"", R"(,"Condition":{"Bool":{"c:k":"true"}})",
                               R"(,"Condition":{"StringEquals":{"c:l":"v"},)"
                               R"("NumericLessThan":{"c:n":"1"}})"}));
    }
    return text;
  }

  std::string Resource() {
    if (Below(10) == 0) return "*";
    return "acs:" + OneOf({"oss", "ram", "fc"}) + ":" + OneOf({"", "cn"}) +
           ":" + OneOf({"1", "22"}) + ":" +
           OneOf({"a", "ab", "aba", "role/a", "role/A", "role/ab/s", "b",
                  "xbya", "abab", ""});
  }

 private:
  std::mt19937 random_;
};

TEST(Units, FindTheStatementsWhoseResourcesMatchWhateverPassesRun) {
  size_t found = 0;
  for (uint32_t seed = 0; seed < 200; ++seed) {
    Source source(seed);
    std::vector<ast::Policy> trees;
    Units units;
    for (uint32_t left = source.Below(4) + 1; left > 0; --left) {
      trees.push_back(Parse(source.Policy()));
    }
    for (uint32_t left = source.Below(3); left > 0; --left) {
      units.emplace_back();
      for (uint32_t i = source.Below(4) + 1; i > 0; --i) {
        units.back().push_back(
            source.Below(static_cast<uint32_t>(trees.size())));
      }
    }
    const bool deny_first = source.Below(2) == 0;
    PassSet passes = PassSet::All();
    if (!deny_first) passes = passes.Without(Pass::kDenyFirst);
    if (source.Below(4) == 0) passes = passes.Without(Pass::kResourceTries);
    if (source.Below(4) == 0) passes = passes.Without(Pass::kActionClasses);
    const auto program = Load(Compile(trees, units, passes));
    ASSERT_NE(program, nullptr);
    for (uint32_t i = 0; i < program->view().units.size(); ++i) {
      const UnitReader unit(program->view(), i);
      unit.CheckAll(deny_first);
      for (int k = 0; k < 40; ++k) {
        const std::string resource = source.Resource();
        const std::set<uint32_t> matching = unit.Match(resource);
        ASSERT_EQ(unit.Find(resource), matching)
            << resource << " unit " << i << " seed " << seed;
        found += matching.size();
      }
    }
  }
  EXPECT_GT(found, 10000u);
}

}  // namespace
}  // namespace writ
