// SPDX-License-Identifier: Apache-2.0
// Texts in tests/golden/format are formatted into *.expected;
// WRIT_UPDATE_GOLDEN rewrites those. The laws hold for them and for texts whose
// tokens were torn apart by random white space and comments.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "grammar/format_writ.h"
#include "grammar/parse_json.h"
#include "grammar/parse_writ.h"
#include "grammar/print.h"
#include "gtest/gtest.h"
#include "tests/support/random_policy.h"

namespace writ {
namespace {

namespace fs = std::filesystem;

std::string MessagesOf(const Diagnostics& findings) {
  std::string out = "findings: ";
  for (const Diagnostic& finding : findings.all())
    out += finding.message + "\n";
  return out;
}

// The formatted text, or the findings.
std::string Format(const std::string& text, size_t width = 100) {
  const SourceText source("t.writ", text);
  Diagnostics findings;
  const std::optional<std::string> out = FormatWrit(source, width, &findings);
  if (out) return *out;
  return MessagesOf(findings);
}

std::string ReadText(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<fs::path> GoldenFiles() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator("tests/golden/format")) {
    if (entry.path().extension() == ".writ") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// What a text consists of, read by other rules than the formatter's: tokens
// without trailing commas, and comments.
struct Content {
  std::vector<std::string> tokens;
  std::vector<std::string> comments;
};

Content ContentOf(std::string_view text) {
  Content content;
  const auto is_word = [](char c) {
    return std::string_view(" \t\r\n\";,[](){}=<>!$").find(c) ==
           std::string_view::npos;
  };
  for (size_t i = 0; i < text.size();) {
    const size_t begin = i;
    if (std::string_view(" \t\r\n").find(text[i]) != std::string_view::npos) {
      ++i;
      continue;
    }
    if (text.substr(i, 2) == "//") {
      i = std::min(text.find_first_of("\r\n", i), text.size());
      std::string comment(text.substr(begin, i - begin));
      comment.resize(comment.find_last_not_of(" \t") + 1);
      content.comments.push_back(std::move(comment));
      continue;
    }
    if (text[i] == '"') {
      for (++i; text[i] != '"'; ++i) i += text[i] == '\\' ? 1 : 0;
      ++i;
    } else if (text[i] == '$') {
      for (++i; i < text.size() && is_word(text[i]); ++i) continue;
    } else if (is_word(text[i]) && text[i] != '@') {
      while (i < text.size() && (is_word(text[i]) || text[i] == '{')) {
        if (text[i] == '{') {
          const size_t end = text.find_first_not_of(
              "abcdefghijklmnopqrstuvwxyz_0123456789", i + 1);
          if (end == i + 1 || end == std::string_view::npos ||
              text[end] != '}') {
            break;
          }
          i = end;
        }
        ++i;
      }
    } else {
      const std::string_view two = text.substr(i, 2);
      i += two == "=>" || two == "==" || two == "!=" || two == "<=" ||
                   two == ">="
               ? 2
               : 1;
    }
    const std::string token(text.substr(begin, i - begin));
    if ((token == "]" || token == ")" || token == "}") &&
        !content.tokens.empty() && content.tokens.back() == ",") {
      content.tokens.pop_back();
    }
    content.tokens.push_back(token);
  }
  return content;
}

std::string PoliciesOf(const std::string& text) {
  SourceText source("t.writ", text);
  Diagnostics findings;
  const std::optional<WritFile> file = ParseWrit(&source, {}, &findings);
  return file ? PrintWrit(file->policies) : MessagesOf(findings);
}

// The laws of formatting.
void ExpectFormats(const std::string& text, size_t width) {
  const std::string once = Format(text, width);
  ASSERT_FALSE(once.starts_with("findings: ")) << text << "\n" << once;
  EXPECT_EQ(Format(once, width), once) << "twice is not once for\n" << text;
  const Content before = ContentOf(text);
  const Content after = ContentOf(once);
  EXPECT_EQ(before.tokens, after.tokens) << text << "\n" << once;
  EXPECT_EQ(before.comments, after.comments) << text << "\n" << once;
}

// The tokens of `text` with other white space, and comments, between them.
std::string TornApart(const std::string& text, reference::Random* random,
                      unsigned comment_percent) {
  constexpr std::string_view kSpaces[] = {" ",  "  ",   "\n",     "\n\n",
                                          "\t", "\r\n", "\n\n\n", "\r"};
  int count = 0;
  std::string out;
  const auto add_trivia = [&] {
    out += random->Pick(kSpaces);
    while (random->Percent(comment_percent)) {
      out += "// " + std::to_string(++count) + " \"; {\t";
      out += random->Percent(80) ? "\n" : "\r\n";
      if (random->Percent(40)) out += random->Pick(kSpaces);
    }
  };
  add_trivia();
  for (const std::string& token : ContentOf(text).tokens) {
    out += token;
    add_trivia();
  }
  return out;
}

TEST(FormatWrit, MakesTheExpectedTexts) {
  const std::vector<fs::path> files = GoldenFiles();
  ASSERT_GE(files.size(), 2U);
  for (const fs::path& path : files) {
    SCOPED_TRACE(path.string());
    const std::string text = ReadText(path);
    const std::string once = Format(text);
    fs::path expected = path;
    expected.replace_extension(".expected");
    if (std::getenv("WRIT_UPDATE_GOLDEN") != nullptr) {
      ASSERT_EQ(std::getenv("CI"), nullptr) << "golden files are read in CI";
      std::ofstream(expected, std::ios::binary) << once;
    }
    EXPECT_EQ(once, ReadText(expected));
    for (size_t width : {1U, 40U, 80U, 100U, 10000U}) {
      ExpectFormats(text, width);
    }
  }
}

TEST(FormatWrit, KeepsCommentsAnnotationsAndParagraphs) {
  const std::string text =
      "// Who wrote it.\n"
      "writ 1; // first\n"
      "\n"
      "// About the policy.\n"
      "@owner(\"team\")\n"
      "policy p identity { // opens\n"
      "  // About the statement.\n"
      "  read =>\n"
      "  allow fc:* on *; // one line\n"
      "\n"
      "  // Another.\n"
      "  @reviewed\n"
      "  deny ram:* on *;\n"
      "  // The end.\n"
      "}\n"
      "// After all.\n";
  EXPECT_EQ(Format(text), text);
}

TEST(FormatWrit, KeepsTheAuthorsWordsAndOrder) {
  EXPECT_EQ(Format("policy p{deny\"fc:Get\\u0041\"on \"*\";allow b:c on *;}"),
            "policy p {\n"
            "  deny \"fc:Get\\u0041\" on \"*\";\n"
            "  allow b:c on *;\n"
            "}\n");
}

TEST(FormatWrit, MovesNoCommentToAnotherStatement) {
  EXPECT_EQ(Format("policy p {\n  allow a:b on * // why\n  ;\n"
                   "  deny a:b on *\n  // own line\n  ; // behind\n}"),
            "policy p {\n"
            "  allow a:b on *; // why\n"
            "  deny a:b\n"
            "    on *\n"
            "      // own line\n"
            "      ; // behind\n"
            "}\n");
}

TEST(FormatWrit, TakesTextsWithoutPolicies) {
  EXPECT_EQ(Format(""), "");
  EXPECT_EQ(Format("\n \n"), "");
  EXPECT_EQ(Format("\n\n// a\n\n\n// b"), "// a\n\n// b\n");
  EXPECT_EQ(Format("writ 1;"), "writ 1;\n");
}

TEST(FormatWrit, RefusesWhatItCannotRead) {
  for (const std::string& text :
       {std::string("policy p { allow }"), std::string("\xEF\xBB\xBFwrit 1;"),
        std::string("writ \xFF 1;"), std::string("writ 1;\0", 8),
        std::string("writ 1; \""), std::string("writ 1; #")}) {
    const SourceText source("t.writ", text);
    Diagnostics findings;
    EXPECT_EQ(FormatWrit(source, 100, &findings), std::nullopt) << text;
    EXPECT_TRUE(findings.has_errors()) << text;
  }
}

TEST(FormatWrit, HoldsItsLawsWhereverCommentsStand) {
  reference::Random random(20261203);
  for (const fs::path& path : GoldenFiles()) {
    const std::string text = ReadText(path);
    for (int i = 0; i < 150 && !HasFailure(); ++i) {
      ExpectFormats(TornApart(text, &random, 15), 20 + random.Below(100));
    }
  }
}

// PrintWrit and FormatWrit agree about what is canonical, and what is formatted
// means the same.
TEST(FormatWrit, LeavesPrintedPoliciesAloneAndKeepsTheirMeaning) {
  reference::Random random(20261204);
  for (int i = 0; i < 3000 && !HasFailure(); ++i) {
    const SourceText source("in.json", testing::RandomPolicyJson(&random));
    Diagnostics findings;
    const std::optional<ast::Policy> policy =
        ParseJsonPolicy(source, &findings);
    ASSERT_TRUE(policy) << source.text();
    const std::string printed = PrintWrit(*policy);
    ASSERT_EQ(Format(printed), printed);
    if (i % 4 != 0) continue;
    const std::string torn = TornApart(printed, &random, 5);
    ExpectFormats(torn, 60);
    EXPECT_EQ(PoliciesOf(Format(torn, 60)), printed);
  }
}

TEST(FormatWrit, IsLinearInHostileTexts) {
  // Ten times the text may take ten times as long, not a hundred.
  const auto seconds = [](const std::string& text, bool refused) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(Format(text).starts_with("findings: "), refused);
    const std::chrono::duration<double> taken =
        std::chrono::steady_clock::now() - start;
    return taken.count();
  };
  const auto repeated = [](std::string_view part, size_t times) {
    std::string out;
    for (size_t i = 0; i < times; ++i) out += part;
    return out;
  };
  const std::string head = "policy p { allow [";
  const std::string foot = "x:y] on *; }";
  EXPECT_LT(seconds(head + repeated("a:b,", 100000) + foot, false), 10);
  EXPECT_LT(seconds(head + repeated("a:b,//c\n", 100000) + foot, false), 10);
  EXPECT_LT(seconds(repeated("//c\n\n", 100000), false), 10);
  EXPECT_LT(seconds("// " + std::string(10u << 20, 'x'), false), 10);
  EXPECT_LT(
      seconds("policy p {" + repeated("allow a:b on *;", 35000) + "}", false),
      10);
  EXPECT_LT(
      seconds("policy p {" + repeated("allow a:b on *;", 100000) + "}", true),
      20);
  EXPECT_LT(seconds(std::string(200000, '['), true), 10);
}

}  // namespace
}  // namespace writ
