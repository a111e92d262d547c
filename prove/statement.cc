// SPDX-License-Identifier: Apache-2.0
#include "prove/statement.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "grammar/value.h"
#include "prove/principal.h"

namespace writ::prove {
namespace {

using Texts = std::vector<std::string_view>;

Texts TextsOf(const ast::PatternList& list) {
  Texts texts;
  texts.reserve(list.values.items.size());
  for (const ast::Value& value : list.values.items) texts.push_back(value.text);
  return texts;
}

// Those of `a` that are not in `b`, each once. Both become sorted.
Texts Without(Texts* a, Texts* b) {
  std::ranges::sort(*a);
  std::ranges::sort(*b);
  Texts left;
  std::ranges::set_difference(*a, *b, std::back_inserter(left));
  left.erase(std::unique(left.begin(), left.end()), left.end());
  return left;
}

bool IsBare(std::string_view text) { return text == "*"; }

}  // namespace

Status StatementProof::CompareActions(const std::string& place,
                                      const Texts& wanted, const Texts& found) {
  if (wanted == found) {
    ++proof_.certificate.obligations;
    return OkStatus();
  }
  std::vector<std::string> folded;  // of both; the views point into it
  folded.reserve(wanted.size() + found.size());
  const auto fold = [&folded](const Texts& texts) {
    Texts out;
    for (const std::string_view text : texts) {
      out.push_back(folded.emplace_back(Folded(text)));
    }
    return out;
  };
  Texts tree = fold(wanted);
  Texts image = fold(found);
  const auto covered = [&](const Texts& missing, const Texts& by,
                           std::string_view whose) -> Status {
    if (missing.empty()) return OkStatus();
    std::vector<Pattern> outer;
    for (const std::string_view text : by) outer.push_back(ReadAction(text));
    for (const std::string_view text : missing) {
      const Inclusion one =
          Includes(outer, ReadAction(text), Domain::kAction, &proof_.budget);
      proof_.certificate.automata_states += one.states;
      if (one.verdict == Verdict::kUnknown) return GaveUp(place + ": action");
      if (one.verdict == Verdict::kFails) {
        return Differ(place, "action: only the " + std::string(whose) +
                                 " matches `" + one.witness + "`");
      }
      ++proof_.certificate.obligations;
    }
    return OkStatus();
  };
  WRIT_RETURN_IF_ERROR(covered(Without(&tree, &image), image, "policy"));
  return covered(Without(&image, &tree), tree, "image");
}

Status StatementProof::CompareResources(const std::string& place,
                                        const Texts& wanted,
                                        const Texts& found) {
  if (wanted == found) {
    ++proof_.certificate.obligations;
    return OkStatus();
  }
  // Only the bare `*` matches a request for `*` (R20), and it matches all else.
  const bool all = std::ranges::any_of(wanted, IsBare);
  if (all != std::ranges::any_of(found, IsBare)) {
    return Differ(place, "resource: only the " +
                             std::string(all ? "policy" : "image") +
                             " matches `*`");
  }
  ++proof_.certificate.obligations;
  if (all) return OkStatus();
  Texts tree = wanted;
  Texts image = found;
  const auto covered = [&](const Texts& missing, const Texts& by,
                           std::string_view whose) -> Status {
    if (missing.empty()) return OkStatus();
    std::vector<Pattern> outer;
    for (const std::string_view text : by) outer.push_back(ReadResource(text));
    for (const std::string_view text : missing) {
      const Inclusion one =
          IncludesResource(outer, ReadResource(text), &proof_.budget);
      proof_.certificate.automata_states += one.states;
      if (one.verdict == Verdict::kUnknown) return GaveUp(place + ": resource");
      if (one.verdict == Verdict::kFails) {
        return Differ(place, "resource: only the " + std::string(whose) +
                                 " matches `" + one.witness + "`");
      }
      ++proof_.certificate.obligations;
    }
    return OkStatus();
  };
  WRIT_RETURN_IF_ERROR(covered(Without(&tree, &image), image, "policy"));
  return covered(Without(&image, &tree), tree, "image");
}

// The matcher reads a pattern by its colons, not by its text.
Status StatementProof::CheckActionPattern(const std::string& place,
                                          uint32_t index) const {
  const ActionPattern pattern = proof_.view.action_patterns[index];
  const std::string_view text = proof_.Text(pattern.text);
  const bool sound =
      IsBare(text) ? pattern.colon == 0
                   : IsActionPattern(text) && pattern.colon == text.find(':');
  if (sound) return OkStatus();
  return Differ(place, "action: pattern `" + std::string(text) +
                           "` has its colon at " +
                           std::to_string(pattern.colon));
}

Status StatementProof::CheckResourcePattern(const std::string& place,
                                            uint32_t index) const {
  const ResourcePattern pattern = proof_.view.resource_patterns[index];
  const std::string_view text = proof_.Text(pattern.text);
  std::array<uint32_t, 4> colons = {};
  if (!IsBare(text)) {
    if (!IsResourcePattern(text)) {
      return Differ(place,
                    "resource: `" + std::string(text) + "` is no pattern");
    }
    size_t at = 0;
    for (uint32_t& colon : colons) {
      at = text.find(':', at);
      colon = static_cast<uint32_t>(at++);
    }
  }
  if (colons == pattern.colons) return OkStatus();
  return Differ(place, "resource: pattern `" + std::string(text) +
                           "` is split at the wrong colons");
}

Status StatementProof::Actions(const std::string& place,
                               const ast::Statement& statement,
                               const StatementRecord& row) {
  if (!statement.action) return Differ(place, "the tree has no action");
  const bool negated = (row.flags & StatementRecord::kNotAction) != 0;
  if (negated != statement.action->negated) {
    return Differ(place, negated ? "the image has NotAction for Action"
                                 : "the image has Action for NotAction");
  }
  for (uint32_t i = 0; i < row.actions.count; ++i) {
    WRIT_RETURN_IF_ERROR(CheckActionPattern(
        place, proof_.view.action_lists[row.actions.first + i]));
  }
  return CompareActions(
      place, TextsOf(*statement.action),
      prove::TextsOf(proof_.view, proof_.view.action_lists, row.actions,
                     proof_.view.action_patterns));
}

Status StatementProof::Resources(const std::string& place,
                                 const ast::Statement& statement,
                                 const StatementRecord& row) {
  // No list is the list of `*`.
  Texts wanted = {"*"};
  Texts found = {"*"};
  if (statement.resource) wanted = TextsOf(*statement.resource);
  if ((row.flags & StatementRecord::kHasResource) != 0) {
    for (uint32_t i = 0; i < row.resources.count; ++i) {
      WRIT_RETURN_IF_ERROR(CheckResourcePattern(
          place, proof_.view.resource_lists[row.resources.first + i]));
    }
    found = prove::TextsOf(proof_.view, proof_.view.resource_lists,
                           row.resources, proof_.view.resource_patterns);
  }
  const bool wants = statement.resource && statement.resource->negated;
  const bool has = (row.flags & StatementRecord::kNotResource) != 0 &&
                   (row.flags & StatementRecord::kHasResource) != 0;
  if (wants != has) {
    return Differ(place, has ? "the image has NotResource for Resource"
                             : "the image has Resource for NotResource");
  }
  return CompareResources(place, wanted, found);
}

Status StatementProof::Principals(const std::string& place,
                                  const ast::Statement& statement,
                                  const StatementRecord& row) {
  std::vector<Caller> wanted = {Caller::Everyone()};
  std::vector<Caller> found = {Caller::Everyone()};
  if (statement.principal) wanted = CallersOf(*statement.principal);
  if ((row.flags & StatementRecord::kHasPrincipal) != 0) {
    found.clear();
    for (uint32_t i = 0; i < row.principals.count; ++i) {
      found.push_back(CallerOf(
          proof_.view,
          proof_.view.principal_patterns
              [proof_.view.principal_lists[row.principals.first + i]]));
    }
  }
  const auto covered = [&](const std::vector<Caller>& inner,
                           const std::vector<Caller>& outer,
                           std::string_view whose) -> Status {
    for (const Caller& one : inner) {
      if (std::ranges::none_of(
              outer, [&](const Caller& other) { return other.Covers(one); })) {
        return Differ(place, "principal: only the " + std::string(whose) +
                                 " matches " + one.ToString());
      }
    }
    ++proof_.certificate.obligations;
    return OkStatus();
  };
  WRIT_RETURN_IF_ERROR(covered(wanted, found, "policy"));
  return covered(found, wanted, "image");
}

Status StatementProof::Compare(const std::string& place,
                               const ast::Statement& statement,
                               const StatementRecord& row) {
  const bool denies = (row.flags & StatementRecord::kDeny) != 0;
  if (denies != (statement.effect == ast::Effect::kDeny)) {
    return Differ(place, denies ? "the image has Deny for Allow"
                                : "the image has Allow for Deny");
  }
  WRIT_RETURN_IF_ERROR(Actions(place, statement, row));
  WRIT_RETURN_IF_ERROR(Resources(place, statement, row));
  WRIT_RETURN_IF_ERROR(Principals(place, statement, row));
  ++proof_.certificate.statements;
  return conditions_.Compare(
      place, statement.condition ? &*statement.condition : nullptr, row.code);
}

}  // namespace writ::prove
