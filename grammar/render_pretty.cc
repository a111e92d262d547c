// SPDX-License-Identifier: Apache-2.0
// Findings for people: the line with carets, the causes, what to do.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/display_width.h"
#include "grammar/render_formats.h"
#include "grammar/utf8.h"

namespace writ {
namespace {

// A line of a minified file may be megabytes long; this much is shown.
constexpr size_t kShownBytes = 120;
constexpr size_t kTabStop = 4;
// A span of more lines is shown by its first ones and its last.
constexpr uint32_t kShownLines = 6;

enum class Style { kBold, kFrame, kError, kSecurity, kWarning, kSuggestion };

Style StyleOf(Level level) {
  switch (level) {
    case Level::kError:
      return Style::kError;
    case Level::kSecurity:
      return Style::kSecurity;
    case Level::kWarning:
      return Style::kWarning;
    case Level::kSuggestion:
      return Style::kSuggestion;
  }
  return Style::kError;
}

std::string_view EscapeOf(Style style) {
  switch (style) {
    case Style::kBold:
      return "\x1b[1m";
    case Style::kFrame:
      return "\x1b[34m";
    case Style::kError:
      return "\x1b[1;31m";
    case Style::kSecurity:
      return "\x1b[1;35m";
    case Style::kWarning:
      return "\x1b[1;33m";
    case Style::kSuggestion:
      return "\x1b[1;36m";
  }
  return "";
}

// A piece of a line as a terminal shows it.
struct Piece {
  std::string text;
  size_t bytes;  // of the line
  size_t width;  // in cells
};

// The code point at `at`, or one byte that is none. `column` is the cell that
// it starts in.
Piece PieceAt(std::string_view line, size_t at, size_t column) {
  if (line[at] == '\t') {
    const size_t width = kTabStop - column % kTabStop;
    return {std::string(width, ' '), 1, width};
  }
  const std::string_view rest = line.substr(at, 4);
  if (InvalidUtf8Offset(rest).value_or(1) == 0) return {"\xEF\xBF\xBD", 1, 1};
  const CodePoint point = DecodeUtf8(rest, 0);
  std::string shown = Printable(rest.substr(0, point.size));
  const size_t width = DisplayWidth(shown);
  return {std::move(shown), point.size, width};
}

bool IsContinuation(std::string_view text, size_t at) {
  return at < text.size() &&
         (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

// The part of a line around the bytes `from` to `to`, and the cells that they
// take in it.
struct Window {
  std::string text;
  size_t column = 0;  // cells before the marked part
  size_t width = 1;   // of the marked part, at least 1
};

// `anchor` says which part of the line is shown: equal anchors, equal parts.
Window WindowOf(std::string_view line, size_t from, size_t to, size_t anchor) {
  from = std::min(from, line.size());
  to = std::clamp(to, from, line.size());
  size_t at = 0;
  Window window;
  size_t column = 0;
  if (line.size() > kShownBytes && anchor > kShownBytes / 2) {
    at = std::min(anchor, line.size()) - kShownBytes / 2;
    while (at > 0 && IsContinuation(line, at)) --at;
    window.text = "…";
    column = 1;
  }
  size_t end = std::min(line.size(), at + kShownBytes);
  while (IsContinuation(line, end)) ++end;
  const std::string_view shown = line.substr(0, end);
  window.column = column;
  size_t behind = column;
  while (at < end) {
    const Piece piece = PieceAt(shown, at, column);
    if (at < from) window.column = column + piece.width;
    if (at < to) behind = column + piece.width;
    column += piece.width;
    window.text += piece.text;
    at += piece.bytes;
  }
  window.width = behind > window.column ? behind - window.column : 1;
  if (end < line.size()) window.text += "…";
  return window;
}

// Draws the findings of one file.
class Drawing {
 public:
  Drawing(const RenderOptions& options, std::string* out)
      : options_(options), out_(*out) {}

  void Draw(const SourceText& source, const Diagnostic& finding);

 private:
  // What stands in the text at `region` of line `number`.
  struct Marked {
    uint32_t number;
    std::string_view line;
    size_t from;
    size_t to;
  };
  static Marked MarkedIn(const Region& region, uint32_t number);

  std::string Paint(Style style, std::string_view text) const {
    if (!options_.color) return std::string(text);
    return std::string(EscapeOf(style)) + std::string(text) + "\x1b[0m";
  }
  // "  7 │ " with the number, or blank for 0.
  std::string Gutter(uint32_t number) const {
    std::string digits = number == 0 ? "" : std::to_string(number);
    digits.insert(0, margin_ - std::min(margin_, digits.size()), ' ');
    return Paint(Style::kFrame, digits + " │") + " ";
  }
  void DrawMarks(const std::string& gutter, const Window& window, char sign,
                 Style style, std::string_view label);
  void DrawPrimary(const SourceText& source, const Region& region,
                   const Diagnostic& finding);
  void DrawLines(const Region& region, const Diagnostic& finding);
  void DrawOther(const Region& primary, const Region& region,
                 std::string_view label);
  void DrawNote(std::string_view name, std::string_view text);
  void DrawNotes(const Diagnostic& finding);

  const RenderOptions& options_;
  std::string& out_;
  size_t margin_ = 1;  // cells of the numbers of lines
};

Drawing::Marked Drawing::MarkedIn(const Region& region, uint32_t number) {
  Marked marked;
  marked.number = number;
  marked.line = region.source->Line(number);
  const size_t begin = static_cast<size_t>(
      marked.line.empty()
          ? region.begin
          : static_cast<uint32_t>(marked.line.data() -
                                  region.source->text().data()));
  marked.from = region.begin > begin ? region.begin - begin : 0;
  marked.to = region.end > begin ? region.end - begin : 0;
  return marked;
}

void Drawing::DrawMarks(const std::string& gutter, const Window& window,
                        char sign, Style style, std::string_view label) {
  std::string marks(window.width, sign);
  if (!label.empty()) marks += " " + Printable(label);
  out_ += gutter + std::string(window.column, ' ') + Paint(style, marks) + "\n";
}

void Drawing::DrawPrimary(const SourceText& source, const Region& region,
                          const Diagnostic& finding) {
  if (region.to.line > region.from.line) {
    DrawLines(region, finding);
    return;
  }
  const Marked marked = MarkedIn(region, region.from.line);
  const Window window =
      WindowOf(marked.line, marked.from, marked.to, marked.from);
  out_ += Gutter(marked.number) + window.text + "\n";
  DrawMarks(Gutter(0), window, '^', StyleOf(finding.level), finding.label);
  // Other places of the same line need no line of their own when they lie in
  // the part that is shown.
  for (const DiagnosticLabel& label : finding.others) {
    const Region other = RegionOf(source, label.span);
    if (other.source != region.source || other.from.line != region.from.line ||
        marked.line.size() > kShownBytes) {
      continue;
    }
    const Marked place = MarkedIn(other, marked.number);
    DrawMarks(Gutter(0), WindowOf(place.line, place.from, place.to, 0), '-',
              Style::kFrame, label.text);
  }
}

// A span of several lines: a bar on its left, a rule below its last line.
void Drawing::DrawLines(const Region& region, const Diagnostic& finding) {
  const Style style = StyleOf(finding.level);
  const uint32_t first = region.from.line;
  // A span that ends with a line break ends on the line before.
  const uint32_t last =
      region.to.column == 1 ? region.to.line - 1 : region.to.line;
  for (uint32_t number = first; number <= last; ++number) {
    const bool hidden = last - first >= kShownLines &&
                        number >= first + kShownLines / 2 && number < last;
    if (hidden) {
      if (number == first + kShownLines / 2) {
        out_ += Gutter(0) + Paint(style, "│") + "   ⋮\n";
      }
      continue;
    }
    const Marked marked = MarkedIn(region, number);
    out_ += Gutter(number) + Paint(style, number == first ? "╭" : "│") + " " +
            WindowOf(marked.line, 0, 0, 0).text + "\n";
  }
  const Marked marked = MarkedIn(region, last);
  const Window window = WindowOf(marked.line, 0, marked.to, 0);
  std::string rule = "╰";
  for (size_t i = 0; i < window.width; ++i) rule += "─";
  rule += "^";
  if (!finding.label.empty()) rule += " " + Printable(finding.label);
  out_ += Gutter(0) + Paint(style, rule) + "\n";
}

void Drawing::DrawOther(const Region& primary, const Region& region,
                        std::string_view label) {
  const bool same_file = primary.source == region.source;
  const Marked marked = MarkedIn(region, region.from.line);
  if (same_file && region.from.line == primary.from.line &&
      primary.to.line == primary.from.line &&
      marked.line.size() <= kShownBytes) {
    return;  // drawn below the primary one
  }
  const std::string bar =
      std::string(margin_, ' ') + " " + Paint(Style::kFrame, "┆") + " ";
  if (!same_file) {
    out_ += bar + Paint(Style::kFrame, "┌─") + " " +
            Printable(region.source->name()) + ":" +
            std::to_string(region.from.line) + ":" +
            std::to_string(region.from.column) + "\n";
  }
  const std::string number = std::to_string(marked.number);
  const Window window =
      WindowOf(marked.line, marked.from, marked.to, marked.from);
  out_ += bar + Paint(Style::kFrame, number + " │") + " " + window.text + "\n";
  DrawMarks(bar + std::string(number.size(), ' ') + " " +
                Paint(Style::kFrame, "│") + " ",
            window, '-', Style::kFrame, label);
}

void Drawing::DrawNote(std::string_view name, std::string_view text) {
  std::string lead = std::string(margin_, ' ') + " " +
                     Paint(Style::kFrame, "=") + " " +
                     Paint(Style::kBold, std::string(name) + ":") + " ";
  const std::string indent(margin_ + 3 + name.size() + 2, ' ');
  while (true) {
    const size_t end = text.find('\n');
    out_ += lead + Printable(text.substr(0, end)) + "\n";
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
    lead = indent;
  }
}

void Drawing::DrawNotes(const Diagnostic& finding) {
  const RuleInfo& rule = InfoOf(InfoOf(finding.id).rule_id);
  bool has_why = false;
  for (const DiagnosticNote& note : finding.notes) {
    DrawNote(NoteName(note.kind), note.text);
    has_why = has_why || note.kind == DiagnosticNote::Kind::kWhy;
  }
  if (options_.verbose && !has_why && !rule.why.empty()) {
    DrawNote("why", rule.why);
  }
  if (!finding.help.empty()) DrawNote("help", finding.help);
  if (finding.fix) {
    DrawNote("fix", finding.fix->title + "   (" + FixCommand(finding) + ")");
  }
  DrawNote("rule", RulePage(rule));
}

void Drawing::Draw(const SourceText& source, const Diagnostic& finding) {
  const Region region = RegionOf(source, finding.span);
  margin_ = std::to_string(region.to.line).size();
  out_ += Paint(StyleOf(finding.level),
                std::string(LevelName(finding.level)) + "[" +
                    std::string(InfoOf(finding.id).code) + "]") +
          Paint(Style::kBold, ": " + Printable(finding.message)) + "\n";
  out_ += std::string(margin_, ' ') + " " + Paint(Style::kFrame, "┌─") + " " +
          Printable(region.source->name()) + ":" +
          std::to_string(region.from.line) + ":" +
          std::to_string(region.from.column);
  if (!finding.pointer.empty()) {
    out_ += "  (" + Printable(finding.pointer) + ")";
  }
  out_ += "\n";
  DrawPrimary(source, region, finding);
  for (const DiagnosticLabel& label : finding.others) {
    DrawOther(region, RegionOf(source, label.span), label.text);
  }
  DrawNotes(finding);
  out_ += "\n";
}

}  // namespace

void AppendPretty(const FileFindings& file, const RenderOptions& options,
                  std::string* out) {
  Drawing drawing(options, out);
  for (const Diagnostic& finding : file.diagnostics->all()) {
    drawing.Draw(*file.source, finding);
  }
}

}  // namespace writ
