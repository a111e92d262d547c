// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>
#include <vector>

#include "grammar/json_string.h"
#include "grammar/print.h"
#include "grammar/utf8.h"

namespace writ {
namespace {

constexpr size_t kColumns = 80;

// Lays out JSON as it is handed over, value by value.
class JsonLayouter {
 public:
  explicit JsonLayouter(JsonLayout layout)
      : pretty_(layout == JsonLayout::kPretty) {}

  void Open(char bracket) {
    BeforeValue();
    out_.push_back(bracket);
    levels_.push_back({bracket == '{', true});
  }
  void Close(char bracket) {
    const bool empty = levels_.back().empty;
    levels_.pop_back();
    if (!empty) NewLine();
    out_.push_back(bracket);
  }
  // `quoted` is a JSON string.
  void Name(std::string_view quoted) {
    Separate();
    out_ += quoted;
    out_ += pretty_ ? ": " : ":";
    after_name_ = true;
  }
  void Name(const char* plain) { Name("\"" + std::string(plain) + "\""); }
  // `token` is a complete JSON value.
  void Value(std::string_view token) {
    BeforeValue();
    out_ += token;
  }
  // A list of scalars: on one line when it fits.
  void Scalars(const std::vector<std::string>& tokens) {
    std::string line = "[";
    for (const std::string& token : tokens) {
      if (line.size() > 1) line += pretty_ ? ", " : ",";
      line += token;
    }
    line += "]";
    // After a name the value goes on where the line ends; npos + 1 is 0.
    const size_t start =
        after_name_ ? CountCodePoints(
                          std::string_view(out_).substr(out_.rfind('\n') + 1))
                    : levels_.size() * 2;
    if (!pretty_ || start + CountCodePoints(line) < kColumns) {
      Value(line);
      return;
    }
    Open('[');
    for (const std::string& token : tokens) Value(token);
    Close(']');
  }

  std::string Take() { return std::move(out_); }

 private:
  struct Nesting {
    bool object;
    bool empty;
  };

  void BeforeValue() {
    if (after_name_) {
      after_name_ = false;
    } else if (!levels_.empty()) {
      Separate();
    }
  }
  void Separate() {
    if (!levels_.back().empty) out_.push_back(',');
    levels_.back().empty = false;
    NewLine();
  }
  void NewLine() {
    if (!pretty_) return;
    out_.push_back('\n');
    out_.append(levels_.size() * 2, ' ');
  }

  const bool pretty_;
  bool after_name_ = false;
  std::vector<Nesting> levels_;
  std::string out_;
};

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

std::string ScalarToken(const ast::Value& value) {
  return value.kind == ast::Value::Kind::kString ? Quoted(value.text)
                                                 : value.text;
}

void PrintValues(const ast::Values& values, JsonLayouter* out) {
  if (!values.is_list && values.items.size() == 1) {
    out->Value(ScalarToken(values.items[0]));
    return;
  }
  std::vector<std::string> tokens;
  for (const ast::Value& value : values.items) {
    tokens.push_back(ScalarToken(value));
  }
  out->Scalars(tokens);
}

void PrintTree(const JsonTree& tree, JsonTree::Index root, JsonLayouter* out);

void PrintForeign(const std::vector<ast::ForeignMember>& members,
                  JsonLayouter* out) {
  for (const ast::ForeignMember& member : members) {
    out->Name(Quoted(member.name.text));
    // Kept as compact text by a reader; laid out like the rest.
    const SourceText text("", member.json);
    Diagnostics ignored;
    if (const std::optional<JsonTree> tree = ReadJson(text, &ignored)) {
      PrintTree(*tree, JsonTree::kRoot, out);
    } else {
      out->Value("null");
    }
  }
}

void PrintPatterns(const std::optional<ast::PatternList>& list,
                   const char* name, const char* negated_name,
                   JsonLayouter* out) {
  if (!list) return;
  out->Name(list->negated ? negated_name : name);
  PrintValues(list->values, out);
}

void PrintPrincipal(const ast::Principal& principal, JsonLayouter* out) {
  out->Name("Principal");
  if (principal.form == ast::Principal::Form::kBare) {
    PrintValues(principal.bare, out);
    return;
  }
  out->Open('{');
  for (const ast::Principal::Typed& typed : principal.typed) {
    out->Name(Quoted(typed.type.text));
    PrintValues(typed.values, out);
  }
  out->Close('}');
}

void PrintCondition(const ast::Condition& condition, JsonLayouter* out) {
  out->Name("Condition");
  out->Open('{');
  for (const ast::ConditionOperator& op : condition.operators) {
    out->Name(Quoted(op.name.text));
    out->Open('{');
    for (const ast::ConditionTest& test : op.tests) {
      out->Name(Quoted(test.key.text));
      PrintValues(test.values, out);
    }
    out->Close('}');
  }
  out->Close('}');
}

void PrintStatement(const ast::Statement& statement, JsonLayouter* out) {
  out->Open('{');
  if (statement.sid) {
    out->Name("Sid");
    out->Value(Quoted(statement.sid->text));
  }
  out->Name("Effect");
  out->Value(statement.effect == ast::Effect::kAllow ? "\"Allow\""
                                                     : "\"Deny\"");
  if (statement.principal) PrintPrincipal(*statement.principal, out);
  PrintPatterns(statement.action, "Action", "NotAction", out);
  PrintPatterns(statement.resource, "Resource", "NotResource", out);
  if (statement.condition) PrintCondition(*statement.condition, out);
  PrintForeign(statement.foreign, out);
  out->Close('}');
}

bool IsContainer(JsonType type) {
  return type == JsonType::kObject || type == JsonType::kArray;
}

// Recursion is bounded: ReadJson refuses more than kMaxJsonDepth levels.
void PrintTree(const JsonTree& tree, JsonTree::Index root, JsonLayouter* out) {
  const JsonTree::Node& node = tree.at(root);
  if (node.type == JsonType::kObject) {
    out->Open('{');
    for (JsonTree::Index i = tree.First(root); i < node.next;) {
      out->Name(tree.Raw(i));
      PrintTree(tree, i + 1, out);
      i = tree.at(i + 1).next;
    }
    out->Close('}');
    return;
  }
  if (node.type != JsonType::kArray) {
    out->Value(tree.Raw(root));
    return;
  }
  std::vector<std::string> scalars;
  bool flat = true;
  for (JsonTree::Index i = tree.First(root); i < node.next;
       i = tree.at(i).next) {
    flat = flat && !IsContainer(tree.at(i).type);
    if (flat) scalars.emplace_back(tree.Raw(i));
  }
  if (flat) {
    out->Scalars(scalars);
    return;
  }
  out->Open('[');
  for (JsonTree::Index i = tree.First(root); i < node.next;
       i = tree.at(i).next) {
    PrintTree(tree, i, out);
  }
  out->Close(']');
}

}  // namespace

std::string PrintJson(const ast::Policy& policy, JsonLayout layout) {
  JsonLayouter out(layout);
  out.Open('{');
  out.Name("Version");
  out.Value(Quoted(policy.version));
  out.Name("Statement");
  out.Open('[');
  for (const ast::Statement& statement : policy.statements) {
    PrintStatement(statement, &out);
  }
  out.Close(']');
  PrintForeign(policy.foreign, &out);
  out.Close('}');
  return out.Take();
}

std::string PrintJson(const JsonTree& tree, JsonLayout layout) {
  JsonLayouter out(layout);
  PrintTree(tree, JsonTree::kRoot, &out);
  return out.Take();
}

}  // namespace writ
