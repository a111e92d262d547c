// SPDX-License-Identifier: Apache-2.0
//
// The automaton reads bytes, patterns match characters. That differs only where
// a `?` counts characters: without one, literals begin and end between
// characters by themselves, and bytes are taken for characters. With one, the
// bytes of a code point are held back until it is whole, or until it cannot
// become whole: then each of them is a character.
#include "prove/action.h"

#include <algorithm>
#include <set>

#include "authz/program/utf8.h"
#include "base/hash.h"

namespace writ::prove {
namespace {

// A state takes memory too.
constexpr uint64_t kStateSteps = 256;

// Which bytes that no pattern spells are alike for the reading of code points.
uint32_t RoleOfByte(unsigned byte) {
  constexpr unsigned kFirst[] = {0x80, 0x90, 0xa0, 0xc0, 0xc2, 0xe0, 0xe1,
                                 0xed, 0xee, 0xf0, 0xf1, 0xf4, 0xf5};
  uint32_t role = 0;
  for (const unsigned first : kFirst) role += byte >= first ? 1 : 0;
  return role;
}

std::string BytesOf(uint32_t pending) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const uint32_t byte = pending >> shift & 0xff;
    if (byte != 0) bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

// Whether these bytes begin a code point that is not whole.
bool MayGoOn(const std::string& bytes) {
  const auto lead = static_cast<unsigned char>(bytes[0]);
  const size_t size = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead > 0xf4 || bytes.size() >= size) return false;
  if (bytes.size() == 1) return true;
  // Only the second byte has a range of its own; 0x80 fits the others.
  std::string whole = bytes;
  whole.resize(size, '\x80');
  return Utf8CodePointBytes(whole, 0) == size;
}

// The code point of whole, well-formed bytes.
Symbol CodePointOf(const std::string& bytes) {
  return ReadLiteral(bytes, false).symbols[0];
}

}  // namespace

size_t ActionProof::HashState::operator()(const State& state) const {
  return HashMix(
      uint64_t{state.automaton} << 32 | state.places,
      (uint64_t{state.pending} << 8 | state.walk) ^ 0x9e3779b97f4a7c15u);
}

Status ActionProof::ReadPatterns() {
  const ProgramView& view = proof_.view;
  std::map<std::string_view, uint32_t> numbers;
  std::vector<std::string_view> texts;
  base_row_.assign((view.action_sets.size() + 63) / 64, 0);
  for (uint32_t set = 0; set < view.action_sets.size(); ++set) {
    const ActionSet record = view.action_sets[set];
    if (!view.action_lists.Holds(record.actions)) {
      return Differ("action sets", "a list is not there");
    }
    const std::vector<std::string_view> list =
        TextsOf(view, view.action_lists, record.actions, view.action_patterns);
    const bool all = std::ranges::find(list, "*") != list.end();
    if (all != (record.negated != 0)) {
      base_row_[set / 64] |= uint64_t{1} << set % 64;
    }
    if (all) continue;
    for (const std::string_view text : list) {
      const auto next = static_cast<uint32_t>(texts.size());
      const auto [at, fresh] = numbers.try_emplace(text, next);
      if (fresh) {
        texts.push_back(text);
        sets_.emplace_back();
        by_character_ |= text.find('?') != std::string_view::npos;
      }
      sets_[at->second].push_back(set);
    }
  }
  for (const std::string_view text : texts) {
    Pattern pattern = ReadAction(text);
    if (!by_character_) {
      pattern.symbols.clear();
      for (const char c : text) {
        const bool star = c == '*';
        if (star && !pattern.symbols.empty() &&
            pattern.symbols.back() == kStar) {
          continue;
        }
        pattern.symbols.push_back(
            star ? kStar : LowerSymbol(static_cast<unsigned char>(c)));
      }
    }
    patterns_.Add(pattern);
  }
  return OkStatus();
}

// What a decision takes for granted when it reads an action.
Status ActionProof::CheckShape() const {
  const ProgramView& view = proof_.view;
  const uint32_t states = view.action_states.size();
  const size_t words = base_row_.size();
  if (view.action_bytes.size() != 256 || states == 0 ||
      view.action_moves.size() % states != 0 || words == 0 ||
      view.action_rows.size() % words != 0) {
    return Differ("action automaton", "its tables do not fit each other");
  }
  const uint32_t columns = view.action_moves.size() / states;
  for (uint32_t i = 0; i < 256; ++i) {
    if (view.action_bytes[i] >= columns) {
      return Differ("action automaton", "a byte has no column");
    }
  }
  for (uint32_t i = 0; i < view.action_moves.size(); ++i) {
    const uint32_t row = view.action_moves[i];
    if (row >= view.action_moves.size() || row % columns != 0) {
      return Differ("action automaton", "a move leads out of it");
    }
  }
  for (uint32_t i = 0; i < states; ++i) {
    if (view.action_states[i] >= view.action_rows.size() / words) {
      return Differ("action automaton", "a state has no class");
    }
  }
  return OkStatus();
}

void ActionProof::MakeSamples() {
  std::array<bool, 256> spelled = {};
  spelled[':'] = true;
  for (uint32_t place = 0; place < patterns_.places(); ++place) {
    const Symbol c = patterns_.symbol(place);
    if (c >= kStar) continue;
    std::string bytes;
    if (by_character_) {
      AppendUtf8(c, &bytes);
    } else {
      bytes.push_back(static_cast<char>(c));
    }
    for (const char byte : bytes) spelled[static_cast<uint8_t>(byte)] = true;
  }
  // Alike: in one column, and to the patterns.
  std::set<std::pair<uint8_t, uint32_t>> seen;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const Symbol lower = LowerSymbol(byte);
    const uint32_t sort = spelled[lower]  ? 0x100 + lower
                          : by_character_ ? RoleOfByte(byte)
                                          : 0;
    if (seen.insert({proof_.view.action_bytes[byte], sort}).second) {
      samples_.push_back(static_cast<uint8_t>(byte));
    }
  }
}

uint32_t ActionProof::Intern(Places places) {
  const auto [at, fresh] = numbers_.try_emplace(
      std::move(places), static_cast<uint32_t>(sets_of_places_.size()));
  if (fresh) sets_of_places_.push_back(&at->first);
  return at->second;
}

bool ActionProof::ReadSymbol(Symbol c, Reading* reading) {
  const std::optional<uint8_t> walk = walk_.Step(reading->walk, c);
  if (!walk) return false;
  reading->walk = *walk;
  // Characters that stand at none of the places do what all others do.
  const Places& places = *sets_of_places_[reading->places];
  const Symbol lower = LowerSymbol(c);
  const bool stands = c == ':' || std::ranges::any_of(places, [&](uint32_t at) {
                        return patterns_.symbol(at) == lower;
                      });
  const Symbol symbol = stands ? lower : kOther;
  const uint64_t key = uint64_t{reading->places} << 32 | symbol;
  const auto known = steps_.find(key);
  if (known != steps_.end()) {
    reading->places = known->second;
    return true;
  }
  Places next;
  patterns_.Step(places, symbol, false, &next);
  reading->places = Intern(std::move(next));
  steps_.emplace(key, reading->places);
  return true;
}

bool ActionProof::Flush(Reading* reading) {
  const std::string bytes = BytesOf(reading->pending);
  reading->pending = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (!ReadSymbol(kOther, reading)) return false;
  }
  return true;
}

bool ActionProof::ReadByte(uint8_t byte, Reading* reading) {
  if (!by_character_) return ReadSymbol(byte, reading);
  if (reading->pending != 0 && byte < 0x80) {
    if (!Flush(reading)) return false;
  } else if (reading->pending != 0) {
    const uint32_t longer = reading->pending << 8 | byte;
    const std::string bytes = BytesOf(longer);
    if (MayGoOn(bytes)) {
      reading->pending = longer;
      return true;
    }
    if (Utf8CodePointBytes(bytes, 0) == bytes.size()) {
      reading->pending = 0;
      return ReadSymbol(CodePointOf(bytes), reading);
    }
    if (!Flush(reading)) return false;
  }
  if (byte < 0x80) return ReadSymbol(byte, reading);
  if (!MayGoOn(std::string(1, static_cast<char>(byte)))) {
    return ReadSymbol(kOther, reading);
  }
  reading->pending = byte;
  return true;
}

const std::vector<uint64_t>& ActionProof::WantedRow(uint32_t places) {
  const auto [at, fresh] = wanted_.try_emplace(places, base_row_);
  if (!fresh) return at->second;
  for (const uint32_t place : *sets_of_places_[places]) {
    const std::optional<uint32_t> pattern = patterns_.PatternAt(place);
    if (!pattern) continue;
    for (const uint32_t set : sets_[*pattern]) {
      const uint64_t bit = uint64_t{1} << set % 64;
      uint64_t& word = at->second[set / 64];
      word =
          proof_.view.action_sets[set].negated != 0 ? word & ~bit : word | bit;
    }
  }
  return at->second;
}

Status ActionProof::CompareRow(const std::string& place, uint32_t action_class,
                               uint32_t places, const std::string& action) {
  const std::vector<uint64_t>& wanted = WantedRow(places);
  const auto first = static_cast<uint32_t>(action_class * wanted.size());
  for (uint32_t i = 0; i < wanted.size(); ++i) {
    const uint64_t wrong = proof_.view.action_rows[first + i] ^ wanted[i];
    if (wrong == 0) continue;
    uint32_t set = i * 64;
    while ((wrong >> set % 64 & 1) == 0) ++set;
    const bool holds = (wanted[i] >> set % 64 & 1) != 0;
    return Differ(place, "class " + std::to_string(action_class) +
                             (holds ? " leaves out set " : " has set ") +
                             std::to_string(set) + " for action `" + action +
                             "`");
  }
  ++proof_.certificate.obligations;
  return OkStatus();
}

std::string ActionProof::TextOf(uint32_t index) const {
  std::string text;
  for (uint32_t at = index; at != 0; at = order_[at].from) {
    text.push_back(static_cast<char>(order_[at].by));
  }
  std::ranges::reverse(text);
  return text;
}

Status ActionProof::CheckState(uint32_t index) {
  const State state = order_[index].state;
  Reading reading = {state.places, state.pending, state.walk};
  if (!Flush(&reading) || !walk_.Accepts(reading.walk)) return OkStatus();
  const uint32_t action_class = proof_.view.action_states[state.automaton];
  const uint64_t key = uint64_t{action_class} << 32 | reading.places;
  if (!compared_.try_emplace(key, true).second) return OkStatus();
  return CompareRow(
      "action automaton, state " + std::to_string(state.automaton),
      action_class, reading.places, TextOf(index));
}

Status ActionProof::WalkAutomaton() {
  const ProgramView& view = proof_.view;
  const uint32_t columns = view.action_moves.size() / view.action_states.size();
  const State start = {0, Intern(patterns_.Start()), 0, DomainWalk::kStart};
  known_.emplace(start, 0);
  order_.push_back({start, 0, 0});
  for (uint32_t at = 0; at < order_.size(); ++at) {
    WRIT_RETURN_IF_ERROR(CheckState(at));
    const State state = order_[at].state;
    if (!proof_.budget.Spend(kStateSteps + samples_.size() +
                             sets_of_places_[state.places]->size())) {
      return GaveUp("action automaton");
    }
    for (const uint8_t byte : samples_) {
      Reading reading = {state.places, state.pending, state.walk};
      if (!ReadByte(byte, &reading)) continue;
      const uint32_t row = view.action_moves[state.automaton * columns +
                                             view.action_bytes[byte]];
      const State next = {row / columns, reading.places, reading.pending,
                          reading.walk};
      const auto [known, fresh] =
          known_.try_emplace(next, static_cast<uint32_t>(order_.size()));
      if (fresh) order_.push_back({next, at, byte});
    }
  }
  proof_.certificate.automata_states += static_cast<uint32_t>(order_.size());
  return OkStatus();
}

Status ActionProof::CheckNames() {
  const ProgramView& view = proof_.view;
  for (uint32_t i = 0; i < view.action_names.size(); ++i) {
    const ActionName name = view.action_names[i];
    const std::string_view text = proof_.Text(name.text);
    if (text.empty()) continue;
    const std::string place = "action names, slot " + std::to_string(i);
    Reading reading = {Intern(patterns_.Start()), 0, DomainWalk::kStart};
    bool action = true;
    for (const char c : text) {
      action = action && ReadByte(static_cast<uint8_t>(c), &reading);
    }
    if (!action || !Flush(&reading) || !walk_.Accepts(reading.walk)) {
      return Differ(place, "`" + std::string(text) + "` is no action");
    }
    if (name.action_class >= view.action_rows.size() / base_row_.size()) {
      return Differ(place, "its class is not there");
    }
    WRIT_RETURN_IF_ERROR(CompareRow(place, name.action_class, reading.places,
                                    std::string(text)));
  }
  return OkStatus();
}

Status ActionProof::Run() {
  const ProgramView& view = proof_.view;
  // Without rows, lists are compared.
  if (view.action_rows.size() == 0) return OkStatus();
  WRIT_RETURN_IF_ERROR(ReadPatterns());
  WRIT_RETURN_IF_ERROR(CheckShape());
  MakeSamples();
  WRIT_RETURN_IF_ERROR(WalkAutomaton());
  return CheckNames();
}

}  // namespace writ::prove
