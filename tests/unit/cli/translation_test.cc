// SPDX-License-Identifier: Apache-2.0
// fmt, compile, decompile and roundtrip as a user meets them.
#include <filesystem>
#include <string>

#include "cli/json_difference.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/unit/cli/run_writ.h"

namespace writ {
namespace {

constexpr char kLoose[] =
    "writ 1;\npolicy p identity { // why\nread=>allow fc:* on * ; }\n";
constexpr char kInForm[] =
    "writ 1;\n"
    "\n"
    "policy p identity { // why\n"
    "  read =>\n"
    "  allow fc:* on *;\n"
    "}\n";

class TranslationTest : public WritProgramTest {};

TEST_F(TranslationTest, FmtPrintsChecksShowsAndWrites) {
  const std::string loose = Write("loose.writ", kLoose);
  const std::string fine = Write("fine.writ", kInForm);
  EXPECT_EQ(Run("fmt " + loose).out, kInForm);
  EXPECT_EQ(Run("fmt " + loose + " " + fine).exit, 2);
  const Outcome check = Run("fmt --check " + folder());
  EXPECT_EQ(check.exit, 3);
  EXPECT_EQ(check.out, loose + "\n");
  const Outcome diff = Run("fmt --diff " + folder());
  EXPECT_EQ(diff.exit, 3);
  EXPECT_NE(diff.out.find("--- " + loose + "\n+++ " + loose +
                          "\n@@ -1,3 +1,6 "
                          "@@\n writ 1;\n"),
            std::string::npos)
      << diff.out;
  EXPECT_EQ(Run("fmt --write " + folder()).exit, 0);
  EXPECT_EQ(Read(loose), kInForm);
  EXPECT_EQ(Run("fmt --check " + folder()).exit, 0);
}

TEST_F(TranslationTest, FmtBreaksLinesAtTheWidthThatIsAsked) {
  const std::string path = Write(
      "p.writ", "policy p { allow [fc:GetFunction, fc:ListFunctions] on *; }");
  EXPECT_EQ(Run("fmt --width 40 " + path).out,
            "policy p {\n"
            "  allow [\n"
            "    fc:GetFunction,\n"
            "    fc:ListFunctions,\n"
            "  ]\n"
            "    on *;\n"
            "}\n");
  EXPECT_EQ(Run("fmt --width x " + path).exit, 2);
  EXPECT_EQ(Run("fmt --width 5 " + path).exit, 2);
}

TEST_F(TranslationTest, FmtKeepsTheOrderOfJsonMembers) {
  const std::string path = Write(
      "p.ram.json", "{\"Statement\":[],\"Version\":\"1\",\"Id\":{\"b\":1}}");
  EXPECT_EQ(Run("fmt " + path).out,
            "{\n  \"Statement\": [],\n  \"Version\": \"1\",\n"
            "  \"Id\": {\n    \"b\": 1\n  }\n}\n");
}

TEST_F(TranslationTest, FmtFindsBadText) {
  for (const char* name : {"bom.writ", "bom.ram.json"}) {
    const std::string path =
        Write(name, std::string("\xEF\xBB\xBF") + "{\"Version\":\"1\"}");
    const Outcome outcome = Run("fmt --write " + path);
    EXPECT_EQ(outcome.exit, 3);
    EXPECT_NE(outcome.err.find("byte order mark"), std::string::npos)
        << outcome.err;
    EXPECT_TRUE(Read(path).starts_with("\xEF\xBB\xBF"));
  }
}

TEST_F(TranslationTest, CompileWritesLabelsAsSidWhenAsked) {
  const std::string path = Write("p.writ", kLoose);
  const auto sid = [](const Outcome& outcome) {
    const nlohmann::json json = nlohmann::json::parse(outcome.out);
    return json["Statement"][0].value("Sid", "none");
  };
  EXPECT_EQ(sid(Run("compile " + path)), "none");
  EXPECT_EQ(sid(Run("compile --sid --minify " + path)), "read");
  EXPECT_EQ(Run("compile --sid --target program -o - " + path).exit, 2);
}

TEST_F(TranslationTest, TheSourceMapSaysWhereEachValueComesFrom) {
  const std::string text =
      "policy p {\n"
      "  allow [fc:Get*, fc:List*]\n"
      "    on *\n"
      "    when acs:SourceIp within [10.0.0.0/8];\n"
      "}\n";
  const std::string path = Write("p.writ", text);
  const std::string map = folder() + "/p.map";
  const Outcome outcome = Run("compile --source-map " + map + " " + path);
  ASSERT_EQ(outcome.exit, 0) << outcome.err;
  const nlohmann::json document = nlohmann::json::parse(outcome.out);
  const nlohmann::json json = nlohmann::json::parse(Read(map));
  EXPECT_EQ(json["schema_version"], 1);
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  size_t words = 0;
  for (const nlohmann::json& row : json["mappings"]) {
    // Every pointer leads somewhere, and where a string is, it stands there.
    const nlohmann::json& value =
        document.at(nlohmann::json::json_pointer(std::string(row["pointer"])));
    EXPECT_EQ(row["file"], path);
    if (!value.is_string() || row["line"] != row["end_line"]) continue;
    const size_t column = row["column"];
    const size_t end = row["end_column"];
    const std::string there =
        lines[size_t{row["line"]} - 1].substr(column - 1, end - column);
    if (value == "Allow") {
      EXPECT_EQ(there, "allow");
    } else {
      EXPECT_EQ(there, std::string(value));
    }
    ++words;
  }
  EXPECT_EQ(words, 5U) << json;
}

TEST_F(TranslationTest, DecompileTakesSeveralFilesIntoADirectory) {
  const std::string json =
      R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"*"}]})";
  const std::string a = Write("a.ram.json", json);
  const std::string b = Write("b.json", json);
  EXPECT_EQ(Run("decompile " + a + " " + b).exit, 2);
  ASSERT_EQ(Run("decompile -o " + folder() + " " + a + " " + b).exit, 0);
  EXPECT_NE(Read(folder() + "/a.writ").find("policy a identity"),
            std::string::npos);
  EXPECT_NE(Read(folder() + "/b.writ").find("policy b identity"),
            std::string::npos);
  EXPECT_NE(Run("decompile --name other --kind session " + a)
                .out.find("policy other session"),
            std::string::npos);
}

TEST_F(TranslationTest, DecompileInfersSetsThatCompileToTheSame) {
  const std::string json =
      R"({"Version":"1","Statement":[{"Effect":"Allow","Action":["a:x","a:y","a:z"],"Resource":["*"],"Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8","192.0.2.0/24","198.51.100.0/24"]},"StringEquals":{"a:k":["1","2","3"]}}},{"Effect":"Deny","NotAction":["a:x","a:y","a:z"],"Resource":"*","Condition":{"NotIpAddress":{"acs:SourceIp":["10.0.0.0/8","192.0.2.0/24","198.51.100.0/24"]},"StringEquals":{"a:k":["1","2","3"]}}}]})";
  const std::string path = Write("p.json", json);
  const std::string writ = folder() + "/p.writ";
  ASSERT_EQ(Run("decompile --infer-sets -o " + writ + " " + path).exit, 0);
  const std::string text = Read(writ);
  for (const char* part :
       {"\nset actions = { a:x, a:y, a:z }\n", "allow $actions\n",
        "deny all except $actions\n", "acs:SourceIp within $source_ip",
        "set k = { \"1\", \"2\", \"3\" }\n"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  EXPECT_EQ(Run("fmt --check " + writ).exit, 0)
      << Run("fmt --diff " + writ).out;
  const Outcome back = Run("compile " + writ);
  ASSERT_EQ(back.exit, 0) << back.err;
  EXPECT_EQ(nlohmann::json::parse(back.out), nlohmann::json::parse(json));
}

TEST_F(TranslationTest, RoundtripProvesBothLanguages) {
  const std::string json = Write(
      "p.json",
      R"({"Version":"1","Statement":[{"Effect":"Allow","Action":[5,"a:b"],"Resource":"*","X":[1e999]}]})");
  const std::string writ = Write("p.writ", kLoose);
  const Outcome outcome = Run("roundtrip " + json + " " + writ);
  EXPECT_EQ(outcome.exit, 0) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out, "2 of 2 policies came back identical\n");
  const nlohmann::json report =
      nlohmann::json::parse(Run("roundtrip --format json " + json).out);
  EXPECT_EQ(report["policies"][0]["identical"], true);
  EXPECT_EQ(Run("roundtrip " + Write("bad.json", "{")).exit, 3);
  EXPECT_EQ(Run("roundtrip " + folder() + "/none.json").exit, 2);
}

std::vector<std::string> Differ(const std::string& a, const std::string& b,
                                size_t limit) {
  const SourceText before("a", a);
  const SourceText after("b", b);
  Diagnostics findings;
  std::vector<std::string> out;
  for (const JsonDifference& one : JsonDifferences(
           *ReadJson(before, &findings), *ReadJson(after, &findings), limit)) {
    out.push_back(one.pointer + " " + one.before + " " + one.after);
  }
  return out;
}

TEST(JsonDifferences, NamesThePlacesByPointer) {
  using Places = std::vector<std::string>;
  EXPECT_EQ(Differ(R"({"a":[1,"A",{"b":null}],"c":1})",
                   R"({"c":1,"a":[1,"\u0041",{"b":null}]})", 9),
            Places());
  EXPECT_EQ(
      Differ(R"({"a":[1,2],"b/c":1,"d":1})", R"({"a":[1,3,4],"b/c":1.0})", 9),
      Places({"/a/1 2 3", "/a/2  4", "/b~1c 1 1.0", "/d 1 "}));
  EXPECT_EQ(Differ(R"(["x"])", R"("x")", 9), Places({R"( ["x"] "x")"}));
  EXPECT_EQ(Differ("[1,2,3]", "[4,5,6]", 2).size(), 2U);
}

}  // namespace
}  // namespace writ
