// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/rules/rule_page.h"

#include <string_view>

#include "grammar/render.h"
#include "lint/rule_text.h"

namespace writ::testing {
namespace {

constexpr std::string_view kHeadOfGroup[][2] = {
    {"SYN", "Syntax and structure"},
    {"TYP", "Names and types"},
    {"INE", "Ineffective: dead text that gives false safety"},
    {"RED", "Redundant and shadowed"},
    {"PER", "Over-permissive"},
    {"ESC", "Privilege escalation"},
    {"TRU", "Trust and cross-account"},
    {"STY", "Style"},
    {"SUP", "Suppressions"},
    {"TST", "Tests of policies"},
};

// Lines that a page can show: no control characters but the line break.
std::string Shown(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    out += Printable(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string Fenced(std::string_view language, std::string_view text) {
  return "```" + std::string(language) + "\n" + Shown(text) + "```\n";
}

std::string Files(const RuleCase::Part& part) {
  std::string out;
  for (const RuleCase::File& file : part.files) {
    out += "\n`" + file.name + "`\n\n";
    out += Fenced(file.name.ends_with(".json") ? "json" : "text", file.text);
  }
  return out;
}

// A cell of a table: a bar would end it.
std::string Cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

}  // namespace

std::string RulePage(const RuleInfo& rule, const RuleCase* example) {
  const std::string code(rule.code);
  std::string out = "# " + code + " " + std::string(rule.slug) + "\n\n";
  out += std::string(rule.summary) + "\n\n";
  if (!rule.why.empty()) out += "**Why.** " + std::string(rule.why) + "\n\n";
  out += "| | |\n|---|---|\n";
  out += "| Level | " + std::string(LevelName(rule.level)) + " |\n";
  out += "| Fix | " + std::string(FixPhrase(rule.fix)) + " |\n";
  out += "| Looks at | " + std::string(NeedsPhrase(rule.needs)) + " |\n";
  out += "| State | " + StatePhrase(rule) + " |\n";
  if (example != nullptr) {
    out += "\n## Fires\n" + Files(example->fires());
    out += "\n" + Fenced("text", example->finds());
    if (example->fixed()) {
      const bool json = example->fires().files.front().name.ends_with(".json");
      out += "\nAfter `writ fix --rule " + code +
             (rule.fix == FixKind::kAutomatic ? "" : " --unsafe") + "`:\n\n" +
             Fenced(json ? "json" : "text", *example->fixed());
    }
    out += "\n## Silent\n" + Files(example->near());
  }
  if (rule.state == RuleState::kWaits || rule.state == RuleState::kRetired) {
    return out;
  }
  if (rule.level == Level::kError) {
    out += "\nAn error makes the policy invalid; it cannot be suppressed.\n";
  } else {
    out += "\n## Suppress\n\n";
    out += Fenced("text", "// writ:ignore " + code +
                              " reason: why it is right here, until "
                              "2026-12-31\n");
    out += "\nIn `.writ.toml`: `\"" + std::string(rule.slug) +
           "\" = \"off\"` under `[lint.rules]`. See [lint.md](../lint.md).\n";
  }
  return out;
}

std::string RuleIndex() {
  std::string out =
      "# Rules\n\nMade of `grammar/rules.def` and the cases in "
      "`tests/golden/rules/`. [lint.md](../lint.md)\nsays how to configure and "
      "suppress them.\n";
  for (const auto& [group, title] : kHeadOfGroup) {
    out += "\n## " + std::string(title) + "\n\n";
    out += "| Rule | Level | Fix | State | Finds |\n|---|---|---|---|---|\n";
    for (const RuleInfo& rule : Rules()) {
      if (rule.code.substr(2, 3) != group) continue;
      const std::string code(rule.code);
      out += "| [" + code + "](" + code + ".md) " + std::string(rule.slug) +
             " | " + std::string(LevelName(rule.level)) + " | " +
             std::string(FixName(rule.fix)) + " | " +
             std::string(StateName(rule.state)) + " | " + Cell(rule.summary) +
             " |\n";
    }
  }
  return out;
}

}  // namespace writ::testing
