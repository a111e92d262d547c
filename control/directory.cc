// SPDX-License-Identifier: Apache-2.0
#include "control/directory.h"

#include <chrono>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "compiler/snapshot_compiler.h"
#include "control/function_model.h"
#include "control/policy_text.h"
#include "control/record_format.h"

namespace writ {
namespace {

constexpr size_t kPageNames = 500;

// Calls `take(name)` for every record name of a table.
template <typename Take>
Status ForEachName(MetadataStore* store, Table table, std::string_view account,
                   const Take& take) {
  ListQuery query;
  query.limit = kPageNames;
  while (true) {
    WRIT_ASSIGN_OR_RETURN(const NameList page,
                          store->List(table, account, query));
    for (const std::string& name : page.names) {
      WRIT_RETURN_IF_ERROR(take(name));
    }
    if (!page.more || page.names.empty()) return OkStatus();
    query.after = page.names.back();
  }
}

template <typename T>
Result<T> ReadRecord(MetadataStore* store, Table table,
                     std::string_view account, std::string_view name,
                     uint64_t* version) {
  WRIT_ASSIGN_OR_RETURN(const Record record, store->Get(table, account, name));
  *version = record.version;
  return DecodeRecord<T>(record.value.text());
}

Status LoadIdentity(MetadataStore* store, const std::string& account,
                    IdentityTable* identity) {
  uint64_t version = 0;
  WRIT_RETURN_IF_ERROR(ForEachName(
      store, Table::kUser, account, [&](const std::string& name) -> Status {
        WRIT_ASSIGN_OR_RETURN(const StoredUser record,
                              ReadRecord<StoredUser>(store, Table::kUser,
                                                     account, name, &version));
        identity->users[name].id = record.id;
        return OkStatus();
      }));
  WRIT_RETURN_IF_ERROR(ForEachName(
      store, Table::kPolicy, account, [&](const std::string& name) -> Status {
        WRIT_ASSIGN_OR_RETURN(
            const StoredPolicy record,
            ReadRecord<StoredPolicy>(store, Table::kPolicy, account, name,
                                     &version));
        Result<std::shared_ptr<const ast::Policy>> tree =
            ReadIdentityPolicy(name, record.document);
        if (!tree.ok()) {
          return DataLoss("a stored policy does not compile: " +
                          std::string(tree.status().message()));
        }
        identity->policies[name].tree = std::move(tree).value();
        return OkStatus();
      }));
  return ForEachName(
      store, Table::kAttachment, account,
      [&](const std::string& name) -> Status {
        std::string_view user;
        std::string_view policy;
        if (!ParseAttachmentName(name, &user, &policy)) {
          return DataLoss("an attachment record has a malformed name");
        }
        const auto user_entry = identity->users.find(user);
        const auto policy_entry = identity->policies.find(policy);
        if (user_entry == identity->users.end() ||
            policy_entry == identity->policies.end()) {
          return DataLoss("an attachment names a user or policy that is gone");
        }
        user_entry->second.policies.emplace(policy);
        ++policy_entry->second.attachments;
        return OkStatus();
      });
}

Status LoadFunctions(MetadataStore* store, const std::string& account,
                     const std::string& region, FunctionTable* functions) {
  return ForEachName(
      store, Table::kFunction, account, [&](const std::string& name) -> Status {
        uint64_t version = 0;
        WRIT_ASSIGN_OR_RETURN(
            const StoredFunction record,
            ReadRecord<StoredFunction>(store, Table::kFunction, account, name,
                                       &version));
        WRIT_ASSIGN_OR_RETURN(FunctionEntry entry,
                              MakeFunctionEntry(account, name, region, record));
        entry.revision = version;
        functions->emplace(name, std::move(entry));
        return OkStatus();
      });
}

// Tells the compiler how the identities of an account have changed.
Status ApplyChanges(const std::string& account, const IdentityTable& before,
                    const IdentityTable& after, SnapshotCompiler* compiler) {
  WRIT_RETURN_IF_ERROR(compiler->PutAccount(account));
  for (const auto& [name, policy] : after.policies) {
    const auto old = before.policies.find(name);
    if (old == before.policies.end() || old->second.tree != policy.tree) {
      WRIT_RETURN_IF_ERROR(compiler->PutPolicy(account, name, policy.tree));
    }
  }
  for (const auto& [name, user] : before.users) {
    if (!after.users.contains(name)) {
      WRIT_RETURN_IF_ERROR(compiler->RemoveUser(account, name));
    }
  }
  const IdentityTable::User nobody;
  for (const auto& [name, user] : after.users) {
    const auto found = before.users.find(name);
    const bool known = found != before.users.end();
    const IdentityTable::User& old = known ? found->second : nobody;
    if (!known || old.id != user.id) {
      WRIT_RETURN_IF_ERROR(compiler->PutUser(account, name, user.id));
    }
    for (const std::string& policy : user.policies) {
      if (old.policies.contains(policy)) continue;
      WRIT_RETURN_IF_ERROR(
          compiler->Attach(account, HolderKind::kUser, name, policy));
    }
    for (const std::string& policy : old.policies) {
      if (user.policies.contains(policy)) continue;
      WRIT_RETURN_IF_ERROR(
          compiler->Detach(account, HolderKind::kUser, name, policy));
    }
  }
  for (const auto& [name, policy] : before.policies) {
    if (!after.policies.contains(name)) {
      WRIT_RETURN_IF_ERROR(compiler->RemovePolicy(account, name));
    }
  }
  return OkStatus();
}

AuthenticatedCaller CallerOf(const DirectoryState& state, const KeyEntry& entry,
                             std::string_view access_key_id) {
  AuthenticatedCaller caller;
  caller.account = entry.account;
  caller.access_key_id = access_key_id;
  if (entry.user.empty()) {
    caller.kind = CallerKind::kRoot;
    caller.user_id = entry.account;
    caller.arn = "acs:ram::" + entry.account + ":root";
    return caller;
  }
  caller.kind = CallerKind::kUser;
  caller.user_name = entry.user;
  caller.arn = "acs:ram::" + entry.account + ":user/" + entry.user;
  const auto account = state.accounts.find(entry.account);
  if (account != state.accounts.end()) {
    const auto user = account->second.identity->users.find(entry.user);
    if (user != account->second.identity->users.end()) {
      caller.user_id = user->second.id;
    }
  }
  return caller;
}

}  // namespace

Directory::Directory(MetadataStore* store, const Clock* clock,
                     std::string region)
    : store_(store),
      clock_(clock),
      region_(std::move(region)),
      compiler_(std::make_unique<SnapshotCompiler>()) {}

Directory::~Directory() = default;

Result<std::unique_ptr<Directory>> Directory::Open(MetadataStore* store,
                                                   const Clock* clock,
                                                   std::string region) {
  std::unique_ptr<Directory> directory(
      new Directory(store, clock, std::move(region)));
  WRIT_RETURN_IF_ERROR(directory->Load());
  return directory;
}

Status Directory::Load() {
  auto state = std::make_shared<DirectoryState>();
  state->revision = store_->revision();
  std::map<std::string, std::shared_ptr<IdentityTable>> identities;
  uint64_t version = 0;
  WRIT_RETURN_IF_ERROR(ForEachName(
      store_, Table::kAccount, kPlatformAccount,
      [&](const std::string& account) -> Status {
        auto identity = std::make_shared<IdentityTable>();
        if (Status loaded = LoadIdentity(store_, account, identity.get());
            !loaded.ok()) {
          return loaded;
        }
        auto functions = std::make_shared<FunctionTable>();
        if (Status loaded =
                LoadFunctions(store_, account, region_, functions.get());
            !loaded.ok()) {
          return loaded;
        }
        identities[account] = identity;
        state->accounts[account] = {std::move(identity), std::move(functions)};
        return OkStatus();
      }));
  auto keys = std::make_shared<KeyTable>();
  WRIT_RETURN_IF_ERROR(ForEachName(
      store_, Table::kAccessKey, kPlatformAccount,
      [&](const std::string& id) -> Status {
        WRIT_ASSIGN_OR_RETURN(
            const StoredAccessKey record,
            ReadRecord<StoredAccessKey>(store_, Table::kAccessKey,
                                        kPlatformAccount, id, &version));
        const auto owner = identities.find(record.account);
        if (owner == identities.end()) {
          return DataLoss("an access key belongs to an account that is gone");
        }
        if (!record.user.empty()) {
          const auto user = owner->second->users.find(record.user);
          if (user == owner->second->users.end()) {
            return DataLoss("an access key belongs to a user that is gone");
          }
          user->second.keys.insert(id);
        }
        keys->emplace(
            id, KeyEntry{record.account, record.user, record.active, version});
        return OkStatus();
      }));
  state->keys = std::move(keys);
  for (const auto& [account, identity] : identities) {
    WRIT_RETURN_IF_ERROR(
        ApplyChanges(account, IdentityTable(), *identity, compiler_.get()));
  }
  WRIT_ASSIGN_OR_RETURN(state->snapshot, compiler_->Publish(state->revision));
  Publish(std::move(state));
  return OkStatus();
}

std::shared_ptr<const DirectoryState> Directory::state() const {
  MutexLock lock(&state_mu_);
  return state_;
}

void Directory::Publish(std::shared_ptr<const DirectoryState> state) {
  MutexLock lock(&state_mu_);
  state_ = std::move(state);
}

std::shared_ptr<const AccessKey> Directory::FindAccessKey(
    std::string_view access_key_id) const {
  const std::shared_ptr<const DirectoryState> current = state();
  const auto entry = current->keys->find(access_key_id);
  if (entry == current->keys->end()) return nullptr;
  const SteadyTime now = clock_->Steady();
  const std::string id(access_key_id);
  {
    MutexLock lock(&cache_mu_);
    const auto cached = key_cache_.find(id);
    if (cached != key_cache_.end() &&
        cached->second.version == entry->second.version &&
        now - cached->second.born <
            std::chrono::seconds(kMaxPlaintextSeconds)) {
      return cached->second.key;
    }
  }
  uint64_t version = 0;
  const Result<StoredAccessKey> record = ReadRecord<StoredAccessKey>(
      store_, Table::kAccessKey, kPlatformAccount, id, &version);
  // A key that cannot be read, or that changed since the state was taken,
  // speaks for nobody.
  if (!record.ok() || version != entry->second.version) {
    if (!record.ok()) {
      Log(LogLevel::kError, "access_key_unreadable",
          {{"error", record.status().ToString()}});
    }
    return nullptr;
  }
  auto key = std::make_shared<AccessKey>();
  key->caller = CallerOf(*current, entry->second, access_key_id);
  key->active = entry->second.active;
  key->key = HmacKey(record->secret);
  MutexLock lock(&cache_mu_);
  key_cache_[id] = CachedKey{key, version, now};
  return key;
}

std::optional<FunctionEntry> Directory::FindFunction(
    std::string_view account, std::string_view name) const {
  const std::shared_ptr<const DirectoryState> current = state();
  const auto tables = current->accounts.find(account);
  if (tables == current->accounts.end()) return std::nullopt;
  const auto entry = tables->second.functions->find(name);
  if (entry == tables->second.functions->end()) return std::nullopt;
  return entry->second;
}

Result<FunctionStart> Directory::GetFunctionForStart(std::string_view account,
                                                     std::string_view name,
                                                     uint64_t revision) const {
  uint64_t version = 0;
  Result<StoredFunction> record = ReadRecord<StoredFunction>(
      store_, Table::kFunction, account, name, &version);
  if (!record.ok()) {
    if (record.status().code() == StatusCode::kNotFound) {
      return record.status();
    }
    return Unavailable("a function record cannot be read: " +
                       record.status().ToString());
  }
  if (version != revision) {
    return NotFound("the function has changed since it was looked up");
  }
  return MakeFunctionStart(account, name, region_, revision,
                           std::move(record).value());
}

void Directory::WipeExpired() const {
  const SteadyTime now = clock_->Steady();
  MutexLock lock(&cache_mu_);
  std::erase_if(key_cache_, [&](const auto& item) {
    return now - item.second.born >= std::chrono::seconds(kMaxPlaintextSeconds);
  });
}

IdentityTable* Directory::Change::EditIdentity(const std::string& account) {
  std::shared_ptr<IdentityTable>& edited = identities_[account];
  if (edited == nullptr) {
    const auto found = state_->accounts.find(account);
    edited = found == state_->accounts.end()
                 ? std::make_shared<IdentityTable>()
                 : std::make_shared<IdentityTable>(*found->second.identity);
  }
  return edited.get();
}

FunctionTable* Directory::Change::EditFunctions(const std::string& account) {
  std::shared_ptr<FunctionTable>& edited = functions_[account];
  if (edited == nullptr) {
    const auto found = state_->accounts.find(account);
    edited = found == state_->accounts.end()
                 ? std::make_shared<FunctionTable>()
                 : std::make_shared<FunctionTable>(*found->second.functions);
  }
  return edited.get();
}

KeyTable* Directory::Change::EditKeys() {
  if (keys_ == nullptr) keys_ = std::make_shared<KeyTable>(*state_->keys);
  return keys_.get();
}

Result<uint64_t> Directory::Change::Commit(const Permit& permit,
                                           const Mutation& mutation) {
  auto next = std::make_shared<DirectoryState>(*state_);
  WRIT_ASSIGN_OR_RETURN(const uint64_t revision,
                        directory_->store_->Commit(permit, mutation));
  next->revision = revision;
  for (const auto& [account, table] : identities_) {
    next->accounts[account].identity = table;
  }
  for (const auto& [account, table] : functions_) {
    for (auto& [name, entry] : *table) {
      if (entry.revision == 0) entry.revision = revision;
    }
    next->accounts[account].functions = table;
  }
  for (auto& [account, tables] : next->accounts) {
    if (tables.identity == nullptr) {
      tables.identity = std::make_shared<IdentityTable>();
    }
    if (tables.functions == nullptr) {
      tables.functions = std::make_shared<FunctionTable>();
    }
  }
  if (keys_ != nullptr) {
    for (auto& [id, entry] : *keys_) {
      if (entry.version == 0) entry.version = revision;
    }
    next->keys = keys_;
  }
  SnapshotCompiler* const compiler = directory_->compiler_.get();
  const IdentityTable nothing;
  for (const auto& [account, table] : identities_) {
    const auto before = state_->accounts.find(account);
    const Status applied = ApplyChanges(
        account,
        before == state_->accounts.end() ? nothing : *before->second.identity,
        *table, compiler);
    // The records are written; the edits must describe the same world.
    WRIT_CHECK(applied.ok());
  }
  Result<std::shared_ptr<const Snapshot>> snapshot =
      compiler->Publish(revision);
  WRIT_CHECK(snapshot.ok());
  next->snapshot = std::move(snapshot).value();
  directory_->Publish(std::move(next));
  return revision;
}

}  // namespace writ
