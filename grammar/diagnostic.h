// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_DIAGNOSTIC_H_
#define WRIT_GRAMMAR_DIAGNOSTIC_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/source.h"

namespace writ {

// Only kError makes a policy INVALID (R48).
enum class Level : uint8_t { kError, kSecurity, kWarning, kSuggestion };

// One row of diagnostics.def: a message an author can see.
enum class DiagnosticId : uint16_t {
#define DIAGNOSTIC(Name, ...) k##Name,
#include "grammar/diagnostics.def"
#undef DIAGNOSTIC
};

struct DiagnosticInfo {
  std::string_view code;  // "W-SYN-002"
  std::string_view slug;  // "duplicate-key"
  Level level;
  std::string_view rule;  // the ruling or section that says so: "R17"
};

const DiagnosticInfo& InfoOf(DiagnosticId id);

// A finding in an author's text.
struct Diagnostic {
  DiagnosticId id;
  Span span;            // into the SourceText it was found in
  std::string pointer;  // JSON pointer, "/Statement/1/Action"; empty for DSL
  std::string message;  // one sentence, no period, names things in `backticks`
  std::string help;     // what to write instead; may be empty
};

// Collects findings in document order, at most kMaxDiagnostics; counts the
// rest. Not thread-safe.
class Diagnostics {
 public:
  void Add(Diagnostic diagnostic);
  const std::vector<Diagnostic>& all() const { return all_; }
  bool has_errors() const { return errors_ > 0; }
  size_t error_count() const { return errors_; }
  // Findings that did not fit.
  size_t dropped() const { return dropped_; }

 private:
  std::vector<Diagnostic> all_;
  size_t errors_ = 0;
  size_t dropped_ = 0;
};

}  // namespace writ

#endif  // WRIT_GRAMMAR_DIAGNOSTIC_H_
