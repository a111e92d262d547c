// SPDX-License-Identifier: Apache-2.0
// Findings as JSON: one document, or one object a line. `writ check
// --json-schema` prints what it looks like.
#include <string>

#include "grammar/json_out.h"
#include "grammar/render_formats.h"

namespace writ {
namespace {

void AddRegion(const Region& region, JsonOut* json) {
  json->Member("file").Text(region.source->name());
  json->Member("line").Number(region.from.line);
  json->Member("column").Number(region.from.column);
  json->Member("end_line").Number(region.to.line);
  json->Member("end_column").Number(region.to.column);
  json->Member("offset").Number(region.begin);
  json->Member("length").Number(region.end - region.begin);
}

void AddPlace(const SourceText& source, Span span, std::string_view text,
              JsonOut* json) {
  json->Open('{');
  AddRegion(RegionOf(source, span), json);
  json->Member("text").Text(text);
  json->Close();
}

void AddFinding(const SourceText& source, const Diagnostic& finding,
                JsonOut* json) {
  const DiagnosticInfo& info = InfoOf(finding.id);
  json->Open('{');
  json->Member("code").Text(info.code);
  json->Member("slug").Text(info.slug);
  json->Member("level").Text(LevelName(finding.level));
  json->Member("rule").Text(info.source);
  json->Member("page").Text(RulePage(InfoOf(info.rule_id)));
  AddRegion(RegionOf(source, finding.span), json);
  json->Member("pointer").Text(finding.pointer);
  json->Member("message").Text(finding.message);
  json->Member("help").Text(finding.help);
  json->Member("label").Text(finding.label);
  json->Member("related").Open('[');
  for (const DiagnosticLabel& other : finding.others) {
    AddPlace(source, other.span, other.text, json);
  }
  json->Close();
  json->Member("notes").Open('[');
  for (const DiagnosticNote& note : finding.notes) {
    json->Open('{');
    json->Member("kind").Text(NoteName(note.kind));
    json->Member("text").Text(note.text);
    json->Close();
  }
  json->Close();
  if (finding.fix) {
    json->Member("fix").Open('{');
    json->Member("title").Text(finding.fix->title);
    json->Member("automatic").Bool(finding.fix->automatic);
    json->Member("edits").Open('[');
    for (const TextEdit& edit : finding.fix->edits) {
      AddPlace(source, edit.span, edit.text, json);
    }
    json->Close().Close();
  }
  json->Close();
}

}  // namespace

void AppendJsonl(const FileFindings& file, std::string* out) {
  for (const Diagnostic& finding : file.diagnostics->all()) {
    JsonOut json(0);
    AddFinding(*file.source, finding, &json);
    *out += json.Take();
  }
}

std::string JsonReport(std::span<const FileFindings> files) {
  const Totals totals = CountOf(files);
  JsonOut json(2);
  json.Open('{').Member("schema_version").Number(1);
  json.Member("errors").Number(totals.errors);
  json.Member("counts").Open('{');
  for (size_t level = 0; level < totals.levels.size(); ++level) {
    json.Member(LevelName(static_cast<Level>(level)))
        .Number(totals.levels[level]);
  }
  json.Close();
  json.Member("not_shown").Number(totals.dropped);
  json.Member("findings").Open('[');
  for (const FileFindings& file : files) {
    for (const Diagnostic& finding : file.diagnostics->all()) {
      AddFinding(*file.source, finding, &json);
    }
  }
  json.Close().Close();
  return json.Take();
}

}  // namespace writ
