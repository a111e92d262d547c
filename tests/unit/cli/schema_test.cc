// SPDX-License-Identifier: Apache-2.0
// What --json-schema promises, held against what the commands print.
#include <algorithm>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/unit/cli/run_writ.h"

namespace writ {
namespace {

using Json = nlohmann::json;

bool HasType(const Json& value, const std::string& type) {
  return (type == "object" && value.is_object()) ||
         (type == "array" && value.is_array()) ||
         (type == "string" && value.is_string()) ||
         (type == "boolean" && value.is_boolean()) ||
         (type == "integer" && value.is_number_integer()) ||
         (type == "number" && value.is_number());
}

// Checks the part of JSON Schema that ours use, and that no member is printed
// which the schema does not know.
class SchemaWalk {
 public:
  explicit SchemaWalk(Json root) : root_(std::move(root)) {}

  void Check(const Json& value) { Visit(root_, value, ""); }

 private:
  void Visit(const Json& schema, const Json& value, const std::string& at) {
    if (schema.contains("$ref")) {
      const auto ref = schema["$ref"].get<std::string>();
      return Visit(root_.at(Json::json_pointer(ref.substr(1))), value, at);
    }
    if (schema.contains("type")) {
      EXPECT_TRUE(HasType(value, schema["type"])) << at << value;
    }
    if (schema.contains("const")) {
      EXPECT_EQ(value, schema["const"]) << at;
    }
    if (schema.contains("enum")) {
      const Json& known = schema["enum"];
      EXPECT_NE(std::find(known.begin(), known.end(), value), known.end())
          << at << value;
    }
    if (schema.contains("minimum")) {
      EXPECT_GE(value, schema["minimum"]) << at;
    }
    if (value.is_object() && schema.contains("properties")) {
      Members(schema, value, at);
    }
    if (value.is_array() && schema.contains("items")) {
      for (const Json& item : value) Visit(schema["items"], item, at + "/-");
    }
  }

  void Members(const Json& schema, const Json& value, const std::string& at) {
    if (schema.contains("required")) {
      for (const Json& name : schema["required"]) {
        EXPECT_TRUE(value.contains(name.get<std::string>())) << at << name;
      }
    }
    for (const auto& [name, member] : value.items()) {
      const Json& known = schema["properties"];
      ASSERT_TRUE(known.contains(name)) << at << "/" << name;
      Visit(known[name], member, at + "/" + name);
    }
  }

  Json root_;
};

class SchemaTest : public WritProgramTest {
 protected:
  void Hold(const std::string& command, const std::string& arguments) {
    const Json schema =
        Json::parse(Run(command + " --json-schema").out, nullptr, false);
    ASSERT_TRUE(schema.is_object()) << command;
    const Outcome outcome = Run(command + " " + arguments);
    const Json document = Json::parse(outcome.out, nullptr, false);
    ASSERT_TRUE(document.is_object()) << outcome.out << outcome.err;
    SchemaWalk(schema).Check(document);
  }
};

constexpr char kPolicy[] =
    "writ 1;\n\npolicy p identity {\n"
    "  allow [fc:GetFunction, fc:GetFunction] on acs:fc:*:*:functions/a;\n}\n\n"
    "test \"t\" {\n  given principal = acs:ram::1001:user/alice;\n"
    "  expect allow fc:GetFunction on acs:fc:cn:1001:functions/a;\n"
    "  expect allow fc:GetFunction on acs:fc:cn:1001:functions/b;\n}\n";

TEST_F(SchemaTest, FindingsFixesTestsAndDecisionsKeepTheirPromise) {
  const std::string path = Write("p.writ", kPolicy);
  Hold("lint", "--format json " + path);
  Hold("fix", "--dry-run --format json " + path);
  Hold("test", "--format json " + path);
  const std::string passing =
      Write("q.writ", std::string(kPolicy).replace(
                          std::string(kPolicy).rfind("/b;"), 3, "/a;"));
  Hold("test", "--mutate --format json " + passing);
  Hold("inspect", "--format json " + path);
  Hold("roundtrip", "--format json " + path);
  const std::string who = "-p " + path +
                          " --principal acs:ram::1001:user/alice --action "
                          "fc:GetFunction --resource acs:fc:cn:1001:functions/";
  Hold("eval", who + "a");
  Hold("eval", who + "b --explain");
}

TEST_F(SchemaTest, BundlesKeepTheirPromise) {
  Write("dir/policies/p.writ",
        "writ 1;\npolicy p identity {\n  allow fc:* on *;\n}\n");
  Write("dir/directory.json",
        R"({"version": 1, "accounts": {"1001": {
          "users": {"ada": {"policies": ["p"]}}}}})");
  const std::string dir = folder() + "/dir";
  const std::string first = folder() + "/first";
  ASSERT_EQ(Run("bundle build " + dir + " --revision 1 -o " + first).exit, 0);
  Write("dir/directory.json",
        R"({"version": 1, "accounts": {"1001": {
          "users": {"bob": {"id": "1", "policies": ["p"]}}}}})");
  const std::string second = folder() + "/second";
  ASSERT_EQ(Run("bundle build " + dir + " --revision 2 -o " + second +
                " --not-after 2030-01-01T00:00:00Z")
                .exit,
            0);
  Hold("bundle", "inspect --format json " + second);
  Hold("bundle", "diff --format json " + first + " " + second);
}

}  // namespace
}  // namespace writ
