// SPDX-License-Identifier: Apache-2.0
// An image is whole, or refused; what the verifier passes never makes the
// authorizer misbehave.
#include "authz/program/verify.h"

#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/program/disasm.h"
#include "authz/program/opcode.h"
#include "base/crc64.h"
#include "base/limits.h"
#include "gtest/gtest.h"
#include "tests/unit/authz/policy_set.h"
#include "tests/unit/compiler/image_editor.h"
#include "tests/unit/compiler/index_image.h"

namespace writ::testing {
namespace {

// Between them the images hold every section and every kind of constant.
std::vector<std::pair<AttachmentKind, std::string>> Images() {
  std::vector<std::pair<AttachmentKind, std::string>> images;
  const auto add = [&](AttachmentKind kind, std::string_view statements) {
    images.emplace_back(kind, CompileStatements(kind, statements));
  };
  add(AttachmentKind::kIdentity,
      R"({"Sid":"a","Effect":"Allow","Action":["fc:*","*"],)"
      R"("Resource":["acs:fc:*:*:functions/*","*"],"Condition":{)"
      R"("StringEquals":{"acs:a":["x","y"]},"StringNotLike":{"acs:a":"z*"},)"
      R"("StringEqualsIgnoreCase":{"acs:ResourceTag/T":"Q"},)"
      R"("NumericLessThan":{"d:n":["10","-2.5e3"]},)"
      R"("DateGreaterThan":{"d:d":"2026-01-01T00:00:00.5Z"},)"
      R"("Bool":{"d:b":"true"},)"
      R"("NotIpAddress":{"d:i":["10.0.0.0/8","2001:db8::/32"]}}},)"
      R"({"Effect":"Deny","NotAction":"fc:Get*","NotResource":"acs:f?:*:*:*"})");
  add(AttachmentKind::kResource,
      R"({"Effect":"Allow","Action":"oss:*","Resource":"acs:oss:*:*:b/*",)"
      R"("Principal":["*","2700000000000001","acs:ram::1:role/r/s"]})");
  add(AttachmentKind::kTrust,
      R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":{)"
      R"("RAM":["acs:ram::1:root","acs:ram::1:user/u","acs:ram::1:role/r"],)"
      R"("Service":["fc.aliyuncs.com"],)"
      R"("Federated":["acs:ram::1:saml-provider/p"]}})");
  images.emplace_back(AttachmentKind::kIdentity, IndexImage());
  images.emplace_back(AttachmentKind::kIdentity,
                      IndexImage(PassSet::All()
                                     .Without(Pass::kDenyFirst)
                                     .Without(Pass::kActionClasses)));
  return images;
}

// Asks a program what exercises every matcher and reader.
std::string AskAll(const Program& program, AttachmentKind kind) {
  std::string answers;
  Ask asks[9];
  asks[0].context = {{"acs:a", {"y"}},  {"acs:ResourceTag/T", {"q"}},
                     {"d:n", {"9"}},    {"d:d", {"2026-06-01T00:00:00Z"}},
                     {"d:b", {"true"}}, {"d:i", {"11.0.0.1"}}};
  asks[1].context = {{"d:n", {"x"}}};
  asks[2].action = "oss:GetObject";
  asks[2].resources = {"acs:oss:r:1:b/o"};
  asks[2].principal = "acs:ram::1:role/R/s";
  asks[3].action = "sts:AssumeRole";
  asks[3].resources = {"acs:ram::1:role/r"};
  asks[3].principal = "acs:ram::1:user/u";
  asks[4] = asks[3];
  asks[4].principal = "acs:ram::1:saml-provider/p";
  asks[5].action = "fc:GetFunction";
  asks[5].resources = {"acs:fc:cn-a:1:f/aXXaxYyYz"};
  asks[6].action = "fc:getfunction";
  asks[6].resources = {"acs:fc:cn-a:1:services/a.log"};
  asks[6].context = asks[0].context;
  asks[7].action = "ram:GetRole";
  asks[7].resources = {"acs:ram::1:role/X"};
  asks[8].action = "oss:ListBuckets";
  asks[8].resources = {"*"};
  for (const Ask& ask : asks) {
    const AskedRequest asked(ask);
    std::vector<Attachment> attachments;
    for (uint32_t i = 0; i < program.unit_count(); ++i) {
      attachments.push_back({.program = &program, .unit = i, .kind = kind});
    }
    Decision decision;
    answers += Decide(asked.request(), attachments, &decision).ok()
                   ? Show(decision) + "\n"
                   : "refused\n";
  }
  return answers;
}

TEST(Crc64, IsTheXzForm) {
  EXPECT_EQ(Crc64("123456789"), 0x995dc9bbdf1939fau);
  EXPECT_EQ(Crc64("6789", Crc64("12345")), Crc64("123456789"));
}

TEST(Load, AcceptsWhatTheCompilerMakes) {
  for (const auto& [kind, image] : Images()) {
    const auto program = Program::Load(image);
    ASSERT_TRUE(program.ok()) << program.status().message();
    EXPECT_GE((*program)->unit_count(), 1u);
    EXPECT_NE(AskAll(**program, kind).find("ALLOW"), std::string::npos);
  }
}

TEST(Load, EveryTruncationIsDataLoss) {
  for (const auto& [kind, image] : Images()) {
    for (size_t size = 0; size < image.size(); ++size) {
      ASSERT_EQ(Program::Load(image.substr(0, size)).status().code(),
                StatusCode::kDataLoss)
          << size;
    }
    EXPECT_EQ(Program::Load(image + '\0').status().code(),
              StatusCode::kDataLoss);
  }
}

TEST(Load, EveryBitFlipIsRefused) {
  for (const auto& [kind, image] : Images()) {
    for (size_t at = 0; at < image.size() * 8; ++at) {
      std::string changed = image;
      changed[at / 8] = static_cast<char>(changed[at / 8] ^ (1 << (at % 8)));
      ASSERT_FALSE(Program::Load(std::move(changed)).ok()) << at;
    }
  }
}

TEST(Load, NewerFormatsAreToldApartFromDamage) {
  std::string image = Images()[0].second;
  const auto put = [&](size_t offset, uint32_t value) {
    std::memcpy(image.data() + offset, &value, 2);
    FixChecksum(&image);
    return Program::Load(image).status().code();
  };
  EXPECT_EQ(put(offsetof(ImageHeader, minor), 9), StatusCode::kOk);
  EXPECT_EQ(put(offsetof(ImageHeader, semantics), 2),
            StatusCode::kUnimplemented);
  // And what to do about it.
  EXPECT_NE(Program::Load(image).status().message().find(
                "semantics 2, this build knows 1: use the build that made it, "
                "or compile the policies again"),
            std::string_view::npos);
  put(offsetof(ImageHeader, semantics), 1);
  EXPECT_EQ(put(offsetof(ImageHeader, major), 2), StatusCode::kUnimplemented);
}

// Lets the verifier alone stand against a change, and uses what it passes.
void TryVerifierAlone(AttachmentKind kind, std::string image, int* accepted) {
  if (image.size() < sizeof(ImageHeader)) return;
  FixChecksum(&image);
  const auto program = Program::Load(std::move(image));
  if (!program.ok()) return;
  ++*accepted;
  EXPECT_FALSE(AskAll(**program, kind).empty());
  EXPECT_FALSE(Disassemble(**program).empty());
}

TEST(Verifier, NoSingleByteCanMakeTheAuthorizerMisbehave) {
  int accepted = 0;
  for (const auto& [kind, image] : Images()) {
    for (size_t at = 0; at < image.size(); ++at) {
      for (const int flip : {0x01, 0x02, 0x10, 0x40, 0x80, 0xff}) {
        // Of the large ones every byte in one way is a few seconds already.
        if (image.size() > 4096 && flip != 0x01) continue;
        std::string changed = image;
        changed[at] = static_cast<char>(changed[at] ^ flip);
        TryVerifierAlone(kind, std::move(changed), &accepted);
      }
    }
  }
  // Texts and constants may change and still be an image.
  EXPECT_GT(accepted, 100);
}

TEST(Verifier, NoRandomDamageCanMakeTheAuthorizerMisbehave) {
  std::mt19937 random(20261121);
  int accepted = 0;
  const auto images = Images();
  for (int i = 0; i < 30000; ++i) {
    const auto& [kind, image] = images[random() % images.size()];
    std::string changed = image;
    for (size_t edits = 1 + random() % 4; edits > 0; --edits) {
      const size_t at = random() % (changed.size() - 4);
      const uint32_t value = random() % 3 == 0
                                 ? 0xffffffffu
                                 : static_cast<uint32_t>(random() % 64);
      std::memcpy(changed.data() + at, &value, 1 + random() % 4);
    }
    TryVerifierAlone(kind, std::move(changed), &accepted);
  }
  EXPECT_GT(accepted, 0);
}

TEST(Verifier, TruncatedTablesAreRefused) {
  for (const auto& [kind, image] : Images()) {
    for (size_t size = sizeof(ImageHeader); size < image.size(); ++size) {
      std::string changed = image.substr(0, size);
      const uint64_t told = size;
      std::memcpy(changed.data() + offsetof(ImageHeader, image_bytes), &told,
                  sizeof(told));
      FixChecksum(&changed);
      ASSERT_EQ(Program::Load(std::move(changed)).status().code(),
                StatusCode::kInvalidArgument);
    }
  }
}

TEST(Verifier, UnknownSectionsAreSkippedUnlessRequired) {
  for (const uint32_t flags : {0u, SectionEntry::kRequired}) {
    std::string image = Images()[0].second;
    ImageHeader header;
    std::memcpy(&header, image.data(), sizeof(header));
    // Makes room for one more entry: everything behind the table moves by a
    // multiple of the alignment.
    const size_t table_end =
        sizeof(header) + header.section_count * sizeof(SectionEntry);
    for (uint32_t i = 0; i < header.section_count; ++i) {
      SectionEntry entry;
      char* const at = image.data() + sizeof(header) + i * sizeof(entry);
      std::memcpy(&entry, at, sizeof(entry));
      entry.offset += sizeof(entry);
      std::memcpy(at, &entry, sizeof(entry));
    }
    std::string extra = "an index of a later minor version";
    SectionEntry added = {999, flags, 0, static_cast<uint32_t>(extra.size())};
    image.insert(table_end, sizeof(added), '\0');
    image.resize((image.size() + 7) / 8 * 8, '\0');
    added.offset = static_cast<uint32_t>(image.size());
    std::memcpy(image.data() + table_end, &added, sizeof(added));
    image += extra;
    ++header.section_count;
    header.image_bytes = image.size();
    std::memcpy(image.data(), &header, sizeof(header));
    FixChecksum(&image);
    const auto program = Program::Load(image);
    EXPECT_EQ(program.ok(), flags == 0) << program.status().message();
  }
}

TEST(Verifier, EachRuleRefusesItsViolation) {
  const Edit kEdits[] = {
      Row<PolicyRecord>("too few steps", Section::kPolicies,
                        [](auto* r) { --r->max_steps; }),
      Row<PolicyRecord>("kind", Section::kPolicies,
                        [](auto* r) { r->kind = 5; }),
      Row<PolicyRecord>("fewer statements", Section::kPolicies,
                        [](auto* r) { --r->statements.count; }),
      Row<PolicyRecord>("label", Section::kPolicies,
                        [](auto* r) { r->label.size_bytes = 1000; }),
      Row<StatementRecord>("flag", Section::kStatements,
                           [](auto* r) { r->flags |= 32; }),
      Row<StatementRecord>("no action", Section::kStatements,
                           [](auto* r) { r->actions.count = 0; }),
      Row<StatementRecord>("long list", Section::kStatements,
                           [](auto* r) { r->actions.count = 1000; }),
      Row<StatementRecord>("overflowing list", Section::kStatements,
                           [](auto* r) { r->resources.first = 0xffffffff; }),
      Row<StatementRecord>(
          "resource without flag", Section::kStatements,
          [](auto* r) { r->flags &= ~StatementRecord::kHasResource; }),
      Row<StatementRecord>(
          "principal flag without list", Section::kStatements,
          [](auto* r) { r->flags |= StatementRecord::kHasPrincipal; }),
      Row<StatementRecord>("code out of range", Section::kStatements,
                           [](auto* r) { r->code.count = 100000; }),
      Row<StatementRecord>("code not a block", Section::kStatements,
                           [](auto* r) { r->code.first = 1; }),
      Row<uint32_t>("action index", Section::kActionLists,
                    [](auto* r) { *r = 1000; }),
      Row<uint32_t>("resource index", Section::kResourceLists,
                    [](auto* r) { *r = 1000; }),
      Row<ActionPattern>("action colon", Section::kActionPatterns,
                         [](auto* r) { r->colon += 1; }),
      Row<ActionPattern>("action text", Section::kActionPatterns,
                         [](auto* r) { r->text.offset = 0x7fffffff; }),
      Row<ResourcePattern>("resource colons", Section::kResourcePatterns,
                           [](auto* r) { r->colons[3] = 0xffff; }),
      Row<KeyRecord>("key fold", Section::kKeys,
                     [](auto* r) { r->folded_bytes = 1; }),
      Row<DecimalConstant>("decimal digit", Section::kDecimals,
                           [](auto* r) { r->digits[0] = 10; }),
      Row<DecimalConstant>("decimal count", Section::kDecimals,
                           [](auto* r) { r->digit_count = 35; }),
      Row<DecimalConstant>("decimal zero", Section::kDecimals,
                           [](auto* r) { r->sign = 0; }),
      Row<InstantConstant>("nanoseconds", Section::kInstants,
                           [](auto* r) { r->nanos = 1000000000; }),
      Row<uint32_t>("truth", Section::kTruths, [](auto* r) { *r = 2; }),
      Row<BlockConstant>("prefix", Section::kBlocks,
                         [](auto* r) { r->prefix_bits = 33; }),
      Row<BlockConstant>("host bits", Section::kBlocks,
                         [](auto* r) { r->bytes[15] = 1; }),
      Row<AtomRecord>("key index", Section::kAtoms,
                      [](auto* r) { r->key = 1000; }),
      Row<AtomRecord>("operands", Section::kAtoms,
                      [](auto* r) { r->operand_count = 0xffffffff; }),
      Row<AtomRecord>("opcode", Section::kAtoms,
                      [](auto* r) { r->opcode = 0x7f; }),
      Row<AtomRecord>("opcode without atom", Section::kAtoms,
                      [](auto* r) { r->opcode = 0; }),
      Row<uint8_t>("invalid UTF-8", Section::kStrings,
                   [](auto* r) { *r = 0xff; }),
      Row<uint8_t>("NUL", Section::kStrings, [](auto* r) { *r = 0; }),
      {"unsorted sections",
       [](std::string* image) {
         size_t place = 0;
         SectionEntry entry = EntryOf(*image, Section::kLabels, &place);
         entry.kind = 1;
         std::memcpy(image->data() + place, &entry, sizeof(entry));
       }},
      {"odd record size",
       [](std::string* image) {
         size_t place = 0;
         SectionEntry entry = EntryOf(*image, Section::kPolicies, &place);
         entry.size_bytes -= 1;
         std::memcpy(image->data() + place, &entry, sizeof(entry));
       }},
  };
  for (const Edit& edit : kEdits) {
    std::string image = Images()[0].second;
    edit.apply(&image);
    FixChecksum(&image);
    EXPECT_EQ(Program::Load(std::move(image)).status().code(),
              StatusCode::kInvalidArgument)
        << edit.name;
  }
}

}  // namespace
}  // namespace writ::testing
