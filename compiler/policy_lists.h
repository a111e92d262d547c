// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_POLICY_LISTS_H_
#define WRIT_COMPILER_POLICY_LISTS_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/directory_table.h"
#include "base/status.h"
#include "compiler/compile.h"
#include "grammar/ast.h"

// How snapshots come to the lists of policies that are decided together, and
// how such a list follows its changes (SnapshotCompiler).
namespace writ {

// A policy as it was put: another tree under the same name is another one.
struct ListedPolicy {
  std::shared_ptr<const PolicyLabel> label;
  std::shared_ptr<const ast::Policy> tree;
  uint64_t id = 0;  // never used twice; a newer policy has a larger one
  uint64_t statements = 0;
};

// Distinct policies of one kind, by ascending id. Borrowed for a call.
using ListedSet = std::vector<const ListedPolicy*>;

// How the documents of such attachments are read.
ast::PolicyKind TreeKindOf(AttachmentKind kind);

// Makes lists and remembers them as long as somebody holds them: equal sets are
// one list. Not thread-safe. Must outlive its lists.
class PolicyLists {
 public:
  struct Limits {
    PassSet passes = PassSet::All();
    CompileBudget budget = {};
    std::span<const std::string_view> known_actions = {};  // borrowed
  };

  // What a list is for.
  struct Form {
    AttachmentKind kind = AttachmentKind::kIdentity;
    bool resource_group_scope = false;
    std::string group;
    auto operator<=>(const Form&) const = default;
  };

  class Unit;

  // A list as its holders keep it.
  class List {
   public:
    List(PolicyLists* owner, Form form, std::vector<uint64_t> ids);
    ~List();
    List(const List&) = delete;
    List& operator=(const List&) = delete;

    // As decisions take it; another one after the list was folded.
    const std::shared_ptr<const PolicyList>& published() const {
      return published_;
    }

   private:
    friend class PolicyLists;
    PolicyLists* const owner_;
    const Form form_;
    const std::vector<uint64_t> ids_;  // of the policies
    // Larger ones first; those of one policy last.
    std::vector<std::shared_ptr<Unit>> units_;
    // Several policies as one unit passed the budget.
    bool unfoldable_ = false;
    std::shared_ptr<const PolicyList> published_;
  };

  explicit PolicyLists(const Limits& limits) : limits_(limits) {}
  PolicyLists(const PolicyLists&) = delete;
  PolicyLists& operator=(const PolicyLists&) = delete;

  // The list of a set that is not empty.
  //
  // before  the list of which this is a change, or null: its units are used
  //         again, and what differs stands beside them
  // budget  statements that may still be compiled to make lists whole that are
  //         as small as their change; what is used is taken off
  // Errors  as CompileProgram; the message names the policy
  Result<std::shared_ptr<List>> ListOf(const Form& form, const ListedSet& set,
                                       const List* before, uint64_t* budget);

  // Makes one unit of all policies of the list, if it is not one yet.
  Status Fold(const ListedSet& set, List* list);

  // The units by the numbers of their policies.
  SharedTable<UnitPage> SharePages() { return pages_.Share(); }

 private:
  using Key = std::pair<Form, std::vector<uint64_t>>;

  // A unit, less the policies at these places.
  struct Part {
    std::shared_ptr<Unit> unit;
    std::vector<uint32_t> without;
    size_t live() const;
  };

  // Makes the list as a change of another one: its units, less what has gone,
  // and each new policy as a unit of its own.
  Status Follow(const List& before, const ListedSet& set, uint64_t* budget,
                List* list);
  // Makes one unit of the last parts when too many are single policies.
  Status Merge(const ListedSet& set, bool* unfoldable,
               std::vector<Part>* parts);
  void Publish(std::vector<Part> parts, List* list);

  Result<std::shared_ptr<Unit>> Compile(
      AttachmentKind kind, std::span<const ListedPolicy* const> policies);
  Result<std::shared_ptr<Unit>> CompileAlone(AttachmentKind kind,
                                             const ListedPolicy& policy);

  uint32_t TakePages(uint32_t count);

  const Limits limits_;
  std::map<Key, std::weak_ptr<List>> lists_;
  std::map<uint64_t, std::weak_ptr<Unit>> alone_;  // by the policy's id
  SharedTableEditor<UnitPage> pages_;
  uint32_t next_page_ = 1;  // page 0 is the session policy's
  std::map<uint32_t, std::vector<uint32_t>> free_pages_;  // by count
};

}  // namespace writ

#endif  // WRIT_COMPILER_POLICY_LISTS_H_
