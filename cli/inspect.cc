// SPDX-License-Identifier: Apache-2.0
#include "cli/inspect.h"

#include <algorithm>

#include "base/limits.h"
#include "compiler/check.h"
#include "crypto/digest.h"
#include "grammar/print.h"
#include "grammar/render.h"
#include "grammar/utf8.h"
#include "lint/policy_file.h"

namespace writ {
namespace {

// Names of one line of text; JSON has all of them.
constexpr size_t kShownNames = 8;

constexpr std::string_view kSectionNames[] = {
#define SECTION(number, Name, ...) #Name,
#include "authz/program/sections.def"
#undef SECTION
};

enum class Heat { kHot, kCold };

struct SectionSize {
  std::string_view name;
  Heat heat;
  size_t records;
  size_t bytes;
};

std::vector<SectionSize> SectionsOf(const ProgramView& view) {
  std::vector<SectionSize> sections;
#define SECTION(number, Name, member, Record, since, heat)           \
  sections.push_back({kSectionNames[sections.size()], Heat::k##heat, \
                      view.member.size(), view.member.bytes().size()});
#include "authz/program/sections.def"
#undef SECTION
  return sections;
}

// What the sections of one heat come to.
size_t BytesOf(const ProgramView& view, Heat heat) {
  size_t bytes = 0;
  for (const SectionSize& section : SectionsOf(view)) {
    if (section.heat == heat) bytes += section.bytes;
  }
  return bytes;
}

// With one digit behind the point.
std::string PerStatement(const ProgramView& view, size_t bytes) {
  const size_t statements = std::max<size_t>(view.statements.size(), 1);
  const size_t tenths = (bytes * 10 + statements / 2) / statements;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

// The bound of the worst request by unit: of an image without an index, by
// policy.
std::vector<uint32_t> StepsOf(const ProgramView& view) {
  std::vector<uint32_t> steps;
  for (uint32_t i = 0; i < view.units.size(); ++i) {
    steps.push_back(view.units[i].max_steps);
  }
  for (uint32_t i = 0; i < view.policies.size() && view.units.size() == 0;
       ++i) {
    steps.push_back(view.policies[i].max_steps);
  }
  return steps;
}

uint32_t Worst(const std::vector<uint32_t>& steps) {
  return steps.empty() ? 0 : *std::ranges::max_element(steps);
}

std::string_view HeatName(Heat heat) {
  return heat == Heat::kHot ? "hot" : "cold";
}

std::string FormatOf(const Program& program) {
  return std::to_string(kImageMajor) + "." +
         std::to_string(program.minor_version());
}

uint32_t SemanticsOf(const Program& program) {
  return static_cast<uint32_t>(program.semantics());
}

bool HasWildcard(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

void CountActions(const ast::PatternList& list, PolicySummary* summary) {
  summary->negated_lists += list.negated ? 1 : 0;
  for (const ast::Value& value : list.values.items) {
    summary->actions.insert(value.text);
    const size_t colon = value.text.find(':');
    if (colon != std::string::npos) {
      summary->services.insert(value.text.substr(0, colon));
    }
    summary->wildcard_actions += HasWildcard(value.text) ? 1 : 0;
    summary->every_action += value.text == "*" && !list.negated ? 1 : 0;
  }
}

void CountResources(const ast::PatternList& list, PolicySummary* summary) {
  summary->negated_lists += list.negated ? 1 : 0;
  for (const ast::Value& value : list.values.items) {
    summary->resources.insert(value.text);
    summary->wildcard_resources += HasWildcard(value.text) ? 1 : 0;
    summary->every_resource += value.text == "*" && !list.negated ? 1 : 0;
  }
}

void CountPrincipals(const ast::Principal& principal, PolicySummary* summary) {
  const auto add = [summary](const ast::Values& values) {
    for (const ast::Value& value : values.items) {
      summary->principals.insert(value.text);
      summary->everyone += value.text == "*" ? 1 : 0;
    }
  };
  add(principal.bare);
  for (const ast::Principal::Typed& typed : principal.typed) add(typed.values);
}

std::string Line(std::string_view name, const std::string& text) {
  std::string line = "  " + std::string(name);
  line.resize(17, ' ');
  return line + text + "\n";
}

std::string NamesLine(std::string_view name,
                      const std::set<std::string>& names) {
  std::string text = std::to_string(names.size());
  size_t shown = 0;
  for (const std::string& one : names) {
    if (shown == kShownNames) {
      text += ", …";
      break;
    }
    text += (shown++ == 0 ? ": " : ", ") + Printable(one);
  }
  return Line(name, text);
}

void AddNames(std::string_view name, const std::set<std::string>& names,
              JsonOut* json) {
  json->Member(name).Open('[');
  for (const std::string& one : names) json->Text(one);
  json->Close();
}

std::string WildcardText(const PolicySummary& summary) {
  std::string text;
  const auto add = [&text](size_t count, std::string_view what) {
    if (count == 0) return;
    if (!text.empty()) text += ", ";
    text += std::to_string(count) + " " + std::string(what);
  };
  add(summary.wildcard_actions, "in actions");
  add(summary.wildcard_resources, "in resources");
  add(summary.every_action, "for every action");
  add(summary.every_resource, "for every resource");
  add(summary.everyone, "for everyone");
  add(summary.negated_lists, "lists of what is left out");
  return text.empty() ? "none" : text;
}

}  // namespace

PolicySummary Summarise(const ast::Policy& policy, ast::PolicyKind kind,
                        bool kind_was_guessed) {
  PolicySummary summary;
  summary.name = policy.name;
  summary.kind = kind;
  summary.kind_was_guessed = kind_was_guessed;
  summary.statements = policy.statements.size();
  for (const ast::Statement& statement : policy.statements) {
    ++(statement.effect == ast::Effect::kAllow ? summary.allows
                                               : summary.denies);
    if (statement.action) CountActions(*statement.action, &summary);
    if (statement.resource) CountResources(*statement.resource, &summary);
    if (statement.principal) CountPrincipals(*statement.principal, &summary);
    if (!statement.condition) continue;
    ++summary.conditions;
    for (const ast::ConditionOperator& op : statement.condition->operators) {
      for (const ast::ConditionTest& test : op.tests) {
        summary.condition_keys.insert(test.key.text);
      }
    }
  }
  const std::string json = PrintJson(policy, JsonLayout::kMinified);
  summary.characters = CountCodePoints(json);
  summary.limit = MaxPolicyChars(kind);
  summary.sha256 = Sha256Hex(json);
  return summary;
}

std::string SummaryText(const PolicySummary& summary) {
  std::string out = "policy " + Printable(summary.name) + " (" +
                    std::string(KindName(summary.kind)) +
                    (summary.kind_was_guessed ? ", guessed" : "") + ")\n";
  out += Line("statements", std::to_string(summary.statements) + ": " +
                                std::to_string(summary.allows) + " allow, " +
                                std::to_string(summary.denies) + " deny, " +
                                std::to_string(summary.conditions) +
                                " with conditions");
  out += NamesLine("services", summary.services);
  out += NamesLine("actions", summary.actions);
  out += NamesLine("resources", summary.resources);
  if (!summary.principals.empty()) {
    out += NamesLine("principals", summary.principals);
  }
  out += NamesLine("condition keys", summary.condition_keys);
  out += Line("wildcards", WildcardText(summary));
  out +=
      Line("size",
           std::to_string(summary.characters) + " of " +
               std::to_string(summary.limit) + " characters, " +
               std::to_string(summary.characters * 100 / summary.limit) + " %");
  out += Line("sha256", summary.sha256);
  return out;
}

void AddSummary(const PolicySummary& summary, JsonOut* json) {
  json->Open('{');
  json->Member("name").Text(summary.name);
  json->Member("kind").Text(KindName(summary.kind));
  json->Member("kind_was_guessed").Bool(summary.kind_was_guessed);
  json->Member("statements").Number(summary.statements);
  json->Member("allows").Number(summary.allows);
  json->Member("denies").Number(summary.denies);
  json->Member("conditions").Number(summary.conditions);
  AddNames("services", summary.services, json);
  AddNames("actions", summary.actions, json);
  AddNames("resources", summary.resources, json);
  AddNames("principals", summary.principals, json);
  AddNames("condition_keys", summary.condition_keys, json);
  json->Member("wildcards").Open('{');
  json->Member("actions").Number(summary.wildcard_actions);
  json->Member("resources").Number(summary.wildcard_resources);
  json->Member("every_action").Number(summary.every_action);
  json->Member("every_resource").Number(summary.every_resource);
  json->Member("everyone").Number(summary.everyone);
  json->Member("negated_lists").Number(summary.negated_lists);
  json->Close();
  json->Member("characters").Number(summary.characters);
  json->Member("limit").Number(summary.limit);
  json->Member("sha256").Text(summary.sha256);
  json->Close();
}

std::string SummaryText(const Program& program) {
  const ProgramView& view = program.view();
  const std::vector<uint32_t> steps = StepsOf(view);
  std::string out = "program image, verified\n";
  out += Line("format", FormatOf(program) + ", semantics " +
                            std::to_string(SemanticsOf(program)));
  out += Line("size", std::to_string(program.image().size()) + " of " +
                          std::to_string(kMaxProgramBytes) + " bytes, " +
                          PerStatement(view, program.image().size()) +
                          " a statement");
  for (const Heat heat : {Heat::kHot, Heat::kCold}) {
    const size_t bytes = BytesOf(view, heat);
    out += Line(heat == Heat::kHot ? "hot" : "cold",
                std::to_string(bytes) + " bytes, " + PerStatement(view, bytes) +
                    " a statement");
  }
  out += Line("policies", std::to_string(view.policies.size()));
  out += Line("statements", std::to_string(view.statements.size()));
  out += Line("units", std::to_string(program.unit_count()) +
                           (view.units.size() > 0 ? "" : ", without an index"));
  out += Line("worst unit", std::to_string(Worst(steps)) + " of " +
                                std::to_string(kMaxDecideSteps) + " steps");
  for (size_t i = 0; i < steps.size(); ++i) {
    if (i == kShownNames) {
      out += Line("", "…");
      break;
    }
    out += Line("", "unit " + std::to_string(i) + ": " +
                        std::to_string(steps[i]) + " steps");
  }
  out += Line("sha256", Sha256Hex(program.image()));
  for (const SectionSize& section : SectionsOf(view)) {
    if (section.bytes == 0) continue;
    out += Line("", std::string(section.name) + ": " +
                        std::to_string(section.records) + " records, " +
                        std::to_string(section.bytes) + " bytes, " +
                        std::string(HeatName(section.heat)));
  }
  return out;
}

void AddSummary(const Program& program, JsonOut* json) {
  const ProgramView& view = program.view();
  const std::vector<uint32_t> steps = StepsOf(view);
  json->Open('{');
  json->Member("verified").Bool(true);
  json->Member("format").Text(FormatOf(program));
  json->Member("semantics").Number(SemanticsOf(program));
  json->Member("bytes").Number(program.image().size());
  json->Member("limit").Number(kMaxProgramBytes);
  json->Member("hot_bytes").Number(BytesOf(view, Heat::kHot));
  json->Member("cold_bytes").Number(BytesOf(view, Heat::kCold));
  const size_t statements = std::max<size_t>(view.statements.size(), 1);
  json->Member("bytes_per_statement")
      .Number(program.image().size() / statements);
  json->Member("hot_bytes_per_statement")
      .Number(BytesOf(view, Heat::kHot) / statements);
  json->Member("policies").Number(view.policies.size());
  json->Member("statements").Number(view.statements.size());
  json->Member("indexed").Bool(view.units.size() > 0);
  json->Member("worst_steps").Number(Worst(steps));
  json->Member("step_limit").Number(kMaxDecideSteps);
  json->Member("unit_steps").Open('[');
  for (const uint32_t one : steps) json->Number(one);
  json->Close();
  json->Member("sha256").Text(Sha256Hex(program.image()));
  json->Member("sections").Open('[');
  for (const SectionSize& section : SectionsOf(view)) {
    json->Open('{').Member("name").Text(section.name);
    json->Member("heat").Text(HeatName(section.heat));
    json->Member("records").Number(section.records);
    json->Member("bytes").Number(section.bytes);
    json->Close();
  }
  json->Close().Close();
}

}  // namespace writ
