// SPDX-License-Identifier: Apache-2.0
//
// The only file that sees LevelDB. Each stored value is the revision of its
// write (eight bytes) and then the caller's bytes; the last revision stands
// under a key of its own, one byte that sorts before all others and that no
// caller's key may begin with.
#include "store/leveldb_kv.h"

#include <fcntl.h>
#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "base/coding.h"
#include "base/file.h"
#include "base/mutex.h"

namespace writ {
namespace {

constexpr char kOwnPrefix = '\0';
constexpr std::string_view kRevisionKey("\0revision", 9);
constexpr size_t kRevisionBytes = sizeof(uint64_t);
constexpr size_t kCacheBytes = 8 << 20;
constexpr size_t kWriteBufferBytes = 4 << 20;
constexpr int kBloomBitsPerKey = 10;

// Swallows what LevelDB would write to its LOG file: key ranges stand there.
class SilentLogger final : public leveldb::Logger {
 public:
  void Logv(const char*, va_list) override {}
};

leveldb::Slice ToSlice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view ToView(const leveldb::Slice& slice) {
  return {slice.data(), slice.size()};
}

Status ToStatus(const leveldb::Status& status) {
  if (status.ok()) return OkStatus();
  if (status.IsNotFound()) return NotFound("no such key");
  // LevelDB's own texts name files, and never keys or values.
  if (status.IsCorruption()) {
    return DataLoss("the database is damaged: " + status.ToString());
  }
  return InternalError("the database failed: " + status.ToString());
}

// Who holds the lock file: "process 17", or "another process".
std::string LockHolder(const std::string& path) {
  const UniqueFd fd(
      ::open((path + "/LOCK").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (fd.valid() && ::fcntl(fd.get(), F_GETLK, &lock) == 0 &&
      lock.l_type != F_UNLCK && lock.l_pid > 0) {
    return "process " + std::to_string(lock.l_pid);
  }
  return "another user of it";
}

std::string Encode(uint64_t revision, std::string_view value) {
  ByteWriter writer;
  writer.Put(revision);
  writer.PutRaw(value);
  return writer.Take();
}

class LevelDbKv final : public Kv {
 public:
  static Result<std::unique_ptr<Kv>> Open(const std::string& path) {
    auto kv = std::unique_ptr<LevelDbKv>(new LevelDbKv());
    WRIT_RETURN_IF_ERROR(kv->OpenAt(path));
    return std::unique_ptr<Kv>(std::move(kv));
  }

  Result<KvEntry> Get(std::string_view key) const override {
    std::string stored;
    WRIT_RETURN_IF_ERROR(
        ToStatus(db_->Get(ReadOptions(), ToSlice(key), &stored)));
    return Decode(key, stored);
  }

  Result<std::vector<KvEntry>> Scan(std::string_view prefix,
                                    std::string_view after, size_t limit,
                                    KvOrder order) const override {
    const std::unique_ptr<leveldb::Iterator> at(
        db_->NewIterator(ReadOptions()));
    if (order == KvOrder::kForward) {
      SeekForward(at.get(), prefix, after);
    } else {
      SeekBackward(at.get(), prefix, after);
    }
    std::vector<KvEntry> found;
    while (at->Valid() && found.size() < limit &&
           ToView(at->key()).starts_with(prefix) && !IsOwn(ToView(at->key()))) {
      WRIT_ASSIGN_OR_RETURN(KvEntry entry,
                            Decode(ToView(at->key()), ToView(at->value())));
      found.push_back(std::move(entry));
      if (order == KvOrder::kForward) {
        at->Next();
      } else {
        at->Prev();
      }
    }
    WRIT_RETURN_IF_ERROR(ToStatus(at->status()));
    return found;
  }

  Result<uint64_t> Write(const KvBatch& batch) override {
    WRIT_RETURN_IF_ERROR(ValidateBatch(batch));
    leveldb::WriteOptions options;
    options.sync = true;
    MutexLock lock(&mu_);
    if (broken_) {
      return InternalError("the database failed earlier; restart to recover");
    }
    for (const KvBatch::Condition& condition : batch.conditions) {
      const Result<KvEntry> present = Get(condition.key);
      if (!present.ok() && present.status().code() != StatusCode::kNotFound) {
        return present.status();
      }
      if ((present.ok() ? present->revision : 0) != condition.revision) {
        return Aborted("a key changed meanwhile");
      }
    }
    const uint64_t next = revision_.load() + 1;
    leveldb::WriteBatch raw;
    for (const KvBatch::PutOp& put : batch.puts) {
      raw.Put(ToSlice(put.key), Encode(next, put.value));
    }
    for (const std::string& key : batch.deletes) {
      raw.Delete(ToSlice(key));
    }
    raw.Put(ToSlice(kRevisionKey), Encode(next, ""));
    const Status written = ToStatus(db_->Write(options, &raw));
    if (!written.ok()) {
      // A failed write may still be in the log: only a reopening, which reads
      // the log, knows. Until then nothing more is accepted.
      broken_ = true;
      return written;
    }
    revision_.store(next);
    return next;
  }

  uint64_t revision() const override { return revision_.load(); }

 private:
  LevelDbKv()
      : cache_(leveldb::NewLRUCache(kCacheBytes)),
        filter_(leveldb::NewBloomFilterPolicy(kBloomBitsPerKey)) {}

  static leveldb::ReadOptions ReadOptions() {
    leveldb::ReadOptions options;
    options.verify_checksums = true;
    return options;
  }

  static bool IsOwn(std::string_view key) {
    return key.starts_with(kOwnPrefix);
  }

  Status OpenAt(const std::string& path) {
    leveldb::Options options;
    options.create_if_missing = true;
    options.paranoid_checks = true;
    options.info_log = &logger_;
    options.compression = leveldb::kNoCompression;
    options.block_cache = cache_.get();
    options.filter_policy = filter_.get();
    options.write_buffer_size = kWriteBufferBytes;
    // LevelDB would make the directory for everybody to read.
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      return ErrnoStatus("create `" + path + "`", errno);
    }
    leveldb::DB* raw = nullptr;
    const leveldb::Status status = leveldb::DB::Open(options, path, &raw);
    if (!status.ok()) {
      const std::string text = status.ToString();
      if (text.find("lock ") != std::string::npos) {
        return Unavailable("`" + path + "` is in use by " + LockHolder(path));
      }
      return ToStatus(status);
    }
    db_.reset(raw);
    const Result<KvEntry> last = Get(kRevisionKey);
    if (last.ok()) {
      revision_.store(last->revision);
    } else if (last.status().code() != StatusCode::kNotFound) {
      return last.status();
    }
    return OkStatus();
  }

  static Result<KvEntry> Decode(std::string_view key, std::string_view stored) {
    ByteReader reader(stored);
    KvEntry entry;
    entry.revision = reader.Get<uint64_t>();
    if (!reader.ok()) return DataLoss("the database holds a truncated value");
    entry.key = key;
    entry.value = stored.substr(kRevisionBytes);
    return entry;
  }

  static void SeekForward(leveldb::Iterator* at, std::string_view prefix,
                          std::string_view after) {
    if (after.empty() || after < prefix) {
      at->Seek(ToSlice(prefix));
      while (at->Valid() && IsOwn(ToView(at->key()))) at->Next();
      return;
    }
    at->Seek(ToSlice(after));
    if (at->Valid() && ToView(at->key()) == after) at->Next();
  }

  // To the last key that is less than `after`, or than everything behind the
  // prefix.
  static void SeekBackward(leveldb::Iterator* at, std::string_view prefix,
                           std::string_view after) {
    std::string bound(prefix);
    while (!bound.empty() && bound.back() == '\xff') bound.pop_back();
    if (!bound.empty()) bound.back() = static_cast<char>(bound.back() + 1);
    if (!after.empty() && (bound.empty() || after < bound)) bound = after;
    if (bound.empty()) {
      at->SeekToLast();
      return;
    }
    at->Seek(bound);
    if (at->Valid()) {
      at->Prev();
    } else {
      at->SeekToLast();
    }
  }

  // Declared in the order in which LevelDB needs them gone: the database first.
  SilentLogger logger_;
  const std::unique_ptr<leveldb::Cache> cache_;
  const std::unique_ptr<const leveldb::FilterPolicy> filter_;
  std::unique_ptr<leveldb::DB> db_;
  Mutex mu_;
  bool broken_ WRIT_GUARDED_BY(mu_) = false;
  std::atomic<uint64_t> revision_{0};
};

}  // namespace

Result<std::unique_ptr<Kv>> OpenLevelDbKv(const std::string& path) {
  return LevelDbKv::Open(path);
}

}  // namespace writ
