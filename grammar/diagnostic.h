// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_DIAGNOSTIC_H_
#define WRIT_GRAMMAR_DIAGNOSTIC_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/source.h"

namespace writ {

// Only kError makes a policy INVALID (R48).
enum class Level : uint8_t { kError, kSecurity, kWarning, kSuggestion };

// One row of rules.def.
enum class RuleId : uint16_t {
#define RULE(Ident, ...) k##Ident,
#include "grammar/rules.def"
#undef RULE
};

enum class FixKind : uint8_t { kNone, kProposed, kAutomatic };
enum class RuleNeeds : uint8_t {
  kPolicy,
  kCatalogue,
  kSet,
  kTests,
  kDirectory,
  kEngine,
};
enum class RuleState : uint8_t { kOn, kOff, kWaits, kRetired };

struct RuleInfo {
  RuleId id;
  std::string_view code;  // "W-SYN-002"
  std::string_view slug;  // "duplicate-key"
  Level level;
  FixKind fix;
  RuleNeeds needs;
  RuleState state;
  std::string_view summary;
  std::string_view why;
};

// Every row of rules.def, in its order.
std::span<const RuleInfo> Rules();
const RuleInfo& InfoOf(RuleId id);
// The rule called by its code ("W-SYN-002") or its slug, or null.
const RuleInfo* FindRule(std::string_view name);

// One row of diagnostics.def: a message an author can see.
enum class DiagnosticId : uint16_t {
#define DIAGNOSTIC(Name, ...) k##Name,
#include "grammar/diagnostics.def"
#undef DIAGNOSTIC
};

struct DiagnosticInfo {
  RuleId rule_id;
  std::string_view code;  // "W-SYN-002"
  std::string_view slug;  // "duplicate-key"
  Level level;
  std::string_view source;  // the ruling or section that says so: "R17"
  // The tree no longer says what the text says: do not translate it.
  bool breaks_tree;
  std::string_view message;  // with {0} {1} … for what Diagnose fills in
  std::string_view help;
};

const DiagnosticInfo& InfoOf(DiagnosticId id);

// A second place that a finding is about: its cause, the other of two.
struct DiagnosticLabel {
  Span span;
  std::string text;  // a few words: "includes ram:PassRole"
};

// A line below the text: `= why: …`, `= note: …`, `= example: …`.
struct DiagnosticNote {
  enum class Kind : uint8_t { kWhy, kNote, kExample };
  Kind kind = Kind::kNote;
  std::string text;
};

// Replaces the bytes of `span` by `text`; an empty span inserts.
struct TextEdit {
  Span span;
  std::string text;
  bool operator==(const TextEdit&) const = default;
};

// A change of the text that mends a finding. Edits do not overlap and lie in
// the first part of the source (its own file, no import).
struct Fix {
  std::string title;       // what it does: "remove `oss:GetObject`"
  bool automatic = false;  // claims to keep the meaning; `writ fix` proves it
  std::vector<TextEdit> edits;
};

// A finding in an author's text.
struct Diagnostic {
  DiagnosticId id;
  Span span;            // into the SourceText it was found in
  std::string pointer;  // JSON pointer, "/Statement/1/Action"; empty for DSL
  std::string message;  // one sentence, no period, names things in `backticks`
  std::string help;     // what to write instead; may be empty
  // What to report it as: the rule's level, unless configuration changed it.
  Level level = Level::kError;
  std::string label = {};  // a few words behind the caret; may be empty
  std::vector<DiagnosticLabel> others = {};
  std::vector<DiagnosticNote> notes = {};
  std::optional<Fix> fix = {};
};

// Builds a finding from its row: {0} {1} … of message and help are replaced by
// `parts`, {{ by a brace.
Diagnostic Diagnose(DiagnosticId id, Span span, std::string pointer,
                    std::initializer_list<std::string_view> parts = {});

// The author's text as a message may show it: control characters and invalid
// bytes escaped, cut after about sixty characters.
std::string Excerpt(std::string_view text);

// Appends one reference token to a JSON pointer (RFC 6901).
std::string PointerTo(std::string_view pointer, std::string_view member);
std::string PointerTo(std::string_view pointer, size_t index);

// "error", "security", "warning" or "suggestion".
std::string_view LevelName(Level level);

// Collects findings in document order, at most kMaxDiagnostics unless told
// otherwise; counts the rest. Not thread-safe.
class Diagnostics {
 public:
  Diagnostics() = default;
  explicit Diagnostics(size_t most) : most_(most) {}
  // A finding that is already there (rule, place and words) is dropped.
  void Add(Diagnostic diagnostic);
  // Asks `keep` about each finding in order, which may change its level and
  // texts; those that it does not want go, but for errors.
  void Refine(const std::function<bool(Diagnostic*)>& keep);
  const std::vector<Diagnostic>& all() const { return all_; }
  // The policy is INVALID: a finding was added whose rule is an error,
  // whatever level it is reported at.
  bool has_errors() const { return errors_ > 0; }
  // A finding says that the tree does not hold all of the text.
  bool tree_is_broken() const { return tree_is_broken_; }
  bool full() const { return all_.size() >= most_; }
  // How many findings make it so, those that did not fit among them.
  size_t error_count() const { return errors_; }
  // Findings of all() that are reported at the level.
  size_t count(Level level) const;
  // Findings that did not fit.
  size_t dropped() const { return dropped_; }

 private:
  size_t most_ = kMaxDiagnostics;
  std::vector<Diagnostic> all_;
  size_t errors_ = 0;
  size_t dropped_ = 0;
  bool tree_is_broken_ = false;
};

}  // namespace writ

#endif  // WRIT_GRAMMAR_DIAGNOSTIC_H_
