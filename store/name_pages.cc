// SPDX-License-Identifier: Apache-2.0
#include "store/name_pages.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/coding.h"
#include "base/limits.h"
#include "store/sealing.h"

namespace writ {
namespace {

constexpr char kEnginePrefix = 'n';
constexpr uint64_t kRootId = 0;

Status Damaged() { return DataLoss("a page of names is damaged"); }

}  // namespace

Result<NamePages> NamePages::Load(const Kv* kv, Keyring* keyring, Table table,
                                  std::string_view account) {
  NamePages pages(kv, table, account);
  pages.keyring_ = keyring;
  WRIT_ASSIGN_OR_RETURN(pages.data_key_, keyring->DataKey(account));
  WRIT_ASSIGN_OR_RETURN(const std::string root, pages.ReadPage(kRootId, true));
  if (root.empty()) {
    pages.refs_.push_back({.id = pages.next_id_++, .first = ""});
    pages.pages_[pages.refs_[0].id] = Page{};
    return pages;
  }
  WRIT_RETURN_IF_ERROR(pages.ParseRoot(root));
  return pages;
}

Status NamePages::ParseRoot(std::string_view bytes) {
  ByteReader reader(bytes);
  next_id_ = reader.Get<uint64_t>();
  while (reader.ok() && !reader.at_end()) {
    PageRef ref;
    ref.id = reader.Get<uint64_t>();
    ref.first = reader.GetBytes();
    if (ref.id == kRootId || ref.id >= next_id_ ||
        (refs_.empty() ? !ref.first.empty()
                       : refs_.back().first >= ref.first)) {
      return Damaged();
    }
    refs_.push_back(std::move(ref));
  }
  return reader.ok() && !refs_.empty() ? OkStatus() : Damaged();
}

std::string NamePages::EngineKey(uint64_t page_id) const {
  ByteWriter name;
  name.Put(static_cast<uint8_t>(table_));
  name.Put(page_id);
  return kEnginePrefix +
         keyring_->BlindName(Table::kNamePage, account_, name.data());
}

Result<std::string> NamePages::ReadPage(uint64_t page_id,
                                        bool may_be_absent) const {
  const std::string engine_key = EngineKey(page_id);
  const Result<KvEntry> stored = kv_->Get(engine_key);
  if (!stored.ok()) {
    if (stored.status().code() != StatusCode::kNotFound) {
      return stored.status();
    }
    if (may_be_absent) return std::string();
    return Damaged();
  }
  WRIT_ASSIGN_OR_RETURN(
      const UnsealedRecord page,
      OpenRecord(data_key_, {Table::kNamePage, account_, engine_key},
                 stored->value));
  return std::string(page.value.text());
}

size_t NamePages::PageOf(std::string_view name) const {
  const auto behind = std::upper_bound(
      refs_.begin(), refs_.end(), name,
      [](std::string_view n, const PageRef& ref) { return n < ref.first; });
  return static_cast<size_t>(behind - refs_.begin()) - 1;
}

Result<NamePages::Page*> NamePages::LoadPage(uint64_t page_id) {
  const auto found = pages_.find(page_id);
  if (found != pages_.end()) return &found->second;
  WRIT_ASSIGN_OR_RETURN(const std::string bytes, ReadPage(page_id, false));
  Page page;
  ByteReader reader(bytes);
  while (reader.ok() && !reader.at_end()) {
    const std::string_view name = reader.GetBytes();
    if (!page.names.empty() && page.names.back() >= name) return Damaged();
    page.names.emplace_back(name);
  }
  if (!reader.ok()) return Damaged();
  return &pages_.emplace(page_id, std::move(page)).first->second;
}

Result<NameList> NamePages::List(const ListQuery& query) {
  NameList list;
  const std::string& from = std::max(query.after, query.prefix);
  for (size_t i = PageOf(from); i < refs_.size(); ++i) {
    WRIT_ASSIGN_OR_RETURN(const Page* page, LoadPage(refs_[i].id));
    auto at = std::lower_bound(page->names.begin(), page->names.end(), from);
    for (; at != page->names.end(); ++at) {
      if (!query.after.empty() && *at <= query.after) continue;
      // All names with the prefix stand together, from `from` on.
      if (!at->starts_with(query.prefix)) return list;
      if (list.names.size() == query.limit) {
        list.more = true;
        return list;
      }
      list.names.push_back(*at);
    }
  }
  return list;
}

Status NamePages::Add(std::string_view name) {
  const size_t ref = PageOf(name);
  WRIT_ASSIGN_OR_RETURN(Page* const page, LoadPage(refs_[ref].id));
  const auto at =
      std::lower_bound(page->names.begin(), page->names.end(), name);
  if (at != page->names.end() && *at == name) return OkStatus();
  page->names.emplace(at, name);
  page->changed = true;
  if (page->names.size() > kMaxNamesPerPage) Split(ref);
  return OkStatus();
}

void NamePages::Split(size_t ref) {
  std::vector<std::string>& low = pages_[refs_[ref].id].names;
  const auto middle = low.begin() + static_cast<std::ptrdiff_t>(low.size() / 2);
  PageRef high_ref{.id = next_id_++, .first = *middle};
  Page high{.names = {middle, low.end()}, .changed = true};
  low.erase(middle, low.end());
  pages_[high_ref.id] = std::move(high);
  refs_.insert(refs_.begin() + static_cast<std::ptrdiff_t>(ref) + 1,
               std::move(high_ref));
  root_changed_ = true;
}

Status NamePages::Remove(std::string_view name) {
  const size_t ref = PageOf(name);
  const uint64_t id = refs_[ref].id;
  WRIT_ASSIGN_OR_RETURN(Page* const page, LoadPage(id));
  const auto at =
      std::lower_bound(page->names.begin(), page->names.end(), name);
  if (at == page->names.end() || *at != name) return OkStatus();
  page->names.erase(at);
  page->changed = true;
  if (!page->names.empty() || refs_.size() == 1) return OkStatus();
  pages_.erase(id);
  dropped_.push_back(id);
  refs_.erase(refs_.begin() + static_cast<std::ptrdiff_t>(ref));
  refs_[0].first.clear();
  root_changed_ = true;
  return OkStatus();
}

void NamePages::Stage(uint64_t revision, KvBatch* batch) const {
  const auto put = [&](uint64_t id, const std::string& bytes) {
    const std::string engine_key = EngineKey(id);
    batch->Put(engine_key,
               SealRecord(data_key_, {Table::kNamePage, account_, engine_key},
                          revision, bytes));
  };
  bool any_page = false;
  for (const auto& [id, page] : pages_) {
    if (!page.changed) continue;
    any_page = true;
    ByteWriter writer;
    for (const std::string& name : page.names) writer.PutBytes(name);
    put(id, writer.data());
  }
  for (const uint64_t id : dropped_) batch->Delete(EngineKey(id));
  if (!any_page && !root_changed_) return;
  ByteWriter root;
  root.Put(next_id_);
  for (const PageRef& ref : refs_) {
    root.Put(ref.id);
    root.PutBytes(ref.first);
  }
  put(kRootId, root.data());
}

}  // namespace writ
