// SPDX-License-Identifier: Apache-2.0
#include "grammar/render.h"

#include <algorithm>

#include "base/crc64.h"
#include "grammar/render_formats.h"
#include "grammar/utf8.h"

namespace writ {
namespace {

// Lines longer than this identify nothing: a minified file has only one.
constexpr size_t kIdentifyingLineBytes = 300;

std::string Counted(size_t count, std::string_view one) {
  std::string text = std::to_string(count) + " " + std::string(one);
  if (count != 1) text += "s";
  return text;
}

void AppendWithoutSpace(std::string_view text, std::string* out) {
  for (char c : text) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') out->push_back(c);
  }
}

}  // namespace

Region RegionOf(const SourceText& source, Span span) {
  const SourceText::Place place = source.Find(span.begin);
  const uint32_t size = span.end > span.begin ? span.end - span.begin : 0;
  Region region;
  region.source = place.source;
  region.begin = place.offset;
  region.end = std::min(place.offset + size,
                        static_cast<uint32_t>(place.source->text().size()));
  region.from = place.source->Locate(region.begin);
  region.to = region.end == region.begin ? region.from
                                         : place.source->Locate(region.end);
  return region;
}

Totals CountOf(std::span<const FileFindings> files) {
  Totals totals;
  for (const FileFindings& file : files) {
    const Diagnostics& found = *file.diagnostics;
    totals.errors += found.error_count();
    totals.dropped += found.dropped();
    if (!found.all().empty()) ++totals.files_with_findings;
    for (const Diagnostic& finding : found.all()) {
      ++totals.levels[static_cast<size_t>(finding.level)];
      if (finding.fix)
        ++(finding.fix->automatic ? totals.fixable : totals.unsafe);
    }
  }
  return totals;
}

std::string SummaryLine(std::span<const FileFindings> files) {
  constexpr std::string_view kNames[] = {"error", "security finding", "warning",
                                         "suggestion"};
  const Totals totals = CountOf(files);
  std::string text;
  for (size_t level = 0; level < totals.levels.size(); ++level) {
    if (totals.levels[level] == 0) continue;
    if (!text.empty()) text += ", ";
    text += Counted(totals.levels[level], kNames[level]);
  }
  if (text.empty())
    return "no findings in " + Counted(files.size(), "file") + "\n";
  text += " in " + Counted(totals.files_with_findings, "file");
  if (totals.dropped > 0) {
    text += "; " + std::to_string(totals.dropped) + " more not shown";
  }
  if (totals.fixable > 0) {
    text += "; " + std::to_string(totals.fixable) + " fixable with `writ fix`";
  }
  if (totals.unsafe > 0) {
    text += "; " + std::to_string(totals.unsafe) +
            (totals.fixable > 0 ? " more" : " fixable") +
            " with `writ fix --unsafe`";
  }
  return text + "\n";
}

std::string_view NoteName(DiagnosticNote::Kind kind) {
  switch (kind) {
    case DiagnosticNote::Kind::kWhy:
      return "why";
    case DiagnosticNote::Kind::kNote:
      return "note";
    case DiagnosticNote::Kind::kExample:
      return "example";
  }
  return "note";
}

std::string FixCommand(const Diagnostic& finding) {
  std::string command =
      "writ fix --rule " + std::string(InfoOf(finding.id).code);
  if (!finding.fix->automatic) command += " --unsafe";
  return command;
}

bool FailsBuild(const Diagnostic& finding) {
  return finding.level != Level::kSuggestion;
}

void AppendCompact(const SourceText& source, const Diagnostic& finding,
                   std::string* out) {
  const Region region = RegionOf(source, finding.span);
  *out += Printable(region.source->name()) + ":" +
          std::to_string(region.from.line) + ":" +
          std::to_string(region.from.column) + ": " +
          std::string(LevelName(finding.level)) + "[" +
          std::string(InfoOf(finding.id).code) +
          "]: " + Printable(finding.message) + "\n";
}

std::string RulePage(const RuleInfo& rule) {
  return "docs/rules/" + std::string(rule.code) + ".md";
}

std::string FingerprintOf(const SourceText& source, const Diagnostic& finding) {
  const Region region = RegionOf(source, finding.span);
  std::string_view text = region.source->Line(region.from.line);
  if (text.size() > kIdentifyingLineBytes) {
    text = region.source->text().substr(
        region.begin,
        std::min<size_t>(region.end - region.begin, kIdentifyingLineBytes));
  }
  std::string identity(InfoOf(finding.id).code);
  identity += "\n" + finding.message + "\n";
  AppendWithoutSpace(text, &identity);
  constexpr char kHex[] = "0123456789abcdef";
  const uint64_t hash = Crc64(identity);
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) {
    digits.push_back(kHex[(hash >> shift) & 15U]);
  }
  return digits;
}

std::string Printable(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view good =
        text.substr(0, InvalidUtf8Offset(text).value_or(text.size()));
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

std::string RenderReport(std::span<const FileFindings> files,
                         FindingFormat format, const RenderOptions& options) {
  std::string out;
  switch (format) {
    case FindingFormat::kJson:
      return JsonReport(files);
    case FindingFormat::kSarif:
      return SarifReport(files, options);
    case FindingFormat::kJunit:
      return JunitReport(files);
    case FindingFormat::kTap:
      return TapReport(files);
    case FindingFormat::kJsonl:
      for (const FileFindings& file : files) AppendJsonl(file, &out);
      return out;
    case FindingFormat::kGithub:
      for (const FileFindings& file : files) AppendGithub(file, &out);
      return out;
    case FindingFormat::kPretty:
      for (const FileFindings& file : files) AppendPretty(file, options, &out);
      break;
    case FindingFormat::kPlain:
      for (const FileFindings& file : files) AppendPlain(file, options, &out);
      break;
    case FindingFormat::kCompact:
      for (const FileFindings& file : files) {
        for (const Diagnostic& finding : file.diagnostics->all()) {
          AppendCompact(*file.source, finding, &out);
        }
      }
      break;
  }
  for (const FileFindings& file : files) {
    if (file.diagnostics->dropped() == 0) continue;
    out += Printable(file.source->name()) + ": " +
           std::to_string(file.diagnostics->dropped()) +
           " more findings are not shown\n";
  }
  if (options.summary && format != FindingFormat::kCompact) {
    out += SummaryLine(files);
  }
  return out;
}

std::string RenderFindings(const SourceText& source,
                           const Diagnostics& diagnostics,
                           FindingFormat format) {
  const FileFindings file{&source, &diagnostics};
  RenderOptions options;
  options.summary = false;
  return RenderReport({&file, 1}, format, options);
}

}  // namespace writ
