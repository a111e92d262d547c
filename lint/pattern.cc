// SPDX-License-Identifier: Apache-2.0
//
// A pattern is read as an automaton over characters, as authz/match_glob.h
// reads a subject: code points, or single bytes where the text is not UTF-8.
// Two patterns walk the same text side by side and a question is whether a
// place can be reached: accepted here and not there, or accepted by both. Only
// characters that a pattern names can be told apart, so one stands for all the
// others.
#include "lint/pattern.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "authz/match_glob.h"
#include "authz/program/utf8.h"
#include "authz/text.h"
#include "base/limits.h"

namespace writ {
namespace {

using Symbol = uint32_t;
constexpr Symbol kStar = 0xffffffff;
constexpr Symbol kAnyOne = 0xfffffffe;
constexpr Symbol kStrayByte = 0x80000000;  // plus the byte
constexpr Symbol kOther = 0xfffffffd;      // whatever no pattern names

// Which texts there are at all in one part of an action or a resource.
enum class Texts : uint8_t {
  kEvery,
  kSegment,  // of a resource: no colon
  kName,     // half of an action: no colon, not empty
  kRoleId,   // relative ids that begin with role/ (R11 folds them)
  kOtherId,  // relative ids that do not
};

Symbol Fold(Symbol symbol) {
  return symbol >= 'A' && symbol <= 'Z' ? symbol - 'A' + 'a' : symbol;
}

// Runs of stars become one.
std::vector<Symbol> ReadPattern(std::string_view text, bool fold) {
  std::vector<Symbol> symbols;
  symbols.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t size = Utf8CodePointBytes(text, at);
    if (size == 0) {
      symbols.push_back(kStrayByte + static_cast<unsigned char>(text[at++]));
      continue;
    }
    Symbol symbol = 0;
    for (size_t i = 0; i < size; ++i) {
      symbol = symbol << 8 | static_cast<unsigned char>(text[at + i]);
    }
    at += size;
    if (symbol == '*') {
      if (symbols.empty() || symbols.back() != kStar) symbols.push_back(kStar);
    } else if (symbol == '?') {
      symbols.push_back(kAnyOne);
    } else {
      symbols.push_back(fold ? Fold(symbol) : symbol);
    }
  }
  return symbols;
}

// The places of a pattern that a text read so far may have reached, ascending.
// Places before the last star reached are left out: whatever they go on to
// accept, the star accepts too.
using Places = std::vector<uint32_t>;

void AddPlace(const std::vector<Symbol>& pattern, uint32_t place,
              Places* places) {
  if (place < pattern.size() && pattern[place] == kStar) {
    places->clear();
    places->push_back(place);
    ++place;
  }
  if (places->empty() || places->back() < place) places->push_back(place);
}

Places Step(const std::vector<Symbol>& pattern, const Places& places,
            Symbol symbol, bool fold) {
  Places next;
  for (const uint32_t place : places) {
    if (place == pattern.size()) continue;
    const Symbol wanted = pattern[place];
    if (wanted == kStar) {
      AddPlace(pattern, place, &next);
    } else if (wanted == kAnyOne || wanted == symbol ||
               (fold && Fold(wanted) == Fold(symbol))) {
      AddPlace(pattern, place + 1, &next);
    }
  }
  return next;
}

bool Accepts(const std::vector<Symbol>& pattern, const Places& places) {
  return !places.empty() && places.back() == pattern.size();
}

// Every text from here on is accepted.
bool AcceptsAll(const std::vector<Symbol>& pattern, const Places& places) {
  return Accepts(pattern, places) && pattern.size() > 0 &&
         pattern.back() == kStar;
}

// Follows which texts there are: where a text stands among them, as a small
// number.
class TextTracker {
 public:
  using State = uint8_t;
  explicit TextTracker(Texts texts) : texts_(texts) {}

  State Begin() const { return 0; }
  std::optional<State> Next(State state, Symbol symbol) const {
    constexpr std::string_view kRole = "role/";
    switch (texts_) {
      case Texts::kEvery:
        return State{0};
      case Texts::kSegment:
      case Texts::kName:
        if (symbol == ':') return std::nullopt;
        return State{1};
      case Texts::kRoleId:
        if (state < kRole.size()) {
          if (symbol != static_cast<Symbol>(kRole[state])) return std::nullopt;
          return static_cast<State>(state + 1);
        }
        if (state == kInName && symbol == '/') return kBehindName;
        return state;
      case Texts::kOtherId:
        if (state == kFree) return state;
        if (symbol != static_cast<Symbol>(kRole[state])) return kFree;
        if (state + size_t{1} == kRole.size()) return std::nullopt;
        return static_cast<State>(state + 1);
    }
    return std::nullopt;
  }
  bool IsText(State state) const {
    if (texts_ == Texts::kName) return state == 1;
    if (texts_ == Texts::kRoleId) return state >= kInName;
    return true;
  }
  // The next character compares without case.
  bool Folds(State state) const {
    return texts_ == Texts::kRoleId && state <= kInName;
  }

 private:
  static constexpr State kInName = 5;
  static constexpr State kBehindName = 6;
  static constexpr State kFree = 7;
  const Texts texts_;
};

enum class Question : uint8_t {
  kInFirstOnly,  // a text that the first matches and the second does not
  kInBoth,
};

// Walks two patterns over all texts of one sort.
class PairWalk {
 public:
  PairWalk(std::string_view first, std::string_view second, Texts texts,
           bool fold)
      : first_(ReadPattern(first, fold)),
        second_(ReadPattern(second, fold)),
        tracker_(texts) {
    std::set<Symbol> named = {'/', ':'};
    if (texts == Texts::kRoleId || texts == Texts::kOtherId) {
      named.insert({'r', 'o', 'l', 'e'});
    }
    for (const std::vector<Symbol>* pattern : {&first_, &second_}) {
      for (const Symbol symbol : *pattern) {
        if (symbol == kStar || symbol == kAnyOne) continue;
        named.insert(symbol);
        named.insert(Fold(symbol));
      }
    }
    alphabet_.assign(named.begin(), named.end());
    alphabet_.push_back(kOther);
  }

  // Whether there is such a text; nothing when it takes too long to tell.
  std::optional<bool> Find(Question question, uint64_t* spent) {
    question_ = question;
    State begin;
    begin.tracker = tracker_.Begin();
    AddPlace(first_, 0, &begin.first);
    AddPlace(second_, 0, &begin.second);
    if (Visit(begin)) return true;
    uint64_t steps = 0;
    while (!queue_.empty()) {
      const State state = std::move(queue_.front());
      queue_.pop_front();
      for (const Symbol symbol : alphabet_) {
        ++*spent;
        if (++steps > kMaxPatternSteps) return std::nullopt;
        const std::optional<TextTracker::State> tracker =
            tracker_.Next(state.tracker, symbol);
        if (!tracker) continue;
        const bool fold = tracker_.Folds(state.tracker);
        if (Visit({*tracker, Step(first_, state.first, symbol, fold),
                   Step(second_, state.second, symbol, fold)})) {
          return true;
        }
      }
    }
    return false;
  }

 private:
  struct State {
    TextTracker::State tracker = 0;
    Places first;
    Places second;
    bool operator<(const State& other) const {
      return std::tie(tracker, first, second) <
             std::tie(other.tracker, other.first, other.second);
    }
  };

  // Notes a state unless nothing can come of it; true when it answers.
  bool Visit(State state) {
    if (state.first.empty()) return false;
    if (question_ == Question::kInBoth ? state.second.empty()
                                       : AcceptsAll(second_, state.second)) {
      return false;
    }
    const auto [place, fresh] = seen_.insert(std::move(state));
    if (!fresh) return false;
    queue_.push_back(*place);
    return tracker_.IsText(place->tracker) && Accepts(first_, place->first) &&
           Accepts(second_, place->second) == (question_ == Question::kInBoth);
  }

  const std::vector<Symbol> first_;
  const std::vector<Symbol> second_;
  const TextTracker tracker_;
  std::vector<Symbol> alphabet_;
  Question question_ = Question::kInBoth;
  std::set<State> seen_;
  std::deque<State> queue_;
};

// Every text counts, whatever it begins with.
bool IsFree(Texts texts) {
  return texts != Texts::kRoleId && texts != Texts::kOtherId;
}

bool StartsWith(std::string_view text, std::string_view beginning, bool fold) {
  if (text.size() < beginning.size()) return false;
  text = text.substr(0, beginning.size());
  return fold ? EqualFolded(text, beginning) : text == beginning;
}

// What stands before the star of `words*`; nothing for other patterns.
std::optional<std::string_view> BeforeOnlyStar(std::string_view pattern) {
  if (pattern.empty() || pattern.find_first_of("*?") != pattern.size() - 1 ||
      pattern.back() != '*') {
    return std::nullopt;
  }
  return pattern.substr(0, pattern.size() - 1);
}

bool Covers(std::string_view outer, std::string_view inner, Texts texts,
            uint64_t* spent, bool fold = false) {
  if (outer == inner || outer == "*") return true;
  if (IsFree(texts)) {
    if (!HasWildcard(inner)) {
      return MatchGlob(outer, inner, fold ? kFoldEverything : kFoldNothing);
    }
    // A wildcard before the end of `beginning` stands for other letters too.
    if (const auto beginning = BeforeOnlyStar(outer);
        beginning && !beginning->empty()) {
      return StartsWith(inner.substr(0, inner.find_first_of("*?")), *beginning,
                        fold);
    }
  }
  return PairWalk(inner, outer, texts, fold)
             .Find(Question::kInFirstOnly, spent)
             .value_or(true) == false;
}

bool Intersect(std::string_view a, std::string_view b, Texts texts,
               bool fold = false) {
  if (IsFree(texts)) {
    if (a == "*" || b == "*") return true;
    const size_t folded = fold ? kFoldEverything : kFoldNothing;
    if (!HasWildcard(a)) return MatchGlob(b, a, folded);
    if (!HasWildcard(b)) return MatchGlob(a, b, folded);
    const auto first = BeforeOnlyStar(a);
    const auto second = BeforeOnlyStar(b);
    if (first && second) {
      return StartsWith(*first, *second, fold) ||
             StartsWith(*second, *first, fold);
    }
  }
  uint64_t spent = 0;
  return PairWalk(a, b, texts, fold)
      .Find(Question::kInBoth, &spent)
      .value_or(true);
}

// What stands before the first wildcard cannot agree, in whatever case.
bool BeginningsDiffer(std::string_view a, std::string_view b, bool fold) {
  const size_t size = std::min(
      {a.find_first_of("*?"), b.find_first_of("*?"), a.size(), b.size()});
  for (size_t i = 0; i < size; ++i) {
    if (a[i] != b[i] && !(fold && FoldAscii(a[i]) == FoldAscii(b[i]))) {
      return true;
    }
  }
  // One of them has no wildcard and ends before the other's beginning does.
  return (size == a.size() && size < b.size() && b[size] != '*' &&
          b[size] != '?') ||
         (size == b.size() && size < a.size() && a[size] != '*' &&
          a[size] != '?');
}

// The two halves of an action pattern; `*` means every pair. Nothing for a text
// that is none (R46).
std::optional<std::array<std::string_view, 2>> ActionParts(
    std::string_view pattern) {
  using Parts = std::array<std::string_view, 2>;
  if (pattern == "*") return Parts{"*", "*"};
  const size_t colon = pattern.find(':');
  if (colon == std::string_view::npos || colon == 0 ||
      colon + 1 == pattern.size() ||
      pattern.find(':', colon + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return Parts{pattern.substr(0, colon), pattern.substr(colon + 1)};
}

// Service, region, account, relative id. Nothing for `*` and for texts that are
// no resource (R43).
std::optional<std::array<std::string_view, 4>> ResourceParts(
    std::string_view pattern) {
  constexpr std::string_view kPrefix = "acs:";
  if (!pattern.starts_with(kPrefix)) return std::nullopt;
  pattern.remove_prefix(kPrefix.size());
  std::array<std::string_view, 4> parts;
  for (size_t i = 0; i < 3; ++i) {
    const size_t colon = pattern.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    parts[i] = pattern.substr(0, colon);
    pattern.remove_prefix(colon + 1);
  }
  parts[3] = pattern;
  return parts;
}

// Role names of the service `ram` are compared without case (R11), so what
// holds for relative ids depends on whether the service can be `ram`, and on
// how the id begins.
constexpr std::string_view kRam = "ram";

bool ResourceCovers(std::string_view outer, std::string_view inner,
                    uint64_t* spent) {
  const auto out = ResourceParts(outer);
  const auto in = ResourceParts(inner);
  if (!out || !in) return false;
  for (size_t i = 0; i < 3; ++i) {
    if (!Covers((*out)[i], (*in)[i], Texts::kSegment, spent)) return false;
  }
  const std::string_view wide = (*out)[3];
  const std::string_view narrow = (*in)[3];
  if (!MatchGlob((*in)[0], kRam)) {
    return Covers(wide, narrow, Texts::kEvery, spent);
  }
  return Covers(wide, narrow, Texts::kRoleId, spent) &&
         Covers(wide, narrow,
                (*in)[0] == kRam ? Texts::kOtherId : Texts::kEvery, spent);
}

bool ResourcesIntersect(std::string_view a, std::string_view b) {
  const auto first = ResourceParts(a);
  const auto second = ResourceParts(b);
  if (!first || !second) return false;
  for (size_t i = 0; i < 3; ++i) {
    if (!Intersect((*first)[i], (*second)[i], Texts::kSegment)) return false;
  }
  const bool with_ram =
      MatchGlob((*first)[0], kRam) && MatchGlob((*second)[0], kRam);
  const std::string_view ids[] = {(*first)[3], (*second)[3]};
  if (with_ram && Intersect(ids[0], ids[1], Texts::kRoleId)) return true;
  const bool only_ram =
      with_ram && ((*first)[0] == kRam || (*second)[0] == kRam);
  return Intersect(ids[0], ids[1], only_ram ? Texts::kOtherId : Texts::kEvery);
}

}  // namespace

bool PatternMatches(PatternKind kind, std::string_view pattern,
                    std::string_view text) {
  switch (kind) {
    case PatternKind::kAction: {
      const auto parts = ActionParts(pattern);
      const auto wanted = ActionParts(text);
      return parts && wanted &&
             MatchGlob((*parts)[0], (*wanted)[0], kFoldEverything) &&
             MatchGlob((*parts)[1], (*wanted)[1], kFoldEverything);
    }
    case PatternKind::kResource: {
      if (pattern == "*") return text == "*" || ResourceParts(text);
      const auto parts = ResourceParts(pattern);
      const auto wanted = ResourceParts(text);
      if (!parts || !wanted) return false;
      constexpr std::string_view kRole = "role/";
      const std::string_view id = (*wanted)[3];
      size_t folded = kFoldNothing;
      if ((*wanted)[0] == kRam && id.starts_with(kRole)) {
        folded = std::min(id.find('/', kRole.size()), id.size());
      }
      for (size_t i = 0; i < 4; ++i) {
        if (!MatchGlob((*parts)[i], (*wanted)[i],
                       i == 3 ? folded : kFoldNothing)) {
          return false;
        }
      }
      return true;
    }
    case PatternKind::kText:
      return MatchGlob(pattern, text);
  }
  return false;
}

bool PatternCovers(PatternKind kind, std::string_view outer,
                   std::string_view inner, uint64_t* spent) {
  uint64_t ignored = 0;
  if (spent == nullptr) spent = &ignored;
  if (outer == inner) return true;
  if (BeginningsDiffer(outer, inner, kind != PatternKind::kText)) return false;
  switch (kind) {
    case PatternKind::kAction: {
      const auto out = ActionParts(outer);
      const auto in = ActionParts(inner);
      return out && in &&
             Covers((*out)[0], (*in)[0], Texts::kName, spent, true) &&
             Covers((*out)[1], (*in)[1], Texts::kName, spent, true);
    }
    case PatternKind::kResource:
      // Only the bare star matches a request for `*` (R20).
      if (outer == "*") return ResourceParts(inner).has_value();
      return ResourceCovers(outer, inner, spent);
    case PatternKind::kText:
      return Covers(outer, inner, Texts::kEvery, spent);
  }
  return false;
}

bool PatternsIntersect(PatternKind kind, std::string_view a,
                       std::string_view b) {
  if (BeginningsDiffer(a, b, kind != PatternKind::kText)) return false;
  switch (kind) {
    case PatternKind::kAction: {
      const auto first = ActionParts(a);
      const auto second = ActionParts(b);
      return first && second &&
             Intersect((*first)[0], (*second)[0], Texts::kName, true) &&
             Intersect((*first)[1], (*second)[1], Texts::kName, true);
    }
    case PatternKind::kResource:
      if (a == "*") return b == "*" || ResourceParts(b);
      if (b == "*") return ResourceParts(a).has_value();
      return ResourcesIntersect(a, b);
    case PatternKind::kText:
      return Intersect(a, b, Texts::kEvery);
  }
  return true;
}

bool HasWildcard(std::string_view pattern) {
  return pattern.find_first_of("*?") != std::string_view::npos;
}

bool ListReaches(PatternKind kind, const ast::PatternList& list,
                 std::string_view pattern) {
  const std::vector<ast::Value>& items = list.values.items;
  if (list.negated) {
    return std::none_of(items.begin(), items.end(), [&](const ast::Value& i) {
      return PatternCovers(kind, i.text, pattern);
    });
  }
  return std::any_of(items.begin(), items.end(), [&](const ast::Value& item) {
    return PatternsIntersect(kind, item.text, pattern);
  });
}

bool ListCovers(PatternKind kind, const ast::PatternList& list,
                std::string_view pattern) {
  const std::vector<ast::Value>& items = list.values.items;
  if (list.negated) {
    return std::none_of(items.begin(), items.end(), [&](const ast::Value& i) {
      return PatternsIntersect(kind, i.text, pattern);
    });
  }
  return std::any_of(items.begin(), items.end(), [&](const ast::Value& item) {
    return PatternCovers(kind, item.text, pattern);
  });
}

}  // namespace writ
