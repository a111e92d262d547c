// SPDX-License-Identifier: Apache-2.0
//
// A perfect hash in two steps: the first hash of a name chooses its bucket, and
// the bucket's seed makes a second hash that leads each of its names to a slot
// of its own. Seeds are tried one after the other, for the fullest buckets
// first, while most slots are still free.
#include <algorithm>
#include <bit>
#include <iterator>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "authz/match_action.h"
#include "authz/program/utf8.h"
#include "authz/text.h"
#include "base/hash.h"
#include "compiler/index.h"

namespace writ {
namespace {

constexpr size_t kNamesPerBucket = 4;
// A bucket of four names in a table three quarters full finds a seed within a
// few hundred tries, all but never not within this many.
constexpr uint32_t kMaxSeed = 1u << 16;
// Names of the catalogue beside those that patterns spell out.
constexpr uint64_t kBytesPerStatement = 64;
constexpr uint64_t kBytes = 64u << 10;

std::string Folded(std::string_view text) {
  std::string folded(text);
  for (char& byte : folded) byte = FoldAscii(byte);
  return folded;
}

bool IsName(std::string_view text) {
  RequestAction action;
  return ReadAction(text, &action) &&
         text.find('\0') == std::string_view::npos &&
         FindInvalidUtf8(text) == std::string_view::npos;
}

// The class of an action as a decision finds it.
uint32_t ClassOf(const ProgramView& view, std::string_view action) {
  const uint32_t columns = view.action_moves.size() / view.action_states.size();
  uint32_t row = 0;
  for (const char byte : action) {
    row =
        view.action_moves[row + view.action_bytes[static_cast<uint8_t>(byte)]];
  }
  return view.action_states[row / columns];
}

struct Name {
  std::string text;
  uint32_t action_class;
  // In strings; kNoIndex in size_bytes if it is not there yet.
  TextRef ref;
};

// What patterns spell out.
std::vector<Name> NamesInPatterns(const ProgramView& view) {
  std::vector<Name> names;
  for (uint32_t i = 0; i < view.action_patterns.size(); ++i) {
    const TextRef ref = view.action_patterns[i].text;
    const std::string_view text = view.Text(ref);
    if (text.find_first_of("*?") != std::string_view::npos || !IsName(text) ||
        Folded(text) != text) {
      continue;
    }
    names.push_back({std::string(text), ClassOf(view, text), ref});
  }
  return names;
}

// Those of `known` that a pattern other than `*` treats apart, as far as they
// fit.
std::vector<Name> NamesKnown(const ProgramView& view,
                             std::span<const std::string_view> known) {
  std::vector<Name> names;
  constexpr std::string_view kUnnamed = "";
  const uint32_t unmatched = ClassOf(view, kUnnamed);
  uint64_t room = view.statements.size() * kBytesPerStatement + kBytes;
  for (const std::string_view text : known) {
    if (!IsName(text)) continue;
    const uint64_t bytes = text.size() + 2 * sizeof(ActionName);
    if (bytes > room) break;
    Name name = {Folded(text), 0, {0, kNoIndex}};
    name.action_class = ClassOf(view, name.text);
    if (name.action_class == unmatched) continue;
    room -= bytes;
    names.push_back(std::move(name));
  }
  return names;
}

// Both, sorted by text, each once: a name that is in strings already before
// one that is not. Nothing if no action is known and most patterns have
// wildcards: most requests would be looked up in vain.
std::vector<Name> GatherNames(const ProgramView& view,
                              std::span<const std::string_view> known) {
  std::vector<Name> names = NamesInPatterns(view);
  std::vector<Name> more = NamesKnown(view, known);
  if (more.empty() && names.size() * 2 < view.action_patterns.size()) return {};
  std::ranges::move(more, std::back_inserter(names));
  std::stable_sort(
      names.begin(), names.end(),
      [](const Name& a, const Name& b) { return a.text < b.text; });
  names.erase(std::unique(names.begin(), names.end(),
                          [](const Name& a, const Name& b) {
                            return a.text == b.text;
                          }),
              names.end());
  return names;
}

// Seeds and slots; no slots when some bucket finds no seed.
struct PerfectHash {
  std::vector<uint32_t> seeds;
  std::vector<uint32_t> slots;  // of names; kNoIndex: empty
};

// Tries seeds for one bucket until each of its names has a free slot.
bool PlaceBucket(const std::vector<Name>& names,
                 std::span<const uint32_t> bucket, CompileMeter* meter,
                 uint32_t* seed, std::vector<uint32_t>* slots) {
  std::vector<size_t> taken;
  for (*seed = 1; *seed <= kMaxSeed; ++*seed) {
    if (!meter->Step(bucket.size())) return false;
    taken.clear();
    for (const uint32_t name : bucket) {
      const size_t slot = HashBytes(names[name].text, *seed) % slots->size();
      if ((*slots)[slot] != kNoIndex) break;
      (*slots)[slot] = name;
      taken.push_back(slot);
    }
    if (taken.size() == bucket.size()) return true;
    for (const size_t slot : taken) (*slots)[slot] = kNoIndex;
  }
  return false;
}

PerfectHash MakePerfectHash(const std::vector<Name>& names,
                            CompileMeter* meter) {
  PerfectHash hash;
  // Powers of two: the remainder is a mask for whoever cares.
  hash.seeds.resize(std::bit_ceil(names.size() / kNamesPerBucket + 1), 1);
  hash.slots.resize(std::bit_ceil(names.size() + names.size() / 4 + 1),
                    kNoIndex);
  std::vector<std::vector<uint32_t>> buckets(hash.seeds.size());
  for (uint32_t i = 0; i < names.size(); ++i) {
    buckets[HashBytes(names[i].text) % buckets.size()].push_back(i);
  }
  std::vector<uint32_t> order(buckets.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return buckets[a].size() > buckets[b].size();
  });
  for (const uint32_t bucket : order) {
    if (!buckets[bucket].empty() &&
        !PlaceBucket(names, buckets[bucket], meter, &hash.seeds[bucket],
                     &hash.slots)) {
      return {};
    }
  }
  return hash;
}

}  // namespace

Status BuildKnownActions(const CompileOptions& options, CompileMeter* meter,
                         Image* image) {
  const ProgramView view = image->View();
  if (view.action_states.size() == 0) return OkStatus();
  std::vector<Name> names = GatherNames(view, options.known_actions);
  if (names.empty()) return OkStatus();
  const PerfectHash hash = MakePerfectHash(names, meter);
  if (hash.slots.empty()) return OkStatus();
  std::string& strings = (*image)[Section::kStrings];
  for (Name& name : names) {
    if (name.ref.size_bytes != kNoIndex) continue;
    name.ref = {static_cast<uint32_t>(strings.size()),
                static_cast<uint32_t>(name.text.size())};
    strings += name.text;
  }
  for (const uint32_t seed : hash.seeds) {
    image->Append(Section::kActionSeeds, seed);
  }
  for (const uint32_t slot : hash.slots) {
    image->Append(Section::kActionNames,
                  slot == kNoIndex
                      ? ActionName{}
                      : ActionName{names[slot].ref, names[slot].action_class});
  }
  return OkStatus();
}

}  // namespace writ
