// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <initializer_list>
#include <map>
#include <utility>

#include "base/limits.h"
#include "cases/policy_test.h"
#include "grammar/json_tree.h"
#include "grammar/members.h"

namespace writ {
namespace {

using Index = JsonTree::Index;

// A value and the pointer that leads to it.
struct Node {
  Index index;
  std::string pointer;
};

// `allow`, `deny` with its kind, and what must have decided.
struct Expected {
  bool allow = false;
  std::optional<bool> explicit_deny;
  std::vector<Because> because;
  Span span;
  std::string pointer;
};

struct PrincipalEntry {
  CaseRequest identity;  // who asks; the rest is empty
  std::optional<std::vector<NamedPolicy>> attached;
  std::vector<ast::Text> groups;
};

struct MatrixCell {
  std::string principal;  // as the file writes it
  std::string action;
  std::vector<std::string> resources;
};

class JsonTestReader {
 public:
  JsonTestReader(const JsonTree& tree, std::string now,
                 Diagnostics* diagnostics)
      : tree_(tree), now_(std::move(now)), diagnostics_(diagnostics) {}

  PolicyTestFile Read();

 private:
  using Names = std::initializer_list<std::string_view>;

  void Report(DiagnosticId id, const Node& node,
              std::initializer_list<std::string_view> parts) {
    diagnostics_->Add(
        Diagnose(id, tree_.SpanOf(node.index), node.pointer, parts));
  }
  void WrongType(const Node& node, std::string_view what,
                 std::string_view wanted, std::string_view help) {
    Report(DiagnosticId::kTestType, node,
           {what, JsonTypeName(tree_.at(node.index).type), wanted, help});
  }

  // Calls `read(name, value)` for every member; a name that is not among
  // `known` is a finding. False when the value is no object.
  template <typename Read>
  bool Members(const Node& node, std::string_view what, Names known,
               Read read) {
    if (tree_.at(node.index).type != JsonType::kObject) {
      WrongType(node, what, "an object", "");
      return false;
    }
    for (Index i = tree_.First(node.index); i != tree_.at(node.index).next;) {
      const std::string name = tree_.String(i);
      const Index value = tree_.at(i).next;
      const Node member = {value, PointerTo(node.pointer, name)};
      if (known.size() != 0 && std::ranges::find(known, name) == known.end()) {
        UnknownMember({i, member.pointer}, what, name, known);
      } else {
        read(name, member);
      }
      i = tree_.at(value).next;
    }
    return true;
  }
  template <typename Read>
  bool Elements(const Node& node, std::string_view what, Read read) {
    if (tree_.at(node.index).type != JsonType::kArray) {
      WrongType(node, what, "a list", "put brackets around it");
      return false;
    }
    size_t at = 0;
    for (Index i = tree_.First(node.index); i != tree_.at(node.index).next;
         i = tree_.at(i).next) {
      read(Node{i, PointerTo(node.pointer, at++)});
    }
    return true;
  }
  void UnknownMember(const Node& node, std::string_view what,
                     const std::string& name, Names known);

  bool Text(const Node& node, std::string_view what, std::string* text);
  std::vector<std::string> Texts(const Node& node, std::string_view what);
  std::vector<std::string> OneOrMoreTexts(const Node& node,
                                          std::string_view what);
  void Scalar(const Node& node, std::vector<std::string>* values);

  void ReadPrincipal(const std::string& name, const Node& node);
  void ReadGroup(const std::string& name, const Node& node);
  std::vector<NamedPolicy> ReadAttachments(const Node& node,
                                           std::string_view what);
  void ReadAttachment(const Node& node, std::vector<NamedPolicy>* list);
  void ReadContext(const Node& node, CaseRequest* request);
  void ReadTest(const Node& node, PolicyTest* test);
  bool Who(const std::string& name, const Node& node, PolicyTestCheck* check);

  // The three forms of `expect`.
  std::optional<Expected> ReadExpected(const Node& node,
                                       std::optional<MatrixCell>* cell);
  void ReadDecision(const Node& node, const std::string& text,
                    Expected* expected);
  void AddCheck(const PolicyTestCheck& base, const MatrixCell& cell,
                const Node& who, const Expected& expected, PolicyTest* test);

  const JsonTree& tree_;
  const std::string now_;
  Diagnostics* diagnostics_;
  std::string file_now_;
  std::map<std::string, PrincipalEntry, std::less<>> principals_;
  std::map<std::string, std::vector<NamedPolicy>, std::less<>> groups_;
  size_t checks_ = 0;
  bool too_many_ = false;
};

void JsonTestReader::UnknownMember(const Node& node, std::string_view what,
                                   const std::string& name, Names known) {
  const std::string_view nearest = NearestName(name, known);
  std::string help;
  if (!nearest.empty()) {
    help = "did you mean `" + std::string(nearest) + "`?";
  } else {
    for (std::string_view one : known) {
      help += (help.empty() ? "it has `" : ", `") + std::string(one) + "`";
    }
  }
  Report(DiagnosticId::kTestMember, node, {what, Excerpt(name), help});
}

bool JsonTestReader::Text(const Node& node, std::string_view what,
                          std::string* text) {
  if (tree_.at(node.index).type != JsonType::kString) {
    WrongType(node, what, "a string", "put it in double quotes");
    return false;
  }
  *text = tree_.String(node.index);
  return true;
}

std::vector<std::string> JsonTestReader::Texts(const Node& node,
                                               std::string_view what) {
  std::vector<std::string> texts;
  Elements(node, what, [&](const Node& element) {
    std::string text;
    if (Text(element, "an element of " + std::string(what), &text)) {
      texts.push_back(std::move(text));
    }
  });
  return texts;
}

std::vector<std::string> JsonTestReader::OneOrMoreTexts(const Node& node,
                                                        std::string_view what) {
  if (tree_.at(node.index).type == JsonType::kArray) return Texts(node, what);
  std::string text;
  if (Text(node, what, &text)) return {std::move(text)};
  return {};
}

void JsonTestReader::Scalar(const Node& node,
                            std::vector<std::string>* values) {
  switch (tree_.at(node.index).type) {
    case JsonType::kString:
      values->push_back(tree_.String(node.index));
      return;
    case JsonType::kNumber:
    case JsonType::kTrue:
    case JsonType::kFalse:
      values->emplace_back(tree_.Raw(node.index));
      return;
    case JsonType::kObject:
    case JsonType::kArray:
    case JsonType::kNull:
      WrongType(node, "a context value",
                "a string, a number, true, false, or a list of them",
                "leave the key out to say that it is absent");
      return;
  }
}

void JsonTestReader::ReadContext(const Node& node, CaseRequest* request) {
  Members(node, "`context`", {}, [&](const std::string& key, const Node& at) {
    CaseContextEntry entry = {key, {}};
    if (tree_.at(at.index).type == JsonType::kArray) {
      Elements(at, "a context value",
               [&](const Node& element) { Scalar(element, &entry.values); });
    } else {
      Scalar(at, &entry.values);
    }
    request->context.push_back(std::move(entry));
  });
}

void JsonTestReader::ReadAttachment(const Node& node,
                                    std::vector<NamedPolicy>* list) {
  NamedPolicy policy;
  policy.name.span = tree_.SpanOf(node.index);
  if (tree_.at(node.index).type == JsonType::kString) {
    policy.name.text = tree_.String(node.index);
    list->push_back(std::move(policy));
    return;
  }
  Members(node, "an attachment",
          {"policy", "level", "depth", "account", "scope", "group"},
          [&](const std::string& name, const Node& at) {
            std::string text;
            if (name == "depth") {
              const std::string_view raw = tree_.Raw(at.index);
              if (raw.size() > 9 || raw.find_first_not_of("0123456789") !=
                                        std::string_view::npos) {
                Report(DiagnosticId::kTestValue, at,
                       {"`depth` is not a whole number", "write \"depth\": 2"});
                return;
              }
              for (const char digit : raw) {
                policy.depth =
                    policy.depth * 10 + static_cast<uint32_t>(digit - '0');
              }
              return;
            }
            if (!Text(at, "`" + name + "`", &text)) return;
            if (name == "policy") {
              policy.name = {text, tree_.SpanOf(at.index)};
            } else if (name == "level") {
              policy.level = ControlLevelNamed(text);
              if (!policy.level) {
                Report(DiagnosticId::kTestValue, at,
                       {"`" + Excerpt(text) + "` is no level",
                        "write `member`, `folder` or `root`"});
              }
            } else if (name == "account") {
              policy.account = text;
            } else if (name == "group") {
              policy.group = text;
            } else if (text == "resource-group") {
              policy.resource_group_scope = true;
            } else if (text != "account") {
              Report(DiagnosticId::kTestValue, at,
                     {"`" + Excerpt(text) + "` is no scope",
                      "write `account` or `resource-group`"});
            }
          });
  if (policy.name.text.empty()) {
    Report(DiagnosticId::kTestMissing, node,
           {"the attachment", "policy", "name the policy that is attached"});
    return;
  }
  list->push_back(std::move(policy));
}

std::vector<NamedPolicy> JsonTestReader::ReadAttachments(
    const Node& node, std::string_view what) {
  std::vector<NamedPolicy> list;
  Elements(node, what,
           [&](const Node& element) { ReadAttachment(element, &list); });
  return list;
}

void JsonTestReader::ReadGroup(const std::string& name, const Node& node) {
  groups_[name] = ReadAttachments(node, "a group");
}

void JsonTestReader::ReadPrincipal(const std::string& name, const Node& node) {
  PrincipalEntry entry;
  Node groups = {JsonTree::kRoot, ""};
  const bool is_object = Members(
      node, "a principal",
      {"arn", "attach", "groups", "id", "account", "type", "management"},
      [&](const std::string& member, const Node& at) {
        CaseRequest& who = entry.identity;
        std::string text;
        if (member == "attach") {
          entry.attached = ReadAttachments(at, "`attach`");
        } else if (member == "groups") {
          groups = at;
        } else if (member == "management") {
          const JsonType type = tree_.at(at.index).type;
          if (type != JsonType::kTrue && type != JsonType::kFalse) {
            WrongType(at, "`management`", "true or false", "");
          }
          who.in_management_account = type == JsonType::kTrue;
        } else if (!Text(at, "`" + member + "`", &text)) {
          return;
        } else if (member == "arn") {
          who.principal = text;
        } else if (member == "id") {
          who.principal_id = text;
        } else if (member == "account") {
          who.account = text;
        } else if (text == "Service") {
          who.declared = RequestPrincipal::Declared::kService;
        } else if (text == "ServiceLinkedRole") {
          who.declared = RequestPrincipal::Declared::kServiceLinkedRole;
        } else {
          Report(DiagnosticId::kTestValue, at,
                 {"`" + Excerpt(text) + "` is no type of principal",
                  "write `Service` or `ServiceLinkedRole`, or leave it out"});
        }
      });
  if (!is_object) return;
  if (groups.index != JsonTree::kRoot) {
    Elements(groups, "`groups`", [&](const Node& element) {
      std::string group;
      if (!Text(element, "a group", &group)) return;
      const auto found = groups_.find(group);
      if (found == groups_.end()) {
        Report(
            DiagnosticId::kTestUnknownName, element,
            {"group", Excerpt(group), "list it under \"groups\" of the file"});
        return;
      }
      if (!entry.attached) entry.attached.emplace();
      entry.attached->insert(entry.attached->end(), found->second.begin(),
                             found->second.end());
    });
  }
  if (entry.identity.principal.empty()) {
    Report(DiagnosticId::kTestMissing, node,
           {"the principal", "arn",
            "write \"arn\": \"acs:ram::1001:user/alice\""});
  }
  principals_[name] = std::move(entry);
}

bool JsonTestReader::Who(const std::string& name, const Node& node,
                         PolicyTestCheck* check) {
  check->principal_name = name;
  CaseRequest& request = check->request;
  const auto found = principals_.find(name);
  if (found == principals_.end()) {
    // An ARN, a service or everyone needs no entry.
    if (name.find_first_of(":*.") != std::string::npos) {
      request.principal = name;
      return true;
    }
    std::vector<std::string_view> known;
    for (const auto& [one, entry] : principals_) known.push_back(one);
    const std::string_view nearest = NearestName(name, known);
    Report(DiagnosticId::kTestUnknownName, node,
           {"principal", Excerpt(name),
            nearest.empty() ? "list it under \"principals\", or write its ARN"
                            : "did you mean `" + Excerpt(nearest) + "`?"});
    return false;
  }
  const CaseRequest& who = found->second.identity;
  request.principal = who.principal;
  request.principal_id = who.principal_id;
  request.declared = who.declared;
  request.in_management_account = who.in_management_account;
  if (!who.account.empty()) request.account = who.account;
  if (!check->only) check->attached = found->second.attached;
  return true;
}

void JsonTestReader::ReadDecision(const Node& node, const std::string& text,
                                  Expected* expected) {
  expected->allow = text == "allow";
  if (text == "allow" || text == "deny") return;
  if (text == "explicit-deny" || text == "implicit-deny") {
    expected->explicit_deny = text == "explicit-deny";
    return;
  }
  Report(DiagnosticId::kTestValue, node,
         {"`" + Excerpt(text) + "` is no decision",
          "write `allow` or `deny`, with \"kind\": \"explicit\" or "
          "\"implicit\" where it matters"});
}

std::optional<Expected> JsonTestReader::ReadExpected(
    const Node& node, std::optional<MatrixCell>* cell) {
  Expected expected;
  expected.span = tree_.SpanOf(node.index);
  expected.pointer = node.pointer;
  std::string text;
  if (tree_.at(node.index).type == JsonType::kString) {
    ReadDecision(node, tree_.String(node.index), &expected);
    return expected;
  }
  bool has_decision = false;
  const Names names = {"decision", "kind", "because"};
  const Names names_of_row = {"decision", "kind",     "because",
                              "action",   "resource", "principal"};
  const bool read =
      Members(node, "an expectation", cell == nullptr ? names : names_of_row,
              [&](const std::string& name, const Node& at) {
                if (name == "because") {
                  Elements(at, "`because`", [&](const Node& element) {
                    std::string statement;
                    if (!Text(element, "a statement", &statement)) return;
                    expected.because.push_back(
                        {{statement, tree_.SpanOf(element.index)}, {}});
                  });
                  return;
                }
                if (name == "resource") {
                  (*cell)->resources = OneOrMoreTexts(at, "`resource`");
                  return;
                }
                if (!Text(at, "`" + name + "`", &text)) return;
                if (name == "decision") {
                  has_decision = true;
                  ReadDecision(at, text, &expected);
                } else if (name == "action") {
                  (*cell)->action = text;
                } else if (name == "principal") {
                  (*cell)->principal = text;
                } else if (text == "explicit" || text == "implicit") {
                  expected.explicit_deny = text == "explicit";
                } else {
                  Report(DiagnosticId::kTestValue, at,
                         {"`" + Excerpt(text) + "` is no kind of deny",
                          "write `explicit` or `implicit`"});
                }
              });
  if (!read) return std::nullopt;
  if (!has_decision) {
    Report(DiagnosticId::kTestMissing, node,
           {"the expectation", "decision",
            "write \"decision\": \"allow\" or \"decision\": \"deny\""});
    return std::nullopt;
  }
  if (expected.allow && expected.explicit_deny) {
    Report(DiagnosticId::kTestValue, node,
           {"an allow has no `kind`", "`kind` tells two kinds of deny apart"});
  }
  return expected;
}

void JsonTestReader::AddCheck(const PolicyTestCheck& base,
                              const MatrixCell& cell, const Node& who,
                              const Expected& expected, PolicyTest* test) {
  if (++checks_ > kMaxTestChecks) {
    if (!too_many_) {
      too_many_ = true;
      Report(DiagnosticId::kTestTooMany, who, {std::to_string(kMaxTestChecks)});
    }
    return;
  }
  PolicyTestCheck check = base;
  if (!Who(cell.principal, who, &check)) return;
  check.request.action = cell.action;
  check.request.resources = cell.resources;
  check.allow = expected.allow;
  check.explicit_deny = expected.explicit_deny;
  check.because = expected.because;
  check.span = expected.span;
  check.pointer = expected.pointer;
  test->checks.push_back(std::move(check));
}

void JsonTestReader::ReadTest(const Node& node, PolicyTest* test) {
  test->span = tree_.SpanOf(node.index);
  PolicyTestCheck base;
  std::string now;
  std::string principal;
  Node who = node;
  std::vector<std::string> principals;
  std::vector<std::string> actions;
  std::vector<std::vector<std::string>> resources;
  std::optional<Node> expect;
  const bool is_object = Members(
      node, "a test",
      {"name", "principal", "context", "policies", "resource_group", "now",
       "matrix", "action", "resource", "expect"},
      [&](const std::string& name, const Node& at) {
        if (name == "context") {
          ReadContext(at, &base.request);
        } else if (name == "policies") {
          base.only = ReadAttachments(at, "`policies`");
        } else if (name == "expect") {
          expect = at;
        } else if (name == "resource") {
          resources.push_back(OneOrMoreTexts(at, "`resource`"));
        } else if (name == "matrix") {
          Members(at, "`matrix`", {"actions", "resources", "principals"},
                  [&](const std::string& member, const Node& list) {
                    const std::vector<std::string> texts =
                        Texts(list, "`" + member + "`");
                    if (member == "actions") {
                      actions.insert(actions.end(), texts.begin(), texts.end());
                    } else if (member == "principals") {
                      who = list;
                      principals = texts;
                    } else {
                      for (const std::string& one : texts) {
                        resources.push_back({one});
                      }
                    }
                  });
        } else {
          std::string text;
          if (!Text(at, "`" + name + "`", &text)) return;
          if (name == "name") {
            test->name = text;
          } else if (name == "principal") {
            who = at;
            principal = text;
          } else if (name == "resource_group") {
            base.request.resource_group = text;
          } else if (name == "now") {
            now = text;
          } else {
            actions.push_back(text);
          }
        }
      });
  if (!is_object) return;
  if (test->name.empty()) {
    Report(DiagnosticId::kTestMissing, node,
           {"the test", "name", "say in a few words what it shows"});
  }
  SetClock(!now.empty() ? now : (!file_now_.empty() ? file_now_ : now_),
           &base.request);
  if (!expect) {
    Report(DiagnosticId::kTestMissing, node,
           {"the test", "expect", "write \"expect\": \"allow\""});
    return;
  }
  test->expect_span = tree_.SpanOf(expect->index);

  // A list of rows, each with its own question.
  const JsonType type = tree_.at(expect->index).type;
  if (type == JsonType::kArray) {
    test->shape = PolicyTest::Shape::kList;
    Elements(*expect, "`expect`", [&](const Node& row) {
      std::optional<MatrixCell> cell(std::in_place);
      cell->principal = principal;
      if (actions.size() == 1) cell->action = actions[0];
      if (resources.size() == 1) cell->resources = resources[0];
      const auto expected = ReadExpected(row, &cell);
      if (!expected) return;
      if (cell->principal.empty() || cell->action.empty() ||
          cell->resources.empty()) {
        Report(DiagnosticId::kTestMissing, row,
               {"the expectation",
                cell->principal.empty() ? "principal"
                : cell->action.empty()  ? "action"
                                        : "resource",
                "give it here, or once for the whole test"});
        return;
      }
      AddCheck(base, *cell, who, *expected, test);
    });
    return;
  }

  if (principals.empty() && !principal.empty()) principals = {principal};
  if (principals.empty() || actions.empty() || resources.empty()) {
    Report(DiagnosticId::kTestMissing, node,
           {"the test",
            principals.empty() ? "principal"
            : actions.empty()  ? "action"
                               : "resource",
            "a test asks who may do what on what: \"principal\", and "
            "\"action\" and \"resource\" or a \"matrix\" of them"});
    return;
  }
  // One expectation for all, or one for each action.
  std::map<std::string, Expected, std::less<>> by_action;
  const auto is_action_name = [&] {
    const Index first = tree_.First(expect->index);
    return type == JsonType::kObject && first != tree_.at(expect->index).next &&
           tree_.String(first).find(':') != std::string::npos;
  };
  if (is_action_name()) {
    test->shape = PolicyTest::Shape::kByAction;
    Members(*expect, "`expect`", {},
            [&](const std::string& action, const Node& at) {
              if (std::ranges::find(actions, action) == actions.end()) {
                const std::string_view nearest = NearestName(action, actions);
                Report(DiagnosticId::kTestUnknownName, at,
                       {"action of this test", Excerpt(action),
                        nearest.empty()
                            ? "add it to \"actions\""
                            : "did you mean `" + Excerpt(nearest) + "`?"});
                return;
              }
              if (auto one = ReadExpected(at, nullptr)) {
                by_action[action] = std::move(*one);
              }
            });
    for (const std::string& action : actions) {
      if (by_action.contains(action)) continue;
      Report(DiagnosticId::kTestMissing, *expect,
             {"`expect`", Excerpt(action),
              "every action of the test needs an expectation"});
    }
  } else if (const auto expected = ReadExpected(*expect, nullptr)) {
    for (const std::string& action : actions) by_action[action] = *expected;
  }
  for (const std::string& one : principals) {
    for (const std::string& action : actions) {
      const auto expected = by_action.find(action);
      if (expected == by_action.end()) continue;
      for (const auto& resource : resources) {
        if (too_many_) return;
        AddCheck(base, {one, action, resource}, who, expected->second, test);
      }
    }
  }
}

PolicyTestFile JsonTestReader::Read() {
  PolicyTestFile file;
  std::optional<Node> principals;
  std::optional<Node> tests;
  bool has_version = false;
  const Node root = {JsonTree::kRoot, ""};
  const bool is_object =
      Members(root, "a test file",
              {"version", "now", "policies", "groups", "principals", "tests"},
              [&](const std::string& name, const Node& at) {
                if (name == "version") {
                  has_version = true;
                  if (tree_.Raw(at.index) != "1") {
                    Report(DiagnosticId::kTestValue, at,
                           {"this build reads version 1 of the format, not " +
                                Excerpt(tree_.Raw(at.index)),
                            "write \"version\": 1"});
                  }
                } else if (name == "now") {
                  Text(at, "`now`", &file_now_);
                } else if (name == "policies") {
                  Elements(at, "`policies`", [&](const Node& element) {
                    std::string path;
                    if (Text(element, "a path", &path)) {
                      file.policy_paths.push_back(
                          {std::move(path), tree_.SpanOf(element.index)});
                    }
                  });
                } else if (name == "groups") {
                  Members(at, "`groups`", {},
                          [&](const std::string& group, const Node& value) {
                            ReadGroup(group, value);
                          });
                } else if (name == "principals") {
                  principals = at;
                } else {
                  tests = at;
                }
              });
  if (!is_object) return file;
  if (!has_version) {
    Report(DiagnosticId::kTestMissing, root,
           {"the file", "version", "write \"version\": 1"});
  }
  if (file.policy_paths.empty()) {
    Report(DiagnosticId::kTestMissing, root,
           {"the file", "policies",
            "list the files that the tests are about: "
            "\"policies\": [\"photos.writ\"]"});
  }
  // Principals name groups, and tests name principals, wherever they stand.
  if (principals) {
    Members(*principals, "`principals`", {},
            [&](const std::string& name, const Node& at) {
              ReadPrincipal(name, at);
            });
  }
  if (!tests) {
    Report(DiagnosticId::kTestMissing, root,
           {"the file", "tests", "write \"tests\": [ ... ]"});
    return file;
  }
  Elements(*tests, "`tests`", [&](const Node& element) {
    PolicyTest test;
    ReadTest(element, &test);
    file.tests.push_back(std::move(test));
  });
  return file;
}

}  // namespace

PolicyTestFile ReadTestJson(const SourceText& source, const std::string& now,
                            Diagnostics* diagnostics) {
  const std::optional<JsonTree> tree = ReadJson(source, diagnostics);
  // Text that could be made out in part says nothing that a test can rely on.
  if (!tree || diagnostics->has_errors()) return {};
  return JsonTestReader(*tree, now, diagnostics).Read();
}

}  // namespace writ
