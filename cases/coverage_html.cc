// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cases/coverage.h"
#include "grammar/render.h"

namespace writ {
namespace {

using Kind = CoverageItem::Kind;

constexpr std::string_view kHead = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Coverage of policies</title>
<style>
:root { color-scheme: light dark; --ink: #1c1c1c; --paper: #fff; --faint: #777;
  --line: #ddd; --hit: #dff3df; --part: #fdf0c9; --miss: #fbdcdc; }
@media (prefers-color-scheme: dark) { :root { --ink: #ddd; --paper: #161616;
  --faint: #999; --line: #333; --hit: #17381b; --part: #463a10;
  --miss: #4a1c1c; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); max-width: 72rem; margin: 2rem auto;
  padding: 0 1rem; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0;
  border-bottom: 1px solid var(--line); }
pre { font: 13px/1.55 ui-monospace, monospace; overflow-x: auto;
  border: 1px solid var(--line); padding: .5rem 0; }
pre .n { display: inline-block; width: 4rem; padding-right: 1rem;
  text-align: right; color: var(--faint); user-select: none; }
.hit { background: var(--hit); } .part { background: var(--part); }
.miss { background: var(--miss); }
</style>
</head>
<body>
)html";

std::string Escaped(std::string_view raw) {
  // Control characters and direction marks would change what the page shows.
  const std::string text = Printable(raw);
  std::string html;
  html.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string Percent(const CoverageTally& tally) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f %%", tally.percent());
  return text;
}

std::string Cell(const CoverageTally& tally) {
  return "<td>" + std::to_string(tally.covered) + " of " +
         std::to_string(tally.total) + "</td>";
}

// A stretch of text and what became of the items that stand on it.
struct Mark {
  uint32_t begin;
  uint32_t end;
  bool any_hit = false;
  bool any_miss = false;
  std::string title;
};

struct File {
  const SourceText* source = nullptr;
  std::map<std::pair<uint32_t, uint32_t>, Mark> marks;
};

void AddMark(const PolicyCoverage& policy, const CoverageItem& item,
             std::map<std::string, File>* files) {
  const SourceText::Place begin =
      policy.file->source.Find(item.part.span.begin);
  const uint32_t size = item.part.span.end - item.part.span.begin;
  File& file = (*files)[begin.source->name()];
  file.source = begin.source;
  const uint32_t limit = static_cast<uint32_t>(begin.source->text().size());
  const uint32_t end = std::min(limit, begin.offset + size);
  Mark& mark = file.marks[{begin.offset, end}];
  mark.begin = begin.offset;
  mark.end = end;
  if (item.hits > 0) {
    mark.any_hit = true;
  } else {
    mark.any_miss = true;
    if (!mark.title.empty()) mark.title += "; ";
    mark.title += ItemText(item);
  }
}

std::string_view ClassOf(const Mark& mark) {
  if (!mark.any_miss) return "hit";
  return mark.any_hit ? "part" : "miss";
}

// The source, each byte under its innermost mark.
void AddSource(const File& file, std::string* html) {
  const std::string_view text = file.source->text();
  std::vector<const Mark*> marks;
  for (const auto& [place, mark] : file.marks) {
    if (mark.begin < mark.end) marks.push_back(&mark);
  }
  // Outer marks first, so that inner ones paint over them.
  std::ranges::stable_sort(marks, [](const Mark* a, const Mark* b) {
    return a->end - a->begin > b->end - b->begin;
  });
  // Edges of marks cut the text into runs; a run has one innermost mark.
  std::map<uint32_t, const Mark*> runs = {{0, nullptr}};
  const auto cut = [&](uint32_t at) {
    const auto next = runs.upper_bound(at);
    const Mark* const before = std::prev(next)->second;
    return runs.try_emplace(at, before).first;
  };
  for (const Mark* mark : marks) {
    const auto end = cut(mark->end);
    for (auto at = cut(mark->begin); at != end; ++at) at->second = mark;
  }
  *html += "<pre>";
  auto run = runs.begin();
  bool open = false;
  const auto close = [&] {
    if (open) *html += "</span>";
    open = false;
  };
  uint32_t line = 1;
  size_t at = 0;
  while (at < text.size()) {
    const size_t stop = std::min(text.find('\n', at), text.size());
    char number[48];
    std::snprintf(number, sizeof(number), "<span class=\"n\">%u</span>",
                  static_cast<unsigned>(line++));
    *html += number;
    while (at < stop) {
      while (std::next(run) != runs.end() && std::next(run)->first <= at) ++run;
      const size_t end = std::next(run) == runs.end()
                             ? stop
                             : std::min<size_t>(stop, std::next(run)->first);
      const std::string_view piece = text.substr(at, end - at);
      if (run->second != nullptr &&
          piece.find_first_not_of(" \t\r") != std::string_view::npos) {
        *html += "<span class=\"" + std::string(ClassOf(*run->second)) + "\"";
        if (!run->second->title.empty()) {
          *html += " title=\"" + Escaped(run->second->title) + "\"";
        }
        *html += ">";
        open = true;
      }
      *html += Escaped(piece);
      close();
      at = end;
    }
    *html += "\n";
    ++at;
  }
  *html += "</pre>\n";
}

}  // namespace

std::string CoverageHtml(const Coverage& coverage) {
  std::string html(kHead);
  const CoverageTally all = coverage.Tally();
  html += "<h1>Coverage of policies</h1>\n<p>" + std::to_string(all.covered) +
          " of " + std::to_string(all.total) +
          " items reached: " + Percent(all) + ".</p>\n";
  html +=
      "<table>\n<tr><th>Policy</th><th>File</th><th>Statements</th>"
      "<th>Conditions</th><th>Values</th><th>Covered</th></tr>\n";
  std::map<std::string, File> files;
  for (const PolicyCoverage& policy : coverage.policies()) {
    CoverageTally conditions = policy.TallyOf(Kind::kTrue);
    conditions += policy.TallyOf(Kind::kFalse);
    const SourceLine at = LineOf(*policy.file, policy.tree().span);
    html += "<tr><td>" + Escaped(policy.tree().name) + "</td><td>" +
            Escaped(at.source->name()) + "</td>" +
            Cell(policy.TallyOf(Kind::kMatched)) + Cell(conditions) +
            Cell(policy.TallyOf(Kind::kValue)) + "<td>" +
            Percent(policy.Tally()) + "</td></tr>\n";
    for (const CoverageItem& item : policy.items) {
      AddMark(policy, item, &files);
    }
  }
  html +=
      "</table>\n<p><span class=\"hit\">reached</span> "
      "<span class=\"part\">reached in part</span> "
      "<span class=\"miss\">not reached</span>: point at a mark to see what "
      "is missing.</p>\n";
  for (const auto& [name, file] : files) {
    html += "<h2>" + Escaped(name) + "</h2>\n";
    AddSource(file, &html);
  }
  return html + "</body>\n</html>\n";
}

}  // namespace writ
