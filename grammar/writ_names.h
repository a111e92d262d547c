// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_WRIT_NAMES_H_
#define WRIT_GRAMMAR_WRIT_NAMES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "WritParser.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_writ.h"
#include "grammar/writ_tokens.h"

// Inside grammar/ only: this header shows ANTLR.
//
// What stands behind a name of the language, and what text becomes when names
// in it are written out:
//
//   $Name    a set: its values take the place of the reference
//   {name}   one value: of a constant, a parameter, or a set of one
//   {{       a brace
//
// A word that is nothing but `{name}` is the value itself, with the type that
// it was written with: a number stays a number, a text in quotes stays text.
// Within a longer word or in quotes the characters are put in, and the result
// is read as if it stood there.
namespace writ {

// A value with the names in it written out, before its place says what it is.
struct WrittenValue {
  enum class Form : uint8_t { kWord, kText, kJson };
  Form form = Form::kWord;
  ast::Value value;
  // Holds a parameter of a template that is checked without a use.
  bool open = false;
};

// One value or a list of them.
struct WrittenValues {
  std::vector<WrittenValue> items;
  bool is_list = false;
  Span span;
};

struct WritModule;

// A set, constant or template.
struct WritName {
  enum class State : uint8_t { kNew, kActive, kDone };
  WritDefinition::Kind kind = WritDefinition::Kind::kSet;
  ast::Text name;
  Span span;
  WritModule* module = nullptr;
  State state = State::kNew;
  bool bad = false;  // it has findings; what it stands for is not known
  bool used = false;
  // Exactly one of these.
  writ_antlr::WritParser::SetDeclContext* set = nullptr;
  writ_antlr::WritParser::LetDeclContext* let = nullptr;
  writ_antlr::WritParser::TemplateDeclContext* body = nullptr;
  std::vector<WrittenValue> values;   // of a set or constant, once kDone
  std::vector<ast::Text> parameters;  // of a template
};

// `import "lib/fc.writ" as fc;`
struct WritImport {
  std::string alias;  // may be empty
  std::string path;   // as written
  Span span;          // of the path
  Span whole;
  WritModule* module = nullptr;  // null when it could not be read
  bool used = false;
};

// One file.
struct WritModule {
  std::string name;  // as messages show it
  const TokenPlaces* places = nullptr;
  writ_antlr::WritParser::FileContext* tree = nullptr;
  std::vector<WritImport> imports;
  std::deque<WritName> names;
  // Its own names, and those that come in without a prefix.
  std::unordered_map<std::string, WritName*> visible;
  std::vector<ast::Policy> policies;
  bool broken = false;  // a finding in it breaks the tree
};

// A parameter and what a use gives for it.
struct WritBinding {
  std::string_view name;
  bool is_set = false;
  bool open = false;  // nothing is known about it
  std::vector<WrittenValue> values;
  Span span;  // in the use
};

// Where names are looked up.
struct WritScope {
  WritModule* module = nullptr;
  const std::vector<WritBinding>* bindings = nullptr;  // in a template
};

// Looks names up and writes them out. One for all files of a run: it holds the
// budget, so that no text grows without bound.
class WritNames {
 public:
  explicit WritNames(Diagnostics* diagnostics) : diagnostics_(diagnostics) {}

  Diagnostics* diagnostics() const { return diagnostics_; }
  // A finding says that the tree would not say what the text says.
  bool broken() const { return broken_; }
  void set_broken(bool broken) { broken_ = broken; }
  // The budget is spent; nothing more is written out.
  bool exhausted() const { return exhausted_; }

  void Report(DiagnosticId id, Span span,
              std::initializer_list<std::string_view> parts) {
    Add(Diagnose(id, span, "", parts));
  }
  void Add(Diagnostic finding);
  // Reports a name that nothing defines, once for each name of a file.
  void BeginFile() { unknown_.clear(); }
  void ReportUnknown(std::string_view what, std::string_view name, Span span,
                     std::string_view help);
  // Spends the budget. False when there is none left.
  bool Charge(size_t values, size_t bytes, Span span);

  // Takes down what the module defines, and what its imports define.
  void Define(WritModule* module);
  // Works out every set and constant of the module.
  void ResolveAll(WritModule* module);

  // A name where it is defined.
  ast::Text NewName(writ_antlr::WritParser::NameContext* context,
                    const WritModule& module);
  // The text of a string, names written out.
  ast::Text String(antlr4::tree::TerminalNode* node, const WritScope& scope,
                   bool* open = nullptr);
  // The text of a string as it is: operator names, JSON.
  ast::Text Verbatim(antlr4::tree::TerminalNode* node, const WritScope& scope);
  // The text of a bare word.
  ast::Text Word(antlr4::tree::TerminalNode* node, const WritScope& scope,
                 bool* open = nullptr);
  WrittenValues Values(writ_antlr::WritParser::ValuesContext* context,
                       const WritScope& scope);
  // Appends what one value stands for: several values for a set.
  void Append(writ_antlr::WritParser::ValueContext* context,
              const WritScope& scope, std::vector<WrittenValue>* out);

  // The template of a use; null after a finding.
  WritName* Template(std::string_view name, Span span, const WritScope& scope);

 private:
  std::string Interpolate(std::string_view text, Span token,
                          const WritScope& scope, bool* open);
  // What `{name}` stands for; null after a finding.
  const WrittenValue* One(std::string_view name, Span span,
                          const WritScope& scope);
  void AppendSet(writ_antlr::WritParser::ValueContext* context,
                 const WritScope& scope, std::vector<WrittenValue>* out);
  WritName* Find(std::string_view name, const WritScope& scope);
  static const WritBinding* Bound(std::string_view name,
                                  const WritScope& scope);
  void Unknown(std::string_view what, WritDefinition::Kind kind,
               std::string_view name, Span span, const WritScope& scope);
  void NotOne(std::string_view name, size_t count, Span span, Span other,
              std::string_view label);
  // False when the values of the name are not known.
  bool Resolve(WritName* name, Span span);

  Diagnostics* const diagnostics_;
  bool broken_ = false;
  bool exhausted_ = false;
  size_t values_ = 0;
  size_t bytes_ = 0;
  std::vector<const WritName*> active_;
  std::set<std::string> unknown_;  // reported
};

}  // namespace writ

#endif  // WRIT_GRAMMAR_WRIT_NAMES_H_
