// SPDX-License-Identifier: Apache-2.0
#include "prove/pattern.h"

#include <algorithm>
#include <map>
#include <utility>

#include "authz/program/utf8.h"

namespace writ::prove {
namespace {

// The code point of `size` well-formed bytes at `at`.
Symbol CodePoint(std::string_view text, size_t at, size_t size) {
  const auto byte = [&](size_t i) {
    return static_cast<Symbol>(static_cast<unsigned char>(text[at + i]));
  };
  if (size == 1) return byte(0);
  Symbol value = byte(0) & (0x7fu >> size);
  for (size_t i = 1; i < size; ++i) value = value << 6 | (byte(i) & 0x3fu);
  return value;
}

template <typename Take>
void ForEachCharacter(std::string_view text, Take take) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t size = Utf8CodePointBytes(text, at);
    if (size == 0) {
      take(kOther);
      ++at;
    } else {
      take(CodePoint(text, at, size));
      at += size;
    }
  }
}

void AppendWild(std::string_view text, std::vector<Symbol>* symbols) {
  ForEachCharacter(text, [&](Symbol c) {
    if (c == '*') {
      if (symbols->empty() || symbols->back() != kStar) {
        symbols->push_back(kStar);
      }
    } else {
      symbols->push_back(c == '?' ? kOne : c);
    }
  });
}

constexpr size_t kNeverFree = SIZE_MAX;

}  // namespace

std::string Folded(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) {
    c = static_cast<char>(LowerSymbol(static_cast<unsigned char>(c)));
  }
  return folded;
}

Pattern ReadText(std::string_view text) {
  Pattern pattern;
  AppendWild(text, &pattern.symbols);
  return pattern;
}

Pattern ReadLiteral(std::string_view text, bool folded) {
  Pattern pattern;
  pattern.folded = folded;
  ForEachCharacter(text, [&](Symbol c) {
    pattern.symbols.push_back(folded ? LowerSymbol(c) : c);
  });
  return pattern;
}

Pattern ReadAction(std::string_view text) {
  Pattern pattern = ReadText(text);
  pattern.folded = true;
  pattern.free_from = text == "*" ? 0 : kNeverFree;
  for (Symbol& c : pattern.symbols) c = LowerSymbol(c);
  return pattern;
}

Pattern ReadResource(std::string_view text) {
  constexpr std::string_view kPrefix = "acs:";
  Pattern pattern;
  std::string_view rest = text.substr(kPrefix.size());
  for (int i = 0; i < 3; ++i) {
    const size_t colon = rest.find(':');
    AppendWild(rest.substr(0, colon), &pattern.symbols);
    pattern.symbols.push_back(':');
    rest.remove_prefix(colon + 1);
  }
  pattern.free_from = pattern.symbols.size();
  AppendWild(rest, &pattern.symbols);
  return pattern;
}

// ---- the automaton

void PatternAutomaton::Add(const Pattern& pattern) {
  const auto owner = size();
  starts_.push_back(static_cast<uint32_t>(symbols_.size()));
  for (size_t i = 0; i <= pattern.symbols.size(); ++i) {
    symbols_.push_back(i < pattern.symbols.size() ? pattern.symbols[i]
                                                  : kAccept);
    flags_.push_back(static_cast<uint8_t>((i >= pattern.free_from ? kFree : 0) |
                                          (pattern.folded ? kFolded : 0)));
    owners_.push_back(owner);
  }
}

void PatternAutomaton::Enter(uint32_t place, Places* places) const {
  places->push_back(place);
  // A star may be no character at all; two never follow each other.
  if (symbols_[place] == kStar) places->push_back(place + 1);
}

void PatternAutomaton::Tidy(Places* places) const {
  if (!std::ranges::is_sorted(*places)) std::ranges::sort(*places);
  places->erase(std::unique(places->begin(), places->end()), places->end());
  // From the back: behind a star nothing earlier of its pattern adds a text.
  size_t kept = places->size();
  uint32_t covered = UINT32_MAX;
  for (size_t i = places->size(); i-- > 0;) {
    const uint32_t place = (*places)[i];
    if (owners_[place] == covered) continue;
    if (symbols_[place] == kStar) covered = owners_[place];
    (*places)[--kept] = place;
  }
  places->erase(places->begin(),
                places->begin() + static_cast<std::ptrdiff_t>(kept));
}

PatternAutomaton::Places PatternAutomaton::At(uint32_t place) const {
  Places places;
  Enter(place, &places);
  return places;
}

PatternAutomaton::Places PatternAutomaton::Start() const {
  Places places;
  for (const uint32_t start : starts_) Enter(start, &places);
  Tidy(&places);
  return places;
}

void PatternAutomaton::Step(const Places& from, Symbol c, bool fold,
                            Places* to) const {
  to->clear();
  for (const uint32_t place : from) {
    const Symbol symbol = symbols_[place];
    if (symbol == kAccept) continue;
    if (symbol == kStar || symbol == kOne) {
      if (c == ':' && (flags_[place] & kFree) == 0) continue;
      Enter(symbol == kStar ? place : place + 1, to);
      continue;
    }
    const bool either = fold || (flags_[place] & kFolded) != 0;
    if (symbol == c || (either && LowerSymbol(symbol) == LowerSymbol(c))) {
      Enter(place + 1, to);
    }
  }
  Tidy(to);
}

bool PatternAutomaton::Accepts(const Places& places) const {
  return std::ranges::any_of(
      places, [&](uint32_t place) { return symbols_[place] == kAccept; });
}

std::optional<uint32_t> PatternAutomaton::PatternAt(uint32_t place) const {
  if (symbols_[place] != kAccept) return std::nullopt;
  return owners_[place];
}

// ---- domains

namespace {

constexpr std::string_view kRam = "ram";
constexpr std::string_view kRole = "role/";

std::optional<uint8_t> ActionStep(uint8_t state, Symbol c) {
  // 0 nothing yet, 1 in the service, 2 behind the colon, 3 in the name
  if (c == ':') {
    if (state != 1) return std::nullopt;
    return uint8_t{2};
  }
  return static_cast<uint8_t>(state < 2 ? 1 : 3);
}

// 0 to 2 `ram` so far, 3 behind it, 4 region, 5 account, 6 to 10 `role/` so
// far, 11 the name, 12 behind the slash that ends it
std::optional<uint8_t> RoleStep(uint8_t state, Symbol c) {
  const auto next = static_cast<uint8_t>(state + 1);
  if (state < 3) {
    if (c != static_cast<Symbol>(kRam[state])) return std::nullopt;
    return next;
  }
  if (state == 3) {
    if (c != ':') return std::nullopt;
    return next;
  }
  if (state < 6) return c == ':' ? next : state;
  if (state < 11) {
    if (c != static_cast<Symbol>(kRole[state - 6])) return std::nullopt;
    return next;
  }
  return state == 11 && c == '/' ? next : state;
}

// 0 to 2 `ram` so far, 3 behind it, 4 and 5 region and account of it, 6 to 10
// `role/` so far, 11 another relative id; 12 another service, 13 and 14 its
// region and account
std::optional<uint8_t> PlainStep(uint8_t state, Symbol c) {
  const auto next = static_cast<uint8_t>(state + 1);
  if (state <= 3) {
    if (c == ':') return static_cast<uint8_t>(state == 3 ? 4 : 13);
    const bool on = state < 3 && c == static_cast<Symbol>(kRam[state]);
    return on ? next : uint8_t{12};
  }
  if (state <= 5 || state == 12 || state == 13) {
    return c == ':' ? next : state;
  }
  if (state == 14) return c == ':' ? uint8_t{11} : state;
  if (state == 11 || c != static_cast<Symbol>(kRole[state - 6])) {
    return uint8_t{11};
  }
  if (state == 10) return std::nullopt;
  return next;
}

}  // namespace

std::optional<uint8_t> DomainWalk::Step(uint8_t state, Symbol c) const {
  switch (domain_) {
    case Domain::kText:
      return state;
    case Domain::kAction:
      return ActionStep(state, c);
    case Domain::kResource:
      return static_cast<uint8_t>(state < 3 && c == ':' ? state + 1 : state);
    case Domain::kPlain:
      return PlainStep(state, c);
    case Domain::kRole:
      return RoleStep(state, c);
  }
  return std::nullopt;
}

bool DomainWalk::Accepts(uint8_t state) const {
  switch (domain_) {
    case Domain::kText:
      return true;
    case Domain::kAction:
    case Domain::kResource:
      return state == 3;
    case Domain::kPlain:
      return state >= 6 && state <= 11;
    case Domain::kRole:
      return state >= 11;
  }
  return false;
}

bool DomainWalk::Folds(uint8_t state) const {
  return domain_ == Domain::kRole && state >= 6 && state <= 11;
}

std::string_view DomainWalk::Letters() const {
  switch (domain_) {
    case Domain::kText:
      return "";
    case Domain::kAction:
    case Domain::kResource:
      return ":";
    case Domain::kPlain:
    case Domain::kRole:
      return ":/ramole";
  }
  return "";
}

// ---- inclusion

namespace {

using Places = PatternAutomaton::Places;

// A state takes memory too.
constexpr uint64_t kStateSteps = 256;

class InclusionSearch {
 public:
  InclusionSearch(std::span<const Pattern> outer, const Pattern& inner,
                  Domain domain, Budget* budget)
      : walk_(domain), budget_(budget) {
    inner_.Add(inner);
    for (const Pattern& pattern : outer) outer_.Add(pattern);
  }

  Inclusion Run() {
    Inclusion result;
    Visit({DomainWalk::kStart, inner_.Start(), outer_.Start()}, 0, kOther);
    for (size_t at = 0; at < order_.size(); ++at) {
      if (!Expand(at)) {
        result.verdict = Verdict::kUnknown;
        break;
      }
      if (found_) {
        result.verdict = Verdict::kFails;
        result.witness = Word(*found_);
        break;
      }
    }
    result.states = static_cast<uint32_t>(order_.size());
    return result;
  }

 private:
  struct State {
    uint8_t walk;
    Places inner;
    Places outer;
    auto operator<=>(const State&) const = default;
  };
  struct Visited {
    const State* state;
    size_t from;
    Symbol by;
  };

  void Visit(State state, size_t from, Symbol by) {
    const bool shows = walk_.Accepts(state.walk) &&
                       inner_.Accepts(state.inner) &&
                       !outer_.Accepts(state.outer);
    const auto [at, fresh] = known_.insert({std::move(state), order_.size()});
    if (!fresh) return;
    if (shows) found_ = order_.size();
    order_.push_back({&at->first, from, by});
  }

  // The characters that may lead to different states: all others do what
  // kOther does.
  void Collect(const State& state, std::vector<Symbol>* symbols) const {
    symbols->clear();
    bool wild = false;
    const bool folds = walk_.Folds(state.walk);
    const auto add = [&](const PatternAutomaton& automaton, uint32_t place) {
      const Symbol symbol = automaton.symbol(place);
      if (symbol >= kStar) return symbol != kAccept;
      symbols->push_back(symbol);
      if (folds || automaton.folded(place)) {
        symbols->push_back(LowerSymbol(symbol));
        symbols->push_back(UpperSymbol(symbol));
      }
      return false;
    };
    for (const uint32_t place : state.inner) wild |= add(inner_, place);
    if (wild) {
      for (const uint32_t place : state.outer) add(outer_, place);
      for (const char c : walk_.Letters()) {
        symbols->push_back(static_cast<Symbol>(c));
        if (folds) symbols->push_back(UpperSymbol(static_cast<Symbol>(c)));
      }
      symbols->push_back(kOther);
    }
    std::ranges::sort(*symbols);
    symbols->erase(std::unique(symbols->begin(), symbols->end()),
                   symbols->end());
  }

  bool Expand(size_t index) {
    const State& state = *order_[index].state;
    std::vector<Symbol> symbols;
    Collect(state, &symbols);
    if (!budget_->Spend(kStateSteps +
                        symbols.size() *
                            (state.inner.size() + state.outer.size() + 1))) {
      return false;
    }
    for (const Symbol c : symbols) {
      const std::optional<uint8_t> walk = walk_.Step(state.walk, c);
      if (!walk) continue;
      State next = {*walk, {}, {}};
      const bool fold = walk_.Folds(state.walk);
      inner_.Step(state.inner, c, fold, &next.inner);
      if (next.inner.empty()) continue;
      outer_.Step(state.outer, c, fold, &next.outer);
      Visit(std::move(next), index, c);
      if (found_) return true;
    }
    return true;
  }

  // The text that leads to a state.
  std::string Word(size_t index) const {
    std::vector<Symbol> word;
    for (size_t at = index; at != 0; at = order_[at].from) {
      word.push_back(order_[at].by);
    }
    // Somebody has to be the character that no pattern spells.
    Symbol other = 'x';
    while (Spelled(other)) ++other;
    std::string text;
    for (size_t i = word.size(); i-- > 0;) {
      AppendUtf8(word[i] == kOther ? other : word[i], &text);
    }
    return text;
  }

  bool Spelled(Symbol c) const {
    const auto in = [c](const PatternAutomaton& automaton) {
      for (uint32_t i = 0; i < automaton.places(); ++i) {
        if (LowerSymbol(automaton.symbol(i)) == LowerSymbol(c)) return true;
      }
      return false;
    };
    return in(inner_) || in(outer_) ||
           walk_.Letters().find(static_cast<char>(c)) != std::string_view::npos;
  }

  const DomainWalk walk_;
  Budget* const budget_;
  PatternAutomaton inner_;
  PatternAutomaton outer_;
  std::map<State, size_t> known_;
  std::vector<Visited> order_;
  std::optional<size_t> found_;
};

}  // namespace

Inclusion Includes(std::span<const Pattern> outer, const Pattern& inner,
                   Domain domain, Budget* budget) {
  return InclusionSearch(outer, inner, domain, budget).Run();
}

Inclusion IncludesResource(std::span<const Pattern> outer, const Pattern& inner,
                           Budget* budget) {
  // Comparing with folded case only adds, to each side, the other spellings of
  // what it has: what holds with case holds for roles too.
  Inclusion with_case = Includes(outer, inner, Domain::kResource, budget);
  if (with_case.verdict != Verdict::kFails) return with_case;
  Inclusion apart;
  for (const Domain domain : {Domain::kPlain, Domain::kRole}) {
    Inclusion one = Includes(outer, inner, domain, budget);
    apart.states += one.states;
    if (one.verdict == Verdict::kHolds) continue;
    apart.verdict = one.verdict;
    apart.witness = "acs:" + one.witness;
    break;
  }
  return apart;
}

bool MatchesSomeRole(const Pattern& pattern) {
  PatternAutomaton automaton;
  automaton.Add(pattern);
  const auto read = [&automaton](std::string_view text, bool fold,
                                 Places places) {
    Places next;
    for (const char c : text) {
      automaton.Step(places, static_cast<Symbol>(c), fold, &next);
      places.swap(next);
    }
    return !places.empty();
  };
  // Region and account may be anything, and so may what follows `role/`: there
  // every pattern matches some text.
  return read("ram:", false, automaton.Start()) &&
         read(kRole, true,
              automaton.At(static_cast<uint32_t>(pattern.free_from)));
}

void AppendUtf8(Symbol c, std::string* out) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
    return;
  }
  const int tail = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  out->push_back(
      static_cast<char>((0xff00u >> (tail + 1) & 0xffu) | c >> 6 * tail));
  for (int i = tail; i-- > 0;) {
    out->push_back(static_cast<char>(0x80u | (c >> 6 * i & 0x3fu)));
  }
}

}  // namespace writ::prove
