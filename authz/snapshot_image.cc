// SPDX-License-Identifier: Apache-2.0
#include "authz/snapshot_image.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "authz/directory_image.h"
#include "authz/match_action.h"
#include "authz/match_principal.h"
#include "authz/match_resource.h"
#include "authz/text.h"
#include "base/limits.h"

namespace writ {
namespace {

// Makes the tables of a snapshot from a directory whose numbers are verified,
// and judges the names in it.
class TableMaker {
 public:
  TableMaker(const DirectoryView& view, std::shared_ptr<const Program> program)
      : view_(view), program_(std::move(program)) {}

  Result<DirectoryTables> Make() {
    WRIT_RETURN_IF_ERROR(MakeUnits());
    WRIT_RETURN_IF_ERROR(MakeAccounts());
    WRIT_RETURN_IF_ERROR(MakeLists());
    WRIT_RETURN_IF_ERROR(MakePrincipals());
    WRIT_RETURN_IF_ERROR(MakeBuckets());
    WRIT_RETURN_IF_ERROR(MakeResources());
    DirectoryTables tables;
    tables.principals = principals_.Share();
    tables.accounts = accounts_.Share();
    tables.buckets = buckets_.Share();
    tables.resources = resources_.Share();
    tables.units = pages_.Share();
    tables.has_control = view_.controls.size() > 0;
    return tables;
  }

 private:
  Status MakeUnits();
  Status MakeAccounts();
  Status MakeLists();
  Status MakePrincipals();
  Status MakeUser(uint32_t index, PrincipalEntry* entry) const;
  Status MakeRole(uint32_t index, PrincipalEntry* entry) const;
  Status MakeBuckets();
  Status MakeResources();

  std::vector<std::shared_ptr<const PolicyLabel>> MakeLabels() const;
  Run MembersOf(uint32_t unit) const {
    const ProgramView& tables = program_->view();
    return tables.units.size() > 0 ? tables.units[unit].policies : Run{unit, 1};
  }
  uint32_t PolicyAt(uint32_t member) const {
    const ProgramView& tables = program_->view();
    return tables.units.size() > 0 ? tables.unit_policies[member].policy
                                   : member;
  }
  Attachment AttachmentOf(uint32_t unit, AttachmentKind kind) const {
    Attachment attachment = {
        .program = program_.get(), .unit = unit, .kind = kind};
    attachment.first_policy = units_[unit]->first_policy;
    return attachment;
  }
  bool HasAccount(std::string_view account) const {
    return accounts_.Find(account) != nullptr;
  }

  const DirectoryView& view_;
  const std::shared_ptr<const Program> program_;
  std::vector<std::shared_ptr<const PolicyUnit>> units_;
  std::vector<std::shared_ptr<const PolicyList>> lists_;
  SharedTableEditor<PrincipalEntry> principals_;
  SharedTableEditor<AccountEntry> accounts_;
  SharedTableEditor<BucketEntry> buckets_;
  SharedTableEditor<ResourceEntry> resources_;
  SharedTableEditor<UnitPage> pages_;
};

std::vector<std::shared_ptr<const PolicyLabel>> TableMaker::MakeLabels() const {
  std::vector<std::shared_ptr<const PolicyLabel>> labels;
  labels.reserve(view_.policies.size());
  for (uint32_t i = 0; i < view_.policies.size(); ++i) {
    const LabelRecord record = view_.policies[i];
    auto label = std::make_shared<PolicyLabel>();
    label->kind =
        static_cast<AttachmentKind>(program_->view().policies[i].kind);
    if (record.account != kNoIndex) {
      label->account = view_.Text(view_.accounts[record.account].id);
    }
    label->name = view_.Text(record.name);
    labels.push_back(std::move(label));
  }
  return labels;
}

Status TableMaker::MakeUnits() {
  const auto labels = MakeLabels();
  // The first page of numbers is the session policy's.
  uint32_t next_page = 1;
  units_.reserve(program_->unit_count());
  for (uint32_t i = 0; i < program_->unit_count(); ++i) {
    const Run members = MembersOf(i);
    const uint64_t pages = (uint64_t{members.count} + UnitPage::kPolicies - 1) /
                           UnitPage::kPolicies;
    if (pages > UINT32_MAX / UnitPage::kPolicies - next_page) {
      return RefuseDirectory("units", i, "too many policies");
    }
    auto unit = std::make_shared<PolicyUnit>();
    unit->program = program_;
    unit->unit = i;
    unit->first_policy = next_page * UnitPage::kPolicies;
    unit->policies.reserve(members.count);
    for (uint32_t k = 0; k < members.count; ++k) {
      unit->policies.push_back(labels[PolicyAt(members.first + k)]);
    }
    units_.push_back(std::move(unit));
    for (uint64_t page = 0; page < pages; ++page) {
      auto entry = std::make_shared<UnitPage>();
      entry->bytes = UnitPage::KeyOf(next_page++ * UnitPage::kPolicies);
      entry->unit = units_.back();
      pages_.Put(std::move(entry));
    }
  }
  return OkStatus();
}

Status TableMaker::MakeAccounts() {
  std::string arn;
  for (uint32_t i = 0; i < view_.accounts.size(); ++i) {
    const AccountRecord record = view_.accounts[i];
    const std::string_view id = view_.Text(record.id);
    arn.assign("acs:ram::").append(id).append(":root");
    Caller caller;
    if (!ReadPrincipal({.name = arn}, &caller) || caller.account != id) {
      return RefuseDirectory("accounts", i, "not the id of an account");
    }
    if (i > 0 && id <= view_.Text(view_.accounts[i - 1].id)) {
      return RefuseDirectory("accounts", i, "out of order");
    }
    auto entry = std::make_shared<AccountEntry>();
    entry->id = id;
    entry->management = (record.flags & AccountRecord::kManagement) != 0;
    entry->control.reserve(record.controls.count);
    for (uint32_t k = 0; k < record.controls.count; ++k) {
      const ControlRecord control = view_.controls[record.controls.first + k];
      Attachment attachment =
          AttachmentOf(control.unit, AttachmentKind::kControl);
      attachment.level = static_cast<ControlLevel>(control.level);
      attachment.depth = control.depth;
      attachment.account = entry->id;
      entry->control.push_back(attachment);
    }
    accounts_.Put(std::move(entry));
  }
  return OkStatus();
}

Status TableMaker::MakeLists() {
  lists_.reserve(view_.lists.size());
  for (uint32_t i = 0; i < view_.lists.size(); ++i) {
    const ListRecord record = view_.lists[i];
    auto list = std::make_shared<PolicyList>();
    list->group = view_.Text(record.group);
    list->attachments.reserve(record.units.count);
    list->units.reserve(record.units.count);
    list->without.resize(record.units.count);
    for (uint32_t k = 0; k < record.units.count; ++k) {
      const uint32_t unit = view_.list_units[record.units.first + k];
      Attachment attachment =
          AttachmentOf(unit, static_cast<AttachmentKind>(record.kind));
      attachment.resource_group_scope = !list->group.empty();
      list->attachments.push_back(attachment);
      list->units.push_back(units_[unit]);
    }
    lists_.push_back(std::move(list));
  }
  return OkStatus();
}

Status TableMaker::MakeUser(uint32_t index, PrincipalEntry* entry) const {
  entry->text = view_.Text(view_.principals[index].arn);
  if (!ReadPrincipal({.name = entry->text, .id = entry->id}, &entry->caller) ||
      entry->caller.kind != PrincipalKind::kUser) {
    return RefuseDirectory("principals", index, "not the ARN of a user");
  }
  if (!HasAccount(entry->caller.account)) {
    return RefuseDirectory("principals", index, "of no account");
  }
  return OkStatus();
}

Status TableMaker::MakeRole(uint32_t index, PrincipalEntry* entry) const {
  const PrincipalRecord record = view_.principals[index];
  // A role is found by the ARN of any of its sessions.
  const std::string session = std::string(view_.Text(record.arn)) + "/s";
  Caller caller;
  std::optional<RoleKey> key;
  if (ReadPrincipal({.name = session}, &caller) &&
      caller.kind == PrincipalKind::kRoleSession) {
    key = RoleKey::Of(caller.account, caller.name);
  }
  if (!key) {
    return RefuseDirectory("principals", index, "not the ARN of a role");
  }
  if (!HasAccount(caller.account)) {
    return RefuseDirectory("principals", index, "of no account");
  }
  entry->text = key->text();
  entry->service_linked = (record.flags & PrincipalRecord::kServiceLinked) != 0;
  if (record.trust != kNoIndex) entry->trust = lists_[record.trust];
  return OkStatus();
}

Status TableMaker::MakePrincipals() {
  for (uint32_t i = 0; i < view_.principals.size(); ++i) {
    const PrincipalRecord record = view_.principals[i];
    const bool role = (record.flags & PrincipalRecord::kRole) != 0;
    if (i > 0) {
      const PrincipalRecord last = view_.principals[i - 1];
      const bool after_role = (last.flags & PrincipalRecord::kRole) != 0;
      if (role == after_role ? view_.Text(record.arn) <= view_.Text(last.arn)
                             : after_role) {
        return RefuseDirectory("principals", i, "out of order");
      }
    }
    auto entry = std::make_shared<PrincipalEntry>();
    entry->id = view_.Text(record.id);
    WRIT_RETURN_IF_ERROR(role ? MakeRole(i, entry.get())
                              : MakeUser(i, entry.get()));
    // Two spellings of one role.
    if (principals_.Find(entry->text) != nullptr) {
      return RefuseDirectory("principals", i, "there twice");
    }
    if (record.policies != kNoIndex) entry->policies = lists_[record.policies];
    entry->scoped.reserve(record.scopes.count);
    for (uint32_t k = 0; k < record.scopes.count; ++k) {
      const auto& list = lists_[view_.scopes[record.scopes.first + k]];
      if (k > 0 && list->group <= entry->scoped.back()->group) {
        return RefuseDirectory("scopes", record.scopes.first + k,
                               "out of order");
      }
      entry->scoped.push_back(list);
    }
    principals_.Put(std::move(entry));
  }
  return OkStatus();
}

Status TableMaker::MakeBuckets() {
  for (uint32_t i = 0; i < view_.buckets.size(); ++i) {
    const BucketRecord record = view_.buckets[i];
    const std::string_view name = view_.Text(record.name);
    if (name.empty() || name.find('/') != std::string_view::npos) {
      return RefuseDirectory("buckets", i, "not the name of a bucket");
    }
    if (i > 0 && name <= view_.Text(view_.buckets[i - 1].name)) {
      return RefuseDirectory("buckets", i, "out of order");
    }
    auto entry = std::make_shared<BucketEntry>();
    entry->name = name;
    entry->policy = lists_[record.policy];
    buckets_.Put(std::move(entry));
  }
  return OkStatus();
}

Status TableMaker::MakeResources() {
  for (uint32_t i = 0; i < view_.resources.size(); ++i) {
    const ResourceRecord record = view_.resources[i];
    const std::string_view arn = view_.Text(record.arn);
    RequestResource resource;
    if (!ReadResource(arn, &resource) || resource.any) {
      return RefuseDirectory("resources", i, "not an ARN");
    }
    if (record.group.size_bytes == 0) {
      return RefuseDirectory("resources", i, "in no group");
    }
    if (i > 0 && arn <= view_.Text(view_.resources[i - 1].arn)) {
      return RefuseDirectory("resources", i, "out of order");
    }
    auto entry = std::make_shared<ResourceEntry>();
    entry->arn = arn;
    entry->group = view_.Text(record.group);
    resources_.Put(std::move(entry));
  }
  return OkStatus();
}

// Whether the text is an action as programs write it.
bool IsActionName(std::string_view text) {
  RequestAction action;
  return ReadAction(text, &action) && std::ranges::none_of(text, [](char byte) {
           return byte == '*' || byte == '?' || FoldAscii(byte) != byte;
         });
}

// Actions that the program knows by name: those of its perfect hash and those
// that patterns spell out. Borrowed from the program.
std::vector<std::string_view> ActionsOf(const ProgramView& view) {
  std::vector<std::string_view> actions;
  // A compiler stores each text once. Where texts overlap, somebody wants them
  // to be looked at for ever.
  uint64_t room = uint64_t{2} * view.strings.size();
  const auto add = [&](std::string_view text) {
    if (text.size() > room) return;
    room -= text.size();
    if (IsActionName(text)) actions.push_back(text);
  };
  for (uint32_t i = 0; i < view.action_names.size(); ++i) {
    add(view.Text(view.action_names[i].text));
  }
  for (uint32_t i = 0; i < view.action_patterns.size(); ++i) {
    add(view.Text(view.action_patterns[i].text));
  }
  std::ranges::sort(actions);
  actions.erase(std::unique(actions.begin(), actions.end()), actions.end());
  return actions;
}

}  // namespace

Result<std::shared_ptr<const SnapshotImage>> SnapshotImage::Load(
    uint64_t revision, std::string_view directory, std::string program,
    const VerifyOptions& options) {
  std::shared_ptr<SnapshotImage> image(new SnapshotImage());
  WRIT_ASSIGN_OR_RETURN(image->program_,
                        Program::Load(std::move(program), options));
  WRIT_ASSIGN_OR_RETURN(const DirectoryView view,
                        VerifyDirectory(directory, *image->program_));
  WRIT_ASSIGN_OR_RETURN(DirectoryTables tables,
                        TableMaker(view, image->program_).Make());
  image->snapshot_ =
      std::make_shared<const Snapshot>(revision, std::move(tables));
  image->names_ = view.strings.bytes();
  const auto name = [&](TextRef text) {
    return std::string_view(image->names_).substr(text.offset, text.size_bytes);
  };
  image->principals_.reserve(view.principals.size());
  for (uint32_t i = 0; i < view.principals.size(); ++i) {
    image->principals_.push_back(name(view.principals[i].arn));
  }
  image->resources_.reserve(view.resources.size());
  for (uint32_t i = 0; i < view.resources.size(); ++i) {
    image->resources_.push_back(name(view.resources[i].arn));
  }
  image->actions_ = ActionsOf(image->program_->view());
  return std::shared_ptr<const SnapshotImage>(std::move(image));
}

}  // namespace writ
