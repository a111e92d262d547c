// SPDX-License-Identifier: Apache-2.0
#include "runtime/placement.h"

namespace writ {
namespace {

// FNV-1a with a final mix: neighbours must not keep their order. No secret is
// hashed and no adversary gains by a collision: he would only meet himself.
class Hash {
 public:
  void Add(std::string_view text) {
    for (const char c : text) AddByte(static_cast<unsigned char>(c));
    AddByte(0);
  }
  uint64_t Finish() const {
    uint64_t mixed = value_;
    mixed ^= mixed >> 33;
    mixed *= 0xff51afd7ed558ccd;
    mixed ^= mixed >> 33;
    mixed *= 0xc4ceb9fe1a85ec53;
    return mixed ^ (mixed >> 33);
  }

 private:
  void AddByte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3; }
  uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace

std::optional<size_t> PlaceInstance(std::span<const NodeView> nodes,
                                    std::string_view account,
                                    std::string_view function_name) {
  std::optional<size_t> best;
  uint64_t best_weight = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].alive || nodes[i].free_slots == 0) continue;
    Hash hash;
    hash.Add(account);
    hash.Add(function_name);
    hash.Add(nodes[i].id);
    const uint64_t weight = hash.Finish();
    if (!best || weight > best_weight) {
      best = i;
      best_weight = weight;
    }
  }
  return best;
}

}  // namespace writ
