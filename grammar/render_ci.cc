// SPDX-License-Identifier: Apache-2.0
// Findings as build servers read them: JUnit XML, the commands of GitHub
// Actions, TAP.
#include <string>

#include "grammar/json_out.h"
#include "grammar/render_formats.h"
#include "grammar/utf8.h"

namespace writ {
namespace {

// Text for XML 1.0, in an attribute or between tags; line breaks stay.
std::string XmlText(std::string_view text) {
  std::string out;
  while (true) {
    const size_t end = text.find('\n');
    for (char c : Printable(text.substr(0, end))) {
      switch (c) {
        case '&':
          out += "&amp;";
          break;
        case '<':
          out += "&lt;";
          break;
        case '>':
          out += "&gt;";
          break;
        case '"':
          out += "&quot;";
          break;
        default:
          out.push_back(c);
      }
    }
    if (end == std::string_view::npos) break;
    out += "&#10;";
    text.remove_prefix(end + 1);
  }
  // Two code points that UTF-8 has and XML forbids.
  for (std::string_view forbidden : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
    for (size_t at = out.find(forbidden); at != std::string::npos;
         at = out.find(forbidden, at)) {
      out.replace(at, forbidden.size(), "\xEF\xBF\xBD");
    }
  }
  return out;
}

// What a command of GitHub Actions says, and for properties what their list
// uses itself.
std::string CommandText(std::string_view text, bool property) {
  std::string out;
  while (true) {
    const size_t end = text.find('\n');
    for (char c : Printable(text.substr(0, end))) {
      if (c == '%') {
        out += "%25";
      } else if (property && c == ':') {
        out += "%3A";
      } else if (property && c == ',') {
        out += "%2C";
      } else {
        out.push_back(c);
      }
    }
    if (end == std::string_view::npos) return out;
    out += "%0A";
    text.remove_prefix(end + 1);
  }
}

std::string Details(const SourceText& source, const Diagnostic& finding) {
  std::string text;
  if (!finding.label.empty()) text += "\n" + finding.label;
  for (const DiagnosticLabel& other : finding.others) {
    const Region region = RegionOf(source, other.span);
    text += "\n" + region.source->name() + ":" +
            std::to_string(region.from.line) + ": " + other.text;
  }
  for (const DiagnosticNote& note : finding.notes) {
    text += "\n" + std::string(NoteName(note.kind)) + ": " + note.text;
  }
  if (!finding.help.empty()) text += "\nhelp: " + finding.help;
  return text;
}

size_t FailuresOf(const Diagnostics& diagnostics) {
  size_t failures = 0;
  for (const Diagnostic& finding : diagnostics.all()) {
    if (FailsBuild(finding)) ++failures;
  }
  return failures;
}

void AppendSuite(const FileFindings& file, std::string* out) {
  const Diagnostics& found = *file.diagnostics;
  const std::string name = XmlText(file.source->name());
  const size_t tests = found.all().empty() ? 1 : found.all().size();
  *out += "  <testsuite name=\"" + name + "\" tests=\"" +
          std::to_string(tests) + "\" failures=\"" +
          std::to_string(FailuresOf(found)) +
          "\" errors=\"0\" skipped=\"0\">\n";
  if (found.all().empty()) {
    *out += "    <testcase name=\"no findings\" classname=\"" + name + "\"/>\n";
  }
  for (const Diagnostic& finding : found.all()) {
    const DiagnosticInfo& info = InfoOf(finding.id);
    const Region region = RegionOf(*file.source, finding.span);
    std::string line;
    AppendCompact(*file.source, finding, &line);
    line.pop_back();
    *out += "    <testcase name=\"" + XmlText(info.code) + " " +
            XmlText(info.slug) + " at line " +
            std::to_string(region.from.line) + ", column " +
            std::to_string(region.from.column) + "\" classname=\"" + name +
            "\">\n";
    const std::string body = XmlText(line + Details(*file.source, finding));
    if (FailsBuild(finding)) {
      *out += "      <failure type=\"" + XmlText(LevelName(finding.level)) +
              "\" message=\"" + XmlText(finding.message) + "\">" + body +
              "</failure>\n";
    } else {
      *out += "      <system-out>" + body + "</system-out>\n";
    }
    *out += "    </testcase>\n";
  }
  if (found.dropped() > 0) {
    *out += "    <system-out>" + std::to_string(found.dropped()) +
            " more findings are not shown</system-out>\n";
  }
  *out += "  </testsuite>\n";
}

std::string Quoted(std::string_view text) {
  JsonOut json(0);
  json.Text(text);
  std::string quoted = json.Take();
  quoted.pop_back();
  return quoted;
}

// A string of YAML, which takes those of JSON.
void AppendYaml(std::string_view lead, std::string_view text,
                std::string* out) {
  *out += std::string(lead) + Quoted(text) + "\n";
}

void AppendTest(size_t number, const FileFindings& file, std::string* out) {
  const Diagnostics& found = *file.diagnostics;
  *out += FailuresOf(found) > 0 ? "not ok " : "ok ";
  *out += std::to_string(number) + " - ";
  for (char c : Printable(file.source->name())) {
    if (c == '#' || c == '\\') out->push_back('\\');
    out->push_back(c);
  }
  *out += "\n";
  if (found.all().empty()) return;
  *out += "  ---\n  findings:\n";
  for (const Diagnostic& finding : found.all()) {
    const Region region = RegionOf(*file.source, finding.span);
    *out += "    - code: " + std::string(InfoOf(finding.id).code) + "\n";
    *out += "      level: " + std::string(LevelName(finding.level)) + "\n";
    AppendYaml("      file: ", region.source->name(), out);
    *out += "      line: " + std::to_string(region.from.line) + "\n";
    *out += "      column: " + std::to_string(region.from.column) + "\n";
    AppendYaml("      message: ", finding.message, out);
    if (!finding.help.empty()) AppendYaml("      help: ", finding.help, out);
  }
  if (found.dropped() > 0) {
    *out += "  not_shown: " + std::to_string(found.dropped()) + "\n";
  }
  *out += "  ...\n";
}

}  // namespace

std::string JunitReport(std::span<const FileFindings> files) {
  size_t tests = 0;
  size_t failures = 0;
  std::string suites;
  for (const FileFindings& file : files) {
    tests += std::max<size_t>(1, file.diagnostics->all().size());
    failures += FailuresOf(*file.diagnostics);
    AppendSuite(file, &suites);
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "
         "name=\"writ\" "
         "tests=\"" +
         std::to_string(tests) + "\" failures=\"" + std::to_string(failures) +
         "\" errors=\"0\">\n" + suites + "</testsuites>\n";
}

void AppendGithub(const FileFindings& file, std::string* out) {
  for (const Diagnostic& finding : file.diagnostics->all()) {
    const DiagnosticInfo& info = InfoOf(finding.id);
    const Region region = RegionOf(*file.source, finding.span);
    switch (finding.level) {
      case Level::kError:
      case Level::kSecurity:
        *out += "::error";
        break;
      case Level::kWarning:
        *out += "::warning";
        break;
      case Level::kSuggestion:
        *out += "::notice";
        break;
    }
    *out += " file=" + CommandText(region.source->name(), true) +
            ",line=" + std::to_string(region.from.line) +
            ",endLine=" + std::to_string(region.to.line) +
            ",col=" + std::to_string(region.from.column);
    // Columns of two lines say nothing together.
    if (region.to.line == region.from.line) {
      *out += ",endColumn=" + std::to_string(region.to.column);
    }
    *out += ",title=" + CommandText(info.code, true) + " " +
            CommandText(info.slug, true) +
            "::" + CommandText(finding.message, false) +
            CommandText(Details(*file.source, finding), false) + "\n";
  }
  if (file.diagnostics->dropped() > 0) {
    *out += "::warning file=" + CommandText(file.source->name(), true) +
            "::" + std::to_string(file.diagnostics->dropped()) +
            " more findings are not shown\n";
  }
}

std::string TapReport(std::span<const FileFindings> files) {
  std::string out = "TAP version 14\n1.." + std::to_string(files.size()) + "\n";
  size_t number = 0;
  for (const FileFindings& file : files) AppendTest(++number, file, &out);
  return out;
}

}  // namespace writ
