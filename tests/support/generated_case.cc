// SPDX-License-Identifier: Apache-2.0
//
// Writes a generated case as the line of a case file.
#include <map>

#include "tests/support/request_generator.h"

namespace writ::reference {
namespace {

using Texts = std::vector<std::string>;

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string List(const Texts& values, bool unquoted = false) {
  std::string json = "[";
  for (const std::string& value : values) {
    if (json.size() > 1) json += ",";
    json += unquoted ? value : Quote(value);
  }
  return json + "]";
}

std::string StatementJson(const GeneratedStatement& statement) {
  std::string json = "{\"Effect\":";
  json += statement.deny ? "\"Deny\"" : "\"Allow\"";
  if (statement.principal_form == "bare") {
    json += ",\"Principal\":" + List(statement.principals);
  } else if (!statement.principal_form.empty()) {
    json += ",\"Principal\":{" + Quote(statement.principal_form) + ":" +
            List(statement.principals) + "}";
  }
  json += statement.not_action ? ",\"NotAction\":" : ",\"Action\":";
  json += statement.actions.size() == 1 ? Quote(statement.actions[0])
                                        : List(statement.actions);
  if (!statement.resources.empty()) {
    json += statement.not_resource ? ",\"NotResource\":" : ",\"Resource\":";
    json += List(statement.resources);
  }
  if (!statement.tests.empty()) {
    std::map<std::string, std::string> blocks;
    for (const GeneratedTest& test : statement.tests) {
      std::string& block = blocks[test.op];
      if (!block.empty()) block += ",";
      block += Quote(test.key) + ":";
      const bool scalar = test.scalar && test.values.size() == 1;
      block += scalar ? (test.unquoted ? test.values[0] : Quote(test.values[0]))
                      : List(test.values, test.unquoted);
    }
    json += ",\"Condition\":{";
    for (const auto& [op, block] : blocks) {
      if (json.back() != '{') json += ",";
      json += Quote(op) + ":{" + block + "}";
    }
    json += "}";
  }
  return json + "}";
}

std::string PolicyJson(const GeneratedPolicy& policy) {
  std::string json = "{\"kind\":" + Quote(policy.kind);
  if (policy.group_scope) json += ",\"scope\":\"resource-group\"";
  if (!policy.group.empty()) json += ",\"group\":" + Quote(policy.group);
  if (!policy.level.empty()) json += ",\"level\":" + Quote(policy.level);
  if (policy.depth != 0) json += ",\"depth\":" + std::to_string(policy.depth);
  if (!policy.account.empty()) json += ",\"account\":" + Quote(policy.account);
  json += ",\"document\":{\"Version\":\"1\",\"Statement\":[";
  for (const GeneratedStatement& statement : policy.statements) {
    if (json.back() != '[') json += ",";
    json += StatementJson(statement);
  }
  return json + "]}}";
}

}  // namespace

std::string RequestJson(const GeneratedRequest& request) {
  std::string json = "{\"principal\":" + Quote(request.principal);
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) json += "," + Quote(name) + ":" + Quote(value);
  };
  add("principalId", request.principal_id);
  add("principalType", request.principal_type);
  if (request.send_account) add("account", request.account);
  if (request.management) json += ",\"managementAccount\":true";
  add("resourceGroup", request.resource_group);
  add("action", request.action);
  json += ",\"resource\":";
  json += request.resources.size() == 1 ? Quote(request.resources[0])
                                        : List(request.resources);
  json += ",\"context\":{";
  for (const auto& [key, values] : request.context) {
    if (json.back() != '{') json += ",";
    json += Quote(key) + ":";
    json += values.size() == 1 ? Quote(values[0]) : List(values);
  }
  return json + "}}";
}

std::string GeneratedCase::Line(std::string_view id) const {
  std::string line = "{\"id\":" + Quote(id) + ",\"policies\":[";
  for (const GeneratedPolicy& policy : policies) {
    if (line.back() != '[') line += ",";
    line += PolicyJson(policy);
  }
  return line + "],\"request\":" + RequestJson(request) + "}";
}

}  // namespace writ::reference
