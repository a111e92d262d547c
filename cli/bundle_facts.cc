// SPDX-License-Identifier: Apache-2.0
#include "cli/bundle_facts.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "authz/authorizer.h"
#include "authz/constant_text.h"
#include "authz/directory_image.h"
#include "authz/program/opcode.h"
#include "authz/program/program.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "crypto/hex.h"

namespace writ {
namespace {

constexpr std::string_view kKindNames[] = {"identity", "resource", "trust",
                                           "session", "control"};

// The statements of policies as a digest that does not depend on where the
// program keeps them.
class PolicyDigests {
 public:
  explicit PolicyDigests(const ProgramView& view) : view_(view) {}

  // Of policy `index`; 16 hexadecimal digits.
  std::string Of(uint32_t index) {
    const PolicyRecord policy = view_.policies[index];
    Add(std::to_string(policy.statements.count));
    for (uint32_t i = 0; i < policy.statements.count && !full(); ++i) {
      AddStatement(view_.statements[policy.statements.first + i]);
    }
    return digest_.FinishHex().substr(0, 16);
  }

  // So much text was hashed that the program must be made to cost time: its
  // runs overlap.
  bool full() const { return bytes_ > kMaxBundleBytes; }

 private:
  void Add(std::string_view text) {
    bytes_ += text.size() + 1;
    digest_.Update(text);
    digest_.Update(std::string_view("\0", 1));
  }

  void AddStatement(const StatementRecord& row) {
    Add(std::to_string(row.flags));
    Add(view_.Label(row.label));
    for (uint32_t i = 0; i < row.principals.count && !full(); ++i) {
      const PrincipalPattern pattern =
          view_.principal_patterns[view_.principal_lists[row.principals.first +
                                                         i]];
      Add("principal " + std::to_string(pattern.kind));
      for (const TextRef text : pattern.texts) Add(view_.Text(text));
    }
    for (uint32_t i = 0; i < row.actions.count && !full(); ++i) {
      Add("action");
      Add(view_.Text(
          view_.action_patterns[view_.action_lists[row.actions.first + i]]
              .text));
    }
    for (uint32_t i = 0; i < row.resources.count && !full(); ++i) {
      Add("resource");
      Add(view_.Text(
          view_.resource_patterns[view_.resource_lists[row.resources.first + i]]
              .text));
    }
    AddCode(row.code);
  }

  void AddCode(Run block) {
    size_t at = 0;
    while (at < block.count && !full()) {
      const char* const code = view_.code.data() + block.first + at;
      // SAFETY: the verifier knows every opcode of a loaded program.
      const OpcodeInfo& info = *FindOpcode(static_cast<uint8_t>(*code));
      Add(info.mnemonic);
      if (info.operand != OperandKind::kNone) {
        uint32_t operand = 0;
        std::memcpy(&operand, code + 1, sizeof(operand));
        if (info.operand == OperandKind::kJump) {
          Add(std::to_string(operand));
        } else {
          AddAtom(view_.atoms[operand], info.operand);
        }
      }
      at += InstructionBytes(info.operand);
    }
  }

  void AddAtom(const AtomRecord& atom, OperandKind kind) {
    Add(view_.Text(view_.keys[atom.key].text));
    Add(std::to_string(atom.operand_count));
    for (uint32_t i = 0; i < atom.operand_count && !full(); ++i) {
      Add(OperandText(view_, kind, atom.operand_first + i));
    }
  }

  const ProgramView& view_;
  Sha256Stream digest_;
  uint64_t bytes_ = 0;
};

class FactReader {
 public:
  FactReader(const ProgramView& program, const DirectoryView& directory)
      : program_(program), directory_(directory) {}

  Result<BundleFacts> Read() {
    ReadPolicies();
    ReadAccounts();
    ReadPrincipals();
    for (uint32_t i = 0; i < directory_.buckets.size() && !full_; ++i) {
      const BucketRecord bucket = directory_.buckets[i];
      Add("bucket", std::string(directory_.Text(bucket.name)), "");
    }
    for (uint32_t i = 0; i < directory_.resources.size() && !full_; ++i) {
      const ResourceRecord resource = directory_.resources[i];
      Add("resource", std::string(directory_.Text(resource.arn)),
          "in resource group " + std::string(directory_.Text(resource.group)));
    }
    if (full_) return ResourceExhausted("the bundle says too much to list it");
    return std::move(facts_);
  }

 private:
  void Add(std::string_view subject, std::string name, std::string value) {
    bytes_ += name.size() + value.size();
    full_ = full_ || bytes_ > kMaxBundleBytes;
    facts_.insert_or_assign({subject, std::move(name)}, std::move(value));
  }

  // "identity read-photos of 1001".
  std::string PolicyName(uint32_t policy) const {
    const LabelRecord label = directory_.policies[policy];
    std::string name(kKindNames[program_.policies[policy].kind]);
    name += " " + std::string(directory_.Text(label.name));
    if (label.account != kNoIndex) {
      name +=
          " of " +
          std::string(directory_.Text(directory_.accounts[label.account].id));
    }
    return name;
  }

  void ReadPolicies() {
    PolicyDigests digests(program_);
    for (uint32_t i = 0; i < directory_.policies.size() && !full_; ++i) {
      Add("policy", PolicyName(i), digests.Of(i));
      full_ = full_ || digests.full();
    }
  }

  // Calls use(name) for every policy of the unit.
  template <typename Use>
  void Policies(uint32_t unit, Use use) {
    if (program_.units.size() == 0) {
      use(directory_.Text(directory_.policies[unit].name));
      return;
    }
    const Run policies = program_.units[unit].policies;
    for (uint32_t i = 0; i < policies.count && !full_; ++i) {
      const uint32_t policy = program_.unit_policies[policies.first + i].policy;
      use(directory_.Text(directory_.policies[policy].name));
    }
  }

  static std::string LevelText(const ControlRecord& control) {
    switch (static_cast<ControlLevel>(control.level)) {
      case ControlLevel::kMember:
        return "on itself";
      case ControlLevel::kFolder:
        return "on its folder at depth " + std::to_string(control.depth);
      case ControlLevel::kRoot:
        break;
    }
    return "on the root";
  }

  void ReadAccounts() {
    for (uint32_t i = 0; i < directory_.accounts.size() && !full_; ++i) {
      const AccountRecord account = directory_.accounts[i];
      const std::string id(directory_.Text(account.id));
      const bool management = (account.flags & AccountRecord::kManagement) != 0;
      Add("account", id, management ? "management account" : "");
      for (uint32_t k = 0; k < account.controls.count && !full_; ++k) {
        const ControlRecord control =
            directory_.controls[account.controls.first + k];
        Policies(control.unit, [&](std::string_view policy) {
          Add("control",
              "account " + id + " has " + std::string(policy) + " " +
                  LevelText(control),
              "");
        });
      }
    }
  }

  void ReadList(std::string_view arn, uint32_t index) {
    if (index == kNoIndex) return;
    const ListRecord list = directory_.lists[index];
    std::string scope;
    if (list.group.size_bytes > 0) {
      scope = " in resource group " + std::string(directory_.Text(list.group));
    }
    for (uint32_t i = 0; i < list.units.count && !full_; ++i) {
      Policies(directory_.list_units[list.units.first + i],
               [&](std::string_view policy) {
                 Add("attachment",
                     std::string(arn) + " has " + std::string(policy) + scope,
                     "");
               });
    }
  }

  void ReadPrincipals() {
    for (uint32_t i = 0; i < directory_.principals.size() && !full_; ++i) {
      const PrincipalRecord principal = directory_.principals[i];
      const std::string_view arn = directory_.Text(principal.arn);
      const bool role = (principal.flags & PrincipalRecord::kRole) != 0;
      std::string value;
      if (principal.id.size_bytes > 0) {
        value = "id " + std::string(directory_.Text(principal.id));
      }
      if ((principal.flags & PrincipalRecord::kServiceLinked) != 0) {
        value += value.empty() ? "service-linked" : ", service-linked";
      }
      Add(role ? "role" : "user", std::string(arn), std::move(value));
      ReadList(arn, principal.policies);
      for (uint32_t k = 0; k < principal.scopes.count && !full_; ++k) {
        ReadList(arn, directory_.scopes[principal.scopes.first + k]);
      }
    }
  }

  const ProgramView& program_;
  const DirectoryView& directory_;
  BundleFacts facts_;
  uint64_t bytes_ = 0;
  bool full_ = false;
};

}  // namespace

Result<BundleFacts> FactsOf(const BundleParts& parts) {
  WRIT_ASSIGN_OR_RETURN(const std::unique_ptr<const Program> program,
                        Program::Load(std::string(parts.program)));
  WRIT_ASSIGN_OR_RETURN(const DirectoryView directory,
                        VerifyDirectory(parts.directory, *program));
  return FactReader(program->view(), directory).Read();
}

}  // namespace writ
