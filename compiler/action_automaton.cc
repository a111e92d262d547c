// SPDX-License-Identifier: Apache-2.0
//
// A state is the set of places in patterns that the text read so far may have
// reached: `fc:Get*` and `fc:*Function` are both at their third letter after
// `fc`, and after `fc:Get` the first is behind its star and the second at the
// star and behind no letter of `function`. Only letters that stand next at one
// of a state's places lead anywhere but where all other letters lead, so a row
// costs as many moves as it has such letters.
//
// Patterns are matched character by character (R42), requests come byte by
// byte. That only matters to `?`: without one in any pattern, bytes are taken
// for characters, which no star and no letter can tell. With one, a state also
// has the bytes of a code point begun (they become characters of their own when
// it is not completed) wherever the number of characters matters.
#include "compiler/action_automaton.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "authz/program/utf8.h"
#include "authz/text.h"
#include "base/hash.h"

namespace writ {
namespace {

// Bytes are themselves; named code points are numbered from here.
constexpr uint32_t kFirstCodePoint = 256;
constexpr uint32_t kOther = 0;  // whatever no pattern names
constexpr uint32_t kEnd = UINT32_MAX;
constexpr uint32_t kStar = UINT32_MAX - 1;
constexpr uint32_t kAnyOne = UINT32_MAX - 2;
constexpr uint32_t kNone = UINT32_MAX;
constexpr size_t kMaxPlaces = 1u << 16;

using Places = std::vector<uint32_t>;

bool IsAscii(uint8_t byte) { return byte < 0x80; }

// The bytes of a code point with this first byte; 0 if there is none.
size_t BytesFrom(uint8_t lead) {
  if (lead < 0xc2 || lead > 0xf4) return 0;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

// Whether a well-formed code point begins with these bytes, all of it or less.
bool BeginsCodePoint(const std::string& bytes) {
  const size_t need = BytesFrom(static_cast<uint8_t>(bytes[0]));
  if (need == 0 || bytes.size() > need) return false;
  if (bytes.size() == 1) return true;
  std::string whole = bytes;
  whole.resize(need, '\x80');
  return Utf8CodePointBytes(whole, 0) == need;
}

// Bytes that no pattern names are alike for the reading of code points exactly
// if they are of one sort here.
uint32_t SortOfByte(unsigned byte) {
  constexpr unsigned kFirsts[] = {0,    0x80, 0x90, 0xa0, 0xc0, 0xc2, 0xe0,
                                  0xe1, 0xed, 0xee, 0xf0, 0xf1, 0xf4, 0xf5};
  uint32_t sort = 0;
  for (const unsigned first : kFirsts) sort += byte >= first ? 1 : 0;
  return sort;
}

class AutomatonBuilder {
 public:
  explicit AutomatonBuilder(const AutomatonBounds& bounds) : bounds_(bounds) {
    moved_in_.fill(kNone);
  }

  bool Run(std::span<const std::string_view> patterns) {
    if (!ReadPatterns(patterns)) return false;
    MakeColumns();
    Places start;
    for (const uint32_t first : firsts_) AddPlace(first, &start);
    table_.assign(kFirstSlots, kNone);
    if (StateOf(start, "") == kNone) return false;
    for (uint32_t state = 0; state < states_.size(); ++state) {
      if (!FillRow(state)) return false;
    }
    return true;
  }

  ActionAutomaton Take() {
    ActionAutomaton made = {bytes_,
                            static_cast<uint32_t>(samples_.size()),
                            std::move(moves_),
                            {},
                            {}};
    made.accepts.emplace_back();
    std::map<std::vector<uint32_t>, uint32_t> known;
    for (const State& state : states_) {
      std::vector<uint32_t> accepted = AcceptedIn(state);
      uint32_t index = 0;
      if (!accepted.empty()) {
        const auto [at, fresh] = known.try_emplace(
            accepted, static_cast<uint32_t>(made.accepts.size()));
        if (fresh) made.accepts.push_back(std::move(accepted));
        index = at->second;
      }
      made.states.push_back(index);
    }
    return made;
  }

 private:
  static constexpr size_t kFirstSlots = 256;

  // A set of places in arena_, and the bytes of a code point that is not whole.
  struct State {
    uint32_t first;
    uint32_t count;
    uint64_t hash;
    std::string begun;
  };

  bool ReadPatterns(std::span<const std::string_view> patterns) {
    size_t size = 0;
    for (const std::string_view text : patterns) {
      by_character_ = by_character_ || text.find('?') != text.npos;
      size += text.size() + 1;
    }
    if (size > kMaxPlaces) return false;
    symbols_.reserve(size);
    for (const std::string_view text : patterns) {
      firsts_.push_back(static_cast<uint32_t>(symbols_.size()));
      for (size_t at = 0; at < text.size();) {
        const size_t bytes = by_character_ ? CharacterBytes(text, at) : 1;
        AddSymbol(text.substr(at, bytes));
        at += bytes;
      }
      symbols_.push_back(kEnd);
    }
    owners_.resize(symbols_.size());
    for (uint32_t i = 0; i < firsts_.size(); ++i) {
      const auto end =
          i + 1 < firsts_.size() ? firsts_[i + 1] : symbols_.size();
      std::fill(owners_.begin() + firsts_[i],
                owners_.begin() + static_cast<ptrdiff_t>(end), i);
    }
    return true;
  }

  // Runs of stars become one.
  void AddSymbol(std::string_view character) {
    if (character == "*") {
      if (symbols_.size() == firsts_.back() || symbols_.back() != kStar) {
        symbols_.push_back(kStar);
      }
    } else if (character == "?") {
      symbols_.push_back(kAnyOne);
    } else if (character.size() > 1) {
      const auto next =
          static_cast<uint32_t>(kFirstCodePoint + code_points_.size());
      symbols_.push_back(
          code_points_.try_emplace(std::string(character), next).first->second);
    } else {
      symbols_.push_back(static_cast<uint8_t>(FoldAscii(character[0])));
    }
  }

  // One column for each byte that a pattern names, one for each sort of the
  // others: all of them if bytes are characters.
  void MakeColumns() {
    std::array<bool, 256> named = {};
    named[':'] = true;
    for (const uint32_t symbol : symbols_) {
      if (symbol < kFirstCodePoint) named[symbol] = true;
    }
    for (const auto& [text, symbol] : code_points_) {
      for (const char byte : text) named[static_cast<uint8_t>(byte)] = true;
    }
    std::array<uint32_t, 16> columns;
    columns.fill(kNone);
    const auto add = [this](size_t byte) {
      samples_.push_back(static_cast<uint8_t>(byte));
      return static_cast<uint32_t>(samples_.size() - 1);
    };
    for (size_t byte = 0; byte < bytes_.size(); ++byte) {
      if (byte >= 'A' && byte <= 'Z') continue;
      if (named[byte]) {
        bytes_[byte] = static_cast<uint8_t>(add(byte));
        continue;
      }
      const uint32_t sort =
          by_character_ ? SortOfByte(static_cast<unsigned>(byte)) : 0;
      if (columns[sort] == kNone) columns[sort] = add(byte);
      bytes_[byte] = static_cast<uint8_t>(columns[sort]);
    }
    for (size_t byte = 'A'; byte <= 'Z'; ++byte) {
      bytes_[byte] = bytes_[byte - 'A' + 'a'];
    }
    for (size_t i = 0; i < samples_.size(); ++i) {
      is_named_.push_back(named[samples_[i]]);
    }
  }

  // Adds a place that was reached, behind those of earlier places. A star takes
  // over from what stands before it in its pattern.
  void AddPlace(uint32_t place, Places* places) const {
    if (symbols_[place] == kStar) {
      const uint32_t first = firsts_[owners_[place]];
      while (!places->empty() && places->back() >= first) places->pop_back();
      places->push_back(place++);
    }
    if (places->empty() || places->back() < place) places->push_back(place);
  }

  void Step(const Places& from, uint32_t symbol, Places* to) {
    to->clear();
    steps_ += from.size() + 1;
    for (const uint32_t place : from) {
      const uint32_t wanted = symbols_[place];
      if (wanted == kStar) {
        if (symbol != ':') AddPlace(place, to);
      } else if (wanted == symbol || (wanted == kAnyOne && symbol != ':')) {
        AddPlace(place + 1, to);
      }
    }
  }
  void StepInPlace(uint32_t symbol, Places* places) {
    Step(*places, symbol, &other_scratch_);
    places->swap(other_scratch_);
  }

  uint32_t SymbolOf(uint8_t sample) const {
    return is_named_[bytes_[sample]] ? sample : kOther;
  }

  // Reads one byte where the number of characters matters.
  void ReadByte(uint8_t byte, Places* places, std::string* begun) {
    if (begun->empty() && IsAscii(byte)) {
      return StepInPlace(SymbolOf(byte), places);
    }
    *begun += static_cast<char>(byte);
    if (BeginsCodePoint(*begun)) {
      if (begun->size() < BytesFrom(static_cast<uint8_t>((*begun)[0]))) return;
      const auto named = code_points_.find(*begun);
      begun->clear();
      return StepInPlace(named == code_points_.end() ? kOther : named->second,
                         places);
    }
    // Not well-formed: the bytes so far are characters each.
    for (size_t i = 0; i + 1 < begun->size(); ++i) StepInPlace(kOther, places);
    begun->clear();
    if (IsAscii(byte)) return StepInPlace(SymbolOf(byte), places);
    if (BytesFrom(byte) == 0) return StepInPlace(kOther, places);
    *begun = static_cast<char>(byte);
  }

  // Without names to tell apart, only the number of bytes counts behind the
  // second one.
  std::string Canonical(const std::string& begun) const {
    if (begun.size() < 2 || !code_points_.empty()) return begun;
    const bool four = BytesFrom(static_cast<uint8_t>(begun[0])) == 4;
    return std::string(four ? "\xf1\x80\x80" : "\xe1\x80", begun.size());
  }

  // Whether bytes may be taken for characters from `places` on: one other
  // character, or several, lead to the same places.
  bool Settles(const Places& places, const Places& next) {
    if (!by_character_) return true;
    for (const Places* list : {&places, &next}) {
      for (const uint32_t place : *list) {
        const uint32_t symbol = symbols_[place];
        if (symbol >= kFirstCodePoint && symbol < kAnyOne) return false;
      }
    }
    Step(next, kOther, &other_scratch_);
    return other_scratch_ == next;
  }

  // The number of the state; kNone when a bound would be passed.
  uint32_t StateOf(const Places& places, std::string_view begun) {
    if (steps_ > bounds_.steps) return kNone;
    const uint64_t hash =
        HashBytes({reinterpret_cast<const char*>(places.data()),
                   places.size() * sizeof(places[0])},
                  begun.empty() ? 0 : HashBytes(begun));
    size_t slot = hash & (table_.size() - 1);
    for (; table_[slot] != kNone; slot = (slot + 1) & (table_.size() - 1)) {
      const State& state = states_[table_[slot]];
      if (state.hash == hash && state.begun == begun &&
          std::equal(places.begin(), places.end(), arena_.begin() + state.first,
                     arena_.begin() + state.first + state.count)) {
        return table_[slot];
      }
    }
    const auto number = static_cast<uint32_t>(states_.size());
    if (number == bounds_.states) return kNone;
    table_[slot] = number;
    states_.push_back({static_cast<uint32_t>(arena_.size()),
                       static_cast<uint32_t>(places.size()), hash,
                       std::string(begun)});
    arena_.insert(arena_.end(), places.begin(), places.end());
    if (states_.size() * 2 > table_.size()) GrowTable();
    return number;
  }

  void GrowTable() {
    table_.assign(table_.size() * 2, kNone);
    for (uint32_t i = 0; i < states_.size(); ++i) {
      size_t slot = states_[i].hash & (table_.size() - 1);
      while (table_[slot] != kNone) slot = (slot + 1) & (table_.size() - 1);
      table_[slot] = i;
    }
  }

  bool SetMove(uint32_t state, size_t column, uint32_t target) {
    if (target == kNone) return false;
    moves_[state * samples_.size() + column] = static_cast<uint16_t>(target);
    return true;
  }

  bool FillRow(uint32_t number) {
    moves_.resize(moves_.size() + samples_.size());
    // New states move the arena and the table of states.
    const State& state = states_[number];
    places_.assign(arena_.begin() + state.first,
                   arena_.begin() + state.first + state.count);
    if (!state.begun.empty()) {
      return ReadColumns(number, places_, std::string(state.begun), 0);
    }
    Step(places_, kOther, &scratch_);
    const bool settled = Settles(places_, scratch_);
    const uint32_t other = StateOf(scratch_, "");
    if (other == kNone) return false;
    std::fill_n(moves_.begin() +
                    static_cast<ptrdiff_t>(size_t{number} * samples_.size()),
                samples_.size(), static_cast<uint16_t>(other));
    scratch_.clear();
    if (!SetMove(number, bytes_[':'], StateOf(scratch_, ""))) return false;
    for (const uint32_t place : places_) {
      const uint32_t symbol = symbols_[place];
      if (symbol >= kFirstCodePoint || moved_in_[symbol] == number) continue;
      moved_in_[symbol] = number;
      Step(places_, symbol, &scratch_);
      if (!SetMove(number, bytes_[symbol], StateOf(scratch_, ""))) return false;
    }
    return settled || ReadColumns(number, places_, "", 0x80);
  }

  // Fills the columns of the bytes from `first` on, one by one.
  bool ReadColumns(uint32_t number, const Places& places,
                   const std::string& begun, uint8_t first) {
    for (size_t column = 0; column < samples_.size(); ++column) {
      if (samples_[column] < first) continue;
      scratch_ = places;
      std::string bytes = begun;
      ReadByte(samples_[column], &scratch_, &bytes);
      if (!SetMove(number, column, StateOf(scratch_, Canonical(bytes)))) {
        return false;
      }
    }
    return true;
  }

  // The patterns that match what ends in this state.
  std::vector<uint32_t> AcceptedIn(const State& state) {
    scratch_.assign(arena_.begin() + state.first,
                    arena_.begin() + state.first + state.count);
    for (size_t i = 0; i < state.begun.size(); ++i) {
      StepInPlace(kOther, &scratch_);
    }
    std::vector<uint32_t> accepted;
    for (const uint32_t place : scratch_) {
      if (symbols_[place] == kEnd) accepted.push_back(owners_[place]);
    }
    return accepted;
  }

  const AutomatonBounds bounds_;
  uint64_t steps_ = 0;
  bool by_character_ = false;
  std::map<std::string, uint32_t> code_points_;
  std::vector<uint32_t> symbols_;  // of all patterns, each closed by kEnd
  std::vector<uint32_t> owners_;   // of each symbol: its pattern
  std::vector<uint32_t> firsts_;   // of each pattern: its first symbol
  std::array<uint8_t, 256> bytes_ = {};
  std::vector<uint8_t> samples_;  // a byte of each column, in lower case
  std::vector<bool> is_named_;    // of each column
  std::vector<State> states_;
  std::vector<uint32_t> arena_;
  std::vector<uint32_t> table_;  // open addressing; a power of two
  std::vector<uint16_t> moves_;
  std::array<uint32_t, kFirstCodePoint> moved_in_;  // the last row with it
  Places places_;
  Places scratch_;
  Places other_scratch_;
};

}  // namespace

std::optional<ActionAutomaton> MakeActionAutomaton(
    std::span<const std::string_view> patterns, const AutomatonBounds& bounds) {
  AutomatonBuilder builder(
      {std::min<uint32_t>(bounds.states, UINT16_MAX), bounds.steps});
  if (!builder.Run(patterns)) return std::nullopt;
  return builder.Take();
}

void MergeStates(ActionAutomaton* automaton) {
  const size_t columns = automaton->columns;
  const std::vector<uint32_t>& kinds = automaton->states;
  const auto count = static_cast<uint32_t>(automaton->states.size());
  // A move of a state to itself, so that two such states may be equal.
  constexpr uint16_t kSelf = UINT16_MAX;
  size_t slots = 64;
  while (slots < size_t{count} * 2) slots *= 2;
  std::vector<uint32_t> table(slots, kNone);
  std::vector<uint32_t> same(count);
  std::vector<uint16_t>& moves = automaton->moves;
  for (uint32_t state = count; state-- > 0;) {
    uint16_t* const row = moves.data() + state * columns;
    for (size_t i = 0; i < columns; ++i) {
      if (row[i] == state) {
        row[i] = kSelf;
      } else if (row[i] > state) {
        row[i] = static_cast<uint16_t>(same[row[i]]);
      }
    }
    const std::string_view bytes(reinterpret_cast<const char*>(row),
                                 columns * sizeof(*row));
    size_t slot = HashBytes(bytes, kinds[state]) & (slots - 1);
    same[state] = state;
    for (; table[slot] != kNone; slot = (slot + 1) & (slots - 1)) {
      const uint32_t known = table[slot];
      if (kinds[known] == kinds[state] &&
          std::memcmp(moves.data() + known * columns, row, bytes.size()) == 0) {
        same[state] = known;
        break;
      }
    }
    if (same[state] == state) table[slot] = state;
  }
  // Numbers in the order of the first of each class, so the start stays 0.
  std::vector<uint16_t> numbers(count, kSelf);
  std::vector<uint32_t> kept;
  for (uint32_t state = 0; state < count; ++state) {
    const uint32_t known = same[state];
    if (numbers[known] != kSelf) continue;
    numbers[known] = static_cast<uint16_t>(kept.size());
    kept.push_back(known);
  }
  std::vector<uint16_t> kept_moves;
  std::vector<uint32_t> kept_states;
  kept_moves.reserve(kept.size() * columns);
  for (const uint32_t state : kept) {
    for (size_t i = 0; i < columns; ++i) {
      const uint16_t target = moves[state * columns + i];
      kept_moves.push_back(numbers[target == kSelf ? state : same[target]]);
    }
    kept_states.push_back(automaton->states[state]);
  }
  moves = std::move(kept_moves);
  automaton->states = std::move(kept_states);
}

}  // namespace writ
