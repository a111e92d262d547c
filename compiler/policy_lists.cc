// SPDX-License-Identifier: Apache-2.0
#include "compiler/policy_lists.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "authz/program/program.h"
#include "base/limits.h"

namespace writ {
namespace {

// A list is folded when its patches have more than this share of its
// statements; so a statement is compiled again at most about so many times as
// often as one is changed.
constexpr uint64_t kFoldShare = 16;

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

uint64_t StatementsOf(const PolicySet& set) {
  uint64_t statements = 0;
  for (const ListedPolicy* policy : set) statements += policy->statements;
  return statements;
}

uint32_t PagesFor(size_t policies) {
  return static_cast<uint32_t>((policies + UnitPage::kPolicies - 1) /
                               UnitPage::kPolicies);
}

}  // namespace

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
    const Form& form, const PolicySet& set, const List* before,
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
    const std::shared_ptr<Unit>& unit = before->units_.front();
    Difference difference = Compare(*unit, set);
    list->unfoldable_ =
        before->unfoldable_ && set.size() >= before->ids_.size();
    const uint64_t statements = StatementsOf(set);
    const bool many = difference.added.size() > kMaxListPatches ||
                      difference.without.size() > kMaxListPatches;
    const bool due = difference.statements * kFoldShare > statements &&
                     statements <= *budget;
    if (list->unfoldable_ || (!many && !due)) {
      WRIT_RETURN_IF_ERROR(Patch(unit, std::move(difference), list.get()));
    } else if (!many) {
      *budget -= statements;
    }
  }
  if (list->published_ == nullptr) {
    WRIT_RETURN_IF_ERROR(Fold(set, list.get()));
  }
  lists_.emplace(key, list);
  return list;
}

Status PolicyLists::Fold(const PolicySet& set, List* list) {
  if (list->units_.size() == 1 && list->published_->without.empty()) {
    return OkStatus();
  }
  Result<std::shared_ptr<Unit>> unit =
      set.size() == 1 ? CompileAlone(list->form_.kind, *set.front())
                      : Compile(list->form_.kind, set);
  if (!unit.ok() && set.size() > 1 &&
      unit.status().code() == StatusCode::kResourceExhausted) {
    list->unfoldable_ = true;
    if (list->published_ != nullptr) return OkStatus();
    unit = CompileAlone(list->form_.kind, *set.front());
  }
  if (!unit.ok()) return unit.status();
  Difference difference = Compare(**unit, set);
  return Patch(std::move(unit).value(), std::move(difference), list);
}

PolicyLists::Difference PolicyLists::Compare(const Unit& unit,
                                             const PolicySet& set) {
  Difference difference;
  uint32_t place = 0;
  const auto leave_out = [&] {
    difference.statements += unit.statements(place);
    difference.without.push_back(place++);
  };
  for (const ListedPolicy* policy : set) {
    while (place < unit.ids().size() && unit.ids()[place] < policy->id) {
      leave_out();
    }
    if (place < unit.ids().size() && unit.ids()[place] == policy->id) {
      ++place;
    } else {
      difference.statements += policy->statements;
      difference.added.push_back(policy);
    }
  }
  while (place < unit.ids().size()) leave_out();
  return difference;
}

Status PolicyLists::Patch(std::shared_ptr<Unit> unit, Difference difference,
                          List* list) {
  std::vector<std::shared_ptr<Unit>> units;
  units.push_back(std::move(unit));
  for (const ListedPolicy* policy : difference.added) {
    WRIT_ASSIGN_OR_RETURN(std::shared_ptr<Unit> alone,
                          CompileAlone(list->form_.kind, *policy));
    units.push_back(std::move(alone));
  }
  auto published = std::make_shared<PolicyList>();
  published->group = list->form_.group;
  published->without = std::move(difference.without);
  for (const std::shared_ptr<Unit>& member : units) {
    const std::shared_ptr<const PolicyUnit>& named = member->published();
    Attachment attachment = {.program = named->program.get(),
                             .unit = named->unit,
                             .kind = list->form_.kind};
    attachment.resource_group_scope = list->form_.resource_group_scope;
    attachment.first_policy = named->first_policy;
    published->attachments.push_back(attachment);
    published->units.push_back(named);
  }
  published->attachments.front().without = published->without;
  list->units_ = std::move(units);
  list->published_ = std::move(published);
  return OkStatus();
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
