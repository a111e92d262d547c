// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>

#include "cases/coverage.h"
#include "grammar/render.h"

namespace writ {
namespace {

using Kind = CoverageItem::Kind;

std::string Percent(const CoverageTally& tally) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", tally.percent());
  return text;
}

std::string Cell(const CoverageTally& tally) {
  if (tally.total == 0) return "-";
  return std::to_string(tally.covered) + "/" + std::to_string(tally.total);
}

CoverageTally Conditions(const PolicyCoverage& policy) {
  CoverageTally tally = policy.TallyOf(Kind::kTrue);
  tally += policy.TallyOf(Kind::kFalse);
  return tally;
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kMatched:
      return "statement";
    case Kind::kTrue:
      return "condition-true";
    case Kind::kFalse:
      return "condition-false";
    case Kind::kValue:
      return "value";
  }
  return "";
}

std::string TallyJson(const CoverageTally& tally) {
  return "{\"covered\":" + std::to_string(tally.covered) +
         ",\"total\":" + std::to_string(tally.total) + "}";
}

void Pad(size_t width, std::string* text, size_t from) {
  const size_t used = text->size() - from;
  text->append(width > used ? width - used : 1, ' ');
}

}  // namespace

std::string CoverageText(const Coverage& coverage) {
  size_t width = std::string_view("policy").size();
  for (const PolicyCoverage& policy : coverage.policies()) {
    width = std::max(width, Printable(policy.tree().name).size());
  }
  std::string text;
  const auto row = [&](const std::string& name, const std::string& statements,
                       const std::string& conditions, const std::string& values,
                       const std::string& all) {
    size_t from = text.size();
    text += name;
    Pad(width + 2, &text, from);
    for (const std::string* cell : {&statements, &conditions, &values}) {
      from = text.size();
      text += *cell;
      Pad(12, &text, from);
    }
    text += all + "\n";
  };
  row("policy", "statements", "conditions", "values", "covered");
  for (const PolicyCoverage& policy : coverage.policies()) {
    row(Printable(policy.tree().name), Cell(policy.TallyOf(Kind::kMatched)),
        Cell(Conditions(policy)), Cell(policy.TallyOf(Kind::kValue)),
        Percent(policy.Tally()) + " %");
  }
  text += "all: " + Cell(coverage.Tally()) + ", " + Percent(coverage.Tally()) +
          " %\n";
  for (const PolicyCoverage& policy : coverage.policies()) {
    for (const CoverageItem& item : policy.items) {
      if (item.hits > 0) continue;
      const SourceLine line = LineOf(*policy.file, item.part.span);
      text += Printable(line.source->name()) + ":" +
              std::to_string(line.at.line) + ":" +
              std::to_string(line.at.column) + ": " + ItemText(item) + "\n";
    }
  }
  return text;
}

std::string CoverageJson(const Coverage& coverage) {
  std::string json = "{\"schema_version\":1,\"covered\":" +
                     std::to_string(coverage.Tally().covered) +
                     ",\"total\":" + std::to_string(coverage.Tally().total) +
                     ",\"percent\":" + Percent(coverage.Tally()) +
                     ",\"policies\":[";
  bool first_policy = true;
  for (const PolicyCoverage& policy : coverage.policies()) {
    json += first_policy ? "" : ",";
    first_policy = false;
    const SourceLine at = LineOf(*policy.file, policy.tree().span);
    json += "{\"file\":" + JsonQuote(at.source->name()) +
            ",\"policy\":" + JsonQuote(policy.tree().name) +
            ",\"statements\":" + TallyJson(policy.TallyOf(Kind::kMatched)) +
            ",\"conditions\":" + TallyJson(Conditions(policy)) +
            ",\"values\":" + TallyJson(policy.TallyOf(Kind::kValue)) +
            ",\"percent\":" + Percent(policy.Tally()) + ",\"items\":[";
    bool first_item = true;
    for (const CoverageItem& item : policy.items) {
      const SourceLine line = LineOf(*policy.file, item.part.span);
      json += first_item ? "" : ",";
      first_item = false;
      json += "{\"kind\":\"" + std::string(KindName(item.kind)) +
              "\",\"statement\":" + std::to_string(item.part.statement);
      if (item.kind == Kind::kMatched) {
        json += ",\"determined\":" +
                std::to_string(policy.determined[item.part.statement]);
      } else {
        json += ",\"text\":" + JsonQuote(item.part.text);
      }
      json += ",\"file\":" + JsonQuote(line.source->name()) +
              ",\"line\":" + std::to_string(line.at.line) +
              ",\"column\":" + std::to_string(line.at.column) +
              ",\"hits\":" + std::to_string(item.hits) + "}";
    }
    json += "]}";
  }
  return json + "]}\n";
}

std::string CoverageLcov(const Coverage& coverage) {
  struct File {
    std::map<uint32_t, uint64_t> lines;
    // Line, clause on that line; how often true and false.
    std::map<uint32_t, std::vector<std::pair<uint64_t, uint64_t>>> branches;
  };
  std::map<std::string, File> files;
  for (const PolicyCoverage& policy : coverage.policies()) {
    for (size_t i = 0; i < policy.items.size(); ++i) {
      const CoverageItem& item = policy.items[i];
      const SourceLine line = LineOf(*policy.file, item.part.span);
      File& file = files[line.source->name()];
      if (item.kind == Kind::kTrue) {
        // The false side of a clause follows its true side.
        const uint64_t no = policy.items[i + 1].hits;
        file.branches[line.at.line].emplace_back(item.hits, no);
        file.lines[line.at.line] += item.hits + no;
      } else if (item.kind != Kind::kFalse) {
        file.lines[line.at.line] += item.hits;
      }
    }
  }
  std::string text;
  for (const auto& [name, file] : files) {
    // A name is one line of the format.
    text += "TN:\nSF:" + Printable(name) + "\n";
    size_t found = 0;
    size_t hit = 0;
    for (const auto& [line, clauses] : file.branches) {
      for (size_t i = 0; i < clauses.size(); ++i) {
        const auto& [yes, no] = clauses[i];
        const std::string place =
            "BRDA:" + std::to_string(line) + "," + std::to_string(i) + ",";
        const bool reached = yes + no > 0;
        const auto branch = [&](int side, uint64_t hits) {
          text += place + std::to_string(side) + "," +
                  (reached ? std::to_string(hits) : "-") + "\n";
          ++found;
          hit += hits > 0 ? 1 : 0;
        };
        branch(0, yes);
        branch(1, no);
      }
    }
    text +=
        "BRF:" + std::to_string(found) + "\nBRH:" + std::to_string(hit) + "\n";
    hit = 0;
    for (const auto& [line, hits] : file.lines) {
      text += "DA:" + std::to_string(line) + "," + std::to_string(hits) + "\n";
      hit += hits > 0 ? 1 : 0;
    }
    text += "LF:" + std::to_string(file.lines.size()) +
            "\nLH:" + std::to_string(hit) + "\nend_of_record\n";
  }
  return text;
}

}  // namespace writ
