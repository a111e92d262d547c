// SPDX-License-Identifier: Apache-2.0
#include "grammar/render.h"

#include <algorithm>

#include "grammar/json_string.h"
#include "grammar/utf8.h"

namespace writ {
namespace {

// A line of a minified file may be megabytes long; this much is shown.
constexpr uint32_t kShownColumns = 100;

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(Printable(text), &out);
  return out;
}

// The part of a line around a finding, and where the finding stands in it.
struct Window {
  std::string text;
  uint32_t column = 0;  // code points before the caret
  uint32_t width = 1;   // of the carets
};

Window WindowOf(const SourceText& source, const Span& span) {
  const LineColumn begin = source.Locate(span.begin);
  std::string_view line = source.Line(begin.line);
  const uint32_t line_begin =
      static_cast<uint32_t>(line.data() - source.text().data());
  const size_t at = std::min<size_t>(
      span.begin - std::min(span.begin, line_begin), line.size());
  const size_t end = std::max(
      at,
      std::min<size_t>(span.end - std::min(span.end, line_begin), line.size()));
  Window window;
  size_t from = 0;
  if (at > kShownColumns / 2 && line.size() > kShownColumns) {
    from = at - kShownColumns / 2;
    while (from > 0 &&
           (static_cast<unsigned char>(line[from]) & 0xC0U) == 0x80U)
      --from;
    window.text = "…";
  }
  size_t to = std::min<size_t>(line.size(), from + kShownColumns);
  while (to < line.size() &&
         (static_cast<unsigned char>(line[to]) & 0xC0U) == 0x80U) {
    ++to;
  }
  window.text += Printable(line.substr(from, at - from));
  window.column = static_cast<uint32_t>(CountCodePoints(window.text));
  const std::string marked =
      Printable(line.substr(at, std::min(end, to) - std::min(at, to)));
  window.width =
      std::max<uint32_t>(1, static_cast<uint32_t>(CountCodePoints(marked)));
  window.text += marked;
  if (to > std::min(end, to)) {
    window.text +=
        Printable(line.substr(std::min(end, to), to - std::min(end, to)));
  }
  if (to < line.size()) window.text += "…";
  return window;
}

void AppendPretty(const SourceText& source, const Diagnostic& finding,
                  std::string* out) {
  const DiagnosticInfo& info = InfoOf(finding.id);
  const LineColumn place = source.Locate(finding.span.begin);
  const std::string number = std::to_string(place.line);
  const std::string margin(number.size(), ' ');
  const Window window = WindowOf(source, finding.span);
  *out += LevelName(info.level);
  *out +=
      "[" + std::string(info.code) + "]: " + Printable(finding.message) + "\n";
  *out += margin + " ┌─ " + Printable(source.name()) + ":" + number + ":" +
          std::to_string(place.column);
  if (!finding.pointer.empty()) {
    *out += "  (" + Printable(finding.pointer) + ")";
  }
  *out += "\n" + number + " │ " + window.text + "\n";
  *out += margin + " │ " + std::string(window.column, ' ') +
          std::string(window.width, '^') + "\n";
  if (!finding.help.empty()) {
    *out += margin + " = help: " + Printable(finding.help) + "\n";
  }
  *out += margin + " = rule: " + std::string(info.source) + "\n\n";
}

void AppendCompact(const SourceText& source, const Diagnostic& finding,
                   std::string* out) {
  const DiagnosticInfo& info = InfoOf(finding.id);
  const LineColumn place = source.Locate(finding.span.begin);
  *out += Printable(source.name()) + ":" + std::to_string(place.line) + ":" +
          std::to_string(place.column) + ": " +
          std::string(LevelName(info.level)) + "[" + std::string(info.code) +
          "]: " + Printable(finding.message) + "\n";
}

std::string JsonObject(const SourceText& source, const Diagnostic& finding) {
  const DiagnosticInfo& info = InfoOf(finding.id);
  const LineColumn begin = source.Locate(finding.span.begin);
  const LineColumn end = source.Locate(finding.span.end);
  const auto number = [](std::string_view name, uint64_t value) {
    return ",\"" + std::string(name) + "\":" + std::to_string(value);
  };
  return "{\"code\":" + Quoted(info.code) + ",\"slug\":" + Quoted(info.slug) +
         ",\"level\":" + Quoted(LevelName(info.level)) +
         ",\"rule\":" + Quoted(info.source) +
         ",\"file\":" + Quoted(source.name()) + number("line", begin.line) +
         number("column", begin.column) + number("end_line", end.line) +
         number("end_column", end.column) +
         number("offset", finding.span.begin) +
         number("length", finding.span.end - finding.span.begin) +
         ",\"pointer\":" + Quoted(finding.pointer) +
         ",\"message\":" + Quoted(finding.message) +
         ",\"help\":" + Quoted(finding.help) + "}";
}

}  // namespace

std::string Printable(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view good =
        text.substr(0, FindInvalidUtf8(text).value_or(text.size()));
    for (size_t i = 0; i < good.size();) {
      const CodePoint point = DecodeUtf8(good, i);
      if (point.value == '\t') {
        out.push_back(' ');
      } else if (point.value < 0x20 || point.value == 0x7F) {
        out += "\\x";
        out.push_back(kHex[point.value >> 4]);
        out.push_back(kHex[point.value & 15U]);
      } else if ((point.value >= 0x80 && point.value < 0xA0) ||
                 IsBidiControl(point.value)) {
        out += BidiControlName(point.value);
      } else {
        out += good.substr(i, point.size);
      }
      i += point.size;
    }
    text.remove_prefix(good.size());
    if (text.empty()) break;
    out += "\xEF\xBF\xBD";  // the replacement character
    text.remove_prefix(1);
  }
  return out;
}

std::string RenderFindings(const SourceText& source,
                           const Diagnostics& diagnostics,
                           FindingFormat format) {
  std::string out;
  for (const Diagnostic& finding : diagnostics.all()) {
    switch (format) {
      case FindingFormat::kPretty:
      case FindingFormat::kPlain:
      case FindingFormat::kSarif:
      case FindingFormat::kJunit:
      case FindingFormat::kGithub:
      case FindingFormat::kTap:
        AppendPretty(source, finding, &out);
        break;
      case FindingFormat::kCompact:
        AppendCompact(source, finding, &out);
        break;
      case FindingFormat::kJson:
      case FindingFormat::kJsonl:
        out += JsonObject(source, finding) + "\n";
        break;
    }
  }
  if (diagnostics.dropped() > 0 && format != FindingFormat::kJsonl) {
    out += Printable(source.name()) + ": " +
           std::to_string(diagnostics.dropped()) +
           " more findings are not shown\n";
  }
  return out;
}

void FindingsJson::Add(const SourceText& source,
                       const Diagnostics& diagnostics) {
  for (const Diagnostic& finding : diagnostics.all()) {
    if (!items_.empty()) items_ += ",\n";
    items_ += JsonObject(source, finding);
  }
  errors_ += diagnostics.error_count();
}

std::string FindingsJson::Take() {
  return "{\"schema_version\":1,\"errors\":" + std::to_string(errors_) +
         ",\"findings\":[" + (items_.empty() ? "" : "\n") + items_ +
         (items_.empty() ? "" : "\n") + "]}\n";
}

}  // namespace writ
