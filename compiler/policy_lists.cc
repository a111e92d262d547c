// SPDX-License-Identifier: Apache-2.0
#include "compiler/policy_lists.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "authz/program/program.h"
#include "base/limits.h"

namespace writ {
namespace {

// A change of more than this share of a list makes the list whole at once, if
// that is within the budget.
constexpr uint64_t kFoldShare = 8;

// Parts are merged with the part before them when that is less than so many
// times as large. So sizes grow by about this factor from part to part, their
// number with the logarithm of the list's length, and a policy is compiled
// again about so many times for each part that its change wanders through.
constexpr size_t kMergeFactor = 4;

uint64_t StatementsOf(const ListedSet& set) {
  uint64_t statements = 0;
  for (const ListedPolicy* policy : set) statements += policy->statements;
  return statements;
}

uint32_t PagesFor(size_t policies) {
  return static_cast<uint32_t>((policies + UnitPage::kPolicies - 1) /
                               UnitPage::kPolicies);
}

}  // namespace

ast::PolicyKind TreeKindOf(AttachmentKind kind) {
  switch (kind) {
    case AttachmentKind::kIdentity:
      return ast::PolicyKind::kIdentity;
    case AttachmentKind::kResource:
      return ast::PolicyKind::kResource;
    case AttachmentKind::kTrust:
      return ast::PolicyKind::kTrust;
    case AttachmentKind::kSession:
      return ast::PolicyKind::kSession;
    case AttachmentKind::kControl:
      return ast::PolicyKind::kControl;
  }
  return ast::PolicyKind::kIdentity;
}

// A unit that has its numbers as long as a list holds it.
class PolicyLists::Unit {
 public:
  Unit(PolicyLists* owner, std::shared_ptr<const Program> program,
       std::span<const ListedPolicy* const> policies)
      : owner_(owner) {
    auto unit = std::make_shared<PolicyUnit>();
    unit->program = std::move(program);
    const uint32_t pages = PagesFor(policies.size());
    first_page_ = owner_->TakePages(pages);
    unit->first_policy = first_page_ * UnitPage::kPolicies;
    for (const ListedPolicy* policy : policies) {
      unit->policies.push_back(policy->label);
      ids_.push_back(policy->id);
      sizes_.push_back(policy->statements);
    }
    published_ = std::move(unit);
    for (uint32_t i = 0; i < pages; ++i) {
      auto page = std::make_shared<UnitPage>();
      page->bytes = UnitPage::KeyOf((first_page_ + i) * UnitPage::kPolicies);
      page->unit = published_;
      owner_->pages_.Put(std::move(page));
    }
  }
  ~Unit() {
    const uint32_t pages = PagesFor(ids_.size());
    for (uint32_t i = 0; i < pages; ++i) {
      const auto key = UnitPage::KeyOf((first_page_ + i) * UnitPage::kPolicies);
      owner_->pages_.Erase({key.data(), key.size()});
    }
    owner_->free_pages_[pages].push_back(first_page_);
    if (ids_.size() == 1) owner_->alone_.erase(ids_[0]);
  }
  Unit(const Unit&) = delete;
  Unit& operator=(const Unit&) = delete;

  const std::shared_ptr<const PolicyUnit>& published() const {
    return published_;
  }
  // By place; ascending.
  const std::vector<uint64_t>& ids() const { return ids_; }
  uint64_t statements(size_t place) const { return sizes_[place]; }

 private:
  PolicyLists* const owner_;
  uint32_t first_page_ = 0;
  std::shared_ptr<const PolicyUnit> published_;
  std::vector<uint64_t> ids_;
  std::vector<uint64_t> sizes_;
};

PolicyLists::List::List(PolicyLists* owner, Form form,
                        std::vector<uint64_t> ids)
    : owner_(owner), form_(std::move(form)), ids_(std::move(ids)) {}

PolicyLists::List::~List() { owner_->lists_.erase(Key(form_, ids_)); }

Result<std::shared_ptr<PolicyLists::List>> PolicyLists::ListOf(
    const Form& form, const ListedSet& set, const List* before,
    uint64_t* budget) {
  WRIT_CHECK(!set.empty());
  std::vector<uint64_t> ids;
  ids.reserve(set.size());
  for (const ListedPolicy* policy : set) ids.push_back(policy->id);
  const Key key(form, ids);
  if (const auto known = lists_.find(key); known != lists_.end()) {
    return known->second.lock();
  }
  auto list = std::make_shared<List>(this, form, std::move(ids));
  if (before != nullptr && set.size() > 1) {
    WRIT_RETURN_IF_ERROR(Follow(*before, set, budget, list.get()));
  } else {
    WRIT_RETURN_IF_ERROR(Fold(set, list.get()));
  }
  lists_.emplace(key, list);
  return list;
}

size_t PolicyLists::Part::live() const {
  return unit->ids().size() - without.size();
}

Status PolicyLists::Fold(const ListedSet& set, List* list) {
  if (list->units_.size() == 1 && list->published_->without[0].empty()) {
    return OkStatus();
  }
  std::vector<Part> parts(1);
  Result<std::shared_ptr<Unit>> whole =
      set.size() == 1 ? CompileAlone(list->form_.kind, *set.front())
                      : Compile(list->form_.kind, set);
  if (whole.ok()) {
    parts[0].unit = std::move(whole).value();
  } else if (set.size() > 1 &&
             whole.status().code() == StatusCode::kResourceExhausted) {
    list->unfoldable_ = true;
    if (list->published_ != nullptr) return OkStatus();
    parts.clear();
    for (const ListedPolicy* policy : set) {
      WRIT_ASSIGN_OR_RETURN(std::shared_ptr<Unit> alone,
                            CompileAlone(list->form_.kind, *policy));
      parts.push_back({std::move(alone), {}});
    }
  } else {
    return whole.status();
  }
  Publish(std::move(parts), list);
  return OkStatus();
}

Status PolicyLists::Follow(const List& before, const ListedSet& set,
                           uint64_t* budget, List* list) {
  const std::vector<uint64_t>& ids = list->ids_;
  std::vector<bool> found(ids.size());
  std::vector<Part> parts;
  uint64_t changed = 0;
  for (const std::shared_ptr<Unit>& unit : before.units_) {
    Part part = {unit, {}};
    auto at = ids.begin();
    for (uint32_t place = 0; place < unit->ids().size(); ++place) {
      const uint64_t id = unit->ids()[place];
      // A unit of one policy must not cost a walk through the list.
      if (unit->ids().size() == 1) at = std::ranges::lower_bound(ids, id);
      while (at != ids.end() && *at < id) ++at;
      if (at != ids.end() && *at == id) {
        found[static_cast<size_t>(at - ids.begin())] = true;
      } else {
        part.without.push_back(place);
        changed += unit->statements(place);
      }
    }
    if (part.live() > 0) parts.push_back(std::move(part));
  }
  ListedSet added;
  for (size_t i = 0; i < set.size(); ++i) {
    if (found[i]) continue;
    added.push_back(set[i]);
    changed += set[i]->statements;
  }
  const uint64_t statements = StatementsOf(set);
  if (changed * kFoldShare > statements && statements <= *budget) {
    *budget -= statements;
    return Fold(set, list);
  }
  for (const ListedPolicy* policy : added) {
    WRIT_ASSIGN_OR_RETURN(std::shared_ptr<Unit> alone,
                          CompileAlone(list->form_.kind, *policy));
    parts.push_back({std::move(alone), {}});
  }
  list->unfoldable_ = before.unfoldable_ && ids.size() >= before.ids_.size();
  if (!list->unfoldable_) {
    WRIT_RETURN_IF_ERROR(Merge(set, &list->unfoldable_, &parts));
  }
  Publish(std::move(parts), list);
  return OkStatus();
}

Status PolicyLists::Merge(const ListedSet& set, bool* unfoldable,
                          std::vector<Part>* parts) {
  const auto single = [](const Part& part) {
    return part.unit->ids().size() == 1;
  };
  const auto worn = [](const Part& part) {
    return part.without.size() > part.live();
  };
  // The first part of the tail that becomes one unit. A part that has lost
  // most of its policies is compiled anew with all behind it.
  size_t first = parts->size();
  size_t merged = 0;
  if (std::ranges::count_if(*parts, single) > ptrdiff_t{kMaxListPatches}) {
    while (first > 0 && (single((*parts)[first - 1]) ||
                         (*parts)[first - 1].live() < kMergeFactor * merged)) {
      merged += (*parts)[--first].live();
    }
  }
  const auto old = std::ranges::find_if(*parts, worn);
  first = std::min(first, static_cast<size_t>(old - parts->begin()));
  if (first == parts->size()) return OkStatus();
  ListedSet policies;
  for (size_t i = first; i < parts->size(); ++i) {
    const Part& part = (*parts)[i];
    auto gone = part.without.begin();
    for (uint32_t place = 0; place < part.unit->ids().size(); ++place) {
      if (gone != part.without.end() && *gone == place) {
        ++gone;
        continue;
      }
      policies.push_back(*std::ranges::lower_bound(set, part.unit->ids()[place],
                                                   {}, &ListedPolicy::id));
    }
  }
  std::ranges::sort(policies, {}, &ListedPolicy::id);
  const AttachmentKind kind = policies.front()->label->kind;
  Result<std::shared_ptr<Unit>> unit =
      policies.size() == 1 ? CompileAlone(kind, *policies.front())
                           : Compile(kind, policies);
  if (unit.ok()) {
    parts->resize(first);
    parts->push_back({std::move(unit).value(), {}});
  } else if (unit.status().code() == StatusCode::kResourceExhausted) {
    *unfoldable = true;
  } else {
    return unit.status();
  }
  return OkStatus();
}

void PolicyLists::Publish(std::vector<Part> parts, List* list) {
  auto published = std::make_shared<PolicyList>();
  published->group = list->form_.group;
  list->units_.clear();
  for (Part& part : parts) {
    published->units.push_back(part.unit->published());
    published->without.push_back(std::move(part.without));
    list->units_.push_back(std::move(part.unit));
  }
  for (size_t i = 0; i < published->units.size(); ++i) {
    const PolicyUnit& unit = *published->units[i];
    Attachment attachment = {.program = unit.program.get(),
                             .unit = unit.unit,
                             .kind = list->form_.kind};
    attachment.resource_group_scope = list->form_.resource_group_scope;
    attachment.first_policy = unit.first_policy;
    attachment.without = published->without[i];
    published->attachments.push_back(attachment);
  }
  list->published_ = std::move(published);
}

Result<std::shared_ptr<PolicyLists::Unit>> PolicyLists::CompileAlone(
    AttachmentKind kind, const ListedPolicy& policy) {
  if (const auto known = alone_.find(policy.id); known != alone_.end()) {
    return known->second.lock();
  }
  const ListedPolicy* const one = &policy;
  return Compile(kind, {&one, 1});
}

Result<std::shared_ptr<PolicyLists::Unit>> PolicyLists::Compile(
    AttachmentKind kind, std::span<const ListedPolicy* const> policies) {
  std::vector<PolicyInput> inputs;
  inputs.reserve(policies.size());
  for (const ListedPolicy* policy : policies) {
    inputs.push_back({policy->tree.get(), TreeKindOf(kind)});
  }
  std::vector<uint32_t> all(policies.size());
  std::iota(all.begin(), all.end(), 0u);
  CompileOptions options;
  options.passes = limits_.passes;
  options.budget = limits_.budget;
  options.known_actions = limits_.known_actions;
  options.units = {&all, 1};
  Result<std::string> image = CompileProgram(inputs, options);
  if (!image.ok()) {
    if (policies.size() > 1) return image.status();
    return Status(image.status().code(),
                  "`" + policies[0]->label->name +
                      "`: " + std::string(image.status().message()));
  }
  WRIT_ASSIGN_OR_RETURN(std::shared_ptr<const Program> program,
                        Program::Load(std::move(image).value()));
  auto unit = std::make_shared<Unit>(this, std::move(program), policies);
  if (policies.size() == 1) alone_[policies[0]->id] = unit;
  return unit;
}

uint32_t PolicyLists::TakePages(uint32_t count) {
  const auto free = free_pages_.find(count);
  if (free != free_pages_.end() && !free->second.empty()) {
    const uint32_t page = free->second.back();
    free->second.pop_back();
    return page;
  }
  // 2^28 pages are more policies than fit into memory.
  WRIT_CHECK(count <= UINT32_MAX / UnitPage::kPolicies - next_page_);
  const uint32_t page = next_page_;
  next_page_ += count;
  return page;
}

}  // namespace writ
