// SPDX-License-Identifier: Apache-2.0
// The canonical text of the Writ language. A test is written in its natural
// form (`acs:SourceIp within 10.0.0.0/8`) when reading that form gives the same
// operator and the same values again, else by name
// (`by "StringEquals" acs:SourceIp json 5`).
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/json_string.h"
#include "grammar/parse_writ.h"
#include "grammar/print.h"
#include "grammar/utf8.h"
#include "grammar/value.h"

namespace writ {
namespace {

constexpr size_t kColumns = 100;

// A string without interpolation: operator names, JSON text.
std::string Verbatim(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

// A string of the language, where `{` begins an interpolation and `{{` is one.
std::string Quoted(std::string_view text) {
  std::string doubled;
  for (char c : text) {
    if (c == '{') doubled.push_back('{');
    doubled.push_back(c);
  }
  return Verbatim(doubled);
}

std::string WordOrQuoted(std::string_view text) {
  return IsBareWord(text) ? std::string(text) : Quoted(text);
}

using ValuePrinter = std::string (*)(const ast::Value&);

std::string JsonValue(const ast::Value& value) { return "json " + value.text; }

std::string PatternValue(const ast::Value& value) {
  return value.kind == ast::Value::Kind::kString ? WordOrQuoted(value.text)
                                                 : JsonValue(value);
}

std::string QuotedValue(const ast::Value& value) {
  return value.kind == ast::Value::Kind::kString ? Quoted(value.text)
                                                 : JsonValue(value);
}

// Numbers, dates, addresses and booleans stand bare when they read as such.
bool IsBareLiteral(std::string_view text) {
  const bool is_word =
      !text.empty() && (text[0] != ':' && text[0] != '.' && text[0] != '+');
  return is_word && (text == "true" || text == "false" || IsJsonNumber(text) ||
                     ParseInstant(text) || ParseCidr(text));
}

std::string LiteralValue(const ast::Value& value) {
  if (value.kind != ast::Value::Kind::kString) return JsonValue(value);
  return IsBareLiteral(value.text) ? value.text : Quoted(value.text);
}

// A list that may be broken over lines: `head`, then the items.
struct Part {
  std::string head;                // "on ", "acs:SourceIp within "
  std::vector<std::string> items;  // printed values
  bool is_list = false;
  std::string tail = {};  // " nocase"
  size_t shift = 0;       // further to the right than the clauses
  bool comma = false;     // another part belongs to the same clause
  std::string_view brackets = "[]";
  std::string about = {};  // what a set of the items may be called

  std::string OnOneLine() const {
    std::string out = head;
    // `{ a, b }`, but `[a, b]`.
    const bool spaced = brackets == "{}" && !items.empty();
    if (is_list) out += brackets[0];
    if (spaced) out += " ";
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += ", ";
      out += items[i];
    }
    if (spaced) out += " ";
    if (is_list) out += brackets[1];
    return out + tail;
  }
  // At `column` of a line, where the closing bracket goes too.
  std::string Fit(size_t column) const {
    std::string line = OnOneLine();
    // One column is for a comma or semicolon.
    if (!is_list || items.empty() ||
        column + CountCodePoints(line) < kColumns) {
      return line;
    }
    std::string out = head + brackets[0] + "\n";
    for (const std::string& item : items) {
      out += std::string(column + 2, ' ') + item + ",\n";
    }
    return out + std::string(column, ' ') + brackets[1] + tail;
  }
};

Part PartOf(std::string head, const ast::Values& values, ValuePrinter print,
            std::string tail = "") {
  Part part{std::move(head), {}, values.is_list, std::move(tail)};
  part.items.reserve(values.items.size());
  for (const ast::Value& value : values.items) {
    part.items.push_back(print(value));
  }
  return part;
}

// The lists that stand in several places, and the names of sets for them. All
// policies are printed twice: first the lists are counted.
class SetTable {
 public:
  // Takes note of the list, or puts a set in its place.
  void Visit(Part* part) {
    constexpr size_t kFewest = 3;
    if (!part->is_list || part->items.size() < kFewest) return;
    if (counting_) {
      ++places_[part->items];
      return;
    }
    if (places_[part->items] < 2) return;
    const auto [name, is_new] = names_.try_emplace(part->items);
    if (is_new) {
      name->second = NewName(part->about);
      Part set{"set " + name->second + " = ", part->items, true};
      set.brackets = "{}";
      definitions_ += set.Fit(0) + "\n";
    }
    part->items = {"$" + name->second};
    part->is_list = false;
  }
  void EndCounting() { counting_ = false; }

  // `set …` for every set that was used.
  const std::string& definitions() const { return definitions_; }

 private:
  // acs:SourceIp is source_ip, and source_ip_2 the next time.
  std::string NewName(std::string_view about) {
    about.remove_prefix(about.rfind(':') + 1);  // npos + 1 is 0
    std::string name;
    bool was_small = false;
    for (char c : about) {
      const bool is_capital = c >= 'A' && c <= 'Z';
      if (is_capital && was_small) name += '_';
      was_small = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (is_capital) c = static_cast<char>(c - 'A' + 'a');
      name += is_capital || was_small ? c : '_';
    }
    if (name.empty() || name[0] < 'a' || name[0] > 'z') name.insert(0, "set_");
    std::string free = name;
    for (size_t i = 2; !taken_.insert(free).second; ++i) {
      free = name + "_" + std::to_string(i);
    }
    return free;
  }

  bool counting_ = true;
  std::map<std::vector<std::string>, size_t> places_;
  std::map<std::vector<std::string>, std::string> names_;
  std::set<std::string> taken_;
  std::string definitions_;
};

// Whether the literals of `values` alone say the family again.
bool LiteralsSayFamily(OperandFamily family, const ast::Values& values) {
  const auto all = [&values](auto is) {
    return std::all_of(values.items.begin(), values.items.end(), is);
  };
  switch (family) {
    case OperandFamily::kString:
      return all([](const ast::Value& v) {
        return v.kind == ast::Value::Kind::kString;
      });
    case OperandFamily::kNumeric:
      return !values.items.empty() && all([](const ast::Value& v) {
        return v.kind != ast::Value::Kind::kBool && IsJsonNumber(v.text);
      });
    case OperandFamily::kDate:
      return !values.items.empty() && all([](const ast::Value& v) {
        return v.kind == ast::Value::Kind::kString && ParseInstant(v.text);
      });
    case OperandFamily::kBool:
    case OperandFamily::kIp:
      return true;  // `is` and `within` belong to one family each
  }
  return false;
}

Part PrintTest(const ast::ConditionOperator& op,
               const ast::ConditionTest& test) {
  const std::string key = WordOrQuoted(test.key.text);
  if (op.op) {
    const OperatorInfo& info = InfoOf(*op.op);
    constexpr std::string_view kNoCase = " nocase";
    const bool by_name = info.dsl.starts_with("by ");
    // nocase and like belong to the String family, whatever the literals are.
    const bool own_spelling = info.relation == Relation::kEqualNoCase ||
                              info.relation == Relation::kLike;
    if (!by_name &&
        (own_spelling || LiteralsSayFamily(info.family, test.values))) {
      std::string_view spelling = info.dsl;
      std::string tail;
      if (spelling.ends_with(kNoCase)) {
        spelling.remove_suffix(kNoCase.size());
        tail = kNoCase;
      }
      return PartOf(
          key + " " + std::string(spelling) + " ", test.values,
          info.family == OperandFamily::kString ? QuotedValue : LiteralValue,
          std::move(tail));
    }
  }
  return PartOf("by " + Verbatim(op.name.text) + " " + key + " ", test.values,
                QuotedValue);
}

std::string PrincipalTypeWord(std::string_view type) {
  if (type == "RAM") return "ram";
  if (type == "Service") return "service";
  if (type == "Federated") return "federated";
  return Verbatim(type);
}

std::vector<Part> PrincipalParts(const ast::Principal& principal) {
  std::vector<Part> parts;
  if (principal.form == ast::Principal::Form::kBare) {
    const ast::Values& bare = principal.bare;
    if (bare.is_list && bare.items.size() == 1 && bare.items[0].text == "*" &&
        bare.items[0].kind == ast::Value::Kind::kString) {
      parts.push_back({"to anyone", {}});
    } else {
      parts.push_back(PartOf("to ", bare, PatternValue));
    }
    return parts;
  }
  for (const ast::Principal::Typed& typed : principal.typed) {
    if (!parts.empty()) parts.back().comma = true;
    const bool first = parts.empty();
    parts.push_back(
        PartOf((first ? "to " : "") + PrincipalTypeWord(typed.type.text) + " ",
               typed.values, PatternValue));
    parts.back().shift = first ? 0 : 3;
  }
  if (parts.empty()) parts.push_back({"to nothing", {}});
  return parts;
}

std::vector<Part> ConditionParts(const ast::Condition& condition) {
  std::vector<Part> parts;
  for (const ast::ConditionOperator& op : condition.operators) {
    if (op.tests.empty()) {
      parts.push_back({"by " + Verbatim(op.name.text) + " nothing", {}});
    }
    for (const ast::ConditionTest& test : op.tests) {
      parts.push_back(PrintTest(op, test));
      parts.back().about = test.key.text;
    }
  }
  if (parts.empty()) parts.push_back({"nothing", {}});
  for (size_t i = 0; i < parts.size(); ++i) {
    parts[i].head.insert(0, i == 0 ? "when " : " and ");
  }
  return parts;
}

std::string ExtraText(const ast::ForeignMember& member) {
  return "extra " + Verbatim(member.name.text) + " = " + Verbatim(member.json);
}

// One line each, unless the arguments do not fit.
std::string AnnotationLines(const std::vector<ast::Annotation>& annotations,
                            size_t indent) {
  std::string out;
  for (const ast::Annotation& annotation : annotations) {
    Part part{"@" + annotation.name.text, {}};
    part.is_list = !annotation.arguments.empty();
    part.brackets = "()";
    for (const ast::Value& value : annotation.arguments) {
      part.items.push_back(PatternValue(value));
    }
    out += std::string(indent, ' ') + part.Fit(indent) + "\n";
  }
  return out;
}

// A statement on one line when it is short and has at most one test, else one
// line for every clause. `sets` may be null.
std::string PrintStatement(const ast::Statement& statement, SetTable* sets) {
  const std::string effect =
      statement.effect == ast::Effect::kAllow ? "allow " : "deny ";
  Part actions{effect + "nothing", {}};
  if (statement.action) {
    actions = PartOf(effect + (statement.action->negated ? "all except " : ""),
                     statement.action->values, PatternValue);
  }
  actions.about = "actions";
  std::vector<Part> clauses;
  if (statement.principal) clauses = PrincipalParts(*statement.principal);
  for (Part& clause : clauses) clause.about = "principals";
  if (statement.resource) {
    clauses.push_back(
        PartOf(statement.resource->negated ? "on all except " : "on ",
               statement.resource->values, PatternValue));
    clauses.back().about = "resources";
  }
  size_t tests = 0;
  if (statement.condition) {
    std::vector<Part> parts = ConditionParts(*statement.condition);
    tests = parts.size();
    std::move(parts.begin(), parts.end(), std::back_inserter(clauses));
  }
  if (statement.sid) {
    clauses.push_back({"sid " + Quoted(statement.sid->text), {}});
  }
  for (const ast::ForeignMember& member : statement.foreign) {
    clauses.push_back({ExtraText(member), {}});
  }
  if (sets != nullptr) {
    sets->Visit(&actions);
    for (Part& clause : clauses) sets->Visit(&clause);
  }

  std::string out = AnnotationLines(statement.annotations, 2);
  if (statement.label) out += "  " + statement.label->text + " =>\n";
  std::string line = "  " + actions.OnOneLine();
  for (const Part& clause : clauses) {
    std::string text = clause.OnOneLine();
    text.erase(0, text.find_first_not_of(' '));
    line += " " + text + (clause.comma ? "," : "");
  }
  if (tests <= 1 && CountCodePoints(line) < kColumns) {
    return out + line + ";\n";
  }
  out += "  " + actions.Fit(2);
  for (const Part& clause : clauses) {
    const size_t column = 4 + clause.shift;
    out += "\n" + std::string(column, ' ') + clause.Fit(column) +
           (clause.comma ? "," : "");
  }
  return out + ";\n";
}

// A name that the language takes; a file's name may hold anything.
std::string PolicyName(std::string_view name) {
  if (IsWritName(name)) return std::string(name);
  std::string out;
  for (char c : name) {
    const std::string_view byte(&c, 1);
    const bool keep = byte == "-" ? !out.empty() : IsWritName(byte);
    out.push_back(keep ? c : '_');
  }
  return out.empty() ? "policy" : out;
}

std::string_view KindWord(ast::PolicyKind kind) {
  switch (kind) {
    case ast::PolicyKind::kIdentity:
      return " identity";
    case ast::PolicyKind::kResource:
      return " resource";
    case ast::PolicyKind::kTrust:
      return " trust";
    case ast::PolicyKind::kSession:
      return " session";
    case ast::PolicyKind::kControl:
      return " control";
  }
  return "";
}

std::string PrintPolicy(const ast::Policy& policy, SetTable* sets) {
  std::string out = AnnotationLines(policy.annotations, 0) + "policy " +
                    PolicyName(policy.name);
  if (policy.kind) out += KindWord(*policy.kind);
  out += " {\n";
  if (policy.version != "1") {
    out += "  version " + Verbatim(policy.version) + ";\n";
  }
  for (const ast::ForeignMember& member : policy.foreign) {
    out += "  " + ExtraText(member) + ";\n";
  }
  for (const ast::Statement& statement : policy.statements) {
    out += PrintStatement(statement, sets);
  }
  return out + "}\n";
}

}  // namespace

std::string PrintWrit(const ast::Policy& policy) {
  return PrintWrit(std::span(&policy, 1));
}

std::string PrintWrit(std::span<const ast::Policy> policies) {
  std::string out = "writ 1;\n";
  for (const ast::Policy& policy : policies) {
    out += "\n" + PrintPolicy(policy, nullptr);
  }
  return out;
}

std::string PrintWritWithSets(std::span<const ast::Policy> policies) {
  SetTable sets;
  for (const ast::Policy& policy : policies) PrintPolicy(policy, &sets);
  sets.EndCounting();
  std::string body;
  for (const ast::Policy& policy : policies) {
    body += "\n" + PrintPolicy(policy, &sets);
  }
  const std::string& definitions = sets.definitions();
  return "writ 1;\n" + (definitions.empty() ? "" : "\n" + definitions) + body;
}

std::string PrintWritPattern(const ast::Value& value) {
  return PatternValue(value);
}

std::string PrintWritLiteral(const ast::Value& value) {
  return LiteralValue(value);
}

}  // namespace writ
