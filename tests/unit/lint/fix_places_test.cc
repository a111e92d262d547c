// SPDX-License-Identifier: Apache-2.0
//
// `writ fix` edits what its author wrote in the policy itself; what came out of
// sets, templates and imports stays, for others may use it too.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "catalogue/catalogue.h"
#include "lint/fix.h"
#include "lint/lint.h"

namespace writ {
namespace {

PolicyFile Judge(std::string text) {
  PolicyFile file = ParsePolicyText("p.writ", std::move(text));
  CheckFile(std::nullopt, &file);
  Diagnostics about_config;
  LintConfig config;
  config.rules["W-STY-002"] = {true, Level::kSuggestion};
  Lint({&file, 1}, Catalogue::BuiltIn(), config, &about_config);
  return file;
}

bool Finds(const std::string& text, std::string_view code) {
  const PolicyFile file = Judge(text);
  EXPECT_TRUE(file.parsed && !file.diagnostics.has_errors()) << text;
  for (const Diagnostic& finding : file.diagnostics.all()) {
    if (InfoOf(finding.id).code == code) return true;
  }
  return false;
}

std::string Fixed(const std::string& text) {
  FixOptions options;
  // Layout is another matter.
  options.rules = {"W-RED-001", "W-RED-002", "W-RED-003",
                   "W-RED-005", "W-RED-006", "W-RED-008",
                   "W-STY-002", "W-TYP-006", "W-TYP-022"};
  return std::string(FixFile(Judge(text), options, Judge).file.source.text());
}

constexpr char kSet[] =
    "writ 1;\n\n"
    "set Read = { oss:ListObjects, oss:Get*, oss:GetObject, oss:getbucketinfo "
    "}\n\n"
    "policy p identity {\n"
    "  allow $Read on acs:oss:*:*:photos/*;\n"
    "}\n\n"
    "policy q identity {\n"
    "  allow $Read on acs:oss:*:*:films/*;\n"
    "}\n";

TEST(FixPlaces, WhatASetRepeatsIsToldAndLeft) {
  EXPECT_TRUE(Finds(kSet, "W-RED-001"));
  EXPECT_TRUE(Finds(kSet, "W-TYP-006"));
  EXPECT_EQ(Fixed(kSet), kSet);
}

TEST(FixPlaces, AWholeSetBesidePlainItemsStays) {
  const std::string text =
      "set Read = { oss:GetObject, oss:GetBucketInfo }\n\n"
      "policy p identity {\n"
      "  allow [oss:Get*, $Read, oss:GetObjectAcl] on acs:oss:*:*:photos/*;\n"
      "}\n";
  EXPECT_TRUE(Finds(text, "W-RED-001"));
  const std::string fixed = Fixed(text);
  EXPECT_NE(fixed.find("set Read = { oss:GetObject, oss:GetBucketInfo }"),
            std::string::npos)
      << fixed;
  EXPECT_NE(fixed.find("oss:Get*, $Read"), std::string::npos) << fixed;
}

TEST(FixPlaces, ATemplateIsLeftAndSoAreItsStatements) {
  const std::string text =
      "template reads(bucket) {\n"
      "  allow [oss:Get*, oss:GetObject] on acs:oss:*:*:{bucket}/*;\n"
      "}\n\n"
      "policy p identity {\n"
      "  use reads(photos);\n"
      "  use reads(photos);\n"
      "  allow oss:GetObject on acs:oss:*:*:photos/*;\n"
      "}\n\n"
      "policy q identity {\n"
      "  use reads(films);\n"
      "}\n";
  EXPECT_TRUE(Finds(text, "W-RED-001"));
  const std::string fixed = Fixed(text);
  const std::string end_of_template = "}\n\npolicy p";
  EXPECT_EQ(fixed.substr(0, fixed.find(end_of_template)),
            text.substr(0, text.find(end_of_template)));
  EXPECT_NE(fixed.find("use reads(films);"), std::string::npos);
  EXPECT_NE(fixed.find("use reads(photos);"), std::string::npos);
  // The statement that the file itself writes out is covered and goes.
  EXPECT_EQ(fixed.find("allow oss:GetObject on"), std::string::npos) << fixed;
}

TEST(FixPlaces, ConstantsInWordsStay) {
  const std::string text =
      "let bucket = photos;\n"
      "let office = 10.0.0.7/8;\n\n"
      "policy p identity {\n"
      "  allow oss:GetObject on [acs:oss:*:*:{bucket}/*, "
      "acs:oss:*:*:{bucket}/2026/*]\n"
      "    when acs:SourceIp within [{office}];\n"
      "}\n";
  EXPECT_TRUE(Finds(text, "W-RED-002"));
  const std::string fixed = Fixed(text);
  EXPECT_NE(fixed.find("let bucket = photos;\nlet office = 10.0.0.7/8;\n"),
            std::string::npos)
      << fixed;
  EXPECT_NE(fixed.find("{office}"), std::string::npos) << fixed;
}

TEST(FixPlaces, TheFilesOwnStatementsAreMendedBesideThem) {
  const std::string own =
      "\npolicy own identity {\n"
      "  allow [oss:Get*, oss:GetObject] on acs:oss:*:*:music/*;\n"
      "}\n";
  const std::string mended =
      "\npolicy own identity {\n"
      "  allow [oss:Get*] on acs:oss:*:*:music/*;\n"
      "}\n";
  EXPECT_EQ(Fixed(kSet + own), kSet + mended);
}

}  // namespace
}  // namespace writ
