// SPDX-License-Identifier: Apache-2.0
#include "lint/name_fixes.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "catalogue/catalogue.h"
#include "grammar/members.h"
#include "grammar/script.h"
#include "grammar/value.h"
#include "lint/edit.h"
#include "lint/names.h"

namespace writ {
namespace {

// `GetObject` for `oss:GetObject`, when one service alone has such an action;
// `oss.GetObject` and `oss/GetObject` alike.
std::string MeantAction(std::string_view text) {
  const Catalogue& catalogue = Catalogue::BuiltIn();
  const size_t separator = text.find_first_of("./:");
  if (separator != std::string_view::npos) {
    const size_t name = text.find_first_not_of("./:", separator);
    if (name == std::string_view::npos) return {};
    std::string action = std::string(text.substr(0, separator)) + ":" +
                         std::string(text.substr(name));
    return catalogue.FindService(text.substr(0, separator)) != nullptr &&
                   IsActionPattern(action)
               ? action
               : "";
  }
  if (text.empty()) return {};
  const std::vector<const CatalogueAction*> actions =
      catalogue.Matching("*:" + std::string(text));
  if (actions.empty()) return {};
  const std::string& service = actions.front()->service;
  const bool alone = std::all_of(
      actions.begin(), actions.end(),
      [&service](const CatalogueAction* a) { return a->service == service; });
  return alone ? service + ":" + std::string(text) : "";
}

// `arn:acs:oss:…`, `ACS:oss:…` and `arn:oss:…` as a resource pattern.
std::string MeantPrefix(std::string_view text) {
  constexpr std::string_view kArn = "arn:";
  constexpr std::string_view kAcs = "acs:";
  std::string meant(text);
  if (meant.starts_with(kArn)) meant.erase(0, kArn.size());
  if (meant.size() > kAcs.size() &&
      EqualsIgnoreCase(std::string_view(meant).substr(0, kAcs.size()), kAcs)) {
    meant.erase(0, kAcs.size());
  }
  meant.insert(0, kAcs);
  const size_t end = meant.find(':', kAcs.size());
  if (end == std::string::npos || !IsResourcePattern(meant)) return {};
  const std::string code = meant.substr(kAcs.size(), end - kAcs.size());
  return Catalogue::BuiltIn().IsServiceCode(code) ? meant : "";
}

// `acs:oss:bucket` and `acs:oss:*:bucket` with the segments that are missing.
std::string MeantFields(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
  }
  if (parts.size() < 3 || parts.size() > 4 || parts[1].empty() ||
      parts.back().empty()) {
    return {};
  }
  const std::string region(parts.size() == 4 ? parts[2] : "*");
  return "acs:" + std::string(parts[1]) + ":" + region +
         ":*:" + std::string(parts.back());
}

std::string Padded(std::string_view number) {
  return number.size() == 1 ? "0" + std::string(number) : std::string(number);
}

// A date without time, or a time without zone, as a point in time in UTC.
std::string MeantDate(std::string_view text) {
  std::string time = "00:00:00";
  const size_t split = text.find_first_of("T ");
  if (split != std::string_view::npos) {
    time = text.substr(split + 1);
    text = text.substr(0, split);
  }
  const size_t first = text.find('-');
  const size_t second = first == std::string_view::npos
                            ? std::string_view::npos
                            : text.find('-', first + 1);
  if (second == std::string_view::npos) return {};
  std::string date = std::string(text.substr(0, first)) + "-" +
                     Padded(text.substr(first + 1, second - first - 1)) + "-" +
                     Padded(text.substr(second + 1)) + "T" + time;
  if (time.size() == 5) date += ":00";
  if (!date.ends_with('Z')) date += "Z";
  return ParseInstant(date) ? date : "";
}

// The block as its first address and prefix; a block of one as the address.
std::string CanonicalBlock(std::string_view text) {
  const std::optional<IpBlock> block = ParseCidr(text);
  if (!block) return {};
  std::array<char, INET6_ADDRSTRLEN> out = {};
  const uint8_t* bytes = block->bytes.data() + (block->is_v6 ? 0 : 12);
  if (inet_ntop(block->is_v6 ? AF_INET6 : AF_INET, bytes, out.data(),
                out.size()) == nullptr) {
    return {};
  }
  std::string canonical = out.data();
  if (block->prefix < (block->is_v6 ? 128 : 32)) {
    canonical += "/" + std::to_string(block->prefix);
  }
  return canonical;
}

std::string MeantKey(std::string_view text) {
  const std::string global = "acs:" + std::string(text);
  const CatalogueKey* known = Catalogue::BuiltIn().FindKey(global);
  if (known == nullptr) return {};
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return known->name;
  return known->name.substr(0, known->name.size() - 2) +
         std::string(text.substr(slash));
}

std::string MeantPrincipalType(std::string_view text) {
  constexpr std::string_view kTypes[] = {"RAM", "Service", "Federated"};
  if (text == "AWS") return "RAM";
  return std::string(NearestName(text, kTypes));
}

// Walks the trees for the places that findings are about.
class FixOffer {
 public:
  explicit FixOffer(const PolicyFile& file) : file_(file) {}

  // Takes the finding, which lives on, up if it is one that may get a fix.
  void Expect(const Diagnostic& finding) {
    if (finding.fix) return;
    switch (finding.id) {
      case DiagnosticId::kActionFormat:
      case DiagnosticId::kArnPrefix:
      case DiagnosticId::kArnFields:
      case DiagnosticId::kOperatorUnknown:
      case DiagnosticId::kConditionKeyFormat:
      case DiagnosticId::kDateFormat:
      case DiagnosticId::kCidrHostBits:
      case DiagnosticId::kCidrSingle:
      case DiagnosticId::kWildcardWithoutLike:
      case DiagnosticId::kUnquotedValue:
      case DiagnosticId::kPrincipalType:
      case DiagnosticId::kMixedScript:
        wanted_[finding.span.begin].push_back(&finding);
        return;
      default:
        return;
    }
  }
  bool expects_nothing() const { return wanted_.empty(); }
  // The fix that was found for it, or null.
  const Fix* FixOf(const Diagnostic& finding) const {
    const auto found = fixes_.find(&finding);
    return found == fixes_.end() ? nullptr : &found->second;
  }

  void Walk(const ast::Statement& statement) {
    if (statement.action) VisitAll(statement.action->values, nullptr);
    if (statement.resource) VisitAll(statement.resource->values, nullptr);
    if (statement.principal) {
      for (const ast::Principal::Typed& typed : statement.principal->typed) {
        VisitText(typed.type, nullptr);
        VisitAll(typed.values, nullptr);
      }
    }
    if (!statement.condition) return;
    for (const ast::ConditionOperator& op : statement.condition->operators) {
      VisitText(op.name, &*statement.condition);
      for (const ast::ConditionTest& test : op.tests) {
        const Place place{&*statement.condition, &op, &test};
        VisitText(test.key, &*statement.condition);
        VisitAll(test.values, &place);
      }
    }
  }

 private:
  struct Place {
    const ast::Condition* condition;
    const ast::ConditionOperator* op;
    const ast::ConditionTest* test;
  };

  void Put(const Diagnostic& finding, std::string title,
           std::optional<TextEdit> edit, bool automatic) {
    if (!edit) return;
    fixes_.try_emplace(&finding,
                       Fix{std::move(title), automatic, {*std::move(edit)}});
  }

  // The findings about exactly these bytes.
  std::vector<const Diagnostic*> At(Span span) const {
    std::vector<const Diagnostic*> here;
    const auto found = wanted_.find(span.begin);
    if (found == wanted_.end()) return here;
    for (const Diagnostic* finding : found->second) {
      if (finding->span == span) here.push_back(finding);
    }
    return here;
  }

  void VisitAll(const ast::Values& values, const Place* place) {
    for (const ast::Value& value : values.items) {
      for (const Diagnostic* finding : At(value.span)) {
        VisitValue(value, place, *finding);
      }
    }
  }

  void VisitValue(const ast::Value& value, const Place* place,
                  const Diagnostic& finding) {
    std::string meant;
    switch (finding.id) {
      case DiagnosticId::kActionFormat:
        meant = MeantAction(value.text);
        break;
      case DiagnosticId::kArnPrefix:
        meant = MeantPrefix(value.text);
        break;
      case DiagnosticId::kArnFields:
        meant = MeantFields(value.text);
        break;
      case DiagnosticId::kDateFormat:
        meant = MeantDate(value.text);
        break;
      case DiagnosticId::kMixedScript:
        meant = WithLatinLetters(value.text);
        break;
      case DiagnosticId::kCidrHostBits:
      case DiagnosticId::kCidrSingle:
        meant = CanonicalBlock(value.text);
        if (meant.empty()) return;
        Put(finding, "write `" + meant + "`",
            ReplaceLiteral(file_, value, meant), true);
        return;
      case DiagnosticId::kUnquotedValue:
        Put(finding, "put quotes around it",
            ReplaceLiteral(file_, value, value.text), true);
        return;
      case DiagnosticId::kWildcardWithoutLike:
        if (place != nullptr) OfferLike(*place, finding);
        return;
      default:
        return;
    }
    if (meant.empty()) return;
    const bool literal = place != nullptr;
    Put(finding, "write `" + Excerpt(meant) + "`",
        literal ? ReplaceLiteral(file_, value, meant)
                : ReplacePattern(file_, value, meant),
        false);
  }

  void OfferLike(const Place& place, const Diagnostic& finding) {
    const bool negated = InfoOf(*place.op->op).negated;
    const OperatorInfo& like =
        InfoOf(negated ? Operator::kStringNotLike : Operator::kStringLike);
    auto edits =
        ReplaceOperator(file_, *place.condition, *place.op, *place.test, like);
    if (!edits) return;
    fixes_.try_emplace(
        &finding, Fix{"compare with `" + std::string(like.json) + "`", false,
                      *std::move(edits)});
  }

  void VisitText(const ast::Text& text, const ast::Condition* condition) {
    for (const Diagnostic* finding : At(text.span)) {
      std::string meant;
      if (finding->id == DiagnosticId::kOperatorUnknown) {
        meant = MeantOperator(text.text, *condition);
      } else if (finding->id == DiagnosticId::kConditionKeyFormat) {
        meant = MeantKey(text.text);
      } else if (finding->id == DiagnosticId::kPrincipalType) {
        meant = MeantPrincipalType(text.text);
      } else if (finding->id == DiagnosticId::kMixedScript) {
        meant = WithLatinLetters(text.text);
      }
      if (meant.empty()) continue;
      Put(*finding, "write `" + meant + "`", ReplaceKey(file_, text, meant),
          false);
    }
  }

  // The nearest operator, unless the condition has it already.
  static std::string MeantOperator(std::string_view text,
                                   const ast::Condition& condition) {
    std::vector<std::string_view> names;
    for (const OperatorInfo& info : kOperators) names.push_back(info.json);
    const std::string nearest(NearestName(text, names));
    for (const ast::ConditionOperator& op : condition.operators) {
      if (op.name.text == nearest) return {};
    }
    return nearest;
  }

  const PolicyFile& file_;
  // By the first byte that they are about.
  std::unordered_map<uint32_t, std::vector<const Diagnostic*>> wanted_;
  std::unordered_map<const Diagnostic*, Fix> fixes_;
};

}  // namespace

void OfferNameFixes(PolicyFile* file) {
  FixOffer offer(*file);
  for (const Diagnostic& finding : file->diagnostics.all()) {
    offer.Expect(finding);
  }
  if (offer.expects_nothing()) return;
  for (const ast::Policy& policy : file->content.policies) {
    for (const ast::Statement& statement : policy.statements) {
      offer.Walk(statement);
    }
  }
  file->diagnostics.Refine([&offer](Diagnostic* finding) {
    if (const Fix* fix = offer.FixOf(*finding)) finding->fix = *fix;
    return true;
  });
}

}  // namespace writ
