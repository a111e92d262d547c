// SPDX-License-Identifier: Apache-2.0
// The rulings that a decision can show, one table row a promise.
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/authz/policy_set.h"

namespace writ::testing {
namespace {

// What one condition comes to for one request. Allow and Deny see it from both
// sides: a true one allows and denies, a false one does neither, an unreadable
// one denies only (R39).
enum class Holds { kYes, kNo, kUnreadable };

struct ConditionCase {
  std::string_view rule;
  std::string_view condition;
  std::vector<std::string_view> values;  // of key d:k; none: absent
  Holds expected;
};

std::string WithCondition(std::string_view effect, std::string_view condition) {
  return R"({"Effect":")" + std::string(effect) +
         R"(","Action":"*","Resource":"*","Condition":)" +
         std::string(condition) + "}";
}

void ExpectCondition(const ConditionCase& c) {
  SCOPED_TRACE(std::string(c.rule) + " " + std::string(c.condition));
  Ask ask;
  if (!c.values.empty()) ask.context = {{"d:k", c.values}};
  PolicySet allow;
  allow.Identity(WithCondition("Allow", c.condition));
  const Decision allowed = allow.Decide(ask);
  EXPECT_EQ(allowed.allowed(), c.expected == Holds::kYes);
  EXPECT_EQ(allowed.reason, c.expected == Holds::kYes ? Reason::kAllowed
                            : c.expected == Holds::kNo
                                ? Reason::kNoMatch
                                : Reason::kUnreadableValue);
  PolicySet deny;
  deny.Identity(R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  deny.Identity(WithCondition("Deny", c.condition));
  const Decision denied = deny.Decide(ask);
  EXPECT_EQ(denied.allowed(), c.expected == Holds::kNo);
  EXPECT_EQ(denied.reason, c.expected == Holds::kYes ? Reason::kDenied
                           : c.expected == Holds::kNo
                               ? Reason::kAllowed
                               : Reason::kUnreadableValue);
}

TEST(Rulings, ConditionsHoldAsRuled) {
  const ConditionCase kCases[] = {
      {"R01", R"({"StringEquals":{"d:k":"a"}})", {}, Holds::kNo},
      {"R01", R"({"StringNotEquals":{"d:k":"a"}})", {}, Holds::kYes},
      {"R01", R"({"StringNotLike":{"d:k":"*"}})", {}, Holds::kYes},
      {"R01", R"({"NumericNotEquals":{"d:k":"1"}})", {}, Holds::kYes},
      {"R01",
       R"({"DateNotEquals":{"d:k":"2026-01-01T00:00:00Z"}})",
       {},
       Holds::kYes},
      {"R01", R"({"NotIpAddress":{"d:k":"10.0.0.0/8"}})", {}, Holds::kYes},
      {"R02", R"({"StringEquals":{"d:k":["a","b"]}})", {"x", "b"}, Holds::kYes},
      {"R02",
       R"({"StringNotEquals":{"d:k":["a","b"]}})",
       {"x", "b"},
       Holds::kNo},
      {"R02",
       R"({"StringNotEquals":{"d:k":["a","b"]}})",
       {"x", "y"},
       Holds::kYes},
      {"R06",
       R"({"IpAddress":{"d:k":"10.1.2.0/24"}})",
       {"10.1.2.0"},
       Holds::kYes},
      {"R06",
       R"({"IpAddressIncludeBorder":{"d:k":"10.1.2.0/24"}})",
       {"10.1.2.255"},
       Holds::kYes},
      {"R06",
       R"({"NotIpAddressIncludeBorder":{"d:k":"10.1.2.0/24"}})",
       {"10.1.2.255"},
       Holds::kNo},
      {"R07",
       R"({"IpAddress":{"d:k":"10.1.2.3/32"}})",
       {"10.1.2.3"},
       Holds::kYes},
      {"R07",
       R"({"IpAddress":{"d:k":"10.1.2.3/32"}})",
       {"10.1.2.4"},
       Holds::kNo},
      {"R08",
       R"({"IpAddress":{"d:k":"2001:db8::/32"}})",
       {"2001:db8:1::9"},
       Holds::kYes},
      {"R09", R"({"IpAddress":{"d:k":"::/0"}})", {"10.0.0.1"}, Holds::kNo},
      {"R09",
       R"({"NotIpAddress":{"d:k":"0.0.0.0/0"}})",
       {"2001:db8::1"},
       Holds::kYes},
      {"R09",
       R"({"IpAddress":{"d:k":"10.0.0.0/8"}})",
       {"::ffff:10.1.2.3"},
       Holds::kYes},
      {"R09",
       R"({"IpAddress":{"d:k":"::ffff:10.0.0.0/104"}})",
       {"10.1.2.3"},
       Holds::kYes},
      {"R09",
       R"({"IpAddress":{"d:k":"10.0.0.0/8"}})",
       {"10.0.0.1/32"},
       Holds::kUnreadable},
      {"R10", R"({"StringEquals":{"D:K":"a"}})", {"a"}, Holds::kYes},
      {"R18", R"({})", {"a"}, Holds::kYes},
      {"R18", R"({"StringEquals":{"d:k":[]}})", {"a"}, Holds::kNo},
      {"R18", R"({"StringNotEquals":{"d:k":[]}})", {"a"}, Holds::kYes},
      {"R22",
       R"({"StringEquals":{"d:k":"${acs:x}"}})",
       {"${acs:x}"},
       Holds::kYes},
      {"R24", R"({"StringEquals":{"d:k":"1.0"}})", {"1"}, Holds::kNo},
      {"R24", R"({"NumericEquals":{"d:k":"1.0"}})", {"1"}, Holds::kYes},
      {"R25", R"({"Bool":{"d:k":"true"}})", {"TRUE"}, Holds::kYes},
      {"R25", R"({"Bool":{"d:k":"true"}})", {"false"}, Holds::kNo},
      {"R25", R"({"Bool":{"d:k":"true"}})", {"1"}, Holds::kUnreadable},
      {"R27",
       R"({"DateEquals":{"d:k":"2019-08-12T17:00:00+08:00"}})",
       {"2019-08-12T09:00:00Z"},
       Holds::kYes},
      {"R27",
       R"({"DateLessThan":{"d:k":"2026-01-01T00:00:00.000000002Z"}})",
       {"2026-01-01T00:00:00.000000001Z"},
       Holds::kYes},
      {"R27",
       R"({"DateGreaterThanEquals":{"d:k":"2026-01-01T00:00:00Z"}})",
       {"2026-01-01T00:00:00Z"},
       Holds::kYes},
      {"R27",
       R"({"DateGreaterThan":{"d:k":"2026-01-01T00:00:00Z"}})",
       {"2026-01-01T00:00:00Z"},
       Holds::kNo},
      {"R27",
       R"({"DateLessThanEquals":{"d:k":"2026-01-01T00:00:00Z"}})",
       {"2026-02-29T00:00:00Z"},
       Holds::kUnreadable},
      {"R39",
       R"({"NumericLessThan":{"d:k":"10"}})",
       {"1,0"},
       Holds::kUnreadable},
      {"R39",
       R"({"NumericNotEquals":{"d:k":"10"}})",
       {"x"},
       Holds::kUnreadable},
      {"R39",
       R"({"NumericEquals":{"d:k":"10"}})",
       {"10", "x"},
       Holds::kUnreadable},
      {"R39", R"({"NumericEquals":{"d:k":[]}})", {"x"}, Holds::kUnreadable},
      {"R39",
       R"({"NumericEquals":{"d:k":"1"},"StringEquals":{"d:k":"y"}})",
       {"x"},
       Holds::kNo},
      {"R39",
       R"({"StringEquals":{"d:k":"y"},"NumericEquals":{"d:k":"1"}})",
       {"x"},
       Holds::kNo},
      {"R39",
       R"({"NumericEquals":{"d:k":"1"},"StringEquals":{"d:k":"x"}})",
       {"x"},
       Holds::kUnreadable},
      {"R42",
       R"({"StringLike":{"d:k":"?"}})",
       {"\xf0\x9f\x98\x80"},
       Holds::kYes},
      {"R42",
       R"({"StringEqualsIgnoreCase":{"d:k":"dEv"}})",
       {"DeV"},
       Holds::kYes},
      {"R42",
       R"({"StringEqualsIgnoreCase":{"d:k":"\u00c9"}})",
       {"\xc3\xa9"},
       Holds::kNo},
      {"R42",
       R"({"StringNotEqualsIgnoreCase":{"d:k":"dev"}})",
       {"DEV"},
       Holds::kNo},
      {"R44", R"({"NumericEquals":{"d:k":"10.0"}})", {"1e1"}, Holds::kYes},
      {"R44", R"({"NumericEquals":{"d:k":"0"}})", {"-0"}, Holds::kYes},
      {"R44",
       R"({"NumericEquals":{"d:k":"9007199254740993"}})",
       {"9007199254740992"},
       Holds::kNo},
      {"R44", R"({"NumericLessThan":{"d:k":"-1"}})", {"-2"}, Holds::kYes},
      {"R44",
       R"({"NumericLessThanEquals":{"d:k":"-1"}})",
       {"-1.0"},
       Holds::kYes},
      {"R44", R"({"NumericGreaterThan":{"d:k":"1"}})", {"1"}, Holds::kNo},
      {"R44",
       R"({"NumericGreaterThanEquals":{"d:k":"1"}})",
       {"1"},
       Holds::kYes},
      {"2.2",
       R"({"StringEquals":{"d:k":"a"},"StringLike":{"d:k":"b*"}})",
       {"a"},
       Holds::kNo},
  };
  for (const ConditionCase& c : kCases) ExpectCondition(c);
}

TEST(Rulings, TagPartOfAKeyKeepsItsCase) {
  PolicySet set;
  set.Identity(WithCondition(
      "Allow", R"({"StringEquals":{"acs:ResourceTag/Team":"a"}})"));
  EXPECT_TRUE(
      set.Decide({.context = {{"ACS:resourcetag/Team", {"a"}}}}).allowed());
  EXPECT_FALSE(
      set.Decide({.context = {{"acs:ResourceTag/team", {"a"}}}}).allowed());
}

TEST(Rulings, AnEmptyListIsAnAbsentKey) {
  PolicySet set;
  set.Identity(WithCondition("Allow", R"({"NumericNotEquals":{"d:k":"1"}})"));
  EXPECT_TRUE(set.Decide({.context = {{"d:k", {}}}}).allowed());
}

struct ResourceCase {
  std::string_view rule;
  std::string_view pattern;
  std::string_view resource;
  bool matches;
};

TEST(Rulings, ResourcePatternsMatchAsRuled) {
  const ResourceCase kCases[] = {
      {"1.4", "acs:ram:*:1:user/a", "acs:ram::1:user/a", true},
      {"R11", "acs:fc:*:*:functions/Web", "acs:fc:a:1:functions/web", false},
      {"R11", "acs:ram:*:1:role/Admin", "acs:ram::1:role/admin", true},
      {"R11", "acs:ram:*:1:ROLE/Ad*", "acs:ram::1:role/ADMIN", true},
      {"R11", "acs:ram:*:1:role/admin/S1", "acs:ram::1:role/Admin/S1", true},
      {"R11", "acs:ram:*:1:role/admin/S1", "acs:ram::1:role/Admin/s1", false},
      {"R11", "acs:ram:*:1:user/Bob", "acs:ram::1:user/bob", false},
      {"R19", "acs:*:*:*:functions/web", "acs:fc:a:1:functions/web", true},
      {"R19", "acs:f*:1:functions/web:x", "acs:fc:a:1:functions/web:x", false},
      {"R19", "acs:fc:*:*:a*z", "acs:fc:r:1:a:b/c:z", true},
      {"R19", "acs:*:*cn-beijing*:*:*", "acs:ecs:cn-beijing:1:x", true},
      {"R20", "acs:*:*:*:*", "*", false},
      {"R20", "*", "*", true},
      {"R20", "acs:fc:*:1:?", "acs:fc:r:1:*", true},
      {"R20", "acs:fc:r:1:a", "acs:fc:*:1:a", false},
      {"R23", "acs:fc:r:1:a\\\\*", "acs:fc:r:1:a*", false},
  };
  for (const ResourceCase& c : kCases) {
    SCOPED_TRACE(std::string(c.rule) + " " + std::string(c.pattern) + " on " +
                 std::string(c.resource));
    const std::string pattern(c.pattern);
    PolicySet plain;
    plain.Identity(R"({"Effect":"Allow","Action":"*","Resource":"*"})");
    plain.Identity(R"({"Effect":"Deny","Action":"*","Resource":")" + pattern +
                   R"("})");
    PolicySet inverse;
    inverse.Identity(R"({"Effect":"Allow","Action":"*","Resource":"*"})");
    inverse.Identity(R"({"Effect":"Deny","Action":"*","NotResource":")" +
                     pattern + R"("})");
    const Ask ask = {.principal = "acs:ram::1:user/u",
                     .resources = {c.resource}};
    EXPECT_EQ(!plain.Decide(ask).allowed(), c.matches);
    EXPECT_EQ(inverse.Decide(ask).allowed(), c.matches);
  }
}

TEST(Rulings, ActionsMatchWithoutCaseAndByComplement) {
  const struct {
    std::string_view pattern;
    std::string_view action;
    bool matches;
  } kCases[] = {
      {"ECS:describe*", "ecs:DescribeInstances", true},
      {"ecs:*Group*", "ecs:JoinSecurityGroup", true},
      {"*:Get*", "fc:GetFunction", true},
      {"ots:GetR?", "ots:GetRow", false},
      {"ots:GetRo?", "ots:GetRow", true},
      {"fc:*", "fcx:Get", false},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.pattern);
    PolicySet plain;
    plain.Identity(R"({"Effect":"Allow","Action":")" + std::string(c.pattern) +
                   R"(","Resource":"*"})");
    PolicySet inverse;
    inverse.Identity(R"({"Effect":"Allow","NotAction":")" +
                     std::string(c.pattern) + R"(","Resource":"*"})");
    EXPECT_EQ(plain.Decide({.action = c.action}).allowed(), c.matches);
    EXPECT_EQ(inverse.Decide({.action = c.action}).allowed(), !c.matches);
  }
}

TEST(Rulings, RequestsOfNoKnownFormAreDeniedWhateverThePoliciesSay) {
  PolicySet set;
  set.Identity(R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  const Ask kBad[] = {
      {.resources = {"functions/web"}},
      {.resources = {"acs:fc:r:1"}},
      {.resources = {"arn:acs:fc:r:1:x"}},
      {.resources = {}},
      {.action = "InvokeFunction"},
      {.action = "fc:"},
      {.action = "fc:a:b"},
      {.principal = "alice"},
      {.principal = ""},
      {.principal = "acs:ram::1:user/"},
      {.principal = "acs:ram::1:user/a/b"},
      {.principal = "acs:ram::1:role/r"},
      {.principal = "acs:ram::1:role/r/"},
      {.principal = "acs:ram:r:1:user/a"},
      {.principal = "acs:ram:::user/a"},
      {.principal = "acs:ram::1:group/g"},
      {.principal = "acs:ram::1:user/a", .account = "2"},
      {.principal = "acs:ram::1:user/a",
       .declared = RequestPrincipal::Declared::kServiceLinkedRole},
      {.principal = "*", .account = "1"},
  };
  for (const Ask& ask : kBad) {
    SCOPED_TRACE(std::string(ask.principal) + " " + std::string(ask.action));
    EXPECT_EQ(Show(set.Decide(ask)), "IMPLICIT_DENY default malformed-request");
  }
}

TEST(Rulings, WrongRequestsAreErrorsAndDenials) {
  PolicySet set;
  set.Identity(R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  const std::vector<std::string_view> many(1001, "x");
  const Ask kBad[] = {
      {.context = {{"acs:a", {"1"}}, {"ACS:A", {"1"}}}},
      {.context = {{"acs:a", many}}},
  };
  for (const Ask& ask : kBad) {
    Decision decision;
    decision.verdict = Verdict::kAllow;
    EXPECT_EQ(set.TryDecide(ask, &decision).code(),
              StatusCode::kInvalidArgument);
    EXPECT_FALSE(decision.allowed());
  }
  Decision decision;
  const std::vector<std::string_view> most(1000, "x");
  EXPECT_TRUE(set.TryDecide({.context = {{"acs:a", most}}}, &decision).ok());
  EXPECT_TRUE(decision.allowed());
  EXPECT_TRUE(set.TryDecide({.context = {{"a:b/c", {"1"}}, {"a:b/C", {"1"}}}},
                            &decision)
                  .ok());
}

}  // namespace
}  // namespace writ::testing
