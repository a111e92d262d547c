// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_SCRIPT_H_
#define WRIT_GRAMMAR_SCRIPT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "grammar/diagnostic.h"

namespace writ {

// A letter that only looks like a Latin one.
struct LookAlike {
  size_t at;                // byte offset in the text
  uint32_t value;           // the letter
  uint32_t size;            // its bytes
  char latin;               // what it looks like
  std::string_view script;  // "Cyrillic", "Greek", "full-width"
};

// The first letter of `text` that a reader would take for a Latin one. Each run
// of letters and digits is judged by itself, signs stand between runs: a letter
// counts when it stands beside Latin ones, or in a run of nothing but such
// letters (`асе`). A run that cannot be read as Latin (`фото`, `касса`) is
// no finding, nor is one in which Latin stands beside a script of other shapes
// (`photos照片`).
//
// text  valid UTF-8
std::optional<LookAlike> FindLookAlike(std::string_view text);

// `text` with Latin letters in the place of those that FindLookAlike is about;
// empty when that would not make its runs Latin throughout.
//
// text  valid UTF-8
std::string WithLatinLetters(std::string_view text);

// Reports W-SYN-022 for a name, action, resource, principal or key.
void ReportMixedScript(std::string_view text, Span span, std::string pointer,
                       Diagnostics* diagnostics);

}  // namespace writ

#endif  // WRIT_GRAMMAR_SCRIPT_H_
