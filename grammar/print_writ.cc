// SPDX-License-Identifier: Apache-2.0
// The canonical text of the Writ language. A test is written in its natural
// form (`acs:SourceIp within 10.0.0.0/8`) when reading that form gives the same
// operator and the same values again, else by name
// (`by "StringEquals" acs:SourceIp json 5`).
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/json_string.h"
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
  std::string tail;  // " nocase"

  std::string OnOneLine() const {
    std::string out = head;
    if (is_list) out += "[";
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += ", ";
      out += items[i];
    }
    if (is_list) out += "]";
    return out + tail;
  }
  std::string Broken(size_t indent) const {
    if (!is_list || items.empty()) return OnOneLine();
    std::string out = head + "[\n";
    for (const std::string& item : items) {
      out += std::string(indent + 2, ' ') + item + ",\n";
    }
    return out + std::string(indent, ' ') + "]" + tail;
  }
  // At `column` of a line whose continuation lines are indented by `indent`.
  std::string Fit(size_t column, size_t indent) const {
    std::string line = OnOneLine();
    // One column is for a comma or semicolon.
    if (column + CountCodePoints(line) < kColumns) return line;
    return Broken(indent);
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
      parts.push_back({"to anyone", {}, false, ""});
    } else {
      parts.push_back(PartOf("to ", bare, PatternValue));
    }
    return parts;
  }
  for (const ast::Principal::Typed& typed : principal.typed) {
    parts.push_back(PartOf((parts.empty() ? "to " : "   ") +
                               PrincipalTypeWord(typed.type.text) + " ",
                           typed.values, PatternValue));
    if (parts.size() > 1) parts[parts.size() - 2].tail = ",";
  }
  if (parts.empty()) parts.push_back({"to nothing", {}, false, ""});
  return parts;
}

std::vector<Part> ConditionParts(const ast::Condition& condition) {
  std::vector<Part> parts;
  for (const ast::ConditionOperator& op : condition.operators) {
    if (op.tests.empty()) {
      parts.push_back(
          {"by " + Verbatim(op.name.text) + " nothing", {}, false, ""});
    }
    for (const ast::ConditionTest& test : op.tests) {
      parts.push_back(PrintTest(op, test));
    }
  }
  if (parts.empty()) parts.push_back({"nothing", {}, false, ""});
  for (size_t i = 0; i < parts.size(); ++i) {
    parts[i].head.insert(0, i == 0 ? "when " : " and ");
  }
  return parts;
}

std::string ExtraText(const ast::ForeignMember& member) {
  return "extra " + Verbatim(member.name.text) + " = " + Verbatim(member.json);
}

// A statement on one line when it is short and has at most one test, else one
// line for every clause.
std::string PrintStatement(const ast::Statement& statement) {
  const std::string effect =
      statement.effect == ast::Effect::kAllow ? "allow " : "deny ";
  Part actions{effect + "nothing", {}, false, ""};
  if (statement.action) {
    actions = PartOf(effect + (statement.action->negated ? "all except " : ""),
                     statement.action->values, PatternValue);
  }
  std::vector<Part> clauses;
  if (statement.principal) clauses = PrincipalParts(*statement.principal);
  if (statement.resource) {
    clauses.push_back(
        PartOf(statement.resource->negated ? "on all except " : "on ",
               statement.resource->values, PatternValue));
  }
  size_t tests = 0;
  if (statement.condition) {
    std::vector<Part> parts = ConditionParts(*statement.condition);
    tests = parts.size();
    std::move(parts.begin(), parts.end(), std::back_inserter(clauses));
  }
  if (statement.sid) {
    clauses.push_back({"sid " + Quoted(statement.sid->text), {}, false, ""});
  }
  for (const ast::ForeignMember& member : statement.foreign) {
    clauses.push_back({ExtraText(member), {}, false, ""});
  }

  std::string out;
  if (statement.label) out = "  " + statement.label->text + " =>\n";
  std::string line = "  " + actions.OnOneLine();
  for (const Part& clause : clauses) {
    std::string text = clause.OnOneLine();
    text.erase(0, text.find_first_not_of(' '));
    line += " " + text;
  }
  if (tests <= 1 && CountCodePoints(line) < kColumns) {
    return out + line + ";\n";
  }
  out += "  " + actions.Fit(2, 2);
  for (const Part& clause : clauses) {
    out += "\n    " + clause.Fit(4, 4);
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

// Prints the items of a file and, between them, its comments and annotations.
class FilePrinter {
 public:
  explicit FilePrinter(const WritFile& file) : file_(file) {}

  std::string Print() {
    NotesBefore(file_.header.begin, "");
    out_ += "writ 1;\n";
    if (file_.policies.empty() || !NoteBehindHeader()) out_ += "\n";
    for (size_t i = 0; i < file_.policies.size(); ++i) {
      if (i > 0) out_ += "\n";
      at_block_start_ = true;
      PrintPolicy(file_.policies[i]);
    }
    NotesBefore(UINT32_MAX, "");
    while (out_.ends_with("\n\n")) out_.pop_back();
    return std::move(out_);
  }

 private:
  // `writ 1; // like this`
  bool NoteBehindHeader() {
    if (next_ == file_.notes.size() || file_.header.end == 0) return false;
    const WritNote& note = file_.notes[next_];
    if (note.kind != WritNote::Kind::kTrailing ||
        (!file_.policies.empty() &&
         note.span.begin > file_.policies[0].span.begin)) {
      return false;
    }
    AddNote(note, "");
    ++next_;
    out_ += "\n";
    return true;
  }

  void PrintPolicy(const ast::Policy& policy) {
    NotesBefore(policy.span.begin, "");
    out_ += "policy " + PolicyName(policy.name);
    if (policy.kind) out_ += KindWord(*policy.kind);
    out_ += " {\n";
    at_block_start_ = true;
    if (policy.version != "1") {
      out_ += "  version " + Verbatim(policy.version) + ";\n";
      at_block_start_ = false;
    }
    for (const ast::ForeignMember& member : policy.foreign) {
      if (member.span.end > 0) NotesBefore(member.span.begin, "  ");
      out_ += "  " + ExtraText(member) + ";\n";
      at_block_start_ = false;
    }
    for (const ast::Statement& statement : policy.statements) {
      if (statement.span.end > 0) {
        NotesBefore(statement.span.begin, "  ");
        Paragraph(statement.span.begin);
      }
      out_ += PrintStatement(statement);
      at_block_start_ = false;
    }
    if (policy.span.end > 0) NotesBefore(policy.span.end - 1, "  ");
    out_ += "}\n";
    at_block_start_ = false;
  }

  // An empty line where the author had one.
  void Paragraph(uint32_t offset) {
    if (at_block_start_ || out_.ends_with("\n\n")) return;
    if (std::binary_search(file_.paragraphs.begin(), file_.paragraphs.end(),
                           offset)) {
      out_ += "\n";
    }
  }

  void NotesBefore(uint32_t offset, std::string_view indent) {
    for (; next_ < file_.notes.size() && file_.notes[next_].span.begin < offset;
         ++next_) {
      AddNote(file_.notes[next_], indent);
    }
  }

  void AddNote(const WritNote& note, std::string_view indent) {
    if (note.kind == WritNote::Kind::kTrailing && out_.ends_with("\n")) {
      while (out_.ends_with("\n")) out_.pop_back();
      out_ += " " + note.text + "\n";
      return;
    }
    Paragraph(note.span.begin);
    out_ += indent;
    out_ += note.text + "\n";
    at_block_start_ = false;
  }

  const WritFile& file_;
  size_t next_ = 0;  // of file_.notes
  bool at_block_start_ = true;
  std::string out_;
};

}  // namespace

std::string PrintWrit(const ast::Policy& policy) {
  WritFile file;
  file.policies.push_back(policy);
  // The spans point into another text.
  return FilePrinter(file).Print();
}

std::string PrintWrit(const WritFile& file) {
  return FilePrinter(file).Print();
}

bool CommentsCanStay(const WritFile& file, Diagnostics* diagnostics) {
  bool all = true;
  for (const WritNote& note : file.notes) {
    if (note.between_items) continue;
    diagnostics->Add(Diagnose(DiagnosticId::kFormatWouldLose, note.span, ""));
    all = false;
  }
  return all;
}

}  // namespace writ
