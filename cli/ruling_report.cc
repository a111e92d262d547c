// SPDX-License-Identifier: Apache-2.0
#include "cli/ruling_report.h"

#include <cstdio>

#include "cases/case_file.h"
#include "compiler/rulings.h"
#include "grammar/render.h"

namespace writ {
namespace {

// "R06".
std::string RulingName(uint32_t number) {
  char text[16];
  std::snprintf(text, sizeof(text), "R%02u", number);
  return text;
}

std::string_view BasisName(RulingBasis basis) {
  return basis == RulingBasis::kOurs ? "ours" : "unverified";
}

// One use with the place that shows it.
struct Line {
  std::string file;
  LineColumn place;
  const ast::Policy* policy;
  RulingUse use;
  const RulingInfo* info;
};

std::vector<Line> LinesOf(const PolicyFile& file) {
  std::vector<Line> lines;
  if (!file.parsed || file.diagnostics.has_errors()) return lines;
  for (size_t i = 0; i < file.content.own_policies; ++i) {
    const ast::Policy& policy = file.content.policies[i];
    for (const RulingUse& use : RulingsOf(policy, file.kinds[i])) {
      const SourceText::Place place = file.source.Find(use.span.begin);
      lines.push_back({std::string(place.source->name()),
                       file.source.Locate(use.span.begin), &policy, use,
                       FindRuling(use.ruling)});
    }
  }
  return lines;
}

std::string StatementText(const Line& line) {
  const ast::Statement& statement = line.policy->statements[line.use.statement];
  std::string text = "statement " + std::to_string(line.use.statement + 1);
  if (statement.label) {
    text += " `" + Printable(statement.label->text) + "`";
  } else if (statement.sid) {
    text += " `" + Printable(statement.sid->text) + "`";
  }
  return text;
}

std::string PlaceText(const Line& line) {
  return std::to_string(line.place.line) + ":" +
         std::to_string(line.place.column);
}

std::string PrettyText(const std::vector<Line>& lines) {
  std::string text;
  const Line* last = nullptr;
  for (const Line& line : lines) {
    if (last == nullptr || last->policy != line.policy ||
        last->use.statement != line.use.statement) {
      text += Printable(line.file) + ": " + Printable(line.policy->name) +
              ", " + StatementText(line) + "\n";
    }
    last = &line;
    std::string place = PlaceText(line);
    if (place.size() < 7) place.resize(7, ' ');
    text += "  " + place + " " + RulingName(line.use.ruling) + " " +
            std::string(line.info->summary) +
            (line.info->basis == RulingBasis::kUnverified
                 ? " (not verified in the documents)\n"
                 : "\n");
  }
  return text;
}

std::string CompactText(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) {
    text += Printable(line.file) + ":" + PlaceText(line) + ": " +
            RulingName(line.use.ruling) + ": " +
            std::string(line.info->summary) + " [" + StatementText(line) +
            "]\n";
  }
  return text;
}

std::string JsonText(const std::vector<Line>& lines) {
  std::string text = "{\"schema_version\":1,\"rulings\":[";
  for (const Line& line : lines) {
    text += (text.back() == '[' ? "" : ",") + std::string("{\"file\":") +
            JsonQuote(line.file) +
            ",\"line\":" + std::to_string(line.place.line) +
            ",\"column\":" + std::to_string(line.place.column) +
            ",\"policy\":" + JsonQuote(line.policy->name) +
            ",\"statement\":" + std::to_string(line.use.statement) +
            ",\"ruling\":\"" + RulingName(line.use.ruling) + "\",\"basis\":\"" +
            std::string(BasisName(line.info->basis)) +
            "\",\"summary\":" + JsonQuote(line.info->summary) + "}";
  }
  return text + "]}\n";
}

}  // namespace

std::string RulingReport(std::span<const PolicyFile> files,
                         RulingFormat format) {
  std::vector<Line> lines;
  for (const PolicyFile& file : files) {
    for (Line& line : LinesOf(file)) lines.push_back(std::move(line));
  }
  switch (format) {
    case RulingFormat::kPretty:
      return PrettyText(lines);
    case RulingFormat::kCompact:
      return CompactText(lines);
    case RulingFormat::kJson:
      break;
  }
  return JsonText(lines);
}

}  // namespace writ
