// SPDX-License-Identifier: Apache-2.0
// What the verifier demands of the index: each rule, broken once in an image
// that is sound otherwise, is the rule that refuses it.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/program/opcode.h"
#include "authz/program/program.h"
#include "gtest/gtest.h"
#include "tests/unit/compiler/index_image.h"

namespace writ::testing {
namespace {

Status LoadFixed(std::string image, const VerifyOptions& options = {}) {
  FixChecksum(&image);
  return Program::Load(std::move(image), options).status();
}

struct Rule {
  std::string_view message;  // part of it
  Edit edit;
};

void ExpectRefused(const std::string& sound, const std::vector<Rule>& rules) {
  for (const Rule& rule : rules) {
    std::string image = sound;
    rule.edit.apply(&image);
    const Status status = LoadFixed(std::move(image));
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << rule.edit.name;
    EXPECT_NE(status.message().find(rule.message), std::string_view::npos)
        << rule.edit.name << ": " << status.message();
  }
}

template <typename Record>
uint32_t CountOf(const std::string& image, Section section) {
  return EntryOf(image, section).size_bytes / uint32_t{sizeof(Record)};
}

// The first row that `wanted`; there must be one.
template <typename Record, typename Wanted>
uint32_t FindRow(const std::string& image, Section section, Wanted wanted) {
  for (uint32_t i = 0; i < CountOf<Record>(image, section); ++i) {
    if (wanted(Get<Record>(image, section, i))) return i;
  }
  ADD_FAILURE() << "no such row";
  return 0;
}

TEST(VerifyIndex, SoundImagesWithEveryPassAndFewerAreAccepted) {
  for (const PassSet passes : {PassSet::All(), PassSet::None(),
                               PassSet::All().Without(Pass::kDenyFirst),
                               PassSet::All().Without(Pass::kResourceTries),
                               PassSet::All().Without(Pass::kActionClasses),
                               PassSet::All().Without(Pass::kKnownActions),
                               PassSet::All().Without(Pass::kIntervals)}) {
    const Status status = LoadFixed(IndexImage(passes));
    EXPECT_TRUE(status.ok()) << status.message();
  }
}

TEST(VerifyIndex, EachRuleOfUnitsRefusesItsViolation) {
  const std::string sound = IndexImage();
  const auto unit = [](std::string_view name, auto change, uint32_t index = 0) {
    return Row<UnitRecord>(name, Section::kUnits, change, index);
  };
  const auto member = [](std::string_view name, auto change, uint32_t index) {
    return Row<UnitPolicy>(name, Section::kUnitPolicies, change, index);
  };
  ExpectRefused(
      sound,
      {{"units[0]: wrong max steps",
        unit("steps", [](auto* r) { --r->max_steps; })},
       {"units[0]: policies out of order",
        unit("no policy", [](auto* r) { r->policies.count = 0; })},
       {"units[1]: policies out of order",
        unit(
            "shared policy", [](auto* r) { --r->policies.first; }, 1)},
       {"units[0]: policies out of order",
        unit("many policies", [](auto* r) { r->policies.count = UINT32_MAX; })},
       {"units[1]: anywhere out of order",
        unit(
            "anywhere nowhere", [](auto* r) { r->anywhere = 100000; }, 1)},
       {"nodes[0]: ends out of order",
        unit("anywhere later", [](auto* r) { ++r->anywhere; })},
       {"units[0]: root in the wrong place",
        unit("root", [](auto* r) { r->resources += 4; })},
       {"units[0]: root in the wrong place",
        unit("two roots", [](auto* r) { r->roles = r->resources; })},
       {"unit policies[0]: index out of range",
        member(
            "policy", [](auto* r) { r->policy = 3; }, 0)},
       {"unit policies[1]: wrong first ordinal",
        member(
            "ordinal", [](auto* r) { ++r->first_ordinal; }, 1)},
       {"unit policies[1]: of another kind",
        Row<PolicyRecord>(
            "kind", Section::kPolicies, [](auto* r) { r->kind = 4; }, 1)}});
}

TEST(VerifyIndex, EachRuleOfPostingsRefusesItsViolation) {
  const std::string sound = IndexImage();
  const auto plain = FindRow<PostingRecord>(
      sound, Section::kPostings, [](const PostingRecord& row) {
        return (row.ordinal & PostingRecord::kCheckRest) == 0 &&
               row.condition != kNoIndex;
      });
  const auto rest = FindRow<PostingRecord>(
      sound, Section::kPostings, [](const PostingRecord& row) {
        return (row.ordinal & PostingRecord::kCheckRest) != 0;
      });
  const auto posting = [](std::string_view name, uint32_t index, auto change) {
    return Row<PostingRecord>(name, Section::kPostings, change, index);
  };
  const auto cell = [](std::string_view name, auto change) {
    return Row<CellRecord>(name, Section::kCells, change);
  };
  const auto end = [](std::string_view name, auto change) {
    return Row<EndRecord>(name, Section::kEnds, change);
  };
  ExpectRefused(
      sound,
      {{": statement out of range",
        posting("ordinal", plain, [](auto* r) { r->ordinal = 1000; })},
       {": statement of another cell",
        posting("another statement", plain, [](auto* r) { r->ordinal = 1; })},
       {": condition left out",
        posting("no condition", plain,
                [](auto* r) { r->condition = kNoIndex; })},
       {": condition of another statement",
        posting("condition", plain, [](auto* r) { r->condition = 1000; })},
       {": the rest has to be checked",
        posting("rest", rest,
                [](auto* r) { r->ordinal &= ~PostingRecord::kCheckRest; })},
       {"cells[0]: set out of range",
        cell("set", [](auto* r) { r->action_set = 1000; })},
       {"cells[0]: postings out of order",
        cell("first posting", [](auto* r) { ++r->first_posting; })},
       {"cells[0]: postings out of order",
        cell("no posting", [](auto* r) { r->count_and_effect &= 1; })},
       {"cells[0]: postings out of order",
        cell("many postings",
             [](auto* r) { r->count_and_effect |= 0xfffffffe; })},
       {": statement of another cell",
        cell("effect", [](auto* r) { r->count_and_effect ^= 1; })},
       {"cells[0]: of the other effect", end("allow is deny",
                                             [](auto* r) {
                                               r->allow_count += r->deny_count;
                                               r->deny_count = 0;
                                             })},
       {"ends[0]: cells out of order",
        end("first cell", [](auto* r) { ++r->first_cell; })},
       {"ends[0]: cells out of order",
        end("no cell", [](auto* r) { r->deny_count = r->allow_count = 0; })},
       {"ends[0]: cells out of order",
        end("many cells", [](auto* r) { r->allow_count = UINT32_MAX; })},
       {"ends[0]: not one for anywhere",
        end("anywhere kind", [](auto* r) { r->kind = 3; })},
       {"ends[0]: not one for anywhere",
        end("anywhere pattern", [](auto* r) { r->pattern = 0; })},
       {"conditions[0]: wrong steps",
        Row<ConditionRecord>("steps", Section::kConditions,
                             [](auto* r) { ++r->steps; })},
       {"conditions[0]: code is not a block",
        Row<ConditionRecord>("code", Section::kConditions,
                             [](auto* r) { ++r->code.first; })}});
}

TEST(VerifyIndex, EachRuleOfActionsRefusesItsViolation) {
  const std::string sound = IndexImage();
  ExpectRefused(
      sound,
      {{"action sets[0]: bad list",
        Row<ActionSet>("list", Section::kActionSets,
                       [](auto* r) { r->actions.count = 10000; })},
       {"action sets[0]: bad list",
        Row<ActionSet>("negated", Section::kActionSets,
                       [](auto* r) { r->negated = 2; })},
       {"action bytes[0]: no table of columns",
        Row<uint8_t>(
            "case", Section::kActionBytes, [](auto* r) { *r ^= 1; }, 'a')},
       {"action moves[0]: not a row for each state",
        Row<uint8_t>(
            "columns", Section::kActionBytes, [](auto* r) { *r = 255; }, 0)},
       {"action moves[0]: not the row of a state",
        Row<uint16_t>("move", Section::kActionMoves,
                      [](auto* r) { *r = 0xffff; })},
       {"action states[0]: class out of range",
        Row<uint32_t>("class", Section::kActionStates,
                      [](auto* r) { *r = 1000; })},
       {": set out of range",
        Row<uint64_t>("row", Section::kActionRows,
                      [](auto* r) { *r |= uint64_t{1} << 63; })},
       {"action seeds[0]: zero",
        Row<uint32_t>("seed", Section::kActionSeeds, [](auto* r) { *r = 0; })},
       {"action names[0]: bad text or class",
        Row<ActionName>("class of a name", Section::kActionNames,
                        [](auto* r) { r->action_class = 1000; })},
       {"action names[0]: bad text or class",
        Row<ActionName>("text of a name", Section::kActionNames,
                        [](auto* r) { r->text.offset = 1u << 30; })}});
}

TEST(VerifyIndex, EachRuleOfIntervalsRefusesItsViolation) {
  const std::string sound = IndexImage();
  const auto axis_of = [&](OperandKind kind) {
    return FindRow<AxisRecord>(sound, Section::kAxes, [=](const AxisRecord& r) {
      return r.kind == static_cast<uint32_t>(kind);
    });
  };
  const auto first_point = [&](OperandKind kind) {
    return Get<AxisRecord>(sound, Section::kAxes, axis_of(kind)).points.first;
  };
  // Its neighbour's, so that the axis no longer ascends.
  const auto same_point = [&](std::string_view name, OperandKind kind) {
    const uint32_t at = first_point(kind);
    const auto next = Get<uint32_t>(sound, Section::kPoints, at + 1);
    return Row<uint32_t>(
        name, Section::kPoints, [=](auto* r) { *r = next; }, at);
  };
  const auto ranged =
      FindRow<AtomRange>(sound, Section::kAtomRanges,
                         [](const AtomRange& r) { return r.axis != kNoIndex; });
  const auto free =
      FindRow<AtomRange>(sound, Section::kAtomRanges,
                         [](const AtomRange& r) { return r.axis == kNoIndex; });
  const auto atom_range = [](std::string_view name, uint32_t index,
                             auto change) {
    return Row<AtomRange>(name, Section::kAtomRanges, change, index);
  };
  ExpectRefused(
      sound,
      {{"axes[0]: bad key",
        Row<AxisRecord>("key", Section::kAxes, [](auto* r) { r->key = 1000; })},
       {"axes[0]: bad kind",
        Row<AxisRecord>("glob", Section::kAxes, [](auto* r) { r->kind = 4; })},
       {"axes[0]: bad kind",
        Row<AxisRecord>("kind", Section::kAxes, [](auto* r) { r->kind = 9; })},
       {"axes[0]: points out of order",
        Row<AxisRecord>("points", Section::kAxes,
                        [](auto* r) { ++r->points.first; })},
       {": index out of range",
        Row<uint32_t>("point", Section::kPoints, [](auto* r) { *r = 1000; })},
       {": out of order", same_point("texts", OperandKind::kText)},
       {": out of order", same_point("folded texts", OperandKind::kFolded)},
       {": out of order", same_point("numbers", OperandKind::kDecimal)},
       {"address points[1]: out of order",
        Row<AddressPoint>("addresses", Section::kAddressPoints,
                          [](auto* r) { r->high = UINT64_MAX; })},
       {": axis out of range",
        atom_range("axis", ranged, [](auto* r) { r->axis = 1000; })},
       {": axis of another key or kind",
        atom_range("another axis", ranged,
                   [](auto* r) { r->axis = r->axis == 0 ? 1 : 0; })},
       {": ranges without an axis",
        atom_range("no axis", free, [](auto* r) { r->ranges.count = 1; })},
       {": ranges out of range",
        atom_range("ranges", ranged,
                   [](auto* r) { r->ranges.count = UINT32_MAX; })},
       {"ranges[0]: not one atom's each",
        atom_range("ranges left over", ranged,
                   [](auto* r) { r->ranges.count = 0; })},
       {": out of order", Row<RankRange>("rank", Section::kRanges,
                                         [](auto* r) { r->high = 1000; })},
       {": out of order",
        Row<RankRange>("empty range", Section::kRanges,
                       [](auto* r) { r->low = r->high + 1; })}});
}

TEST(VerifyIndex, BudgetOfTheCallerIsKept) {
  const std::string image = IndexImage();
  uint32_t most = 0;
  for (uint32_t i = 0; i < CountOf<UnitRecord>(image, Section::kUnits); ++i) {
    most = std::max(most, Get<UnitRecord>(image, Section::kUnits, i).max_steps);
  }
  EXPECT_TRUE(LoadFixed(image, {.max_steps = most}).ok());
  const Status status = LoadFixed(image, {.max_steps = most - 1});
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_NE(status.message().find("unit 0"), std::string_view::npos);
  // Without units it is the policies that are decided.
  const std::string plain =
      CompileTables(R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  EXPECT_TRUE(LoadFixed(plain, {.max_steps = 5}).ok());
  EXPECT_EQ(LoadFixed(plain, {.max_steps = 4}).code(),
            StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace writ::testing
