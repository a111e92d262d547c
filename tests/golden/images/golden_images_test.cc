// SPDX-License-Identifier: Apache-2.0
// Images of every released format stay here and are decided as they were: each
// 1.0/NAME.prog is what its format's compiler made of NAME.KIND.ram.json, and
// must answer like a compilation of today. 1.1/NAME.prog is what a compilation
// gives byte for byte: who changes the format sees it here first.
//
// WRIT_UPDATE_GOLDEN=1 rewrites the images of the newest format only.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "authz/authorizer.h"
#include "authz/program/program.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/source.h"
#include "compiler/compile.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_json.h"
#include "gtest/gtest.h"
#include "tests/support/golden_file.h"
#include "tests/support/request_generator.h"

namespace writ {
namespace {

using reference::Random;

constexpr std::string_view kFolder = "tests/golden/images/";

struct Document {
  std::string name;
  ast::PolicyKind kind;
  AttachmentKind attachment;
  std::string path;
};

// "sample-01.identity.ram.json"
std::optional<Document> DocumentAt(const std::filesystem::path& path) {
  constexpr struct {
    std::string_view name;
    ast::PolicyKind kind;
    AttachmentKind attachment;
  } kKinds[] = {
      {"identity", ast::PolicyKind::kIdentity, AttachmentKind::kIdentity},
      {"resource", ast::PolicyKind::kResource, AttachmentKind::kResource},
      {"trust", ast::PolicyKind::kTrust, AttachmentKind::kTrust},
      {"session", ast::PolicyKind::kSession, AttachmentKind::kSession},
      {"control", ast::PolicyKind::kControl, AttachmentKind::kControl}};
  const std::string file = path.filename();
  for (const auto& row : kKinds) {
    const std::string ending = "." + std::string(row.name) + ".ram.json";
    if (!file.ends_with(ending)) continue;
    return Document{file.substr(0, file.size() - ending.size()), row.kind,
                    row.attachment, path};
  }
  return std::nullopt;
}

std::vector<Document> Documents() {
  std::set<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(kFolder) + "1.0")) {
    paths.insert(entry.path());
  }
  std::vector<Document> documents;
  for (const auto& path : paths) {
    if (auto document = DocumentAt(path)) documents.push_back(*document);
  }
  return documents;
}

std::string ImageOf(const Document& document, std::string_view format) {
  return std::string(kFolder) + std::string(format) + "/" + document.name +
         ".prog";
}

Result<std::string> Compile(const Document& document) {
  WRIT_ASSIGN_OR_RETURN(std::string text,
                        ReadFile(document.path, kMaxPolicyTextBytes));
  const SourceText source(document.path, std::move(text));
  Diagnostics diagnostics;
  const auto tree = ParseJsonPolicy(source, &diagnostics);
  if (!tree) return InvalidArgument("`" + document.path + "` does not parse");
  const PolicyInput inputs[] = {{&*tree, document.kind}};
  return CompileProgram(inputs);
}

// A pattern with something in the place of each wildcard.
std::string Filled(std::string_view pattern, Random* random) {
  constexpr std::string_view kFillers[] = {"", "a", "x/y", "a:b", "0"};
  std::string text;
  for (const char byte : pattern) {
    if (byte == '*') {
      text += random->Pick(kFillers);
    } else {
      text += byte == '?' ? 'q' : byte;
    }
  }
  return text;
}

// Asks about what the program's own patterns and constants speak of.
class Questions {
 public:
  Questions(const Program& program, uint64_t seed)
      : view_(program.view()), random_(seed) {}

  void Next() {
    action_ = random_.Percent(80) ? AnyAction() : "fc:InvokeFunction";
    resource_ = random_.Percent(90) ? AnyResource() : "*";
    if (random_.Percent(20)) {
      action_ = "sts:AssumeRole";
      resource_ = "acs:ram::1234567890123456:role/r";
    }
    principal_ = random_.Pick(kPrincipals);
    context_.clear();
    values_.clear();
    values_.reserve(view_.keys.size());
    for (uint32_t i = 0; i < view_.keys.size(); ++i) {
      if (random_.Percent(20)) continue;
      values_.push_back(AnyValue());
      context_.push_back(
          {view_.Text(view_.keys[i].text), {&values_.back(), 1}});
    }
    resources_ = {std::string_view(resource_)};
  }
  Request request() const {
    Request request;
    request.principal.name = principal_;
    request.action = action_;
    request.resources = resources_;
    request.context = context_;
    return request;
  }

 private:
  static constexpr std::string_view kPrincipals[] = {
      "acs:ram::1234567890123456:user/u", "acs:ram::1234567890123456:root",
      "acs:ram::1234567890123456:role/r/s",
      "acs:ram::1234567890123456:saml-provider/p", "*"};
  static constexpr std::string_view kValues[] = {
      "true", "10.1.2.3", "2026-06-01T00:00:00Z", "5", "x"};

  std::string AnyAction() {
    const auto row =
        static_cast<uint32_t>(random_.Below(view_.action_patterns.size()));
    return Filled(view_.Text(view_.action_patterns[row].text), &random_);
  }
  std::string AnyResource() {
    const uint32_t count = view_.resource_patterns.size();
    if (count == 0) return "acs:fc:cn-hangzhou:1234567890123456:functions/f";
    const auto row = static_cast<uint32_t>(random_.Below(count));
    return Filled(view_.Text(view_.resource_patterns[row].text), &random_);
  }
  std::string_view AnyValue() {
    const uint32_t count = view_.texts.size();
    if (count == 0 || random_.Percent(40)) return random_.Pick(kValues);
    return view_.Text(view_.texts[static_cast<uint32_t>(random_.Below(count))]);
  }

  const ProgramView& view_;
  Random random_;
  std::string action_, resource_;
  std::string_view principal_;
  std::vector<std::string_view> resources_;
  std::vector<std::string_view> values_;
  std::vector<ContextEntry> context_;
};

std::string Answer(const Request& request, const Program& program,
                   AttachmentKind kind) {
  const Attachment attachments[] = {{.program = &program, .kind = kind}};
  Decision decision;
  if (!Decide(request, attachments, &decision).ok()) return "refused";
  std::string text = std::string(VerdictName(decision.verdict)) + " " +
                     std::string(LayerName(decision.layer)) + " " +
                     std::string(ReasonName(decision.reason)) + " " +
                     std::to_string(decision.statement_count);
  for (uint32_t i = 0; i < std::min<size_t>(decision.statement_count,
                                            decision.statements.size());
       ++i) {
    text += " " + std::to_string(decision.statements[i].statement);
  }
  return text;
}

TEST(GoldenImages, ImagesOfFormat10DecideLikeCompilationsOfToday) {
  constexpr int kQuestions = 300;
  std::set<std::string> answers;
  const std::vector<Document> documents = Documents();
  ASSERT_GE(documents.size(), 48u);
  for (const Document& document : documents) {
    SCOPED_TRACE(document.name);
    const auto old = Program::Open(ImageOf(document, "1.0"));
    ASSERT_TRUE(old.ok()) << old.status().message();
    EXPECT_EQ((*old)->minor_version(), 0u);
    EXPECT_EQ((*old)->semantics(), Semantics::k1);
    EXPECT_EQ((*old)->view().units.size(), 0u);
    Result<std::string> image = Compile(document);
    ASSERT_TRUE(image.ok()) << image.status().message();
    const auto fresh = Program::Load(std::move(image).value());
    ASSERT_TRUE(fresh.ok()) << fresh.status().message();
    Questions questions(**old, 20261122);
    for (int i = 0; i < kQuestions; ++i) {
      questions.Next();
      const Request request = questions.request();
      const std::string answer = Answer(request, **old, document.attachment);
      ASSERT_EQ(answer, Answer(request, **fresh, document.attachment))
          << request.principal.name << " " << request.action << " "
          << request.resources[0];
      answers.insert(answer);
    }
  }
  // The questions tell statements apart.
  EXPECT_GT(answers.size(), 15u);
}

TEST(GoldenImages, CompilationsOfFormat11AreTheSameByteForByte) {
  for (const Document& document : Documents()) {
    SCOPED_TRACE(document.name);
    const Result<std::string> image = Compile(document);
    ASSERT_TRUE(image.ok()) << image.status().message();
    const std::string path = ImageOf(document, "1.1");
    ExpectGolden(path, *image);
    const auto program = Program::Open(path);
    ASSERT_TRUE(program.ok()) << program.status().message();
    EXPECT_EQ((*program)->minor_version(), 1u);
  }
}

TEST(GoldenImages, ProgramsAreUsedWhereTheirFileLies) {
  // One that is copied and one that is mapped.
  for (const size_t statements : {size_t{1}, size_t{400}}) {
    std::string text = R"({"Version":"1","Statement":[)";
    for (size_t i = 0; i < statements; ++i) {
      text += std::string(i == 0 ? "" : ",") +
              R"({"Effect":"Allow","Action":"fc:A)" + std::to_string(i) +
              R"(","Resource":"acs:fc:*:*:functions/f)" + std::to_string(i) +
              R"("})";
    }
    const SourceText source("test", text + "]}");
    Diagnostics diagnostics;
    const auto tree = ParseJsonPolicy(source, &diagnostics);
    ASSERT_TRUE(tree);
    const PolicyInput inputs[] = {{&*tree, ast::PolicyKind::kIdentity}};
    const Result<std::string> image = CompileProgram(inputs);
    ASSERT_TRUE(image.ok());
    EXPECT_EQ(image->size() > Program::kCopiedBytes, statements > 1);
    const std::string path = ::testing::TempDir() + "golden_images_test.prog";
    ASSERT_TRUE(WriteFileAtomic(path, *image, 0600).ok());
    const auto program = Program::Open(path);
    ASSERT_TRUE(program.ok()) << program.status().message();
    EXPECT_EQ((*program)->image(), *image);
    // Cut short it is refused; who has it open keeps the old file when another
    // takes its name.
    ASSERT_TRUE(
        WriteFileAtomic(path, image->substr(0, image->size() - 1), 0600).ok());
    EXPECT_EQ(Program::Open(path).status().code(), StatusCode::kDataLoss);
    EXPECT_EQ((*program)->image(), *image);
    std::filesystem::remove(path);
    EXPECT_EQ(Program::Open(path).status().code(), StatusCode::kNotFound);
  }
  EXPECT_EQ(Program::Open(::testing::TempDir()).status().code(),
            StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace writ
