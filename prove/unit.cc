// SPDX-License-Identifier: Apache-2.0
#include "prove/unit.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace writ::prove {
namespace {

constexpr uint32_t kCheckRest = PostingRecord::kCheckRest;

}  // namespace

Status UnitProof::Run(std::span<const std::vector<uint32_t>> units) {
  const ProgramView& view = proof_.view;
  may_be_role_.assign(view.resource_patterns.size(), -1);
  const size_t wanted = units.empty() ? view.policies.size() : units.size();
  if (view.units.size() != wanted) {
    return Differ("index", "it has " + std::to_string(view.units.size()) +
                               " units, not " + std::to_string(wanted));
  }
  for (uint32_t i = 0; i < view.units.size(); ++i) {
    const std::string place = "unit " + std::to_string(i);
    const UnitRecord unit = view.units[i];
    WRIT_RETURN_IF_ERROR(
        CheckMembers(place, unit,
                     units.empty() ? std::span<const uint32_t>(&i, 1)
                                   : std::span<const uint32_t>(units[i])));
    WRIT_RETURN_IF_ERROR(CheckUnit(place, unit));
    ++proof_.certificate.units;
  }
  return OkStatus();
}

Status UnitProof::CheckMembers(const std::string& place, const UnitRecord& unit,
                               std::span<const uint32_t> members) {
  const ProgramView& view = proof_.view;
  if (unit.policies.count != members.size() ||
      !view.unit_policies.Holds(unit.policies)) {
    return Differ(place, "it has other policies");
  }
  rows_.clear();
  for (uint32_t i = 0; i < unit.policies.count; ++i) {
    const UnitPolicy member = view.unit_policies[unit.policies.first + i];
    if (member.policy != members[i]) {
      return Differ(place, "member " + std::to_string(i) + " is policy " +
                               std::to_string(member.policy) + ", not " +
                               std::to_string(members[i]));
    }
    if (member.first_ordinal != rows_.size()) {
      return Differ(
          place, "member " + std::to_string(i) + " begins at another ordinal");
    }
    const writ::Run statements = view.policies[member.policy].statements;
    for (uint32_t k = 0; k < statements.count; ++k) {
      rows_.push_back(statements.first + k);
    }
    ++proof_.certificate.obligations;
  }
  return OkStatus();
}

bool UnitProof::MayBeRole(uint32_t pattern) {
  int8_t& known = may_be_role_[pattern];
  if (known < 0) {
    const std::string_view text =
        proof_.Text(proof_.view.resource_patterns[pattern].text);
    known = MatchesSomeRole(ReadResource(text)) ? 1 : 0;
  }
  return known != 0;
}

Status UnitProof::CheckUnit(const std::string& place, const UnitRecord& unit) {
  const ProgramView& view = proof_.view;
  anywhere_.assign(rows_.size(), false);
  if (unit.anywhere != kNoIndex) {
    WRIT_RETURN_IF_ERROR(CheckAnywhere(place, unit.anywhere));
  }
  std::vector<Pair> resources;
  WRIT_RETURN_IF_ERROR(ReadTrie(place, unit.resources, false, &resources));
  std::vector<Pair> roles;
  WRIT_RETURN_IF_ERROR(ReadTrie(place, unit.roles, true, &roles));

  std::vector<Pair> allowed;
  std::vector<Pair> wanted;
  std::vector<Pair> wanted_roles;
  for (uint32_t ordinal = 0; ordinal < rows_.size(); ++ordinal) {
    const StatementRecord row = RowOf(ordinal);
    const bool listed = (row.flags & StatementRecord::kHasResource) != 0 &&
                        (row.flags & StatementRecord::kNotResource) == 0;
    if (!listed && !anywhere_[ordinal]) {
      return Differ(place, "statement " + std::to_string(ordinal) +
                               " is not found for every resource");
    }
    for (uint32_t i = 0; listed && i < row.resources.count; ++i) {
      const uint32_t pattern = view.resource_lists[row.resources.first + i];
      allowed.push_back(PairOf(ordinal, pattern));
      if (anywhere_[ordinal]) continue;
      wanted.push_back(allowed.back());
      if (view.resource_patterns[pattern].colons[0] != 0 &&
          MayBeRole(pattern)) {
        wanted_roles.push_back(allowed.back());
      }
    }
  }
  SortOnce(&allowed);
  WRIT_RETURN_IF_ERROR(CheckFound(place, "resources", std::move(wanted),
                                  allowed, std::move(resources)));
  return CheckFound(place, "roles", std::move(wanted_roles), std::move(allowed),
                    std::move(roles));
}

Status UnitProof::CheckFound(const std::string& place, const char* trie,
                             std::vector<Pair> wanted,
                             std::vector<Pair> allowed,
                             std::vector<Pair> found) const {
  SortOnce(&wanted);
  SortOnce(&found);
  const auto say = [&](Pair pair, const char* what) {
    const auto pattern = static_cast<uint32_t>(pair);
    return Differ(place + ", " + trie,
                  std::string("pattern `") +
                      std::string(proof_.Text(
                          proof_.view.resource_patterns[pattern].text)) +
                      what + std::to_string(pair >> 32));
  };
  std::vector<Pair> missing;
  std::ranges::set_difference(wanted, found, std::back_inserter(missing));
  if (!missing.empty()) {
    return say(missing[0], "` does not lead to its statement ");
  }
  std::ranges::set_difference(found, allowed, std::back_inserter(missing));
  if (!missing.empty()) return say(missing[0], "` leads to statement ");
  proof_.certificate.obligations += static_cast<uint32_t>(wanted.size());
  return OkStatus();
}

Status UnitProof::CheckAnywhere(const std::string& place, uint32_t end) {
  if (end >= proof_.view.ends.size()) {
    return Differ(place, "it has no end for every resource");
  }
  const EndRecord record = proof_.view.ends[end];
  std::vector<uint32_t> ordinals;
  WRIT_RETURN_IF_ERROR(CheckCells(place + ", anywhere", record, &ordinals));
  for (const uint32_t marked : ordinals) {
    const uint32_t ordinal = marked & ~kCheckRest;
    const StatementRecord row = RowOf(ordinal);
    bool all = (row.flags & StatementRecord::kHasResource) == 0;
    for (uint32_t i = 0; i < row.resources.count && !all; ++i) {
      const uint32_t pattern =
          proof_.view.resource_lists[row.resources.first + i];
      all = proof_.view.resource_patterns[pattern].colons[0] == 0;
    }
    if ((marked & kCheckRest) == 0 && !all) {
      return Differ(place + ", anywhere",
                    "statement " + std::to_string(ordinal) +
                        " is found for resources that it does not name");
    }
    anywhere_[ordinal] = true;
  }
  return OkStatus();
}

Status UnitProof::ReadTrie(const std::string& place, uint32_t root, bool folded,
                           std::vector<Pair>* found) {
  if (root == kNoIndex) return OkStatus();
  const std::string where = place + (folded ? ", roles" : ", resources");
  std::vector<TrieEnd> ends;
  WRIT_RETURN_IF_ERROR(TrieReader(&proof_, folded).Read(where, root, &ends));
  std::vector<uint32_t> ordinals;
  for (const TrieEnd& end : ends) {
    ordinals.clear();
    WRIT_RETURN_IF_ERROR(
        CheckCells(where, proof_.view.ends[end.end], &ordinals));
    for (const uint32_t marked : ordinals) {
      found->push_back(PairOf(marked & ~kCheckRest, end.pattern));
    }
  }
  return OkStatus();
}

Status UnitProof::CheckCells(const std::string& place, const EndRecord& end,
                             std::vector<uint32_t>* ordinals) {
  const ProgramView& view = proof_.view;
  const bool sorted = end.deny_count != kNoIndex;
  const uint32_t denies = sorted ? end.deny_count : 0;
  if (!view.cells.Holds({end.first_cell, denies}) ||
      !view.cells.Holds({end.first_cell + denies, end.allow_count})) {
    return Differ(place, "an end has cells that are not there");
  }
  for (uint32_t i = 0; i < denies + end.allow_count; ++i) {
    const CellRecord cell = view.cells[end.first_cell + i];
    const bool deny = (cell.count_and_effect & CellRecord::kDeny) != 0;
    if (sorted && deny != (i < denies)) {
      return Differ(place, "cell " + std::to_string(end.first_cell + i) +
                               " stands among those of the other effect");
    }
    const uint32_t count = cell.count_and_effect / 2;
    if (!view.postings.Holds({cell.first_posting, count})) {
      return Differ(place, "a cell has postings that are not there");
    }
    for (uint32_t k = 0; k < count; ++k) {
      const PostingRecord posting = view.postings[cell.first_posting + k];
      if (!proof_.budget.Spend(1)) return GaveUp(place);
      WRIT_RETURN_IF_ERROR(CheckPosting(place, cell, posting));
      ordinals->push_back(posting.ordinal);
    }
  }
  return OkStatus();
}

Status UnitProof::CheckPosting(const std::string& place, const CellRecord& cell,
                               const PostingRecord& posting) {
  const uint32_t ordinal = posting.ordinal & ~kCheckRest;
  if (ordinal >= rows_.size()) {
    return Differ(place, "it finds a statement that is not there");
  }
  const StatementRecord row = RowOf(ordinal);
  const std::string where = place + ", statement " + std::to_string(ordinal);
  const bool deny = (cell.count_and_effect & CellRecord::kDeny) != 0;
  if (deny != ((row.flags & StatementRecord::kDeny) != 0)) {
    return Differ(where, "it is found with the other effect");
  }
  if ((posting.ordinal & kCheckRest) == 0 &&
      (row.flags &
       (StatementRecord::kHasPrincipal | StatementRecord::kNotResource)) != 0) {
    return Differ(where, "the rest of it is not tried");
  }
  WRIT_RETURN_IF_ERROR(CheckActionSet(where, cell.action_set, row));
  if (posting.condition == kNoIndex) {
    return conditions_.Compare(where, nullptr, row.code);
  }
  if (posting.condition >= proof_.view.conditions.size()) {
    return Differ(where, "its condition is not there");
  }
  return conditions_.CompareCode(
      where, row.code, proof_.view.conditions[posting.condition].code);
}

Status UnitProof::CheckActionSet(const std::string& place, uint32_t set,
                                 const StatementRecord& row) {
  const ProgramView& view = proof_.view;
  if (set >= view.action_sets.size()) {
    return Differ(place, "its action set is not there");
  }
  const ActionSet record = view.action_sets[set];
  const bool negated = (row.flags & StatementRecord::kNotAction) != 0;
  if (negated != (record.negated != 0)) {
    return Differ(place, "its action set is the opposite");
  }
  if (record.actions == row.actions) {
    ++proof_.certificate.obligations;
    return OkStatus();
  }
  if (!view.action_lists.Holds(record.actions)) {
    return Differ(place, "its action set has no list");
  }
  const auto texts = [&view](writ::Run run) {
    return TextsOf(view, view.action_lists, run, view.action_patterns);
  };
  return statements_.CompareActions(place, texts(row.actions),
                                    texts(record.actions));
}

}  // namespace writ::prove
