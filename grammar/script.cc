// SPDX-License-Identifier: Apache-2.0
#include "grammar/script.h"

#include <algorithm>
#include <utility>

#include "grammar/utf8.h"

namespace writ {
namespace {

struct Confusable {
  uint32_t value;
  char latin;
};

// Sorted by value. Letters that common typefaces draw (nearly) alike, and three
// (IsFaint) that pass for Latin ones only in their midst.
constexpr Confusable kConfusables[] = {
    {0x0131, 'i'}, {0x0251, 'a'}, {0x0261, 'g'}, {0x0391, 'A'}, {0x0392, 'B'},
    {0x0395, 'E'}, {0x0396, 'Z'}, {0x0397, 'H'}, {0x0399, 'I'}, {0x039A, 'K'},
    {0x039C, 'M'}, {0x039D, 'N'}, {0x039F, 'O'}, {0x03A1, 'P'}, {0x03A4, 'T'},
    {0x03A5, 'Y'}, {0x03A7, 'X'}, {0x03B1, 'a'}, {0x03B3, 'y'}, {0x03B9, 'i'},
    {0x03BA, 'k'}, {0x03BD, 'v'}, {0x03BF, 'o'}, {0x03C1, 'p'}, {0x03C5, 'u'},
    {0x03C7, 'x'}, {0x03F2, 'c'}, {0x0405, 'S'}, {0x0406, 'I'}, {0x0408, 'J'},
    {0x0410, 'A'}, {0x0412, 'B'}, {0x0415, 'E'}, {0x041A, 'K'}, {0x041C, 'M'},
    {0x041D, 'H'}, {0x041E, 'O'}, {0x0420, 'P'}, {0x0421, 'C'}, {0x0422, 'T'},
    {0x0423, 'Y'}, {0x0425, 'X'}, {0x0430, 'a'}, {0x0435, 'e'}, {0x043A, 'k'},
    {0x043E, 'o'}, {0x0440, 'p'}, {0x0441, 'c'}, {0x0443, 'y'}, {0x0445, 'x'},
    {0x0455, 's'}, {0x0456, 'i'}, {0x0458, 'j'}, {0x04AE, 'Y'}, {0x04BB, 'h'},
    {0x04C0, 'l'}, {0x04CF, 'l'}, {0x0501, 'd'}, {0x051B, 'q'}, {0x051D, 'w'},
    {0x0555, 'O'}, {0x0570, 'h'}, {0x0578, 'n'}, {0x057D, 'u'}, {0x0585, 'o'},
};

bool IsLatin(uint32_t value) {
  return (value >= 'a' && value <= 'z') || (value >= 'A' && value <= 'Z') ||
         (value >= 0xC0 && value <= 0x24F && value != 0xD7 && value != 0xF7 &&
          value != 0x131);
}

char LatinOf(uint32_t value) {
  // Full-width letters.
  if (value >= 0xFF21 && value <= 0xFF3A) {
    return static_cast<char>('A' + (value - 0xFF21));
  }
  if (value >= 0xFF41 && value <= 0xFF5A) {
    return static_cast<char>('a' + (value - 0xFF41));
  }
  const auto* found =
      std::lower_bound(std::begin(kConfusables), std::end(kConfusables), value,
                       [](const Confusable& row, uint32_t wanted) {
                         return row.value < wanted;
                       });
  return found != std::end(kConfusables) && found->value == value ? found->latin
                                                                  : '\0';
}

std::string_view ScriptOf(uint32_t value) {
  if (value >= 0xFF00) return "full-width";
  if (value >= 0x0530 && value < 0x0590) return "Armenian";
  if (value >= 0x0400 && value < 0x0530) return "Cyrillic";
  if (value >= 0x0370 && value < 0x0400) return "Greek";
  return "phonetic";
}

// `к`, `κ` and `γ` have other shapes than `k` and `y`: a word of nothing but
// look-alikes and one of these is not read as Latin.
bool IsFaint(uint32_t value) {
  return value == 0x043A || value == 0x03BA || value == 0x03B3;
}

// Letters and digits go together; signs stand between runs.
bool IsSign(uint32_t value) {
  if (value < 0x80) return !IsLatin(value) && !(value >= '0' && value <= '9');
  return value <= 0xBF || value == 0xD7 || value == 0xF7 ||
         (value >= 0x2000 && value <= 0x206F) ||
         (value >= 0x3000 && value <= 0x303F);
}

// One run of letters and digits, or one sign.
struct Run {
  size_t begin = 0;
  size_t end = 0;
  std::optional<LookAlike> first;
  bool has_latin = false;
  bool has_faint = false;
  // Letters that are neither Latin nor look it.
  bool has_others = false;

  bool deceives() const {
    return first && (has_latin || (!has_others && !has_faint));
  }
};

Run ReadRun(std::string_view text, size_t begin) {
  Run run{begin, begin, std::nullopt};
  while (run.end < text.size()) {
    const CodePoint point = DecodeUtf8(text, run.end);
    if (IsSign(point.value)) {
      if (run.end == begin) run.end += point.size;
      break;
    }
    if (const char latin = LatinOf(point.value); latin != '\0') {
      run.has_faint = run.has_faint || IsFaint(point.value);
      if (!run.first) {
        run.first = LookAlike{run.end, point.value, point.size, latin,
                              ScriptOf(point.value)};
      }
    } else if (IsLatin(point.value)) {
      run.has_latin = true;
    } else if (point.value >= 0x80) {
      run.has_others = true;
    }
    run.end += point.size;
  }
  return run;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80;
  });
}

}  // namespace

std::optional<LookAlike> FindLookAlike(std::string_view text) {
  if (IsAscii(text)) return std::nullopt;
  for (size_t at = 0; at < text.size();) {
    const Run run = ReadRun(text, at);
    if (run.deceives()) return run.first;
    at = run.end;
  }
  return std::nullopt;
}

std::string WithLatinLetters(std::string_view text) {
  std::string latin;
  for (size_t at = 0; at < text.size();) {
    const Run run = ReadRun(text, at);
    if (run.deceives() && run.has_others) return {};
    for (; at < run.end;) {
      const CodePoint point = DecodeUtf8(text, at);
      const char letter = run.deceives() ? LatinOf(point.value) : '\0';
      if (letter != '\0') {
        latin.push_back(letter);
      } else {
        latin += text.substr(at, point.size);
      }
      at += point.size;
    }
  }
  return latin;
}

void ReportMixedScript(std::string_view text, Span span, std::string pointer,
                       Diagnostics* diagnostics) {
  const std::optional<LookAlike> found = FindLookAlike(text);
  if (!found) return;
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string code = "U+";
  for (int shift = 12; shift >= 0; shift -= 4) {
    code.push_back(kHex[(found->value >> shift) & 15U]);
  }
  const std::string letter(text.substr(found->at, found->size));
  diagnostics->Add(Diagnose(DiagnosticId::kMixedScript, span,
                            std::move(pointer),
                            {Excerpt(text), letter, code, found->script,
                             std::string(1, found->latin)}));
}

}  // namespace writ
