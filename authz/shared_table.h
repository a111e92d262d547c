// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_SHARED_TABLE_H_
#define WRIT_AUTHZ_SHARED_TABLE_H_

#include <bit>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"

namespace writ {

template <typename Entry>
class SharedTableEditor;

// Entries by the texts that their key() gives, as a trie over the bits of the
// keys' hashes. A copy shares every node with its original, and an editor
// copies only the nodes on the way to what it changes. Immutable: any number of
// threads may look up at once.
template <typename Entry>
class SharedTable {
 public:
  // The entry with that key, or null. Borrowed from this table and from every
  // other one that shares it.
  //
  // Cost  one hash of the key, a step for about each 6 bits of the number of
  //       entries, one comparison of texts. Keys whose hashes were made to
  //       collide are told apart by a hash with another seed further down.
  const Entry* Find(std::string_view key) const noexcept {
    const Node* node = root_.get();
    Digits digits(key);
    while (node != nullptr) {
      const uint64_t bit = digits.Next();
      if ((node->used & bit) == 0) return nullptr;
      const Slot& slot = node->slots[node->PlaceOf(bit)];
      if (slot.entry != nullptr) {
        return slot.entry->key() == key ? slot.entry.get() : nullptr;
      }
      node = slot.node.get();
    }
    return nullptr;
  }

 private:
  friend class SharedTableEditor<Entry>;

  struct Node;
  // Exactly one of the two.
  struct Slot {
    std::shared_ptr<const Entry> entry;
    std::shared_ptr<Node> node;
  };
  struct Node {
    size_t PlaceOf(uint64_t bit) const {
      return static_cast<size_t>(std::popcount(used & (bit - 1)));
    }
    // bit  not used yet
    Slot* Insert(uint64_t bit) {
      const auto place = static_cast<std::ptrdiff_t>(PlaceOf(bit));
      used |= bit;
      return &*slots.insert(slots.begin() + place, Slot());
    }
    void Remove(uint64_t bit) {
      slots.erase(slots.begin() + static_cast<std::ptrdiff_t>(PlaceOf(bit)));
      used &= ~bit;
    }

    uint64_t used = 0;
    std::vector<Slot> slots;  // one for each bit of `used`
    uint64_t round = 0;       // of the editor that may still change it
  };

  // The way of one key down the trie: 6 bits at a time.
  class Digits {
   public:
    explicit Digits(std::string_view key) : key_(key) {}
    uint64_t Next() {
      if (level_ % kLevelsPerHash == 0) {
        hash_ = HashBytes(key_, level_ / kLevelsPerHash);
      }
      ++level_;
      const uint64_t bit = uint64_t{1} << (hash_ & 63);
      hash_ >>= 6;
      return bit;
    }
    void Skip(uint32_t levels) {
      for (; levels > 0; --levels) Next();
    }
    uint32_t level() const { return level_; }

   private:
    static constexpr uint32_t kLevelsPerHash = 10;
    std::string_view key_;
    uint64_t hash_ = 0;
    uint32_t level_ = 0;
  };

  std::shared_ptr<Node> root_;
};

// Makes tables. Not thread-safe; the tables are.
template <typename Entry>
class SharedTableEditor {
 public:
  SharedTableEditor() = default;
  SharedTableEditor(const SharedTableEditor&) = delete;
  SharedTableEditor& operator=(const SharedTableEditor&) = delete;

  // The table as it is now; later changes do not touch it.
  SharedTable<Entry> Share() {
    ++round_;
    return table_;
  }
  const Entry* Find(std::string_view key) const { return table_.Find(key); }

  // Adds the entry, in the place of one with the same key.
  void Put(std::shared_ptr<const Entry> entry) {
    typename Table::Digits digits(entry->key());
    std::shared_ptr<Node>* at = &table_.root_;
    while (true) {
      Node* const node = Own(at);
      const uint64_t bit = digits.Next();
      if ((node->used & bit) == 0) {
        node->Insert(bit)->entry = std::move(entry);
        return;
      }
      Slot* const slot = &node->slots[node->PlaceOf(bit)];
      if (slot->entry != nullptr) {
        if (slot->entry->key() == entry->key()) {
          slot->entry = std::move(entry);
          return;
        }
        // Two keys that begin alike: the older one moves down.
        std::shared_ptr<const Entry> older = std::move(slot->entry);
        slot->entry = nullptr;
        typename Table::Digits way(older->key());
        way.Skip(digits.level());
        Own(&slot->node)->Insert(way.Next())->entry = std::move(older);
      }
      at = &slot->node;
    }
  }

  // Removes the entry with that key, if there is one.
  void Erase(std::string_view key) {
    if (Find(key) == nullptr) return;
    std::vector<std::pair<Node*, uint64_t>> way;
    typename Table::Digits digits(key);
    std::shared_ptr<Node>* at = &table_.root_;
    while (true) {
      Node* const node = Own(at);
      const uint64_t bit = digits.Next();
      way.emplace_back(node, bit);
      Slot* const slot = &node->slots[node->PlaceOf(bit)];
      if (slot->entry != nullptr) break;
      at = &slot->node;
    }
    for (; !way.empty(); way.pop_back()) {
      way.back().first->Remove(way.back().second);
      if (way.back().first->used != 0) return;
    }
  }

 private:
  using Table = SharedTable<Entry>;
  using Node = typename Table::Node;
  using Slot = typename Table::Slot;

  // The node as one that no shared table holds.
  Node* Own(std::shared_ptr<Node>* at) {
    if (*at == nullptr) {
      *at = std::make_shared<Node>();
      (*at)->round = round_;
    } else if ((*at)->round != round_) {
      *at = std::make_shared<Node>(**at);
      (*at)->round = round_;
    }
    return at->get();
  }

  SharedTable<Entry> table_;
  uint64_t round_ = 1;  // grows with every Share
};

}  // namespace writ

#endif  // WRIT_AUTHZ_SHARED_TABLE_H_
