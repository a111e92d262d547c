// SPDX-License-Identifier: Apache-2.0
#include "lint/rule_text.h"

#include <algorithm>
#include <cstddef>

namespace writ {
namespace {

constexpr size_t kColumns = 80;

// Appends `text` word by word, lines broken at kColumns.
void AppendWrapped(std::string_view indent, std::string_view text,
                   std::string* out) {
  size_t column = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (column > 0 && column + 1 + word.size() > kColumns) {
      out->push_back('\n');
      column = 0;
    }
    if (column == 0) {
      *out += indent;
      column = indent.size();
    } else {
      out->push_back(' ');
      ++column;
    }
    *out += word;
    column += word.size();
  }
  out->push_back('\n');
}

// What a rule that is not there waits for, or why it went.
std::string_view AbsencePhrase(const RuleInfo& rule) {
  if (rule.state == RuleState::kRetired) {
    return "retired: RAM refuses what it advised on, so W-SYN-024 or an error "
           "of the value reports it";
  }
  switch (rule.needs) {
    case RuleNeeds::kEngine:
      return "waits for the equivalence engine";
    case RuleNeeds::kDirectory:
      return "waits for a directory of users, roles and accounts";
    case RuleNeeds::kTests:
      return "waits for the coverage of tests";
    case RuleNeeds::kPolicy:
    case RuleNeeds::kCatalogue:
    case RuleNeeds::kSet:
      break;
  }
  return "waits";
}

}  // namespace

std::string_view FixPhrase(FixKind fix) {
  switch (fix) {
    case FixKind::kNone:
      return "none";
    case FixKind::kProposed:
      return "proposed: it changes what the policy means (`writ fix --unsafe`)";
    case FixKind::kAutomatic:
      return "automatic: the decisions stay the same (`writ fix`)";
  }
  return "";
}

std::string_view NeedsPhrase(RuleNeeds needs) {
  switch (needs) {
    case RuleNeeds::kPolicy:
      return "one policy";
    case RuleNeeds::kCatalogue:
      return "one policy and the catalogue of services";
    case RuleNeeds::kSet:
      return "all policies of the run";
    case RuleNeeds::kTests:
      return "the tests of the policy";
    case RuleNeeds::kDirectory:
      return "the directory of users, roles and accounts";
    case RuleNeeds::kEngine:
      return "the equivalence engine";
  }
  return "";
}

std::string StatePhrase(const RuleInfo& rule) {
  switch (rule.state) {
    case RuleState::kOn:
      return "on";
    case RuleState::kOff:
      return "off until configuration or `--enable` asks for it";
    case RuleState::kWaits:
    case RuleState::kRetired:
      break;
  }
  return std::string(AbsencePhrase(rule));
}

std::string_view FixName(FixKind fix) {
  switch (fix) {
    case FixKind::kNone:
      return "none";
    case FixKind::kProposed:
      return "proposed";
    case FixKind::kAutomatic:
      return "automatic";
  }
  return "";
}

std::string_view NeedsName(RuleNeeds needs) {
  switch (needs) {
    case RuleNeeds::kPolicy:
      return "policy";
    case RuleNeeds::kCatalogue:
      return "catalogue";
    case RuleNeeds::kSet:
      return "set";
    case RuleNeeds::kTests:
      return "tests";
    case RuleNeeds::kDirectory:
      return "directory";
    case RuleNeeds::kEngine:
      return "engine";
  }
  return "";
}

std::string_view StateName(RuleState state) {
  switch (state) {
    case RuleState::kOn:
      return "on";
    case RuleState::kOff:
      return "off";
    case RuleState::kWaits:
      return "waits";
    case RuleState::kRetired:
      return "retired";
  }
  return "";
}

std::string ExplainRule(const RuleInfo& rule) {
  std::string out =
      std::string(rule.code) + " " + std::string(rule.slug) + "\n\n";
  AppendWrapped("", rule.summary, &out);
  if (!rule.why.empty()) {
    out += "\nWhy\n";
    AppendWrapped("  ", rule.why, &out);
  }
  out += "\nLevel     " + std::string(LevelName(rule.level)) + "\n";
  out += "Fix       " + std::string(FixPhrase(rule.fix)) + "\n";
  out += "Looks at  " + std::string(NeedsPhrase(rule.needs)) + "\n";
  out += "State     " + StatePhrase(rule) + "\n";
  if (rule.state == RuleState::kWaits || rule.state == RuleState::kRetired) {
    return out;
  }
  if (rule.level == Level::kError) {
    out += "\nAn error makes the policy invalid and cannot be suppressed.\n";
    return out;
  }
  out += "\nTo silence it in one place of a .writ file:\n  // writ:ignore " +
         std::string(rule.code) +
         " reason: why it is right here, until 2026-12-31\n"
         "To change it everywhere, in .writ.toml:\n  [lint.rules]\n  \"" +
         std::string(rule.slug) + "\" = \"off\"\n";
  return out;
}

}  // namespace writ
