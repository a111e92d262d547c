// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/compiler/index_image.h"

#include <optional>
#include <string_view>
#include <vector>

namespace writ::testing {
namespace {

ast::Policy Parse(const std::string& statements) {
  const SourceText source(
      "test", R"({"Version":"1","Statement":[)" + statements + "]}");
  Diagnostics diagnostics;
  std::optional<ast::Policy> tree = ParseJsonPolicy(source, &diagnostics);
  WRIT_CHECK(tree && !diagnostics.has_errors());
  return *std::move(tree);
}

std::string Rich() {
  // So many of one ending that they go by their inner text.
  std::string inner;
  for (const char c : std::string_view("abcdefghijkl")) {
    inner += (inner.empty() ? "" : ",") +
             (std::string("\"acs:fc:*:*:f/*") + c + "x*y*z\"");
  }
  return R"({"Sid":"a","Effect":"Allow","Action":["fc:Get*","fc:Invoke"],)"
         R"("Resource":["acs:fc:*:*:functions/*","acs:fc:cn-a:1:functions/a",)"
         R"("acs:fc:*:1:services/*.log","acs:f?:*:*:x"],"Condition":{)"
         R"("StringEquals":{"acs:a":["x","y"]},)"
         R"("StringLike":{"acs:a":"z*"},)"
         R"("StringEqualsIgnoreCase":{"acs:ResourceTag/T":["Q","r"]},)"
         R"("NumericLessThan":{"d:n":["10","-2.5e3"]},)"
         R"("NumericGreaterThan":{"d:n":"3"},)"
         R"("DateGreaterThan":{"d:d":"2026-01-01T00:00:00.5Z"},)"
         R"("Bool":{"d:b":"true"},)"
         R"("IpAddress":{"d:i":["10.0.0.0/8","::/0"]}}},)"
         R"({"Effect":"Deny","Action":"fc:*","Resource":[)" +
         inner +
         R"(]},)"
         R"({"Effect":"Deny","NotAction":"fc:Get*",)"
         R"("NotResource":"acs:oss:*:*:b/*","Condition":{)"
         R"("StringEquals":{"acs:a":"y"}}},)"
         R"({"Effect":"Allow","Action":["ram:*","sts:AssumeRole"],)"
         R"("Resource":["acs:ram:*:*:role/*","acs:ram::1:user/bob"]},)"
         R"({"Effect":"Allow","Action":"oss:List*","Resource":"*"})";
}

}  // namespace

std::string IndexImage(PassSet passes) {
  const ast::Policy first = Parse(Rich());
  const ast::Policy second =
      Parse(R"({"Effect":"Allow","Action":"oss:GetObject",)"
            R"("Resource":["acs:oss:*:*:b/*","acs:fc:*:*:functions/*"]},)"
            R"({"Effect":"Deny","Action":"oss:GetObject",)"
            R"("Resource":"acs:oss:*:*:b/secret"})");
  const ast::Policy third =
      Parse(R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  const PolicyInput inputs[] = {{&first, ast::PolicyKind::kIdentity},
                                {&second, ast::PolicyKind::kIdentity},
                                {&third, ast::PolicyKind::kIdentity}};
  const std::vector<std::vector<uint32_t>> units = {{0, 1}, {2}};
  const std::vector<std::string_view> known = {
      "fc:GetFunction", "oss:ListBuckets", "oss:PutObject"};
  CompileOptions options;
  options.passes = passes;
  options.units = units;
  options.known_actions = known;
  Result<std::string> image = CompileProgram(inputs, options);
  WRIT_CHECK(image.ok());
  return std::move(image).value();
}

}  // namespace writ::testing
