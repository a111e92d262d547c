// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_STORE_METADATA_H_
#define WRIT_STORE_METADATA_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "base/status.h"
#include "store/keyring.h"
#include "store/kv.h"
#include "store/permit.h"
#include "store/record_cache.h"
#include "store/records.h"

namespace writ {

// A record as its owner wrote it. The store does not look inside the value.
struct Record {
  // The revision of the commit that wrote it: never repeats, not even when a
  // record is deleted and made again.
  uint64_t version = 0;
  SecretBytes value;
};

// Changes that happen together.
class Mutation {
 public:
  // No condition on what is there.
  static constexpr uint64_t kAnyVersion = UINT64_MAX;
  // The record must not exist.
  static constexpr uint64_t kAbsent = 0;

  // Writes a record.
  //
  // account   of the record; for tables of the platform (store/records.def),
  //           kPlatformAccount
  // name      1 to kMaxRecordNameBytes
  // expected  the version it must have now, kAbsent or kAnyVersion
  Mutation& Put(Table table, std::string_view account, std::string_view name,
                std::string_view value, uint64_t expected);
  // Deletes a record; with kAnyVersion an absent one is no error.
  Mutation& Delete(Table table, std::string_view account, std::string_view name,
                   uint64_t expected);
  // Changes nothing, but the commit fails unless the record is as expected.
  Mutation& Require(Table table, std::string_view account,
                    std::string_view name, uint64_t expected);

  // The commit fails unless the store is at `revision` (P14).
  Mutation& RequireRevision(uint64_t revision);

  bool empty() const { return changes_.empty(); }

 private:
  friend class MetadataStore;
  enum class Kind : uint8_t { kPut, kDelete, kRequire };
  struct Change {
    Kind kind;
    Table table;
    std::string account;
    std::string name;
    SecretBytes value;
    uint64_t expected;
  };
  Mutation& Add(Kind kind, Table table, std::string_view account,
                std::string_view name, std::string_view value,
                uint64_t expected);

  std::vector<Change> changes_;
  std::optional<uint64_t> revision_;
};

// What a list call wants: names in byte order.
struct ListQuery {
  std::string after = "";   // names greater than this; empty: from the first
  std::string prefix = "";  // only names that begin so; empty: all
  size_t limit = 100;
};

struct NameList {
  std::vector<std::string> names;
  bool more = false;  // ask again with after = names.back()
};

// Records by table, account and name, sealed at rest: neither names nor values
// can be read from the files. Thread-safe; one process at a time.
class MetadataStore {
 public:
  // Opens the records in `kv`. `kv`, `keyring` and `clock` must outlive the
  // store.
  //
  // Errors   kFailedPrecondition  the store's format is newer than this build
  //          kDataLoss            damaged, or the wrong key-encryption key
  static Result<std::unique_ptr<MetadataStore>> Open(Kv* kv, Keyring* keyring,
                                                     const Clock* clock);

  // Errors   kNotFound  no such record
  //          kDataLoss  it was altered
  Result<Record> Get(Table table, std::string_view account,
                     std::string_view name);

  Result<NameList> List(Table table, std::string_view account,
                        const ListQuery& query);

  // Applies `mutation` as a whole and returns the new revision. Revisions grow
  // by one a commit and never go down.
  //
  // permit  its account must be that of every record changed, tables of the
  //         platform aside
  // Errors   kAborted           a record is not at the expected version, or
  //                             the store not at the expected revision
  //          kPermissionDenied  a record of another account
  //          kInvalidArgument   empty, a bad name, or a record named twice
  Result<uint64_t> Commit(const Permit& permit, const Mutation& mutation);

  // The revision of the last commit; 0 for a new store.
  uint64_t revision() const { return revision_.load(); }

  // Appends audit records; on the disk when this returns. Needs no permit:
  // refusals are recorded too.
  //
  // Returns the sequence number of the last one; numbers count from 1 without
  // gaps.
  Result<uint64_t> AppendAudit(std::span<const std::string> records);
  Result<uint64_t> AppendAudit(const std::string& record);
  // The sequence number of the last audit record; 0 when there is none.
  uint64_t audit_sequence() const { return audit_sequence_.load(); }

  struct AuditRecord {
    uint64_t sequence = 0;
    std::string value;
  };
  // The last `count` records with a sequence up to `before` (0: all), newest
  // first.
  //
  // Errors   kDataLoss  a record is altered or missing
  Result<std::vector<AuditRecord>> ReadAudit(size_t count, uint64_t before);

  // Wipes decrypted records whose time has come (P35); call it each second.
  void WipeExpired();

 private:
  MetadataStore(Kv* kv, Keyring* keyring, const Clock* clock);

  Status LoadMarkers();
  std::string RecordKey(Table table, std::string_view account,
                        std::string_view name) const;
  // The record as the engine has it; kNotFound when absent.
  Result<Record> Read(Table table, std::string_view account,
                      const std::string& engine_key) const;
  // kAborted unless every record is as its change expects.
  Status CheckExpectations(const Mutation& mutation) const;
  // Adds the records, the name pages and the revision to `batch`.
  Status Stage(const Mutation& mutation, uint64_t revision, KvBatch* batch);

  Kv* const kv_;
  Keyring* const keyring_;
  RecordCache cache_;
  Mutex write_mu_;  // one commit at a time; lists read between commits
  Mutex fill_mu_;   // keeps a read that began before a commit out of cache_
  Mutex audit_mu_;  // one append at a time
  std::atomic<uint64_t> revision_{0};
  std::atomic<uint64_t> audit_sequence_{0};
};

}  // namespace writ

#endif  // WRIT_STORE_METADATA_H_
