// SPDX-License-Identifier: Apache-2.0
// What the verifier demands of code: the statement's block is replaced by hand
// assembled instructions of the same length or shorter.
#include <initializer_list>
#include <string>
#include <string_view>

#include "authz/program/opcode.h"
#include "base/limits.h"
#include "gtest/gtest.h"
#include "tests/unit/authz/policy_set.h"
#include "tests/unit/compiler/image_editor.h"

namespace writ::testing {
namespace {

std::string Op(Opcode op) { return std::string(1, static_cast<char>(op)); }

std::string Op(Opcode op, uint32_t operand) {
  std::string code = Op(op);
  code.append(reinterpret_cast<const char*>(&operand), sizeof(operand));
  return code;
}

// An image of one statement whose condition has 20 StringEquals tests (atoms 0
// to 19) and so room for what a test puts there.
std::string RoomyImage() {
  std::string tests;
  for (int i = 10; i < 30; ++i) {
    tests +=
        (tests.empty() ? "\"d:k" : ",\"d:k") + std::to_string(i) + "\":\"v\"";
  }
  // Without an index, which would repeat what the block costs.
  return CompileTables(
      R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{)"
      R"("StringEquals":{)" +
      tests + "}}}");
}

// Puts `code` in the place of the statement's, filled up behind it with
// `fill` instructions that keep the block's length.
Status LoadWithCode(const std::string& code, uint32_t instructions) {
  std::string image = RoomyImage();
  size_t place = 0;
  SectionEntry entry = EntryOf(image, Section::kCode, &place);
  EXPECT_LE(code.size(), entry.size_bytes);
  // The statements follow the code: move them down and shrink the image.
  const SectionEntry statements = EntryOf(image, Section::kStatements);
  const std::string tail = image.substr(statements.offset);
  image.resize(entry.offset);
  image += code;
  image.resize((image.size() + 7) / 8 * 8, '\0');
  const auto moved = static_cast<uint32_t>(statements.offset - image.size());
  image += tail;
  entry.size_bytes = static_cast<uint32_t>(code.size());
  std::memcpy(image.data() + place, &entry, sizeof(entry));
  for (const Section section : {Section::kStatements, Section::kPolicies}) {
    SectionEntry later = EntryOf(image, section, &place);
    later.offset -= moved;
    std::memcpy(image.data() + place, &later, sizeof(later));
  }
  auto statement = Get<StatementRecord>(image, Section::kStatements, 0);
  statement.code = {0, static_cast<uint32_t>(code.size())};
  Put(&image, Section::kStatements, 0, statement);
  auto policy = Get<PolicyRecord>(image, Section::kPolicies, 0);
  policy.max_steps = 3 + instructions;
  Put(&image, Section::kPolicies, 0, policy);
  const uint64_t size = image.size();
  std::memcpy(image.data() + offsetof(ImageHeader, image_bytes), &size,
              sizeof(size));
  FixChecksum(&image);
  return Program::Load(std::move(image)).status();
}

TEST(VerifyCode, AcceptsSoundCode) {
  EXPECT_TRUE(LoadWithCode(Op(Opcode::kPushTrue) + Op(Opcode::kHalt), 2).ok());
  const Status joined = LoadWithCode(
      Op(Opcode::kStrEq, 0) + Op(Opcode::kJumpIfFalse, 6) +
          Op(Opcode::kStrEq, 1) + Op(Opcode::kAnd) + Op(Opcode::kHalt),
      5);
  EXPECT_TRUE(joined.ok()) << joined.message();
  // Two ways out.
  EXPECT_TRUE(LoadWithCode(Op(Opcode::kPushTrue) + Op(Opcode::kJumpIfFalse, 1) +
                               Op(Opcode::kHalt) + Op(Opcode::kHalt),
                           4)
                  .ok());
}

TEST(VerifyCode, RefusesEveryUnsoundShape) {
  std::string deep;
  for (uint64_t i = 0; i <= kMaxVmStack; ++i) deep += Op(Opcode::kPushTrue);
  for (uint64_t i = 0; i < kMaxVmStack; ++i) deep += Op(Opcode::kAnd);
  deep += Op(Opcode::kHalt);
  const auto deep_size = static_cast<uint32_t>(deep.size());
  const struct {
    std::string_view name;
    std::string code;
    uint32_t instructions;
  } kCases[] = {
      {"empty", "", 0},
      {"no halt", Op(Opcode::kPushTrue), 1},
      {"halt on nothing", Op(Opcode::kHalt), 1},
      {"values left",
       Op(Opcode::kPushTrue) + Op(Opcode::kPushTrue) + Op(Opcode::kHalt), 3},
      {"and of one",
       Op(Opcode::kPushTrue) + Op(Opcode::kAnd) + Op(Opcode::kHalt), 3},
      {"not of nothing", Op(Opcode::kNot) + Op(Opcode::kHalt), 2},
      {"stack too deep", deep, deep_size},
      {"unknown opcode", Op(Opcode::kPushTrue) + "\x7f" + Op(Opcode::kHalt), 3},
      {"cut short", Op(Opcode::kPushTrue) + Op(Opcode::kHalt) + "\x10\x01", 3},
      {"after the end",
       Op(Opcode::kPushTrue) + Op(Opcode::kHalt) + Op(Opcode::kHalt), 3},
      {"jump past the end",
       Op(Opcode::kPushTrue) + Op(Opcode::kJumpIfFalse, 1) + Op(Opcode::kHalt),
       3},
      {"jump far past the end",
       Op(Opcode::kPushTrue) + Op(Opcode::kJumpIfFalse, 0xfffffff0u) +
           Op(Opcode::kHalt),
       3},
      {"jump into an instruction",
       Op(Opcode::kPushTrue) + Op(Opcode::kJumpIfFalse, 2) +
           Op(Opcode::kStrEq, 0) + Op(Opcode::kAnd) + Op(Opcode::kHalt),
       5},
      {"depths differ where ways meet",
       Op(Opcode::kPushTrue) + Op(Opcode::kJumpIfFalse, 5) +
           Op(Opcode::kStrEq, 0) + Op(Opcode::kHalt),
       4},
      {"atom out of range", Op(Opcode::kStrEq, 20) + Op(Opcode::kHalt), 2},
      {"atom of another opcode", Op(Opcode::kStrLike, 0) + Op(Opcode::kHalt),
       2},
      {"wrong number of steps", Op(Opcode::kPushTrue) + Op(Opcode::kHalt), 3},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(LoadWithCode(c.code, c.instructions).code(),
              StatusCode::kInvalidArgument)
        << c.name;
  }
}

}  // namespace
}  // namespace writ::testing
