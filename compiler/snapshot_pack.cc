// SPDX-License-Identifier: Apache-2.0
//
// A directory as bytes: one program of all policies, and the tables of the
// directory image. Everything is ordered by names, so that the bytes do not
// depend on how the directory came to be.
#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "authz/directory_image.h"
#include "authz/program/utf8.h"
#include "base/limits.h"
#include "compiler/directory_state.h"
#include "compiler/snapshot_compiler.h"
#include "compiler/unit_plan.h"

namespace writ {
namespace {

// The tables of a directory image while they are made: entries are added table
// by table, in the order of the image.
class DirectoryWriter {
 public:
  template <typename Record>
  void Append(DirectorySection section, const Record& record) {
    tables_[static_cast<uint32_t>(section)].append(
        reinterpret_cast<const char*>(&record), sizeof(record));
  }
  template <typename Record>
  uint32_t CountOf(DirectorySection section) const {
    return static_cast<uint32_t>(
        tables_[static_cast<uint32_t>(section)].size() / sizeof(Record));
  }

  // `what` names the text in an error.
  TextRef Add(std::string_view text, std::string_view what) {
    std::string& pool =
        tables_[static_cast<uint32_t>(DirectorySection::kStrings)];
    if (text.size() > kMaxDirectoryBytes - pool.size()) {
      Fail(TooLarge());
      return {};
    }
    if (FindInvalidUtf8(text) != std::string_view::npos ||
        text.find('\0') != std::string_view::npos) {
      Fail(InvalidArgument(std::string(what) +
                           " is not UTF-8, or holds a NUL character"));
      return {};
    }
    const TextRef ref = {static_cast<uint32_t>(pool.size()),
                         static_cast<uint32_t>(text.size())};
    pool += text;
    return ref;
  }

  Result<std::string> Seal(std::string_view program) const;

 private:
  static constexpr DirectorySection kSections[] = {
#define DIRECTORY_SECTION(number, Name, ...) DirectorySection::k##Name,
#include "authz/directory_sections.def"
#undef DIRECTORY_SECTION
  };

  static Status TooLarge() {
    return ResourceExhausted("the directory image would pass the limit of " +
                             std::to_string(kMaxDirectoryBytes) + " bytes");
  }
  void Fail(Status status) {
    if (status_.ok()) status_ = std::move(status);
  }

  std::array<std::string, std::size(kSections) + 1> tables_;  // by number
  Status status_;
};

Result<std::string> DirectoryWriter::Seal(std::string_view program) const {
  WRIT_RETURN_IF_ERROR(status_);
  size_t place =
      sizeof(DirectoryHeader) + std::size(kSections) * sizeof(SectionEntry);
  std::string image(place, '\0');
  size_t entry_place = sizeof(DirectoryHeader);
  for (const DirectorySection section : kSections) {
    const std::string& table = tables_[static_cast<uint32_t>(section)];
    const size_t gap =
        (kSectionAlignment - place % kSectionAlignment) % kSectionAlignment;
    if (table.size() + gap > kMaxDirectoryBytes - place) return TooLarge();
    image.append(gap, '\0');
    place += gap;
    const SectionEntry entry = {
        static_cast<uint32_t>(section), SectionEntry::kRequired,
        static_cast<uint32_t>(place), static_cast<uint32_t>(table.size())};
    std::memcpy(image.data() + entry_place, &entry, sizeof(entry));
    entry_place += sizeof(entry);
    image += table;
    place += table.size();
  }
  ImageHeader made_of;
  std::memcpy(&made_of, program.data(), sizeof(made_of));
  DirectoryHeader header = {};
  std::memcpy(header.magic, kDirectoryMagic, sizeof(kDirectoryMagic));
  header.major = kDirectoryMajor;
  header.minor = kDirectoryMinor;
  header.section_count = std::size(kSections);
  header.image_bytes = place;
  header.program_checksum = made_of.checksum;
  std::memcpy(image.data(), &header, sizeof(header));
  header.checksum = DirectoryChecksum(image);
  std::memcpy(image.data(), &header, sizeof(header));
  return image;
}

std::tuple<AttachmentKind, std::string_view, std::string_view> NameOf(
    const ListedPolicy* policy) {
  const PolicyLabel& label = *policy->label;
  return {label.kind, label.account, label.name};
}

}  // namespace

// Gathers a directory and writes it; made for one call.
class SnapshotCompiler::Packer {
 public:
  explicit Packer(State* state) : state_(*state) {}

  Result<PackedSnapshot> Pack();

 private:
  // Numbers of policies; the set's own number.
  using Set = std::map<std::vector<uint32_t>, uint32_t>::value_type;

  struct PackedPrincipal {
    const DirectoryPrincipal* principal;
    std::vector<std::pair<std::string, const Set*>> sets;  // by group
    const Set* trust = nullptr;
  };
  struct PackedControl {
    ControlLevel level;
    uint32_t depth;
    const Set* set;
  };

  void NumberPolicies();
  void GatherSets();
  const Set* Intern(const ListedSet& policies);
  const Set* Intern(const ListedPolicy* policy) {
    return policy == nullptr ? nullptr : Intern(ListedSet{policy});
  }

  void WriteAccounts(const PlannedProgram& program);
  void WritePolicies();
  void WriteLists(const PlannedProgram& program);
  void WritePrincipals();
  void WriteRest();
  uint32_t ListOf(AttachmentKind kind, const std::string& group,
                  const Set* set) const {
    return set == nullptr ? kNoIndex : lists_.at({kind, group, set->second});
  }

  State& state_;
  std::vector<const ListedPolicy*> policies_;  // by number
  std::unordered_map<const ListedPolicy*, uint32_t> numbers_;
  std::map<std::vector<uint32_t>, uint32_t> sets_;
  std::vector<std::vector<PackedControl>> controls_;  // by account
  std::vector<PackedPrincipal> users_;                // by ARN
  std::vector<PackedPrincipal> roles_;                // by ARN
  std::vector<const Set*> buckets_;                   // by name
  std::map<std::tuple<AttachmentKind, std::string, uint32_t>, uint32_t> lists_;
  DirectoryWriter writer_;
};

// Those that somebody has, in the order of their names.
void SnapshotCompiler::Packer::NumberPolicies() {
  const auto add = [&](const ListedPolicy* policy) {
    if (policy != nullptr && numbers_.emplace(policy, 0).second) {
      policies_.push_back(policy);
    }
  };
  const auto add_all = [&](const PolicyHolder& holder) {
    for (const auto& [group, set] : holder.attached) {
      for (const ListedPolicy* policy : set) add(policy);
    }
  };
  std::set<const ControlNode*> nodes;
  for (auto& [name, account] : state_.accounts) {
    for (const auto* principals : {&account.users, &account.roles}) {
      for (const auto& [key, principal] : *principals) {
        add_all(principal.own);
        add(principal.trust.get());
      }
    }
    for (const auto& [key, group] : account.groups) {
      if (!group.serves.empty()) add_all(group);
    }
    for (const State::ControlPlace& place : state_.ChainOf(&account)) {
      if (!nodes.insert(place.node).second) continue;
      for (const ListedPolicy* policy : place.node->attached) add(policy);
    }
  }
  for (const auto& [name, bucket] : state_.buckets) add(bucket.policy.get());
  std::ranges::sort(policies_, {}, NameOf);
  for (uint32_t i = 0; i < policies_.size(); ++i) numbers_[policies_[i]] = i;
}

const SnapshotCompiler::Packer::Set* SnapshotCompiler::Packer::Intern(
    const ListedSet& policies) {
  std::vector<uint32_t> numbers;
  numbers.reserve(policies.size());
  for (const ListedPolicy* policy : policies) {
    numbers.push_back(numbers_.at(policy));
  }
  std::ranges::sort(numbers);
  return &*sets_.try_emplace(std::move(numbers)).first;
}

void SnapshotCompiler::Packer::GatherSets() {
  for (auto& [name, account] : state_.accounts) {
    for (const auto* principals : {&account.users, &account.roles}) {
      for (const auto& [key, principal] : *principals) {
        PackedPrincipal packed = {&principal, {}, nullptr};
        for (const auto& [group, set] : State::SetsOf(principal)) {
          packed.sets.emplace_back(group, Intern(set));
        }
        packed.trust = Intern(principal.trust.get());
        (principal.is_role ? roles_ : users_).push_back(std::move(packed));
      }
    }
    std::vector<PackedControl>& controls = controls_.emplace_back();
    for (const State::ControlPlace& place : state_.ChainOf(&account)) {
      if (place.node->attached.empty()) continue;
      controls.push_back(
          {place.level, place.depth, Intern(place.node->attached)});
    }
  }
  for (const auto& [name, bucket] : state_.buckets) {
    buckets_.push_back(Intern(bucket.policy.get()));
  }
  for (std::vector<PackedPrincipal>* principals : {&users_, &roles_}) {
    std::ranges::sort(*principals, {},
                      [](const PackedPrincipal& packed) -> std::string_view {
                        return packed.principal->arn;
                      });
  }
  uint32_t number = 0;
  for (auto& [policies, own] : sets_) own = number++;
}

void SnapshotCompiler::Packer::WriteAccounts(const PlannedProgram& program) {
  auto controls = controls_.begin();
  for (const auto& [name, account] : state_.accounts) {
    AccountRecord record = {};
    record.id = writer_.Add(name, "the id of an account");
    if (account.management) record.flags |= AccountRecord::kManagement;
    record.controls.first =
        writer_.CountOf<ControlRecord>(DirectorySection::kControls);
    for (const PackedControl& control : *controls++) {
      for (const uint32_t unit : program.units_of[control.set->second]) {
        writer_.Append(DirectorySection::kControls,
                       ControlRecord{static_cast<uint32_t>(control.level),
                                     control.depth, unit});
        ++record.controls.count;
      }
    }
    writer_.Append(DirectorySection::kAccounts, record);
  }
}

void SnapshotCompiler::Packer::WritePolicies() {
  std::map<std::string_view, uint32_t> accounts;
  for (const auto& [name, account] : state_.accounts) {
    accounts.emplace(name, static_cast<uint32_t>(accounts.size()));
  }
  for (const ListedPolicy* policy : policies_) {
    LabelRecord record = {kNoIndex, {}};
    if (policy->label->kind != AttachmentKind::kControl) {
      record.account = accounts.at(policy->label->account);
    }
    record.name = writer_.Add(policy->label->name, "the name of a policy");
    writer_.Append(DirectorySection::kPolicies, record);
  }
}

void SnapshotCompiler::Packer::WriteLists(const PlannedProgram& program) {
  const auto add = [&](AttachmentKind kind, const std::string& group,
                       const Set* set) {
    if (set != nullptr) lists_.try_emplace({kind, group, set->second});
  };
  for (const auto* principals : {&users_, &roles_}) {
    for (const PackedPrincipal& packed : *principals) {
      for (const auto& [group, set] : packed.sets) {
        add(AttachmentKind::kIdentity, group, set);
      }
      add(AttachmentKind::kTrust, "", packed.trust);
    }
  }
  for (const Set* set : buckets_) add(AttachmentKind::kResource, "", set);
  uint32_t next = 0;
  for (auto& [form, number] : lists_) {
    const auto& [kind, group, set] = form;
    number = next++;
    ListRecord record = {};
    record.kind = static_cast<uint32_t>(kind);
    record.group = writer_.Add(group, "the name of a resource group");
    record.units.first =
        writer_.CountOf<uint32_t>(DirectorySection::kListUnits);
    for (const uint32_t unit : program.units_of[set]) {
      writer_.Append(DirectorySection::kListUnits, unit);
      ++record.units.count;
    }
    writer_.Append(DirectorySection::kLists, record);
  }
}

void SnapshotCompiler::Packer::WritePrincipals() {
  for (const auto* principals : {&users_, &roles_}) {
    for (const PackedPrincipal& packed : *principals) {
      const DirectoryPrincipal& principal = *packed.principal;
      PrincipalRecord record = {};
      record.arn = writer_.Add(principal.arn, "the name of a user or role");
      record.id = writer_.Add(principal.id, "the id of a user or role");
      if (principal.is_role) record.flags |= PrincipalRecord::kRole;
      if (principal.service_linked) {
        record.flags |= PrincipalRecord::kServiceLinked;
      }
      record.policies = kNoIndex;
      record.scopes.first =
          writer_.CountOf<uint32_t>(DirectorySection::kScopes);
      for (const auto& [group, set] : packed.sets) {
        const uint32_t list = ListOf(AttachmentKind::kIdentity, group, set);
        if (group.empty()) {
          record.policies = list;
          continue;
        }
        writer_.Append(DirectorySection::kScopes, list);
        ++record.scopes.count;
      }
      record.trust = ListOf(AttachmentKind::kTrust, "", packed.trust);
      writer_.Append(DirectorySection::kPrincipals, record);
    }
  }
}

void SnapshotCompiler::Packer::WriteRest() {
  auto set = buckets_.begin();
  for (const auto& [name, bucket] : state_.buckets) {
    const TextRef text = writer_.Add(name, "the name of a bucket");
    writer_.Append(
        DirectorySection::kBuckets,
        BucketRecord{text, ListOf(AttachmentKind::kResource, "", *set++)});
  }
  for (const auto& [arn, group] : state_.resources) {
    ResourceRecord record = {};
    record.arn = writer_.Add(arn, "the ARN of a resource");
    record.group = writer_.Add(group, "the name of a resource group");
    writer_.Append(DirectorySection::kResources, record);
  }
}

Result<PackedSnapshot> SnapshotCompiler::Packer::Pack() {
  NumberPolicies();
  GatherSets();
  std::vector<std::vector<uint32_t>> sets;
  for (const auto& [policies, number] : sets_) sets.push_back(policies);
  WRIT_ASSIGN_OR_RETURN(
      PlannedProgram program,
      CompileSets(policies_, sets,
                  {.passes = state_.options.passes,
                   .budget = state_.options.budget,
                   .known_actions = state_.options.known_actions}));
  WriteAccounts(program);
  WritePolicies();
  WriteLists(program);
  WritePrincipals();
  WriteRest();
  PackedSnapshot packed;
  WRIT_ASSIGN_OR_RETURN(packed.directory, writer_.Seal(program.image));
  packed.program = std::move(program.image);
  packed.accounts = static_cast<uint32_t>(state_.accounts.size());
  packed.principals = static_cast<uint32_t>(users_.size() + roles_.size());
  packed.policies = static_cast<uint32_t>(policies_.size());
  for (const ListedPolicy* policy : policies_) {
    packed.statements += static_cast<uint32_t>(policy->statements);
  }
  return packed;
}

Result<PackedSnapshot> SnapshotCompiler::Pack() const {
  return Packer(state_.get()).Pack();
}

}  // namespace writ
