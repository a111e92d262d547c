// SPDX-License-Identifier: Apache-2.0
//
// Engine keys, by their first byte (docs/spec/store.md):
//   k  wrapped keys (store/keyring.cc)
//   m  markers: "mf" the format, in the clear; "mr" the revision, sealed
//   r  records, and the digest of table, account and name
//   n  pages of names (store/name_pages.cc)
//   a  audit records, and their sequence number, big-endian
#include "store/metadata.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/limits.h"
#include "store/format.h"
#include "store/name_pages.h"
#include "store/sealing.h"

namespace writ {
namespace {

constexpr std::string_view kRevisionKey = "mr";
constexpr char kRecordPrefix = 'r';
constexpr std::string_view kAuditPrefix = "a";

std::string AuditKey(uint64_t sequence) {
  std::string key(kAuditPrefix);
  for (int shift = 56; shift >= 0; shift -= 8) {
    key += static_cast<char>(sequence >> shift & 255);
  }
  return key;
}

uint64_t AuditSequence(std::string_view key) {
  uint64_t sequence = 0;
  for (const char c : key.substr(kAuditPrefix.size())) {
    sequence = sequence << 8 | static_cast<uint8_t>(c);
  }
  return sequence;
}

RecordPlace AuditPlace(std::string_view engine_key) {
  return {Table::kAudit, kPlatformAccount, engine_key};
}
RecordPlace RevisionPlace() {
  return {Table::kMeta, kPlatformAccount, kRevisionKey};
}

Status CheckName(Table table, std::string_view account, std::string_view name) {
  const bool of_platform = InfoOf(table).owner == RecordOwner::kPlatform;
  if (of_platform != account.empty()) {
    return InvalidArgument(
        "records of table `" + std::string(InfoOf(table).name) +
        (of_platform ? "` belong to the platform" : "` belong to an account"));
  }
  if (name.empty() || name.size() > kMaxRecordNameBytes) {
    return InvalidArgument("the name of a record has 1 to " +
                           std::to_string(kMaxRecordNameBytes) + " bytes");
  }
  if (table == Table::kAudit || table == Table::kNamePage ||
      table == Table::kMeta) {
    return InvalidArgument("table `" + std::string(InfoOf(table).name) +
                           "` is the store's own");
  }
  return OkStatus();
}

}  // namespace

Mutation& Mutation::Add(Kind kind, Table table, std::string_view account,
                        std::string_view name, std::string_view value,
                        uint64_t expected) {
  changes_.push_back({kind, table, std::string(account), std::string(name),
                      SecretBytes::CopyOf(value), expected});
  return *this;
}

Mutation& Mutation::Put(Table table, std::string_view account,
                        std::string_view name, std::string_view value,
                        uint64_t expected) {
  return Add(Kind::kPut, table, account, name, value, expected);
}

Mutation& Mutation::Delete(Table table, std::string_view account,
                           std::string_view name, uint64_t expected) {
  return Add(Kind::kDelete, table, account, name, "", expected);
}

Mutation& Mutation::Require(Table table, std::string_view account,
                            std::string_view name, uint64_t expected) {
  return Add(Kind::kRequire, table, account, name, "", expected);
}

Mutation& Mutation::RequireRevision(uint64_t revision) {
  revision_ = revision;
  return *this;
}

MetadataStore::MetadataStore(Kv* kv, Keyring* keyring, const Clock* clock)
    : kv_(kv), keyring_(keyring), cache_(clock, kRecordCacheBytes) {}

Result<std::unique_ptr<MetadataStore>> MetadataStore::Open(Kv* kv,
                                                           Keyring* keyring,
                                                           const Clock* clock) {
  std::unique_ptr<MetadataStore> store(new MetadataStore(kv, keyring, clock));
  WRIT_RETURN_IF_ERROR(store->LoadMarkers());
  return store;
}

Status MetadataStore::LoadMarkers() {
  WRIT_RETURN_IF_ERROR(CheckStoreFormat(*kv_));
  WRIT_ASSIGN_OR_RETURN(const SecretBytes data_key,
                        keyring_->DataKey(kPlatformAccount));
  const Result<KvEntry> revision = kv_->Get(kRevisionKey);
  if (revision.ok()) {
    WRIT_ASSIGN_OR_RETURN(
        const UnsealedRecord marker,
        OpenRecord(data_key, RevisionPlace(), revision->value));
    revision_.store(marker.version);
  } else if (revision.status().code() == StatusCode::kNotFound) {
    KvBatch batch;
    StageStoreFormat(&batch);
    batch.Put(std::string(kRevisionKey),
              SealRecord(data_key, RevisionPlace(), 0, ""));
    WRIT_RETURN_IF_ERROR(kv_->Write(batch).status());
  } else {
    return revision.status();
  }
  WRIT_ASSIGN_OR_RETURN(const std::vector<KvEntry> last,
                        kv_->Scan(kAuditPrefix, "", 1, KvOrder::kBackward));
  if (!last.empty()) audit_sequence_.store(AuditSequence(last[0].key));
  return OkStatus();
}

std::string MetadataStore::RecordKey(Table table, std::string_view account,
                                     std::string_view name) const {
  return kRecordPrefix + keyring_->BlindName(table, account, name);
}

Result<Record> MetadataStore::Read(Table table, std::string_view account,
                                   const std::string& engine_key) const {
  const Result<KvEntry> stored = kv_->Get(engine_key);
  if (!stored.ok()) {
    if (stored.status().code() != StatusCode::kNotFound) {
      return stored.status();
    }
    return NotFound("no such " + std::string(InfoOf(table).name));
  }
  WRIT_ASSIGN_OR_RETURN(const SecretBytes data_key, keyring_->DataKey(account));
  WRIT_ASSIGN_OR_RETURN(
      UnsealedRecord record,
      OpenRecord(data_key, {table, account, engine_key}, stored->value));
  return Record{record.version, std::move(record.value)};
}

Result<Record> MetadataStore::Get(Table table, std::string_view account,
                                  std::string_view name) {
  WRIT_RETURN_IF_ERROR(CheckName(table, account, name));
  const std::string engine_key = RecordKey(table, account, name);
  if (std::optional<RecordCache::Entry> held = cache_.Get(engine_key)) {
    return Record{held->version, std::move(held->value)};
  }
  const uint64_t before = revision_.load();
  WRIT_ASSIGN_OR_RETURN(Record record, Read(table, account, engine_key));
  MutexLock lock(&fill_mu_);
  if (revision_.load() == before) {
    cache_.Put(engine_key, record.version, record.value);
  }
  return record;
}

Result<NameList> MetadataStore::List(Table table, std::string_view account,
                                     const ListQuery& query) {
  WRIT_RETURN_IF_ERROR(CheckName(table, account, "-"));
  MutexLock lock(&write_mu_);
  WRIT_ASSIGN_OR_RETURN(NamePages pages,
                        NamePages::Load(kv_, keyring_, table, account));
  return pages.List(query);
}

Status MetadataStore::CheckExpectations(const Mutation& mutation) const {
  for (const Mutation::Change& change : mutation.changes_) {
    if (change.expected == Mutation::kAnyVersion) continue;
    const Result<Record> present =
        Read(change.table, change.account,
             RecordKey(change.table, change.account, change.name));
    if (!present.ok() && present.status().code() != StatusCode::kNotFound) {
      return present.status();
    }
    const uint64_t version =
        present.ok() ? present->version : Mutation::kAbsent;
    if (version != change.expected) {
      return Aborted("a record of table `" +
                     std::string(InfoOf(change.table).name) +
                     "` changed meanwhile");
    }
  }
  return OkStatus();
}

Status MetadataStore::Stage(const Mutation& mutation, uint64_t revision,
                            KvBatch* batch) {
  std::map<std::pair<Table, std::string>, NamePages> touched;
  for (const Mutation::Change& change : mutation.changes_) {
    if (change.kind == Mutation::Kind::kRequire) continue;
    const auto place = std::make_pair(change.table, change.account);
    auto pages = touched.find(place);
    if (pages == touched.end()) {
      WRIT_ASSIGN_OR_RETURN(
          NamePages loaded,
          NamePages::Load(kv_, keyring_, change.table, change.account));
      pages = touched.emplace(place, std::move(loaded)).first;
    }
    const std::string engine_key =
        RecordKey(change.table, change.account, change.name);
    if (change.kind == Mutation::Kind::kDelete) {
      batch->Delete(engine_key);
      WRIT_RETURN_IF_ERROR(pages->second.Remove(change.name));
      continue;
    }
    WRIT_ASSIGN_OR_RETURN(const SecretBytes data_key,
                          keyring_->DataKey(change.account));
    batch->Put(engine_key,
               SealRecord(data_key, {change.table, change.account, engine_key},
                          revision, change.value.text()));
    WRIT_RETURN_IF_ERROR(pages->second.Add(change.name));
  }
  for (const auto& [place, pages] : touched) pages.Stage(revision, batch);
  WRIT_ASSIGN_OR_RETURN(const SecretBytes data_key,
                        keyring_->DataKey(kPlatformAccount));
  batch->Put(std::string(kRevisionKey),
             SealRecord(data_key, RevisionPlace(), revision, ""));
  return OkStatus();
}

Result<uint64_t> MetadataStore::Commit(const Permit& permit,
                                       const Mutation& mutation) {
  std::set<std::tuple<Table, std::string_view, std::string_view>> named;
  if (mutation.empty()) return InvalidArgument("a mutation without a change");
  for (const Mutation::Change& change : mutation.changes_) {
    WRIT_RETURN_IF_ERROR(CheckName(change.table, change.account, change.name));
    if (!change.account.empty() && change.account != permit.account()) {
      return PermissionDenied("the permit is for another account");
    }
    if (!named.emplace(change.table, change.account, change.name).second) {
      return InvalidArgument("a mutation names a record twice");
    }
  }
  MutexLock lock(&write_mu_);
  const uint64_t now = revision_.load();
  if (mutation.revision_.value_or(now) != now) {
    return Aborted("the store changed meanwhile");
  }
  WRIT_RETURN_IF_ERROR(CheckExpectations(mutation));
  WRIT_ASSIGN_OR_RETURN(const KvEntry marker, kv_->Get(kRevisionKey));
  KvBatch batch;
  // Every commit rewrites the marker: nothing that was read above can have
  // changed if it has not.
  batch.Require(std::string(kRevisionKey), marker.revision);
  WRIT_RETURN_IF_ERROR(Stage(mutation, now + 1, &batch));
  WRIT_RETURN_IF_ERROR(kv_->Write(batch).status());
  MutexLock fill_lock(&fill_mu_);
  revision_.store(now + 1);
  for (const Mutation::Change& change : mutation.changes_) {
    cache_.Erase(RecordKey(change.table, change.account, change.name));
  }
  return now + 1;
}

Result<uint64_t> MetadataStore::AppendAudit(const std::string& record) {
  return AppendAudit(std::span(&record, 1));
}

Result<uint64_t> MetadataStore::AppendAudit(
    std::span<const std::string> records) {
  WRIT_ASSIGN_OR_RETURN(const SecretBytes data_key,
                        keyring_->DataKey(kPlatformAccount));
  MutexLock lock(&audit_mu_);
  uint64_t sequence = audit_sequence_.load();
  if (records.empty()) return sequence;
  KvBatch batch;
  for (const std::string& record : records) {
    const std::string engine_key = AuditKey(++sequence);
    batch.Require(engine_key, 0);
    batch.Put(engine_key,
              SealRecord(data_key, AuditPlace(engine_key), sequence, record));
  }
  WRIT_RETURN_IF_ERROR(kv_->Write(batch).status());
  audit_sequence_.store(sequence);
  return sequence;
}

Result<std::vector<MetadataStore::AuditRecord>> MetadataStore::ReadAudit(
    size_t count, uint64_t before) {
  WRIT_ASSIGN_OR_RETURN(const SecretBytes data_key,
                        keyring_->DataKey(kPlatformAccount));
  uint64_t sequence = audit_sequence_.load();
  if (before != 0) sequence = std::min(sequence, before);
  std::vector<AuditRecord> records;
  for (; sequence > 0 && records.size() < count; --sequence) {
    const std::string engine_key = AuditKey(sequence);
    const Result<KvEntry> stored = kv_->Get(engine_key);
    if (!stored.ok()) {
      return DataLoss("audit record " + std::to_string(sequence) +
                      " is missing or unreadable");
    }
    WRIT_ASSIGN_OR_RETURN(
        const UnsealedRecord record,
        OpenRecord(data_key, AuditPlace(engine_key), stored->value));
    records.push_back({sequence, std::string(record.value.text())});
  }
  return records;
}

void MetadataStore::WipeExpired() {
  cache_.WipeExpired();
  keyring_->WipeExpired();
}

}  // namespace writ
