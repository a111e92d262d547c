// SPDX-License-Identifier: Apache-2.0
// The C interface, asked in ways that the examples do not show.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "libwrit/writ.h"
#include "libwrit/writ_compiler.h"

namespace {

constexpr std::string_view kAlice = "acs:ram::1:user/alice";
constexpr std::string_view kPhoto = "acs:oss:r:1:photos/cat.jpg";
constexpr std::string_view kAllowPhotos =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:Get*",)"
    R"("Resource":"acs:oss:*:*:photos/*"}]})";

writ_text Text(std::string_view text) { return {text.data(), text.size()}; }

class LibWrit : public testing::Test {
 protected:
  ~LibWrit() override {
    for (writ_program* program : programs_) writ_program_free(program);
  }

  // Null when the text does not compile; then error_ and findings_ say why.
  writ_program* Compile(std::string_view text, writ_kind kind,
                        writ_language language = WRIT_RAM_JSON) {
    const writ_policy_source source = {Text("policy"), Text(text),
                                       static_cast<uint32_t>(language),
                                       static_cast<uint32_t>(kind)};
    writ_buffer image;
    writ_buffer found;
    const int made = writ_compile(&source, 1, &image, &found, &error_);
    findings_.assign(found.data == nullptr ? "" : found.data, found.size);
    writ_buffer_free(&found);
    if (made == 0) {
      EXPECT_EQ(image.data, nullptr);
      return nullptr;
    }
    writ_program* program = writ_program_load(image.data, image.size, &error_);
    writ_buffer_free(&image);
    if (program != nullptr) programs_.push_back(program);
    return program;
  }

  int Decide(const std::vector<writ_attachment>& attachments,
             std::vector<writ_context> context = {}) {
    const writ_text resources[] = {Text(kPhoto)};
    writ_request request = {};
    request.principal = Text(kAlice);
    request.action = Text("oss:GetObject");
    request.resources = resources;
    request.resource_count = 1;
    request.context = context.data();
    request.context_count = context.size();
    return writ_decide(&request, attachments.data(), attachments.size(),
                       &decision_, nullptr, 0, &error_);
  }

  static writ_attachment Attach(const writ_program* program) {
    writ_attachment attachment = {};
    attachment.program = program;
    return attachment;
  }

  writ_error error_ = {};
  writ_decision decision_ = {};
  std::string findings_;
  std::vector<writ_program*> programs_;
};

TEST_F(LibWrit, AllowsWhatAPolicyAllowsAndNothingElse) {
  const writ_program* program = Compile(kAllowPhotos, WRIT_IDENTITY);
  ASSERT_NE(program, nullptr) << error_.message;
  EXPECT_EQ(Decide({Attach(program)}), 1);
  EXPECT_STREQ(writ_verdict_name(decision_.verdict), "ALLOW");
  ASSERT_EQ(decision_.statement_count, 1u);
  EXPECT_EQ(decision_.statements[0].statement, 0u);
  EXPECT_EQ(Decide({}), 0);
  EXPECT_STREQ(writ_reason_name(decision_.reason), "no-match");
  EXPECT_EQ(error_.status, 0u);
}

TEST_F(LibWrit, MoreThanFitsOnTheStackIsDecidedAlike) {
  const writ_program* program = Compile(kAllowPhotos, WRIT_IDENTITY);
  ASSERT_NE(program, nullptr);
  std::vector<std::string> keys;
  for (int i = 0; i < 300; ++i) keys.push_back("my:key" + std::to_string(i));
  const writ_text value = Text("v");
  std::vector<writ_context> context;
  for (const std::string& key : keys) context.push_back({Text(key), &value, 1});
  EXPECT_EQ(Decide(std::vector<writ_attachment>(40, Attach(program)), context),
            1);
  EXPECT_EQ(decision_.statement_count, 40u);
}

TEST_F(LibWrit, AWrongRequestIsADenyWithAnError) {
  const writ_program* program = Compile(kAllowPhotos, WRIT_IDENTITY);
  ASSERT_NE(program, nullptr);
  const writ_text value = Text("v");
  EXPECT_EQ(Decide({Attach(program)},
                   {{Text("a:B"), &value, 1}, {Text("A:b"), &value, 1}}),
            0);
  EXPECT_NE(error_.status, 0u);
  EXPECT_NE(std::string_view(error_.message).find("two spellings"),
            std::string_view::npos);
  EXPECT_EQ(decision_.verdict, static_cast<uint32_t>(WRIT_IMPLICIT_DENY));
}

TEST_F(LibWrit, AnAttachmentThatNamesNothingIsADeny) {
  const writ_program* program = Compile(kAllowPhotos, WRIT_IDENTITY);
  ASSERT_NE(program, nullptr);
  writ_attachment attachment = Attach(program);
  attachment.unit = writ_program_unit_count(program);
  EXPECT_EQ(Decide({attachment}), 0);
  EXPECT_NE(error_.status, 0u);
  EXPECT_EQ(Decide({Attach(nullptr)}), 0);
  EXPECT_NE(error_.status, 0u);
  attachment = Attach(program);
  attachment.level = 3;
  EXPECT_EQ(Decide({attachment}), 0);
  EXPECT_NE(error_.status, 0u);
}

TEST_F(LibWrit, AKindIsWhatThePolicyWasCompiledAs) {
  const writ_program* session = Compile(kAllowPhotos, WRIT_SESSION);
  ASSERT_NE(session, nullptr);
  EXPECT_EQ(writ_program_unit_kind(session, 0), WRIT_SESSION);
  // A user has no session.
  EXPECT_EQ(Decide({Attach(session)}), 0);
  EXPECT_NE(error_.status, 0u);
}

TEST_F(LibWrit, BadTextsAreFoundWithTheirPlace) {
  EXPECT_EQ(Compile("writ 1;\npolicy p identity {\n  allw oss:* on *;\n}\n",
                    WRIT_IDENTITY, WRIT_DSL),
            nullptr);
  EXPECT_TRUE(findings_.starts_with("policy:3:3: error[")) << findings_;
  EXPECT_NE(error_.status, 0u);
  EXPECT_EQ(Compile("writ 1;\nset Read = { oss:GetObject }\n", WRIT_IDENTITY,
                    WRIT_DSL),
            nullptr);
  EXPECT_STREQ(error_.message, "`policy` holds 0 policies; one is needed");
}

TEST_F(LibWrit, DamagedImagesAreRefused) {
  EXPECT_EQ(writ_program_load("WRITPROG", 8, &error_), nullptr);
  EXPECT_STREQ(error_.message, "program image is truncated");
  EXPECT_EQ(writ_program_load(nullptr, 0, nullptr), nullptr);
  writ_program_free(nullptr);
}

TEST_F(LibWrit, LongMessagesAreCutBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 400; ++i) name += "\xc3\xa4";
  const writ_policy_source source = {Text(name), Text("{}"), 7, 0};
  writ_buffer image;
  EXPECT_EQ(writ_compile(&source, 1, &image, nullptr, &error_), 0);
  const std::string_view message = error_.message;
  EXPECT_GT(message.size(), 500u);
  EXPECT_LT(message.size(), sizeof(error_.message));
  EXPECT_EQ(message.back(), '\xa4');
}

TEST_F(LibWrit, NumbersThatDoNotExistHaveNoName) {
  EXPECT_STREQ(writ_layer_name(7), "trust");
  EXPECT_STREQ(writ_layer_name(8), "");
  EXPECT_STREQ(writ_verdict_name(99), "");
  EXPECT_EQ(writ_abi(), static_cast<uint32_t>(WRIT_ABI));
  EXPECT_GT(std::strlen(writ_version()), 0u);
}

}  // namespace
