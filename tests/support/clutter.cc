// SPDX-License-Identifier: Apache-2.0
#include "tests/support/clutter.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/request_values.h"

namespace writ {
namespace {

using reference::GeneratedPolicy;
using reference::GeneratedRequest;
using reference::GeneratedStatement;
using reference::GeneratedTest;
using reference::Random;
using reference::Texts;

// A text that the pattern matches.
std::string Instance(std::string_view pattern, Random* random) {
  constexpr std::string_view kFillings[] = {"", "x", "Get", "prod", "a/b"};
  std::string text;
  for (const char c : pattern) {
    if (c == '*') {
      text += random->Pick(kFillings);
    } else {
      text += c == '?' ? 'q' : c;
    }
  }
  return text;
}

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

// One more item, which another of the list covers or which covers others.
void Widen(Texts* items, Random* random) {
  if (items->empty()) return;
  const std::string item = random->Pick(*items);
  std::string added = item;
  switch (random->Below(4)) {
    case 0:
      break;
    case 1:
      added = Instance(item, random);
      break;
    case 2:
      if (item != "*" && !item.ends_with('*')) added += '*';
      break;
    default:
      if (const size_t colon = item.find(':');
          colon != std::string::npos && !item.starts_with("acs:")) {
        added = item.substr(0, colon) + ":*";
      }
  }
  const size_t at = random->Below(items->size() + 1);
  items->insert(items->begin() + static_cast<std::ptrdiff_t>(at),
                std::move(added));
}

bool IsAddressTest(const GeneratedTest& test) {
  return test.op.find("IpAddress") != std::string::npos;
}

void ClutterTest(GeneratedTest* test, Random* random) {
  if (test->values.empty() || test->unquoted) return;
  if (IsAddressTest(*test)) {
    constexpr std::string_view kMessy[] = {"10.1.2.3/8",     "192.168.0.255/24",
                                           "192.0.2.7/32",   "2001:db8::1/128",
                                           "2001:db8::7/32", "10.9.9.9"};
    test->values.emplace_back(random->Pick(kMessy));
    test->scalar = false;
    if (random->Percent(30)) {
      test->op = test->op.starts_with("Not") ? "NotIpAddressIncludeBorder"
                                             : "IpAddressIncludeBorder";
    }
    return;
  }
  const bool number = test->op.starts_with("Numeric");
  if ((number || test->op == "Bool") && random->Percent(60)) {
    // What JSON can write without quotes.
    if (number) {
      test->values = {"10", "-0.5", "1e3"};
      test->values.resize(1 + random->Below(3));
    } else {
      test->values = {random->Percent(50) ? "true" : "false"};
    }
    test->unquoted = true;
    return;
  }
  test->scalar = false;
  test->values.push_back(random->Pick(test->values));
  if (test->op.ends_with("Like") && random->Percent(50)) {
    test->values.push_back(test->values[0] + "*");
  }
}

void ClutterStatement(GeneratedPolicy* policy, Random* random) {
  const size_t chosen = random->Below(policy->statements.size());
  GeneratedStatement& statement = policy->statements[chosen];
  switch (random->Below(10)) {
    case 0:
    case 1:
      if (policy->kind == "trust") break;
      Widen(&statement.actions, random);
      break;
    case 2:
      Widen(&statement.resources, random);
      break;
    case 3:
    case 4:
      if (statement.tests.empty()) break;
      ClutterTest(&statement.tests[random->Below(statement.tests.size())],
                  random);
      break;
    case 5:
      policy->statements.push_back(GeneratedStatement(statement));
      break;
    case 6: {
      // Narrower than the one it is made of.
      GeneratedStatement narrow = statement;
      if (!narrow.not_action) narrow.actions.resize(1);
      if (narrow.tests.empty()) {
        narrow.tests.push_back({"Bool", "acs:MFAPresent", {"true"}});
      }
      policy->statements.push_back(std::move(narrow));
      break;
    }
    case 7: {
      // To be merged again.
      if (statement.not_action || statement.not_resource) break;
      GeneratedStatement other = statement;
      if (random->Percent(50) && policy->kind != "trust") {
        other.actions = {"oss:ListObjects"};
      } else if (!other.resources.empty()) {
        other.resources = {"acs:oss:*:*:spare/*"};
      }
      policy->statements.push_back(std::move(other));
      break;
    }
    case 8:
      if (policy->kind == "trust") break;
      for (std::string& action : statement.actions) action = LowerCase(action);
      break;
    default:
      Widen(&statement.principals, random);
  }
}

void ReplaceFirst(std::string_view what, std::string_view by,
                  std::string* text) {
  if (const size_t at = text->find(what); at != std::string::npos) {
    text->replace(at, what.size(), by);
  }
}

void ReplaceAll(std::string_view what, std::string_view by, std::string* text) {
  for (size_t at = text->find(what); at != std::string::npos;
       at = text->find(what, at + by.size())) {
    text->replace(at, what.size(), by);
  }
}

// A value that passes the test, or one near those that do.
std::string ValueAround(const GeneratedTest& test, Random* random) {
  const char type = reference::TypeOf(test.key);
  if (type != 's' && random->Percent(50)) {
    return random->Pick(random->Pick(reference::RowsOf(type)));
  }
  if (test.values.empty()) return "x";
  std::string value = Instance(random->Pick(test.values), random);
  if (IsAddressTest(test))
    value.resize(std::min(value.size(), value.find('/')));
  return value;
}

}  // namespace

void Clutter(GeneratedPolicy* policy, Random* random) {
  for (size_t edits = 1 + random->Below(4); edits > 0; --edits) {
    ClutterStatement(policy, random);
  }
}

std::string CluttersJson(std::string document, Random* random) {
  constexpr std::string_view kLone = R"("Statement":[)";
  switch (random->Below(8)) {
    case 0:
      ReplaceFirst(R"("Version":"1",)", "", &document);
      break;
    case 1:
      if (document.find(R"("Effect")") == document.rfind(R"("Effect")")) {
        ReplaceFirst(kLone, kLone.substr(0, kLone.size() - 1), &document);
        document.replace(document.size() - 2, 1, "");
      }
      break;
    case 2:
      document.insert(0, "\xEF\xBB\xBF");
      break;
    case 3:
      ReplaceAll(R"({"Effect")", R"({"Sid":"same","Effect")", &document);
      break;
    case 4:
      if (document.find(R"("Condition")") == std::string::npos) {
        ReplaceFirst(R"({"Effect")", R"({"Condition":{},"Effect")", &document);
      }
      break;
    case 5: {
      // One action in brackets, the others as they are.
      constexpr std::string_view kAction = R"("Action":")";
      const size_t at = document.find(kAction);
      if (at == std::string::npos) break;
      const size_t end = document.find('"', at + kAction.size());
      document.insert(end + 1, "]");
      document.insert(at + kAction.size() - 1, "[");
      break;
    }
    default:
      break;
  }
  return document;
}

std::string CluttersWrit(std::string text, Random* random) {
  if (random->Percent(30)) ReplaceAll("\n    ", " ", &text);
  if (random->Percent(20)) {
    ReplaceFirst("policy ", "set Unused = { oss:GetObject }\n\npolicy ", &text);
  }
  if (random->Percent(20)) {
    ReplaceFirst("policy ", "let unused = spare;\n\npolicy ", &text);
  }
  if (random->Percent(20)) {
    ReplaceFirst("policy ",
                 "// writ:ignore wide-cidr reason: nobody knows\npolicy ",
                 &text);
  }
  return text;
}

GeneratedRequest RequestAbout(const GeneratedPolicy& policy,
                              const GeneratedRequest& base, Random* random) {
  GeneratedRequest request = base;
  const GeneratedStatement& statement = random->Pick(policy.statements);
  if (random->Percent(50)) {
    request.action = Instance(random->Pick(statement.actions), random);
  }
  if (!statement.resources.empty() && random->Percent(50)) {
    request.resources = {Instance(random->Pick(statement.resources), random)};
  }
  for (const GeneratedTest& test : statement.tests) {
    const size_t choice = random->Below(4);
    if (choice == 0) continue;
    std::erase_if(request.context, [&test](const auto& entry) {
      return reference::SameKey(entry.first, test.key);
    });
    if (choice == 1) continue;
    std::vector<std::string> values = {ValueAround(test, random)};
    if (random->Percent(20)) values.push_back(ValueAround(test, random));
    request.context.emplace_back(test.key, std::move(values));
  }
  return request;
}

}  // namespace writ
