// SPDX-License-Identifier: Apache-2.0
// Reads the Writ language. A text is judged in steps, each of which sees only
// what the one before let through: bytes and tokens (writ_tokens.cc), syntax
// (writ_syntax.cc finds the slips, the parser that ANTLR makes from Writ.g4 the
// tree), names and imports (writ_names.cc, writ_imports.cc), the policy tree
// (lower_*.cc).
#include "grammar/parse_writ.h"

#include <algorithm>

#include "grammar/utf8.h"
#include "grammar/writ_imports.h"

namespace writ {

bool IsBareWord(std::string_view text) {
  if (text == "*") return true;
  if (text.empty() || text.find_first_of(".:") == std::string_view::npos ||
      text.find("//") != std::string_view::npos) {
    return false;
  }
  const auto is_start = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || c == '_' || c == '*' || c == '?';
  };
  return is_start(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_start(c) || std::string_view(".:/+%~@-").find(c) !=
                                     std::string_view::npos;
         });
}

bool IsWritName(std::string_view text) {
  if (text.empty() || text[0] == '-' || InvalidUtf8Offset(text)) return false;
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    const char c = static_cast<char>(point.value < 0x80 ? point.value : 'a');
    if (point.value > 0xFFFF || IsBidiControl(point.value) ||
        !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
          (c >= 'A' && c <= 'Z') || c == '_' || c == '-')) {
      return false;
    }
    i += point.size;
  }
  return true;
}

std::optional<WritFile> ParseWrit(SourceText* source,
                                  const WritImportReader& read,
                                  Diagnostics* diagnostics) {
  return WritReader(source, read, diagnostics).Read();
}

}  // namespace writ
