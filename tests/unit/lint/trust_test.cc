// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/lint/lint_findings.h"

namespace writ::testing {
namespace {

std::string Trusts(const std::string& principals, const std::string& rest = "",
                   LintOptions options = {}) {
  const LintFindings found(
      "writ 1;\npolicy p trust {\n allow sts:AssumeRole to " + principals +
          " " + rest + ";\n}\n",
      {LintTrust}, std::move(options));
  EXPECT_TRUE(found.valid()) << principals;
  return found.Codes();
}

std::string Bucket(const std::string& statements) {
  const LintFindings found(
      "writ 1;\npolicy p resource {\n" + statements + "\n}\n", {LintTrust});
  EXPECT_TRUE(found.valid()) << statements;
  return found.Codes();
}

constexpr char kRoot[] = "ram acs:ram::1000000000000002:root";

TEST(Trust, AWholeAccountIsAWarningUntilSomethingGuardsIt) {
  EXPECT_EQ(Trusts(kRoot), "W-TRU-009");
  EXPECT_EQ(Trusts(kRoot, "when acs:MFAPresent is true"), "");
  EXPECT_EQ(Trusts(kRoot, "when sts:ExternalId == \"a-7\""), "");
  EXPECT_EQ(Trusts(kRoot, "when acs:SourceVpc like \"*\""), "W-TRU-009");
  EXPECT_EQ(Trusts(kRoot, "when acs:MFAPresent is false"), "W-TRU-009");
}

TEST(Trust, OneAccountIsOneFinding) {
  LintOptions own;
  own.trusted_accounts = {"1000000000000001"};
  EXPECT_EQ(Trusts("ram [acs:ram::1000000000000002:root, "
                   "acs:ram::1000000000000002:user/a]",
                   "", own),
            "W-TRU-005");
  EXPECT_EQ(Trusts("ram [acs:ram::1000000000000002:user/a, "
                   "acs:ram::1000000000000003:user/a]",
                   "", own),
            "W-TRU-005 W-TRU-005");
}

TEST(Trust, OnesOwnAccountsAreNotForeign) {
  LintOptions own;
  own.trusted_accounts = {"1000000000000001", "1000000000000002"};
  EXPECT_EQ(Trusts("ram acs:ram::1000000000000002:role/a", "", own), "");
  EXPECT_EQ(Trusts(kRoot, "", own), "W-TRU-009");
}

TEST(Trust, AProviderSaysWhichAccountIsOnesOwn) {
  const LintFindings found(
      "writ 1;\npolicy p trust {\n"
      "allow sts:AssumeRole to ram acs:ram::1000000000000002:user/a;\n"
      "allow sts:AssumeRole to federated "
      "acs:ram::1000000000000001:saml-provider/corp\n"
      "  when saml:recipient == \"https://example\";\n}\n",
      {LintTrust});
  ASSERT_TRUE(found.valid());
  EXPECT_EQ(found.Codes(), "W-TRU-005");
}

TEST(Trust, AServiceActsForTheAccountOfTheRole) {
  EXPECT_EQ(Trusts("service [fc.aliyuncs.com, oss.aliyuncs.com]"), "");
  EXPECT_EQ(Trusts("service [\"2000000000000009@fc.aliyuncs.com\"]"),
            "W-TRU-007");
  LintOptions own;
  own.trusted_accounts = {"2000000000000009"};
  EXPECT_EQ(Trusts("service [\"2000000000000009@fc.aliyuncs.com\"]", "", own),
            "");
}

TEST(Trust, ATokenSaysForWhomItWasMade) {
  const std::string oidc =
      "federated acs:ram::1000000000000001:oidc-provider/ack";
  EXPECT_EQ(Trusts(oidc), "W-TRU-008");
  EXPECT_EQ(Trusts(oidc, "when oidc:aud == \"sts.aliyuncs.com\""), "W-TRU-008");
  EXPECT_EQ(Trusts(oidc,
                   "when oidc:aud == \"sts.aliyuncs.com\" and oidc:sub "
                   "like \"system:serviceaccount:a:*\""),
            "");
  EXPECT_EQ(Trusts(oidc,
                   "when oidc:aud == \"sts.aliyuncs.com\" and oidc:sub "
                   "like \"*\""),
            "W-TRU-008");
}

TEST(Trust, ADenyTrustsNobody) {
  const LintFindings found(
      "writ 1;\npolicy p trust {\n deny sts:AssumeRole to ram "
      "acs:ram::1000000000000002:root;\n}\n",
      {LintTrust});
  EXPECT_EQ(found.Codes(), "");
}

TEST(Trust, EveryoneIsFineWithinANetwork) {
  const std::string allow =
      "allow oss:GetObject to anyone on acs:oss:*:1000000000000001:a/*";
  EXPECT_EQ(Bucket(allow + ";"), "W-TRU-003");
  EXPECT_EQ(Bucket(allow + " when acs:SourceVpc == \"vpc-1\";"), "");
  EXPECT_EQ(Bucket(allow + " when acs:SecureTransport is true;"), "W-TRU-003");
  EXPECT_EQ(Bucket(allow + " when acs:SourceVpc != \"vpc-1\";"), "W-TRU-003");
  EXPECT_EQ(Bucket("deny oss:* to anyone on acs:oss:*:*:a/*;"), "");
  EXPECT_EQ(Bucket("allow oss:GetObject to [\"2700000000000001\"] on "
                   "acs:oss:*:1000000000000001:a/*;"),
            "");
}

TEST(Trust, EveryoneIsReportedBesideTheErrorOfTheForm) {
  PolicyFile file =
      ParsePolicyText("p.ram.json",
                      R"({"Version": "1", "Statement": [{"Effect": "Allow",
          "Action": "sts:AssumeRole", "Principal": {"RAM": ["*"]}}]})");
  CheckFile(ast::PolicyKind::kTrust, &file);
  ASSERT_EQ(file.diagnostics.all().size(), 2u);
  EXPECT_EQ(file.diagnostics.error_count(), 1u);
  EXPECT_EQ(file.diagnostics.all()[1].id, DiagnosticId::kAnyoneAssume);
}

}  // namespace
}  // namespace writ::testing
