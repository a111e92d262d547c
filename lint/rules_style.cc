// SPDX-License-Identifier: Apache-2.0
//
// Rules about a file as a text: its layout, its comments, its names.
#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/check_scope.h"
#include "grammar/format_writ.h"
#include "grammar/json_tree.h"
#include "grammar/print.h"
#include "grammar/utf8.h"
#include "lint/edit.h"
#include "lint/lint.h"
#include "lint/style.h"

namespace writ {
namespace {

// What `writ fmt` breaks lines at.
constexpr size_t kFormatColumns = 100;

// Words by which authors mark unfinished work, in pieces because this text is
// searched for them too.
// clang-format off
constexpr std::string_view kMarks[] = {"TO" "DO", "FIX" "ME", "XX" "X", "HACK"};
// clang-format on

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_';
}

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The file in the form of `writ fmt`; nothing when it cannot be formatted.
std::optional<std::string> Formatted(const PolicyFile& file, size_t columns) {
  Diagnostics unused;
  if (!file.is_json) return FormatWrit(file.source, columns, &unused);
  const std::optional<JsonTree> tree = ReadJson(file.source, &unused);
  if (!tree || !unused.all().empty()) return std::nullopt;
  return PrintJson(*tree, JsonLayout::kPretty) + "\n";
}

// The one edit that turns `before` into `after`: what they begin and end with
// alike stays.
TextEdit EditBetween(std::string_view before, std::string_view after) {
  const size_t shorter = std::min(before.size(), after.size());
  size_t head = 0;
  while (head < shorter && before[head] == after[head]) ++head;
  size_t tail = 0;
  while (tail < shorter - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) {
    ++tail;
  }
  return {{static_cast<uint32_t>(head),
           static_cast<uint32_t>(before.size() - tail)},
          std::string(after.substr(head, after.size() - tail - head))};
}

void LintLayout(const PolicyFile& file,
                const std::optional<std::string>& formatted,
                Diagnostics* found) {
  const std::string_view text = file.source.text();
  if (!formatted || *formatted == text) return;
  TextEdit edit = EditBetween(text, *formatted);
  // The line of the first difference; at the end of the text the last one.
  const uint32_t at = std::min<uint32_t>(
      edit.span.begin,
      static_cast<uint32_t>(text.empty() ? 0 : text.size() - 1));
  Diagnostic finding = Diagnose(DiagnosticId::kUnformatted, {at, at}, "",
                                {Excerpt(file.source.name())});
  finding.fix = Fix{"format the file", true, {std::move(edit)}};
  found->Add(std::move(finding));
}

bool HasLongLine(const SourceText& source, uint32_t most) {
  for (uint32_t line = 1; line <= source.line_count(); ++line) {
    if (CountCodePoints(source.Line(line)) > most) return true;
  }
  return false;
}

void LintLength(const PolicyFile& file, const LintOptions& options,
                Diagnostics* found) {
  const SourceText& source = file.source;
  const std::string_view text = source.text();
  uint32_t begin = 0;
  bool first = true;
  for (uint32_t line = 1; line <= source.line_count(); ++line) {
    const std::string_view words = source.Line(line);
    const size_t columns = CountCodePoints(words);
    if (columns > options.max_line_columns && !found->full()) {
      Diagnostic finding = Diagnose(
          DiagnosticId::kLongLine,
          {begin, begin + static_cast<uint32_t>(words.size())}, "",
          {std::to_string(columns), std::to_string(options.max_line_columns)});
      if (first) {
        const auto shorter = Formatted(
            file, std::min<size_t>(kFormatColumns, options.max_line_columns));
        if (shorter && *shorter != text &&
            !HasLongLine(SourceText(source.name(), *shorter),
                         options.max_line_columns)) {
          finding.fix =
              Fix{"break the line", true, {EditBetween(text, *shorter)}};
        }
      }
      first = false;
      found->Add(std::move(finding));
    }
    const size_t end = text.find('\n', begin);
    if (end == text.npos) break;
    begin = static_cast<uint32_t>(end + 1);
  }
  const size_t lines = source.line_count();
  if (lines > options.max_file_lines) {
    found->Add(Diagnose(
        DiagnosticId::kLongFile, {0, 0}, "",
        {std::to_string(lines), std::to_string(options.max_file_lines)}));
  }
}

void LintComments(const PolicyFile& file, Diagnostics* found) {
  for (const WritComment& comment : file.content.comments) {
    for (std::string_view mark : kMarks) {
      const size_t at = comment.text.find(mark);
      if (at == comment.text.npos) continue;
      const size_t end = at + mark.size();
      const bool is_word =
          (at == 0 || !IsWordCharacter(comment.text[at - 1])) &&
          (end == comment.text.size() || !IsWordCharacter(comment.text[end]));
      if (!is_word) continue;
      const uint32_t begin = comment.span.begin + static_cast<uint32_t>(at);
      found->Add(Diagnose(DiagnosticId::kOpenWork,
                          {begin, begin + static_cast<uint32_t>(mark.size())},
                          "", {}));
      break;
    }
  }
}

// The name in the other spelling: words are parted by `separator`.
std::string Respelled(std::string_view name, char separator) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool parts = c == '_' || c == '-';
    if (parts || (IsUpper(c) && i > 0 && !IsUpper(name[i - 1]))) {
      if (!out.empty() && out.back() != separator) out.push_back(separator);
    }
    if (!parts) out.push_back(IsUpper(c) ? static_cast<char>(c + 32) : c);
  }
  while (!out.empty() && out.back() == separator) out.pop_back();
  return out;
}

bool FollowsNaming(std::string_view name, char separator) {
  if (name.empty()) return true;
  for (char c : name) {
    // Names in other scripts have no case to speak of.
    if (static_cast<unsigned char>(c) >= 0x80) return true;
    if (!IsLower(c) && !IsDigit(c) && c != separator) return false;
  }
  return IsLower(name.front()) && name.back() != separator;
}

// Where a policy is called by its name.
Span NameOf(const ast::Policy& policy) {
  if (policy.name_span.end > 0) return policy.name_span;
  return {policy.span.begin, policy.span.begin};
}

void LintNaming(const PolicyFile& file, const LintOptions& options,
                Diagnostics* found) {
  if (options.naming == "any") return;
  const char separator = options.naming == "kebab-case" ? '-' : '_';
  const auto judge = [&](std::string_view name, Span span) {
    if (FollowsNaming(name, separator) || !file.source.Owns(span)) return;
    const std::string better = Respelled(name, separator);
    if (better == name) return;
    found->Add(Diagnose(DiagnosticId::kNamingConvention, span, "",
                        {Excerpt(name), options.naming, Excerpt(better)}));
  };
  for (size_t i = 0; i < file.content.own_policies; ++i) {
    const ast::Policy& policy = file.content.policies[i];
    judge(policy.name, NameOf(policy));
    for (const ast::Statement& statement : policy.statements) {
      if (statement.label) judge(statement.label->text, statement.label->span);
    }
  }
}

// What a statement can be called: its effect and its first action.
std::string LabelFor(const ast::Statement& statement,
                     std::set<std::string, std::less<>>* taken) {
  std::string label = statement.effect == ast::Effect::kDeny ? "deny" : "allow";
  if (statement.action && !statement.action->values.items.empty()) {
    std::string words;
    for (char c : statement.action->values.items.front().text) {
      words.push_back(IsWordCharacter(c) ? c : '_');
    }
    const std::string spelled = Respelled(words, '_');
    if (!spelled.empty()) label += "_" + spelled;
  }
  std::string unique = label;
  for (int n = 2; !taken->insert(unique).second; ++n) {
    unique = label + "_" + std::to_string(n);
  }
  return unique;
}

// Rules that ask for what a .writ file could say and does not.
void LintDocumentation(const PolicyFile& file, Diagnostics* found) {
  const WritFile& content = file.content;
  if (content.own_policies > 0 && content.tests.empty()) {
    found->Add(Diagnose(DiagnosticId::kPolicyWithoutTests,
                        NameOf(content.policies.front()), "", {}));
  }
  for (size_t i = 0; i < content.own_policies; ++i) {
    const ast::Policy& policy = content.policies[i];
    const bool described = std::any_of(
        policy.annotations.begin(), policy.annotations.end(),
        [](const ast::Annotation& a) { return a.name.text == "description"; });
    if (!described) {
      found->Add(Diagnose(DiagnosticId::kMissingDescription, NameOf(policy), "",
                          {Excerpt(policy.name)}));
    }
    std::set<std::string, std::less<>> taken;
    for (const ast::Statement& statement : policy.statements) {
      if (statement.label) taken.insert(statement.label->text);
    }
    for (const ast::Statement& statement : policy.statements) {
      if (statement.label || !file.source.Owns(statement.effect_span)) continue;
      Diagnostic finding = Diagnose(DiagnosticId::kStatementWithoutLabel,
                                    statement.effect_span, "", {});
      const std::string label = LabelFor(statement, &taken);
      const uint32_t at = statement.effect_span.begin;
      finding.fix =
          Fix{"call it `" + label + "`", true, {{{at, at}, label + " => "}}};
      found->Add(std::move(finding));
    }
  }
}

// What a file without policies and tests defines is there for those that import
// it.
void LintDefinitions(const PolicyFile& file, Diagnostics* found) {
  if (file.content.own_policies == 0 && file.content.tests.empty()) return;
  constexpr std::string_view kKinds[] = {"import", "set", "constant",
                                         "template"};
  for (const WritDefinition& definition : file.content.definitions) {
    if (definition.used) continue;
    Diagnostic finding =
        Diagnose(DiagnosticId::kUnusedDefinition, definition.name.span, "",
                 {kKinds[static_cast<size_t>(definition.kind)],
                  Excerpt(definition.name.text)});
    finding.fix = Fix{"remove it",
                      true,
                      {{WithItsLine(file.source.text(), definition.span), ""}}};
    found->Add(std::move(finding));
  }
}

}  // namespace

Span WithItsLine(std::string_view text, Span span) {
  const auto is_blank = [](char c) {
    return c == ' ' || c == '\t' || c == '\r';
  };
  size_t begin = span.begin;
  while (begin > 0 && is_blank(text[begin - 1])) --begin;
  size_t end = span.end;
  while (end < text.size() && is_blank(text[end])) ++end;
  const bool alone = (begin == 0 || text[begin - 1] == '\n') &&
                     (end == text.size() || text[end] == '\n');
  if (!alone) {
    // Behind something else: the space before it goes too.
    const bool last = end == text.size() || text[end] == '\n';
    return last ? Span{static_cast<uint32_t>(begin), span.end} : span;
  }
  if (end < text.size()) ++end;
  // Of an empty line before and after, one goes.
  const bool empty_before = begin < 2 || text[begin - 2] == '\n';
  if (empty_before && end < text.size() && text[end] == '\n') ++end;
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
}

void LintStyle(const PolicyFile& file, const Catalogue& catalogue,
               const LintOptions& options, Diagnostics* found) {
  LintLayout(file, Formatted(file, kFormatColumns), found);
  if (!file.is_json) {
    LintLength(file, options, found);
    LintComments(file, found);
    LintNaming(file, options, found);
    LintDocumentation(file, found);
    LintDefinitions(file, found);
  }
  LintValues(file, catalogue, found);
}

}  // namespace writ
