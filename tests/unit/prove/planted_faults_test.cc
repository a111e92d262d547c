// SPDX-License-Identifier: Apache-2.0
//
// A proof is worth what it finds. Real images are damaged in one place, first
// where a compiler is likely to err, then in every single bit; each damage that
// can change a decision must be found.
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authz/program/opcode.h"
#include "authz/program/program.h"
#include "compiler/check.h"
#include "compiler/compile.h"
#include "compiler/image.h"
#include "grammar/parse_json.h"
#include "gtest/gtest.h"
#include "prove/prove.h"

namespace writ {
namespace {

constexpr std::string_view kPolicy = R"json({
  "Version": "1",
  "Statement": [
    {"Effect": "Allow", "Action": ["fc:Get*", "oss:?etObject", "log:PostLog"],
     "Resource": ["acs:fc:*:*:functions/web", "acs:oss:*:*:bkt/*",
                  "acs:fc:cn-*:*:services/*/x", "acs:oss:cn-a:7:*.png"]},
    {"Effect": "Deny", "Action": "fc:DeleteFunction", "Resource": "*",
     "Condition": {"NumericLessThan": {"demo:n": ["5", "7"]},
                   "IpAddress": {"acs:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]},
                   "StringNotEquals": {"demo:s": "a"}}},
    {"Effect": "Allow", "NotAction": ["ram:*"],
     "NotResource": "acs:ram:*:*:role/*"},
    {"Effect": "Allow", "Action": "ram:GetRole",
     "Resource": "acs:ram:*:7:role/Dev-*",
     "Condition": {"DateGreaterThan": {"acs:CurrentTime": "2026-01-01T00:00:00Z"},
                   "StringEqualsIgnoreCase": {"demo:s": ["A", "B"]},
                   "Bool": {"acs:MFAPresent": "true"},
                   "StringLike": {"demo:s": "a*b"}}},
    {"Effect": "Deny", "Action": ["oss:Put*"],
     "Resource": ["acs:oss:*:*:bkt/*", "acs:oss:*:*:log/a?c"],
     "Condition": {"NumericGreaterThanEquals": {"demo:n": "9.5"}}}
  ]
})json";

constexpr std::string_view kSecond = R"json({
  "Version": "1",
  "Statement": [
    {"Effect": "Allow", "Action": "oss:Put*", "Resource": "acs:oss:*:*:bkt/*"},
    {"Effect": "Deny", "Action": "fc:Get*",
     "Resource": "acs:fc:*:*:functions/web",
     "Condition": {"NumericEquals": {"demo:n": "6"}}}
  ]
})json";

constexpr std::string_view kTrust = R"json({
  "Version": "1",
  "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole",
     "Principal": {"RAM": ["acs:ram::7:root", "acs:ram::8:role/Dev/s"],
                   "Service": ["fc.aliyuncs.com"]}},
    {"Effect": "Deny", "Action": "sts:AssumeRole",
     "Principal": {"RAM": "acs:ram::7:user/bob"}}
  ]
})json";

ast::Policy Parse(std::string_view json, ast::PolicyKind kind) {
  const SourceText source("policy", std::string(json));
  Diagnostics diagnostics;
  std::optional<ast::Policy> tree = ParseJsonPolicy(source, &diagnostics);
  EXPECT_TRUE(tree);
  CheckPolicy(source, *tree, kind, &diagnostics);
  EXPECT_FALSE(diagnostics.has_errors());
  return *std::move(tree);
}

// The sections of a sealed image, to be changed.
Image Unseal(const std::string& sealed) {
  Image image;
  ImageHeader header;
  std::memcpy(&header, sealed.data(), sizeof(header));
  for (uint32_t i = 0; i < header.section_count; ++i) {
    SectionEntry entry;
    std::memcpy(&entry, sealed.data() + sizeof(header) + i * sizeof(entry),
                sizeof(entry));
    image[static_cast<Section>(entry.kind)] =
        sealed.substr(entry.offset, entry.size_bytes);
  }
  return image;
}

// Policies and the image of them.
class Fixture {
 public:
  Fixture(const std::vector<std::string_view>& documents, ast::PolicyKind kind)
      : kind_(kind) {
    for (const std::string_view json : documents) {
      trees_.push_back(Parse(json, kind));
    }
    units_.emplace_back();
    std::vector<PolicyInput> inputs;
    for (uint32_t i = 0; i < trees_.size(); ++i) {
      inputs.push_back({&trees_[i], kind});
      inputs_.push_back({&trees_[i], kind});
      units_[0].push_back(i);
    }
    CompileOptions options;
    options.units = units_;
    constexpr std::string_view kKnown[] = {"fc:GetFunction", "oss:PutObject"};
    options.known_actions = kKnown;
    Result<std::string> sealed = CompileProgram(inputs, options);
    EXPECT_TRUE(sealed.ok()) << sealed.status().message();
    image_ = Unseal(*sealed);
  }

  const Image& image() const { return image_; }
  std::vector<ast::Policy>& trees() { return trees_; }

  Status Prove(const Image& image) const {
    return ProveProgram(inputs_, image.View(), units_).status();
  }

  // Of an image without units.
  Status ProveTables(const Image& image) const {
    return ProveProgram(inputs_, image.View()).status();
  }

 private:
  ast::PolicyKind kind_;
  std::vector<ast::Policy> trees_;
  std::vector<std::vector<uint32_t>> units_;
  std::vector<ProofInput> inputs_;
  Image image_;
};

Fixture Identity() {
  return Fixture({kPolicy, kSecond}, ast::PolicyKind::kIdentity);
}

template <typename Record>
Record At(const Image& image, Section section, size_t index) {
  Record record;
  std::memcpy(&record, image[section].data() + index * sizeof(record),
              sizeof(record));
  return record;
}

template <typename Record>
void Put(Section section, size_t index, const Record& record, Image* image) {
  std::memcpy((*image)[section].data() + index * sizeof(record), &record,
              sizeof(record));
}

// Changes one record.
template <typename Record>
std::function<void(Image*)> Change(Section section, size_t index,
                                   std::function<void(Record*)> change) {
  return [=](Image* image) {
    auto record = At<Record>(*image, section, index);
    change(&record);
    Put(section, index, record, image);
  };
}

struct Fault {
  std::string_view name;
  std::function<void(Image*)> plant;
  std::string_view words;  // of the message
};

TEST(PlantedFaults, AreFound) {
  const Fixture fixture = Identity();
  ASSERT_TRUE(fixture.Prove(fixture.image()).ok())
      << fixture.Prove(fixture.image()).message();
  using S = Section;
  const Fault faults[] = {
      {"effect of a statement",
       Change<StatementRecord>(
           S::kStatements, 0,
           [](auto* row) { row->flags ^= StatementRecord::kDeny; }),
       "Deny for Allow"},
      {"NotAction taken for Action",
       Change<StatementRecord>(
           S::kStatements, 2,
           [](auto* row) { row->flags ^= StatementRecord::kNotAction; }),
       "Action for NotAction"},
      {"NotResource taken for Resource",
       Change<StatementRecord>(
           S::kStatements, 2,
           [](auto* row) { row->flags ^= StatementRecord::kNotResource; }),
       "Resource for NotResource"},
      {"an action is dropped",
       Change<StatementRecord>(S::kStatements, 0,
                               [](auto* row) { --row->actions.count; }),
       "action: only the policy"},
      {"a resource is dropped",
       Change<StatementRecord>(S::kStatements, 0,
                               [](auto* row) { --row->resources.count; }),
       "resource: only the policy"},
      {"another condition",
       [](Image* image) {
         auto row = At<StatementRecord>(*image, S::kStatements, 1);
         row.code = At<StatementRecord>(*image, S::kStatements, 4).code;
         Put(S::kStatements, 1, row, image);
       },
       "condition: the image says"},
      {"another relation of a test",
       [](Image* image) {
         std::string& code = (*image)[S::kCode];
         for (size_t i = 0; i < image->View().atoms.size(); ++i) {
           auto atom = At<AtomRecord>(*image, S::kAtoms, i);
           if (atom.opcode != static_cast<uint32_t>(Opcode::kNumLt)) continue;
           atom.opcode = static_cast<uint32_t>(Opcode::kNumLe);
           Put(S::kAtoms, i, atom, image);
         }
         for (char& byte : code) {
           if (byte == static_cast<char>(Opcode::kNumLt)) {
             byte = static_cast<char>(Opcode::kNumLe);
           }
         }
       },
       "`demo:n`"},
      {"another number",
       Change<DecimalConstant>(S::kDecimals, 0,
                               [](auto* number) { number->digits[0] = 8; }),
       "`demo:n`"},
      {"another prefix length",
       Change<BlockConstant>(S::kBlocks, 0,
                             [](auto* block) { --block->prefix_bits; }),
       "`acs:sourceip`"},
      {"a posting is dropped",
       [](Image* image) {
         for (size_t i = 0; i < image->View().cells.size(); ++i) {
           auto cell = At<CellRecord>(*image, S::kCells, i);
           if (cell.count_and_effect < 4) continue;
           cell.count_and_effect -= 2;
           Put(S::kCells, i, cell, image);
           return;
         }
         auto cell = At<CellRecord>(*image, S::kCells, 0);
         cell.count_and_effect &= 1;
         Put(S::kCells, 0, cell, image);
       },
       ""},
      {"a cell with the other action set",
       Change<CellRecord>(
           S::kCells, 0,
           [](auto* cell) { cell->action_set = cell->action_set == 0; }),
       "action"},
      {"a cell with the other effect",
       Change<CellRecord>(
           S::kCells, 0,
           [](auto* cell) { cell->count_and_effect ^= CellRecord::kDeny; }),
       "effect"},
      {"a posting of another statement",
       Change<PostingRecord>(S::kPostings, 0,
                             [](auto* posting) { posting->ordinal ^= 1; }),
       ""},
      {"a posting without its condition",
       [](Image* image) {
         for (size_t i = 0; i < image->View().postings.size(); ++i) {
           auto posting = At<PostingRecord>(*image, S::kPostings, i);
           if (posting.condition == kNoIndex) continue;
           posting.condition = kNoIndex;
           Put(S::kPostings, i, posting, image);
           return;
         }
       },
       "condition: the image says"},
      {"the rest of a statement is not tried",
       [](Image* image) {
         for (size_t i = 0; i < image->View().postings.size(); ++i) {
           auto posting = At<PostingRecord>(*image, S::kPostings, i);
           if ((posting.ordinal & PostingRecord::kCheckRest) == 0) continue;
           posting.ordinal &= ~PostingRecord::kCheckRest;
           Put(S::kPostings, i, posting, image);
           return;
         }
       },
       "the rest of it is not tried"},
      {"nothing is found anywhere",
       Change<UnitRecord>(S::kUnits, 0,
                          [](auto* unit) { unit->anywhere = kNoIndex; }),
       "is not found for every resource"},
      {"no roles",
       Change<UnitRecord>(S::kUnits, 0,
                          [](auto* unit) { unit->roles = kNoIndex; }),
       "does not lead to its statement"},
      {"roles for resources",
       Change<UnitRecord>(S::kUnits, 0,
                          [](auto* unit) { unit->resources = unit->roles; }),
       ""},
      {"a byte of a label",
       [](Image* image) {
         std::string& nodes = (*image)[S::kNodes];
         const size_t at = nodes.find("functions/");
         ASSERT_NE(at, std::string::npos);
         nodes[at] = 'g';
       },
       "functions/web"},
      {"an end that asks too little",
       [](Image* image) {
         for (size_t i = 0; i < image->View().ends.size(); ++i) {
           auto end = At<EndRecord>(*image, S::kEnds, i);
           if (end.kind != static_cast<uint32_t>(EndKind::kVerify)) continue;
           end.kind = static_cast<uint32_t>(EndKind::kAny);
           Put(S::kEnds, i, end, image);
           return;
         }
       },
       "the walk does not come there"},
      {"an end with another pattern",
       Change<EndRecord>(S::kEnds, 1,
                         [](auto* end) { end->pattern = end->pattern == 0; }),
       ""},
      {"a bit of a row", [](Image* image) { (*image)[S::kActionRows][0] ^= 1; },
       "action automaton"},
      {"a state of another class",
       [](Image* image) {
         const size_t last = image->View().action_states.size() - 1;
         auto state = At<uint32_t>(*image, S::kActionStates, last);
         state = state == 0 ? 1 : 0;
         Put(S::kActionStates, last, state, image);
       },
       "action automaton"},
      {"a byte in another column",
       [](Image* image) {
         std::string& bytes = (*image)[S::kActionBytes];
         bytes['g'] = bytes['q'];
       },
       "action automaton"},
      {"case that counts",
       [](Image* image) {
         std::string& bytes = (*image)[S::kActionBytes];
         bytes['G'] = bytes['q'];
       },
       "action automaton"},
      {"a known action of another class",
       [](Image* image) {
         for (size_t i = 0; i < image->View().action_names.size(); ++i) {
           auto name = At<ActionName>(*image, S::kActionNames, i);
           if (name.text.size_bytes == 0) continue;
           name.action_class = name.action_class == 0;
           Put(S::kActionNames, i, name, image);
           return;
         }
         FAIL() << "no known action";
       },
       "action names"},
      {"a bound of a range",
       Change<RankRange>(S::kRanges, 0,
                         [](auto* range) {
                           range->high == 0 ? ++range->high : --range->high;
                         }),
       "its ranges"},
      {"points out of order",
       [](Image* image) {
         for (size_t i = 0; i < image->View().axes.size(); ++i) {
           const auto axis = At<AxisRecord>(*image, S::kAxes, i);
           if (axis.points.count < 2 ||
               axis.kind == static_cast<uint32_t>(OperandKind::kBlock)) {
             continue;
           }
           const auto first =
               At<uint32_t>(*image, S::kPoints, axis.points.first);
           Put(S::kPoints, axis.points.first,
               At<uint32_t>(*image, S::kPoints, axis.points.first + 1), image);
           Put(S::kPoints, axis.points.first + 1, first, image);
           return;
         }
         FAIL() << "no axis with two points";
       },
       "do not ascend"},
      {"another address",
       Change<AddressPoint>(S::kAddressPoints, 0,
                            [](auto* point) { ++point->low; }),
       "its ranges hold"},
      {"an ordinal that begins elsewhere",
       Change<UnitPolicy>(S::kUnitPolicies, 1,
                          [](auto* member) { ++member->first_ordinal; }),
       "begins at another ordinal"},
      {"policies in another order",
       Change<UnitPolicy>(S::kUnitPolicies, 0,
                          [](auto* member) { member->policy = 1; }),
       "member 0 is policy 1"},
      {"a policy of another kind",
       Change<PolicyRecord>(S::kPolicies, 0,
                            [](auto* policy) { policy->kind = 3; }),
       "another kind"},
      {"a key whose tail folds",
       Change<KeyRecord>(S::kKeys, 0, [](auto* key) { --key->folded_bytes; }),
       "without case"},
      {"a pattern split elsewhere",
       Change<ResourcePattern>(
           S::kResourcePatterns, 0,
           [](auto* pattern) { pattern->colons[2] = pattern->colons[1]; }),
       "split at the wrong colons"},
  };
  for (const Fault& fault : faults) {
    Image image = fixture.image();
    fault.plant(&image);
    const Status status = fixture.Prove(image);
    EXPECT_EQ(status.code(), StatusCode::kInternal) << fault.name;
    EXPECT_NE(status.message().find(fault.words), std::string_view::npos)
        << fault.name << ": " << status.message();
  }
}

// A decision reads ranges also where there are no units.
TEST(PlantedFaults, OfRangesWithoutUnitsAreFound) {
  Fixture fixture = Identity();
  Image image = fixture.image();
  for (uint32_t kind = static_cast<uint32_t>(Section::kUnits);
       kind <= static_cast<uint32_t>(Section::kActionNames); ++kind) {
    image[static_cast<Section>(kind)].clear();
  }
  ASSERT_TRUE(Program::Load(image.Seal()).ok());
  EXPECT_TRUE(fixture.ProveTables(image).ok())
      << fixture.ProveTables(image).message();
  Change<RankRange>(Section::kRanges, 0, [](auto* range) {
    range->high == 0 ? ++range->high : --range->high;
  })(&image);
  EXPECT_EQ(fixture.ProveTables(image).code(), StatusCode::kInternal);
}

TEST(PlantedFaults, OfPrincipalsAreFound) {
  const Fixture fixture({kTrust}, ast::PolicyKind::kTrust);
  ASSERT_TRUE(fixture.Prove(fixture.image()).ok())
      << fixture.Prove(fixture.image()).message();
  const size_t patterns = fixture.image().View().principal_patterns.size();
  ASSERT_EQ(patterns, 4u);
  for (size_t i = 0; i < patterns; ++i) {
    Image image = fixture.image();
    auto pattern = At<PrincipalPattern>(image, Section::kPrincipalPatterns, i);
    pattern.kind = static_cast<uint32_t>(PrincipalPatternKind::kFederated);
    Put(Section::kPrincipalPatterns, i, pattern, &image);
    EXPECT_EQ(fixture.Prove(image).code(), StatusCode::kInternal) << i;
  }
}

// What the tree says and the image does not.
TEST(PlantedFaults, InTheTreeAreFound) {
  using Edit = std::function<void(ast::Policy*)>;
  const Edit edits[] = {
      [](ast::Policy* p) { p->statements.pop_back(); },
      [](ast::Policy* p) { p->statements[0].action->values.items.pop_back(); },
      [](ast::Policy* p) { p->statements[1].condition.reset(); },
      [](ast::Policy* p) { p->statements[1].condition->operators.pop_back(); },
      [](ast::Policy* p) {
        p->statements[3].condition->operators[0].tests[0].key.text += "x";
      },
      [](ast::Policy* p) {
        p->statements[4].condition->operators[0].op =
            Operator::kNumericGreaterThan;
      },
      [](ast::Policy* p) {
        p->statements[4].resource->values.items[1].text = "acs:oss:*:*:log/a*c";
      },
  };
  for (size_t i = 0; i < std::size(edits); ++i) {
    Fixture fixture = Identity();
    edits[i](&fixture.trees()[0]);
    EXPECT_EQ(fixture.Prove(fixture.image()).code(), StatusCode::kInternal)
        << i;
  }
}

// Bits all over an image: what the verifier does not refuse, the proof finds.
TEST(PlantedFaults, OfOneBitAreFound) {
  const Fixture fixture = Identity();
  // In the sections that are not here a bit may do no harm: the case of a
  // letter, a constant or range that stands there twice, what no action comes
  // to.
  constexpr Section kSections[] = {
      Section::kActionPatterns, Section::kResourcePatterns,
      Section::kActionLists,    Section::kResourceLists,
      Section::kKeys,           Section::kDecimals,
      Section::kInstants,       Section::kTruths,
      Section::kBlocks,         Section::kCode,
      Section::kStatements,     Section::kPolicies,
      Section::kUnits,          Section::kUnitPolicies,
      Section::kNodes,          Section::kEnds,
      Section::kCells,          Section::kPostings,
      Section::kConditions,     Section::kActionSets,
      Section::kActionRows,     Section::kAxes,
      Section::kAddressPoints,  Section::kRanges,
  };
  constexpr size_t kFlipsOfSection = 120;
  size_t refused = 0;
  size_t found = 0;
  for (const Section section : kSections) {
    const size_t bits = fixture.image()[section].size() * 8;
    EXPECT_GT(bits, 0u) << static_cast<uint32_t>(section);
    const size_t step = 1 + bits / kFlipsOfSection;
    for (size_t bit = 0; bit < bits; bit += step) {
      Image image = fixture.image();
      image[section][bit / 8] ^= static_cast<char>(1 << bit % 8);
      if (!Program::Load(image.Seal()).ok()) {
        ++refused;
      } else if (fixture.Prove(image).ok()) {
        ADD_FAILURE() << "section " << static_cast<uint32_t>(section)
                      << ", bit " << bit;
      } else {
        ++found;
      }
    }
  }
  EXPECT_GT(found, 100u);
  EXPECT_GT(refused, 100u);
}

}  // namespace
}  // namespace writ
