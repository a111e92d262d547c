// SPDX-License-Identifier: Apache-2.0
// Findings in every form of report. tests/golden/reports holds one report on
// the same findings in each; WRIT_UPDATE_GOLDEN=1 rewrites them (not where CI
// is set).
#include "grammar/render.h"

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "grammar/diagnostic.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace writ {
namespace {

using Json = nlohmann::json;

constexpr char kDeploy[] =
    "writ 1;\n"
    "import \"shared/sets.writ\";\n"
    "\n"
    "policy deploy identity {\n"
    "  pass: allow [ram:*, oss:GetObject] on *\n"
    "    when acs:SourceIp within $Office;\n"
    "  deny oss:DeleteBucket on *;\n"
    "}\n";
constexpr char kSets[] = "writ 1;\nset Office = [10.0.0.0/8];\n";
constexpr char kTrust[] =
    "{\"Version\": \"2\", \"Statement\": [{\"Effect\": \"allow\"}]}\n";

// Where `part` stands in `text`.
Span At(std::string_view text, std::string_view part) {
  const size_t begin = text.find(part);
  return {static_cast<uint32_t>(begin),
          static_cast<uint32_t>(begin + part.size())};
}

// Two files with findings of every level and with everything that a finding
// can have, and one without.
class Report {
 public:
  Report()
      : deploy_("policies/deploy.writ", kDeploy),
        trust_("trust & more, 100%.ram.json", kTrust),
        clean_("policies/clean.writ", "writ 1;\n") {
    const uint32_t sets =
        deploy_.Append(SourceText("policies/shared/sets.writ", kSets));
    Diagnostic wide =
        Diagnose(DiagnosticId::kUnsupportedInRam, At(kDeploy, "on *"), "");
    wide.level = Level::kSecurity;
    wide.message = "this statement lets the holder pass any role";
    wide.help = "name the roles, or add `when acs:Service == \"fc\"`";
    wide.label = "covers every role";
    wide.others.push_back({At(kDeploy, "ram:*"), "includes `ram:PassRole`"});
    wide.others.push_back({At(kDeploy, "deny oss:DeleteBucket"), "no help"});
    const Span office = At(kSets, "[10.0.0.0/8]");
    wide.others.push_back(
        {{sets + office.begin, sets + office.end}, "the set is defined here"});
    wide.notes.push_back({DiagnosticNote::Kind::kWhy,
                          "whoever passes a role acts with its rights"});
    wide.notes.push_back({DiagnosticNote::Kind::kExample,
                          "acs:ram::1001:role/admin passed to fc\nby a user"});
    deploy_findings_.Add(wide);
    Diagnostic twice =
        Diagnose(DiagnosticId::kSidIgnored, At(kDeploy, "oss:GetObject"), "");
    twice.level = Level::kWarning;
    twice.message = "`oss:GetObject` is granted twice";
    twice.fix = Fix{
        "remove `oss:GetObject`", true, {{At(kDeploy, ", oss:GetObject"), ""}}};
    deploy_findings_.Add(twice);
    Diagnostic whole =
        Diagnose(DiagnosticId::kSidIgnored,
                 {At(kDeploy, "pass:").begin, At(kDeploy, "$Office;").end}, "");
    whole.level = Level::kSuggestion;
    whole.message = "the statement has no test";
    whole.label = "nothing tries it";
    whole.help = "";
    deploy_findings_.Add(whole);
    trust_findings_.Add(Diagnose(DiagnosticId::kInvalidVersion,
                                 At(kTrust, "\"2\""), "/Version", {"\"2\""}));
    Diagnostic effect =
        Diagnose(DiagnosticId::kInvalidEffect, At(kTrust, "\"allow\""),
                 "/Statement/0/Effect", {"\"allow\"", "write \"Allow\""});
    effect.fix =
        Fix{"write \"Allow\"", false, {{At(kTrust, "\"allow\""), "\"Allow\""}}};
    trust_findings_.Add(effect);
  }

  std::string Render(FindingFormat format, RenderOptions options = {}) const {
    const FileFindings files[] = {{&deploy_, &deploy_findings_},
                                  {&trust_, &trust_findings_},
                                  {&clean_, &clean_findings_}};
    options.tool_version = "1.2.3";
    return RenderReport(files, format, options);
  }

 private:
  SourceText deploy_;
  SourceText trust_;
  SourceText clean_;
  Diagnostics deploy_findings_;
  Diagnostics trust_findings_;
  Diagnostics clean_findings_;
};

std::string ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Form {
  const char* file;
  FindingFormat format;
  bool color;
  bool verbose;
};

class GoldenReports : public ::testing::TestWithParam<Form> {};

TEST_P(GoldenReports, MatchesTheFile) {
  RenderOptions options;
  options.color = GetParam().color;
  options.verbose = GetParam().verbose;
  const std::string got = Report().Render(GetParam().format, options);
  const std::string want =
      "tests/golden/reports/" + std::string(GetParam().file);
  if (std::getenv("WRIT_UPDATE_GOLDEN") != nullptr) {
    ASSERT_EQ(std::getenv("CI"), nullptr) << "goldens are not rewritten in CI";
    std::ofstream(want, std::ios::binary) << got;
    return;
  }
  EXPECT_EQ(got, ReadText(want)) << want;
}

INSTANTIATE_TEST_SUITE_P(
    All, GoldenReports,
    ::testing::Values(
        Form{"pretty.txt", FindingFormat::kPretty, false, false},
        Form{"pretty_verbose.txt", FindingFormat::kPretty, false, true},
        Form{"pretty_color.txt", FindingFormat::kPretty, true, false},
        Form{"plain.txt", FindingFormat::kPlain, false, false},
        Form{"compact.txt", FindingFormat::kCompact, false, false},
        Form{"report.json", FindingFormat::kJson, false, false},
        Form{"report.jsonl", FindingFormat::kJsonl, false, false},
        Form{"report.sarif", FindingFormat::kSarif, false, false},
        Form{"junit.xml", FindingFormat::kJunit, false, false},
        Form{"github.txt", FindingFormat::kGithub, false, false},
        Form{"report.tap", FindingFormat::kTap, false, false}),
    [](const auto& param) {
      std::string name = param.param.file;
      for (char& c : name) {
        if (c == '.') c = '_';
      }
      return name;
    });

TEST(Render, JsonCarriesEverythingOfAFinding) {
  const Json report = Json::parse(Report().Render(FindingFormat::kJson));
  EXPECT_EQ(report["schema_version"], 1);
  EXPECT_EQ(report["errors"], 2);
  EXPECT_EQ(
      report["counts"],
      (Json{{"error", 2}, {"security", 1}, {"warning", 1}, {"suggestion", 1}}));
  const Json& findings = report["findings"];
  ASSERT_EQ(findings.size(), 5U);
  Json security;
  Json fixed;
  for (const Json& finding : findings) {
    if (finding["level"] == "security") security = finding;
    if (finding["level"] == "warning") fixed = finding;
  }
  ASSERT_EQ(security["related"].size(), 3U);
  EXPECT_EQ(security["related"][2]["file"], "policies/shared/sets.writ");
  EXPECT_EQ(security["related"][2]["line"], 2);
  EXPECT_EQ(security["related"][2]["offset"], At(kSets, "[10").begin);
  EXPECT_EQ(security["notes"][1]["kind"], "example");
  const Json& edit = fixed["fix"]["edits"][0];
  EXPECT_EQ(edit["text"], "");
  EXPECT_EQ(edit["line"], 5);
  EXPECT_EQ(edit["offset"], At(kDeploy, ", oss:GetObject").begin);
  EXPECT_EQ(edit["length"], 15);
  EXPECT_EQ(fixed["fix"]["automatic"], true);
}

TEST(Render, JsonLinesAreTheFindingsOfTheDocument) {
  std::istringstream lines(Report().Render(FindingFormat::kJsonl));
  Json all = Json::array();
  for (std::string line; std::getline(lines, line);) {
    all.push_back(Json::parse(line));
  }
  EXPECT_EQ(all,
            Json::parse(Report().Render(FindingFormat::kJson))["findings"]);
}

void ExpectRegion(const Json& region) {
  for (const char* name :
       {"startLine", "startColumn", "endLine", "endColumn"}) {
    ASSERT_TRUE(region.contains(name)) << region;
    EXPECT_GE(region[name].get<int>(), 1);
  }
  EXPECT_GE(region["byteOffset"].get<int>(), 0);
}

void ExpectLocation(const Json& location) {
  const Json& physical = location.at("physicalLocation");
  const std::string uri = physical.at("artifactLocation").at("uri");
  EXPECT_EQ(uri.find_first_of(" %&<>\"", uri.find("%20") == std::string::npos
                                             ? 0
                                             : std::string::npos),
            std::string::npos)
      << uri;
  ExpectRegion(physical.at("region"));
}

// What sections 3.13 to 3.58 of SARIF 2.1.0 require of the objects that are
// used here.
TEST(Render, SarifHasWhatTheStandardRequires) {
  const Json log = Json::parse(Report().Render(FindingFormat::kSarif));
  EXPECT_EQ(log.at("version"), "2.1.0");
  ASSERT_EQ(log.at("runs").size(), 1U);
  const Json& run = log["runs"][0];
  EXPECT_EQ(run.at("columnKind"), "unicodeCodePoints");
  const Json& driver = run.at("tool").at("driver");
  EXPECT_EQ(driver.at("name"), "writ");
  EXPECT_EQ(driver.at("version"), "1.2.3");
  std::set<std::string> ids;
  for (const Json& rule : driver.at("rules")) {
    EXPECT_TRUE(ids.insert(rule.at("id")).second) << "a rule stands twice";
    EXPECT_NE(rule.at("shortDescription").at("text"), "");
    EXPECT_NE(rule.at("help").at("text"), "");
  }
  ASSERT_EQ(run.at("results").size(), 5U);
  const std::set<std::string> levels = {"none", "note", "warning", "error"};
  std::set<std::string> prints;
  for (const Json& result : run["results"]) {
    EXPECT_TRUE(levels.contains(result.at("level")));
    EXPECT_NE(result.at("message").at("text"), "");
    EXPECT_EQ(driver["rules"].at(result.at("ruleIndex").get<size_t>()).at("id"),
              result.at("ruleId"));
    ASSERT_EQ(result.at("locations").size(), 1U);
    ExpectLocation(result["locations"][0]);
    for (const Json& related :
         result.value("relatedLocations", Json::array())) {
      ExpectLocation(related);
      EXPECT_TRUE(related.at("message").contains("text"));
    }
    EXPECT_TRUE(
        prints.insert(result.at("partialFingerprints").at("writFinding/v1"))
            .second);
    for (const Json& fix : result.value("fixes", Json::array())) {
      for (const Json& change : fix.at("artifactChanges")) {
        EXPECT_TRUE(change.at("artifactLocation").contains("uri"));
        for (const Json& replacement : change.at("replacements")) {
          ExpectRegion(replacement.at("deletedRegion"));
          EXPECT_TRUE(replacement.at("insertedContent").contains("text"));
        }
      }
    }
  }
  EXPECT_EQ(run["results"][0].at("level"), "note");
  EXPECT_EQ(run["results"][2].at("level"), "error");
  EXPECT_EQ(run["results"][2].at("properties").at("security-severity"), "8.0");
}

// One finding in a text of its own.
std::string Pretty(std::string text, Span span,
                   Diagnostic finding = Diagnose(DiagnosticId::kSidIgnored, {},
                                                 "")) {
  const SourceText source("a.writ", std::move(text));
  Diagnostics findings;
  finding.span = span;
  findings.Add(std::move(finding));
  return RenderFindings(source, findings, FindingFormat::kPretty);
}

// The two lines of a snippet behind their frames.
struct Snippet {
  std::string text;
  std::string marks;
};
Snippet SnippetOf(const std::string& pretty) {
  std::istringstream lines(pretty);
  std::vector<std::string> behind;
  for (std::string line; std::getline(lines, line);) {
    const size_t bar = line.find("│ ");
    if (bar != std::string::npos) behind.push_back(line.substr(bar + 4));
  }
  return behind.size() < 2 ? Snippet{} : Snippet{behind[0], behind[1]};
}

TEST(Render, CaretsStandUnderCellsNotBytes) {
  const std::string_view wide = "name = 策略 x";
  Snippet snippet = SnippetOf(Pretty(std::string(wide), At(wide, "x")));
  EXPECT_EQ(snippet.marks, "            ^");  // 7 + two wide ones + a space
  snippet = SnippetOf(Pretty(std::string(wide), At(wide, "策略")));
  EXPECT_EQ(snippet.marks, "       ^^^^");
  const std::string_view accent = "e\xCC\x81 x";  // e and a combining accent
  EXPECT_EQ(SnippetOf(Pretty(std::string(accent), At(accent, "x"))).marks,
            "  ^");
  snippet = SnippetOf(Pretty("\tab\tx", {4, 5}));
  EXPECT_EQ(snippet.text, "    ab  x");
  EXPECT_EQ(snippet.marks, "        ^");
  snippet = SnippetOf(Pretty("a\x1b[31mx\xFFy", {7, 8}));
  EXPECT_EQ(snippet.text, "a\\x1b[31mx\xEF\xBF\xBDy");
  EXPECT_EQ(snippet.marks, "          ^");
}

TEST(Render, LongLinesAreShownAroundTheSpan) {
  const std::string line =
      std::string(500, 'a') + "HERE" + std::string(1000000, 'b');
  const std::string pretty = Pretty(line, {500, 504});
  EXPECT_LT(pretty.size(), 1000U);
  const Snippet snippet = SnippetOf(pretty);
  const size_t cells = snippet.text.find("HERE") - 2;  // `…` has three bytes
  EXPECT_EQ(snippet.marks, std::string(cells, ' ') + "^^^^");
  EXPECT_TRUE(snippet.text.starts_with("…"));
  EXPECT_TRUE(snippet.text.ends_with("…"));
}

TEST(Render, SpansOfNothingAndPastTheEndHaveOneCaret) {
  EXPECT_EQ(SnippetOf(Pretty("abc", {1, 1})).marks, " ^");
  EXPECT_EQ(SnippetOf(Pretty("abc", {3, 3})).marks, "   ^");
  EXPECT_EQ(SnippetOf(Pretty("abc", {900, 950})).marks, "   ^");
  EXPECT_EQ(SnippetOf(Pretty("", {0, 0})).marks, "^");
  EXPECT_EQ(SnippetOf(Pretty("abc\n", {4, 4})).marks, "^");
}

TEST(Render, ManyLinesAreShownByTheFirstAndTheLast) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "line " + std::to_string(i) + "\n";
  const std::string pretty =
      Pretty(text, {0, static_cast<uint32_t>(text.size() - 1)});
  EXPECT_NE(pretty.find("╭ line 0"), std::string::npos) << pretty;
  EXPECT_NE(pretty.find("│ line 49"), std::string::npos) << pretty;
  EXPECT_NE(pretty.find("⋮"), std::string::npos) << pretty;
  EXPECT_EQ(pretty.find("line 20"), std::string::npos) << pretty;
}

TEST(Render, FingerprintsFollowMovedLines) {
  const auto print = [](const std::string& before, std::string_view line,
                        const std::string& message) {
    const std::string text = before + std::string(line);
    const SourceText source("a.writ", text);
    Diagnostic finding =
        Diagnose(DiagnosticId::kSidIgnored, At(text, "oss:*"), "");
    finding.message = message;
    return FingerprintOf(source, finding);
  };
  const std::string one = print("", "allow oss:* on *;", "m");
  EXPECT_EQ(print("// above\n\n", "  allow  oss:* on *;", "m"), one);
  EXPECT_NE(print("", "deny oss:* on *;", "m"), one);
  EXPECT_NE(print("", "allow oss:* on *;", "other"), one);
}

TEST(Render, GithubCommandsAreNotBrokenByNamesAndTexts) {
  const SourceText source("a,b:c%.writ\n::error::forged", "x\n");
  Diagnostics findings;
  Diagnostic finding = Diagnose(DiagnosticId::kSidIgnored, {0, 1}, "");
  finding.message = "50% of\n::error::forged";
  findings.Add(finding);
  const std::string text =
      RenderFindings(source, findings, FindingFormat::kGithub);
  EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
  EXPECT_NE(text.find("file=a%2Cb%3Ac%25.writ"), std::string::npos) << text;
  EXPECT_NE(text.find("::50%25 of%0A"), std::string::npos) << text;
}

TEST(Render, NoFormLetsTheAuthorsTextReachATerminalRaw) {
  const SourceText source("evil\x1b[31m\xC2\x9B.writ", "x\x1b[2J\xC2\x9By\n");
  Diagnostics findings;
  Diagnostic finding = Diagnose(DiagnosticId::kSidIgnored, {0, 9}, "");
  for (std::string* text :
       {&finding.message, &finding.help, &finding.label, &finding.pointer}) {
    *text = "\x1b]0;x\x07 \xC2\x9B \xFF \xE2\x80\xAE";
  }
  finding.others.push_back({{0, 2}, finding.message});
  finding.notes.push_back({DiagnosticNote::Kind::kNote, finding.message});
  finding.fix = Fix{finding.message, true, {{{0, 1}, finding.message}}};
  findings.Add(finding);
  const FileFindings file{&source, &findings};
  for (int format = 0; format <= static_cast<int>(FindingFormat::kTap);
       ++format) {
    const std::string text =
        RenderReport({&file, 1}, static_cast<FindingFormat>(format), {});
    for (const char* raw : {"\x1b", "\x07", "\xC2\x9B", "\xE2\x80\xAE"}) {
      EXPECT_EQ(text.find(raw), std::string::npos) << format << text;
    }
  }
}

TEST(Diagnostics, CountsWhatMakesAPolicyInvalidWhateverItIsReportedAs) {
  Diagnostics findings;
  Diagnostic finding = Diagnose(DiagnosticId::kInvalidVersion, {0, 1}, "");
  finding.level = Level::kSuggestion;
  findings.Add(finding);
  EXPECT_TRUE(findings.has_errors());
  EXPECT_EQ(findings.error_count(), 1U);
  EXPECT_EQ(findings.count(Level::kError), 0U);
  EXPECT_EQ(findings.count(Level::kSuggestion), 1U);
  Diagnostics mild;
  finding = Diagnose(DiagnosticId::kSidIgnored, {0, 1}, "");
  finding.level = Level::kError;
  mild.Add(finding);
  EXPECT_FALSE(mild.has_errors());
}

TEST(Diagnostics, TheSameFindingIsKeptOnce) {
  Diagnostics findings;
  for (int i = 0; i < 3; ++i) {
    findings.Add(Diagnose(DiagnosticId::kInvalidVersion, {4, 5}, "", {"x"}));
    findings.Add(Diagnose(DiagnosticId::kInvalidVersion, {4, 5}, "", {"y"}));
    findings.Add(Diagnose(DiagnosticId::kInvalidVersion, {4, 6}, "", {"x"}));
  }
  EXPECT_EQ(findings.all().size(), 3U);
  EXPECT_EQ(findings.error_count(), 3U);
}

TEST(Diagnostics, WhatDoesNotFitIsCountedAndSaid) {
  const SourceText source("a.writ", std::string(300, 'x'));
  Diagnostics findings;
  for (uint32_t i = 0; i < 130; ++i) {
    findings.Add(
        Diagnose(DiagnosticId::kInvalidVersion, {i, i + 1}, "", {"x"}));
  }
  EXPECT_EQ(findings.all().size(), kMaxDiagnostics);
  EXPECT_EQ(findings.dropped(), 130 - kMaxDiagnostics);
  EXPECT_EQ(findings.error_count(), 130U);
  const FileFindings file{&source, &findings};
  EXPECT_NE(RenderReport({&file, 1}, FindingFormat::kPretty, {})
                .find("30 more findings are not shown"),
            std::string::npos);
  EXPECT_EQ(Json::parse(RenderReport({&file, 1}, FindingFormat::kJson,
                                     {}))["not_shown"],
            30);
}

}  // namespace
}  // namespace writ
