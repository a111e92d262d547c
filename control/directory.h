// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CONTROL_DIRECTORY_H_
#define WRIT_CONTROL_DIRECTORY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "auth/access_key.h"
#include "authz/snapshot.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "base/status.h"
#include "store/metadata.h"
#include "store/permit.h"

namespace writ {

class SnapshotCompiler;
namespace ast {
struct Policy;
}  // namespace ast

// What routing needs to know of a function. Holds no secret and nothing that
// P35 limits to 600 s.
struct FunctionEntry {
  std::string account;
  std::string name;
  std::string arn;
  // Of the commit that last changed code or configuration: grows, and is not
  // used again when a function is deleted and made anew.
  uint64_t revision = 0;
  std::array<std::byte, 32> code_sha256 = {};
  std::string code_checksum;  // CRC-64, decimal
  uint64_t code_size_bytes = 0;
  std::string runtime;  // python3.10, python3.12, custom
  uint32_t timeout_seconds = 3;
  uint32_t memory_mb = 512;
  uint32_t instance_concurrency = 1;
};

// All that an instance is started with: the entry and what only its start may
// see. Hold it no longer than the start takes.
struct FunctionStart {
  FunctionEntry entry;
  std::string handler;
  double cpu = 0.35;
  uint32_t disk_mb = 512;
  std::vector<std::string> command;  // custom runtimes: command, then args
  uint32_t port = 9000;
  std::map<std::string, SecretBytes> environment;
  std::string initializer_handler;  // empty: none
  uint32_t initializer_timeout_seconds = 0;
};

// Users, keys, policies and attachments of one account. A value.
struct IdentityTable {
  struct User {
    std::string id;
    std::set<std::string, std::less<>> keys;      // access key ids
    std::set<std::string, std::less<>> policies;  // attached, by name
  };
  struct Policy {
    std::shared_ptr<const ast::Policy> tree;
    uint32_t attachments = 0;
  };
  std::map<std::string, User, std::less<>> users;
  std::map<std::string, Policy, std::less<>> policies;
};

// One access key as the directory knows it; its secret stays in the store.
struct KeyEntry {
  std::string account;
  std::string user;  // empty: the root of the account
  bool active = true;
  uint64_t version = 0;  // of its record
};

using FunctionTable = std::map<std::string, FunctionEntry, std::less<>>;
using KeyTable = std::map<std::string, KeyEntry, std::less<>>;

// Everything that deciding and routing need, at one revision. Immutable once
// published: the parts are shared between revisions and replaced, not changed.
struct DirectoryState {
  struct Account {
    std::shared_ptr<const IdentityTable> identity;
    std::shared_ptr<const FunctionTable> functions;
  };
  uint64_t revision = 0;
  std::map<std::string, Account, std::less<>> accounts;
  std::shared_ptr<const KeyTable> keys;
  std::shared_ptr<const Snapshot> snapshot;
};

// The one owner of published state: loads the records at the start, and after
// each commit publishes the next state before the answer leaves (P12).
//
// Thread-safe. Readers take a state and keep it for one request; writers go
// one at a time, through Change.
class Directory final : public AccessKeySource {
 public:
  // Reads every identity, policy and function record. Policies are compiled
  // again: a record that does not compile is an error, not a policy left out.
  //
  // region  of function ARNs
  // store, clock   must outlive the directory
  // Errors  kDataLoss     a record is damaged
  //         kUnavailable  the store cannot be read
  static Result<std::unique_ptr<Directory>> Open(MetadataStore* store,
                                                 const Clock* clock,
                                                 std::string region);
  ~Directory() override;

  // The state in force; never null.
  std::shared_ptr<const DirectoryState> state() const;
  std::shared_ptr<const Snapshot> snapshot() const { return state()->snapshot; }
  const std::string& region() const { return region_; }

  // The key with its HMAC midstates, read through the store's record cache and
  // kept at most kMaxPlaintextSeconds. Null when there is no such key or its
  // record cannot be read.
  std::shared_ptr<const AccessKey> FindAccessKey(
      std::string_view access_key_id) const override;

  // From memory; nothing when there is no such function.
  std::optional<FunctionEntry> FindFunction(std::string_view account,
                                            std::string_view name) const;

  // The configuration at exactly `revision`, environment decrypted.
  //
  // Errors  kNotFound     no such function, or it has changed since
  //         kUnavailable  the store cannot be read
  Result<FunctionStart> GetFunctionForStart(std::string_view account,
                                            std::string_view name,
                                            uint64_t revision) const;

  // Wipes key material whose time has come (P35); call it each second.
  void WipeExpired() const;

  // The right to change: one at a time. While it lives, no other change
  // commits, so what its owner read stays true until Commit.
  class Change {
   public:
    explicit Change(Directory* directory)
        : directory_(directory), lock_(&directory->write_mu_) {}

    const DirectoryState& current() const { return *state_; }

    // Replaces parts of the next state; nothing is seen before Commit.
    IdentityTable* EditIdentity(const std::string& account);
    FunctionTable* EditFunctions(const std::string& account);
    KeyTable* EditKeys();

    // Writes `mutation` and publishes the edits at its revision. Entries of
    // functions and keys that were edited get that revision as their version
    // when theirs is 0. When it fails nothing is published.
    //
    // Errors  kAborted  somebody else wrote to the store; kPermissionDenied
    //         the permit is for another account; else as MetadataStore::Commit
    Result<uint64_t> Commit(const Permit& permit, const Mutation& mutation);

   private:
    Directory* const directory_;
    MutexLock lock_;
    std::shared_ptr<const DirectoryState> state_ = directory_->state();
    std::map<std::string, std::shared_ptr<IdentityTable>> identities_;
    std::map<std::string, std::shared_ptr<FunctionTable>> functions_;
    std::shared_ptr<KeyTable> keys_;
  };

 private:
  struct CachedKey {
    std::shared_ptr<const AccessKey> key;
    uint64_t version = 0;
    SteadyTime born;
  };

  Directory(MetadataStore* store, const Clock* clock, std::string region);

  Status Load();
  void Publish(std::shared_ptr<const DirectoryState> state);

  MetadataStore* const store_;
  const Clock* const clock_;
  const std::string region_;
  Mutex write_mu_;
  // Holds what the published state holds of identities.
  const std::unique_ptr<SnapshotCompiler> compiler_;
  mutable Mutex state_mu_;
  std::shared_ptr<const DirectoryState> state_ WRIT_GUARDED_BY(state_mu_);
  mutable Mutex cache_mu_;
  mutable std::unordered_map<std::string, CachedKey> key_cache_
      WRIT_GUARDED_BY(cache_mu_);
};

}  // namespace writ

#endif  // WRIT_CONTROL_DIRECTORY_H_
