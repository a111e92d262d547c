// SPDX-License-Identifier: Apache-2.0
#include "lint/suppress.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "grammar/members.h"
#include "lint/glob.h"
#include "lint/style.h"

namespace writ {
namespace {

constexpr std::string_view kMark = "writ:ignore";
constexpr int64_t kSecondsPerDay = 24 * 60 * 60;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// What stands behind `// writ:ignore`; nothing for other comments.
std::optional<std::string_view> BehindMark(std::string_view comment) {
  if (!comment.starts_with("//")) return std::nullopt;
  std::string_view text = Trim(comment.substr(2));
  if (!text.starts_with(kMark)) return std::nullopt;
  text.remove_prefix(kMark.size());
  if (!text.empty() && !IsSpace(text.front())) return std::nullopt;
  return Trim(text);
}

// The first place at or after `offset` that is neither white space nor comment.
size_t NextCode(std::string_view text, size_t offset) {
  while (offset < text.size()) {
    if (IsSpace(text[offset])) {
      ++offset;
    } else if (text.substr(offset).starts_with("//")) {
      offset = std::min(text.find('\n', offset), text.size());
    } else {
      break;
    }
  }
  return offset;
}

Span LineAround(std::string_view text, size_t offset) {
  const size_t before = text.substr(0, offset).rfind('\n');
  const size_t begin = before == text.npos ? 0 : before + 1;
  const size_t end = std::min(text.find('\n', offset), text.size());
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
}

// A node with what stands before it and belongs to it.
Span Whole(Span span, const std::vector<ast::Annotation>& annotations,
           const std::optional<ast::Text>& label) {
  for (const ast::Annotation& annotation : annotations) {
    span.begin = std::min(span.begin, annotation.span.begin);
  }
  if (label) span.begin = std::min(span.begin, label->span.begin);
  return span;
}

// What a comment on a line of its own is about, given where the next code
// stands: the node that begins there, else the rest of its line.
Span NodeAt(const PolicyFile& file, uint32_t offset) {
  const auto begins = [offset](Span span) { return span.begin == offset; };
  const WritFile& content = file.content;
  for (size_t i = 0; i < content.own_policies; ++i) {
    const ast::Policy& policy = content.policies[i];
    const Span whole = Whole(policy.span, policy.annotations, std::nullopt);
    if (begins(whole)) return whole;
    if (offset < whole.begin || offset >= whole.end) continue;
    for (const ast::Statement& statement : policy.statements) {
      const Span inner =
          Whole(statement.span, statement.annotations, statement.label);
      if (begins(inner)) return inner;
    }
  }
  for (const WritDefinition& definition : content.definitions) {
    if (begins(definition.span)) return definition.span;
  }
  for (const WritTest& test : content.tests) {
    const Span whole = Whole(test.span, test.annotations, std::nullopt);
    if (begins(whole)) return whole;
  }
  return LineAround(file.source.text(), offset);
}

// The end of the day `YYYY-MM-DD` in UTC, in seconds; nothing when the text is
// no day.
std::optional<int64_t> EndOfDay(std::string_view day) {
  WallTime time;
  if (day.size() != 10 ||
      !ParseRfc3339Utc(std::string(day) + "T00:00:00Z", &time)) {
    return std::nullopt;
  }
  return std::chrono::duration_cast<std::chrono::seconds>(
             time.time_since_epoch())
             .count() +
         kSecondsPerDay;
}

std::string LastDayText(int64_t until_seconds) {
  const WallTime last{std::chrono::seconds(until_seconds - 1)};
  return FormatRfc3339(last).substr(0, 10);
}

// Takes `, until 2026-12-31` off the end of a reason.
void TakeDate(std::string_view* reason, int64_t* until_seconds,
              bool* bad_date) {
  const size_t at = reason->rfind("until ");
  if (at == reason->npos) return;
  const std::string_view day = Trim(reason->substr(at + 6));
  // "until the migration is over" is part of the reason.
  if (day.empty() || day.front() < '0' || day.front() > '9') return;
  const std::optional<int64_t> until = EndOfDay(day);
  *bad_date = !until;
  *until_seconds = until.value_or(0);
  *reason = Trim(reason->substr(0, at));
  if (reason->ends_with(","))
    *reason = Trim(reason->substr(0, reason->size() - 1));
}

std::string DidYouMean(std::string_view name) {
  std::vector<std::string_view> names;
  for (const RuleInfo& rule : Rules()) {
    names.push_back(rule.code);
    names.push_back(rule.slug);
  }
  const std::string_view nearest = NearestName(name, names);
  return nearest.empty() ? "`writ lint --list-rules` lists them"
                         : "did you mean `" + std::string(nearest) + "`?";
}

}  // namespace

Suppressions::Suppressions(const LintConfig& config, Diagnostics* about_config)
    : config_(config), about_config_(about_config) {
  for (const LintConfig::Ignore& ignore : config.ignores) {
    Suppression one;
    if (const RuleInfo* rule = FindRule(ignore.rule)) {
      one.rules.push_back({rule});
    } else {
      one.unknown.push_back(ignore.rule);
    }
    one.complete = !Trim(ignore.reason).empty();
    one.until_seconds = ignore.until_seconds;
    one.pointer = ignore.pointer;
    one.everywhere = ignore.pointer.empty();
    one.span = ignore.span;
    ignores_.push_back(std::move(one));
  }
}

bool Suppressions::AppliesTo(const LintConfig::Ignore& ignore) const {
  if (ignore.file.empty()) return true;
  std::string_view name = file_->source.name();
  if (name.starts_with("./")) name.remove_prefix(2);
  std::string_view folder = config_.folder;
  if (folder.starts_with("./")) folder.remove_prefix(2);
  if (!folder.empty() && folder != "." && name.starts_with(folder)) {
    name.remove_prefix(folder.size());
    while (name.starts_with("/")) name.remove_prefix(1);
  }
  return GlobMatches(ignore.file, name);
}

Suppressions::Suppression Suppressions::ReadComment(
    const WritComment& comment) const {
  Suppression one;
  one.span = comment.span;
  std::string_view text = BehindMark(comment.text).value_or("");
  std::string_view names = text;
  std::string_view reason;
  if (const size_t at = text.find("reason:"); at != text.npos) {
    names = text.substr(0, at);
    reason = Trim(text.substr(at + 7));
    TakeDate(&reason, &one.until_seconds, &one.bad_date);
  }
  while (!(names = Trim(names)).empty()) {
    const size_t end = std::min(names.find_first_of(", \t"), names.size());
    const std::string_view name = names.substr(0, end);
    names.remove_prefix(std::min(end + 1, names.size()));
    if (name.empty()) continue;
    if (const RuleInfo* rule = FindRule(name)) {
      one.rules.push_back({rule});
    } else {
      one.unknown.emplace_back(name);
    }
  }
  one.complete = !reason.empty() && !(one.rules.empty() && one.unknown.empty());
  const std::string_view source = file_->source.text();
  if (!comment.own_line) {
    one.covers = LineAround(source, comment.span.begin);
    return one;
  }
  const size_t next = NextCode(source, comment.span.end);
  const Span header = file_->content.header;
  one.everywhere = header.end > 0 && next == header.begin;
  one.covers = NodeAt(*file_, static_cast<uint32_t>(next));
  return one;
}

void Suppressions::Enter(const PolicyFile& file) {
  file_ = &file;
  comments_.clear();
  for (const WritComment& comment : file.content.comments) {
    if (BehindMark(comment.text)) comments_.push_back(ReadComment(comment));
  }
  ignore_is_here_.assign(ignores_.size(), false);
  for (size_t i = 0; i < ignores_.size(); ++i) {
    ignore_is_here_[i] = AppliesTo(config_.ignores[i]);
    ignores_[i].met = ignores_[i].met || ignore_is_here_[i];
  }
}

bool Suppressions::Expired(const Suppression& one) const {
  return one.until_seconds != 0 &&
         config_.options.now_seconds >= one.until_seconds;
}

bool Suppressions::CoveredBy(Suppression* one,
                             const Diagnostic& finding) const {
  if (!one->complete || one->bad_date) return false;
  const RuleId id = InfoOf(finding.id).rule_id;
  const auto rule = std::find_if(one->rules.begin(), one->rules.end(),
                                 [id](Rule& r) { return r.info->id == id; });
  if (rule == one->rules.end()) return false;
  // It would be of use: an expired one is reported as that alone.
  rule->used = true;
  return !Expired(*one);
}

bool Suppressions::Cover(const Diagnostic& finding) {
  if (InfoOf(finding.id).level == Level::kError) return false;
  bool covered = false;
  for (Suppression& one : comments_) {
    const bool here =
        one.everywhere || (one.covers.begin <= finding.span.begin &&
                           finding.span.begin < one.covers.end);
    if (here && CoveredBy(&one, finding)) covered = true;
  }
  for (size_t i = 0; i < ignores_.size(); ++i) {
    Suppression& one = ignores_[i];
    const bool below = finding.pointer.starts_with(one.pointer) &&
                       (finding.pointer.size() == one.pointer.size() ||
                        finding.pointer[one.pointer.size()] == '/');
    if (ignore_is_here_[i] && (one.everywhere || below) &&
        CoveredBy(&one, finding)) {
      covered = true;
    }
  }
  return covered;
}

void Suppressions::Judge(const Suppression& one, bool with_fix,
                         Diagnostics* found) const {
  const auto add = [&](DiagnosticId id,
                       std::initializer_list<std::string_view> parts) {
    const RuleInfo& rule = InfoOf(InfoOf(id).rule_id);
    const LintConfig::Setting setting = config_.Of(rule);
    if (!setting.on) return;
    Diagnostic finding = Diagnose(id, one.span, "", parts);
    finding.level = setting.level;
    if (with_fix && id == DiagnosticId::kSuppressionUnused &&
        one.rules.size() + one.unknown.size() == 1) {
      finding.fix = Fix{"remove the suppression",
                        true,
                        {{WithItsLine(file_->source.text(), one.span), ""}}};
    }
    found->Add(std::move(finding));
  };
  for (const std::string& name : one.unknown) {
    add(DiagnosticId::kSuppressionUnknown, {Excerpt(name), DidYouMean(name)});
  }
  const std::string_view form =
      with_fix ? "write `// writ:ignore RULE reason: WHY, until 2026-12-31`; "
                 "the date may be left out"
               : "add `reason = \"…\"`";
  if (one.bad_date) {
    add(DiagnosticId::kSuppressionForm,
        {"ends on a day that is not in the calendar", form});
    return;
  }
  if (!one.complete) {
    const bool names_rules = !one.rules.empty() || !one.unknown.empty();
    add(DiagnosticId::kSuppressionForm,
        {names_rules ? "gives no reason" : "names no rule", form});
    return;
  }
  if (Expired(one)) {
    add(DiagnosticId::kSuppressionExpired, {LastDayText(one.until_seconds)});
    return;
  }
  for (const Rule& rule : one.rules) {
    if (rule.info->level == Level::kError) {
      add(DiagnosticId::kSuppressionOfError, {rule.info->code});
    } else if (!rule.used && !config_.names_only && config_.Of(*rule.info).on) {
      add(DiagnosticId::kSuppressionUnused, {rule.info->code});
    }
  }
}

void Suppressions::Leave(Diagnostics* found) {
  for (const Suppression& one : comments_) Judge(one, true, found);
  file_ = nullptr;
}

void Suppressions::Finish() {
  for (const Suppression& one : ignores_) {
    if (one.met) Judge(one, false, about_config_);
  }
}

}  // namespace writ
