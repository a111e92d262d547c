// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_RENDER_FORMATS_H_
#define WRIT_GRAMMAR_RENDER_FORMATS_H_

#include <array>
#include <string>
#include <string_view>

#include "grammar/render.h"

// What the forms of a report have in common; for the render_*.cc files alone.
namespace writ {

// A span as people and tools are told of it.
struct Region {
  const SourceText* source;  // the text it lies in: the file, or an import
  uint32_t begin;            // bytes from the beginning of that text
  uint32_t end;
  LineColumn from;
  LineColumn to;  // the first code point behind it
};
Region RegionOf(const SourceText& source, Span span);

// The counts of a report.
struct Totals {
  std::array<size_t, 4> levels{};  // shown findings by Level
  size_t errors = 0;               // that make a policy invalid, shown or not
  size_t dropped = 0;
  size_t files_with_findings = 0;
  size_t fixable = 0;  // by `writ fix`
  size_t unsafe = 0;   // more of them with --unsafe
};
Totals CountOf(std::span<const FileFindings> files);

// "3 errors, 1 security finding in 2 files; 1 fixable with `writ fix`" and a
// newline.
std::string SummaryLine(std::span<const FileFindings> files);

// The words before a note's text: "why", "note", "example".
std::string_view NoteName(DiagnosticNote::Kind kind);

// What `writ fix` has to be told to apply the fix.
std::string FixCommand(const Diagnostic& finding);

// A finding that a build should stop for: anything but a suggestion.
bool FailsBuild(const Diagnostic& finding);

void AppendPretty(const FileFindings& file, const RenderOptions& options,
                  std::string* out);
void AppendPlain(const FileFindings& file, const RenderOptions& options,
                 std::string* out);
void AppendCompact(const SourceText& source, const Diagnostic& finding,
                   std::string* out);
void AppendJsonl(const FileFindings& file, std::string* out);
void AppendGithub(const FileFindings& file, std::string* out);
std::string JsonReport(std::span<const FileFindings> files);
std::string SarifReport(std::span<const FileFindings> files,
                        const RenderOptions& options);
std::string JunitReport(std::span<const FileFindings> files);
std::string TapReport(std::span<const FileFindings> files);

}  // namespace writ

#endif  // WRIT_GRAMMAR_RENDER_FORMATS_H_
