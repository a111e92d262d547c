// SPDX-License-Identifier: Apache-2.0
// Findings as sentences: nothing is said by where it stands on the screen, so a
// screen reader can read them aloud.
#include <string>

#include "grammar/render_formats.h"

namespace writ {
namespace {

std::string PlaceOf(const Region& region) {
  std::string text = Printable(region.source->name()) + ", line " +
                     std::to_string(region.from.line) + ", column " +
                     std::to_string(region.from.column);
  if (region.to.line > region.from.line) {
    text += ", to line " + std::to_string(region.to.line);
  }
  return text;
}

void AppendLine(std::string_view name, std::string_view text,
                std::string* out) {
  // A break in the text begins a line of its own.
  while (true) {
    const size_t end = text.find('\n');
    *out += "  " + std::string(name) + Printable(text.substr(0, end)) + "\n";
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
    name = "";
  }
}

}  // namespace

void AppendPlain(const FileFindings& file, const RenderOptions& options,
                 std::string* out) {
  for (const Diagnostic& finding : file.diagnostics->all()) {
    const RuleInfo& rule = InfoOf(InfoOf(finding.id).rule_id);
    const Region region = RegionOf(*file.source, finding.span);
    *out += std::string(LevelName(finding.level)) + " " +
            std::string(rule.code) + " in " + PlaceOf(region) + ": " +
            Printable(finding.message) + "\n";
    const std::string_view marked =
        region.source->text().substr(region.begin, region.end - region.begin);
    if (!marked.empty()) {
      AppendLine("text: ", Excerpt(marked.substr(0, marked.find('\n'))), out);
    }
    if (!finding.pointer.empty()) AppendLine("path: ", finding.pointer, out);
    if (!finding.label.empty()) AppendLine("here: ", finding.label, out);
    for (const DiagnosticLabel& other : finding.others) {
      AppendLine("see also: ",
                 PlaceOf(RegionOf(*file.source, other.span)) +
                     (other.text.empty() ? "" : ": " + other.text),
                 out);
    }
    bool has_why = false;
    for (const DiagnosticNote& note : finding.notes) {
      has_why = has_why || note.kind == DiagnosticNote::Kind::kWhy;
      AppendLine(std::string(NoteName(note.kind)) + ": ", note.text, out);
    }
    if (options.verbose && !has_why && !rule.why.empty()) {
      AppendLine("why: ", rule.why, out);
    }
    if (!finding.help.empty()) AppendLine("help: ", finding.help, out);
    if (finding.fix) {
      AppendLine("fix: ", finding.fix->title + ", with " + FixCommand(finding),
                 out);
    }
    AppendLine("rule: ", RulePage(rule), out);
    *out += "\n";
  }
}

}  // namespace writ
