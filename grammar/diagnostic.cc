// SPDX-License-Identifier: Apache-2.0
#include "grammar/diagnostic.h"

#include <algorithm>
#include <utility>

namespace writ {
namespace {

constexpr bool kKept = false;
constexpr bool kBroken = true;

constexpr RuleInfo kRules[] = {
#define RULE(Ident, code, slug, level, fix, needs, state, summary, why) \
  {RuleId::k##Ident,                                                    \
   code,                                                                \
   slug,                                                                \
   Level::k##level,                                                     \
   FixKind::k##fix,                                                     \
   RuleNeeds::k##needs,                                                 \
   RuleState::k##state,                                                 \
   summary,                                                             \
   why},
#include "grammar/rules.def"
#undef RULE
};

constexpr const RuleInfo& RuleOf(RuleId id) {
  return kRules[static_cast<size_t>(id)];
}

constexpr DiagnosticInfo MakeInfo(RuleId rule, std::string_view source,
                                  bool breaks_tree, std::string_view message,
                                  std::string_view help) {
  const RuleInfo& info = RuleOf(rule);
  return {rule,   info.code,   info.slug, info.level,
          source, breaks_tree, message,   help};
}

constexpr DiagnosticInfo kInfos[] = {
#define DIAGNOSTIC(Name, Rule, tree, source, message, help) \
  MakeInfo(RuleId::k##Rule, source, k##tree, message, help),
#include "grammar/diagnostics.def"
#undef DIAGNOSTIC
};

std::string Fill(std::string_view form,
                 std::initializer_list<std::string_view> parts) {
  std::string text;
  for (size_t i = 0; i < form.size(); ++i) {
    if (form[i] != '{' || i + 1 == form.size()) {
      text.push_back(form[i]);
    } else if (form[i + 1] == '{') {
      text.push_back('{');
      ++i;
    } else {
      const size_t index = static_cast<size_t>(form[i + 1] - '0');
      if (index < parts.size()) text += parts.begin()[index];
      i += 2;
    }
  }
  return text;
}

}  // namespace

std::span<const RuleInfo> Rules() { return kRules; }

const RuleInfo& InfoOf(RuleId id) { return RuleOf(id); }

const RuleInfo* FindRule(std::string_view name) {
  for (const RuleInfo& rule : kRules) {
    if (rule.code == name || rule.slug == name) return &rule;
  }
  return nullptr;
}

const DiagnosticInfo& InfoOf(DiagnosticId id) {
  return kInfos[static_cast<size_t>(id)];
}

Diagnostic Diagnose(DiagnosticId id, Span span, std::string pointer,
                    std::initializer_list<std::string_view> parts) {
  const DiagnosticInfo& info = InfoOf(id);
  return Diagnostic{id,
                    span,
                    std::move(pointer),
                    Fill(info.message, parts),
                    Fill(info.help, parts),
                    info.level};
}

std::string Excerpt(std::string_view text) {
  constexpr size_t kMaxBytes = 60;
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  size_t end = text.size();
  if (end > kMaxBytes) {
    end = kMaxBytes;
    // Not in the middle of a code point.
    while (end > kMaxBytes - 4 &&
           (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
      --end;
    }
  }
  for (char c : text.substr(0, end)) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  if (end < text.size()) out += "…";
  return out;
}

std::string PointerTo(std::string_view pointer, std::string_view member) {
  std::string out(pointer);
  out.push_back('/');
  for (char c : member) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string PointerTo(std::string_view pointer, size_t index) {
  return PointerTo(pointer, std::to_string(index));
}

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kError:
      return "error";
    case Level::kSecurity:
      return "security";
    case Level::kWarning:
      return "warning";
    case Level::kSuggestion:
      return "suggestion";
  }
  return "error";
}

void Diagnostics::Add(Diagnostic diagnostic) {
  const DiagnosticInfo& info = InfoOf(diagnostic.id);
  const auto place =
      std::upper_bound(all_.begin(), all_.end(), diagnostic,
                       [](const Diagnostic& a, const Diagnostic& b) {
                         return a.span.begin < b.span.begin;
                       });
  for (auto other = place; other != all_.begin();) {
    --other;
    if (other->span.begin != diagnostic.span.begin) break;
    if (other->id == diagnostic.id && other->span == diagnostic.span &&
        other->message == diagnostic.message) {
      return;
    }
  }
  if (info.level == Level::kError) ++errors_;
  if (info.breaks_tree) tree_is_broken_ = true;
  if (full()) {
    ++dropped_;
    if (place == all_.end()) return;
    all_.insert(place, std::move(diagnostic));
    all_.pop_back();
    return;
  }
  all_.insert(place, std::move(diagnostic));
}

size_t Diagnostics::count(Level level) const {
  return static_cast<size_t>(std::count_if(
      all_.begin(), all_.end(),
      [level](const Diagnostic& found) { return found.level == level; }));
}

void Diagnostics::Refine(const std::function<bool(Diagnostic*)>& keep) {
  std::erase_if(all_, [&](Diagnostic& finding) {
    const bool wanted = keep(&finding);
    return !wanted && InfoOf(finding.id).level != Level::kError;
  });
}

}  // namespace writ
