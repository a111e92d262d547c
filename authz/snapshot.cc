// SPDX-License-Identifier: Apache-2.0
#include "authz/snapshot.h"

#include <utility>

namespace writ {

const PolicyLabel* Snapshot::FindPolicy(uint32_t policy) const noexcept {
  const auto key = UnitPage::KeyOf(policy);
  const UnitPage* const page = tables_.units.Find({key.data(), key.size()});
  if (page == nullptr) return nullptr;
  const uint32_t place = policy - page->unit->first_policy;
  if (place >= page->unit->policies.size()) return nullptr;
  return page->unit->policies[place].get();
}

std::string_view Snapshot::FindSid(StatementRef statement) const noexcept {
  const auto key = UnitPage::KeyOf(statement.policy);
  const UnitPage* const page = tables_.units.Find({key.data(), key.size()});
  if (page == nullptr) return {};
  const PolicyUnit& unit = *page->unit;
  const uint32_t place = statement.policy - unit.first_policy;
  if (place >= unit.policies.size()) return {};
  const ProgramView& view = unit.program->view();
  uint32_t policy = unit.unit;
  if (view.units.size() > 0) {
    policy =
        view.unit_policies[view.units[unit.unit].policies.first + place].policy;
  }
  const Run rows = view.policies[policy].statements;
  if (statement.statement >= rows.count) return {};
  return view.Label(view.statements[rows.first + statement.statement].label);
}

std::shared_ptr<const Snapshot> SnapshotHolder::Current() const {
  MutexLock lock(&mu_);
  return current_;
}

void SnapshotHolder::Publish(std::shared_ptr<const Snapshot> snapshot) {
  // What was in force is destroyed behind the lock.
  MutexLock lock(&mu_);
  current_.swap(snapshot);
}

}  // namespace writ
