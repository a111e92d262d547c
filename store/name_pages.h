// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_STORE_NAME_PAGES_H_
#define WRIT_STORE_NAME_PAGES_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/status.h"
#include "store/keyring.h"
#include "store/kv.h"
#include "store/metadata.h"
#include "store/records.h"

namespace writ {

// The sorted names of one table and account (P35): engine keys are digests,
// so the engine's own order says nothing. A root page lists the pages and the
// least name each may hold; both kinds are sealed like records.
//
// Made for one list call or one commit, by one thread, while nobody else
// commits.
class NamePages {
 public:
  // `kv` and `keyring` must outlive it.
  static Result<NamePages> Load(const Kv* kv, Keyring* keyring, Table table,
                                std::string_view account);

  Result<NameList> List(const ListQuery& query);

  // Adds or removes a name; one that is there or absent already is no error.
  Status Add(std::string_view name);
  Status Remove(std::string_view name);

  // Puts the changed pages into `batch`, sealed as of `revision`.
  void Stage(uint64_t revision, KvBatch* batch) const;

 private:
  struct PageRef {
    uint64_t id = 0;
    std::string first;  // least name that belongs here; "" for the first page
  };
  struct Page {
    std::vector<std::string> names;
    bool changed = false;
  };

  NamePages(const Kv* kv, Table table, std::string_view account)
      : kv_(kv), table_(table), account_(account) {}

  std::string EngineKey(uint64_t page_id) const;
  // The content of a page; empty when it does not exist.
  Result<std::string> ReadPage(uint64_t page_id, bool may_be_absent) const;
  Status ParseRoot(std::string_view bytes);
  // Index into refs_ of the page where `name` belongs.
  size_t PageOf(std::string_view name) const;
  Result<Page*> LoadPage(uint64_t page_id);
  void Split(size_t ref);

  const Kv* kv_;
  const Keyring* keyring_ = nullptr;
  Table table_;
  std::string account_;
  SecretBytes data_key_;
  uint64_t next_id_ = 1;  // 0 is the root
  std::vector<PageRef> refs_;
  bool root_changed_ = false;
  std::map<uint64_t, Page> pages_;
  std::vector<uint64_t> dropped_;
};

}  // namespace writ

#endif  // WRIT_STORE_NAME_PAGES_H_
