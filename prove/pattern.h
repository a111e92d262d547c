// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_PROVE_PATTERN_H_
#define WRIT_PROVE_PATTERN_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Patterns as automata over characters, and whether one language holds another.
// Written from the rules (docs/spec/semantics.md) and from nothing else.
namespace writ::prove {

// A code point, or one of those below. Bytes that are not UTF-8 are characters
// that no pattern spells: kOther.
using Symbol = uint32_t;
inline constexpr Symbol kStar = 0x110000;    // any run of characters
inline constexpr Symbol kOne = 0x110001;     // `?`
inline constexpr Symbol kOther = 0x110002;   // a character nobody spells
inline constexpr Symbol kAccept = 0x110003;  // behind the last symbol

constexpr Symbol LowerSymbol(Symbol c) {
  return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}
constexpr Symbol UpperSymbol(Symbol c) {
  return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

// ASCII letters in lower case.
std::string Folded(std::string_view text);

// Sorts, and keeps each item once.
template <typename Item>
void SortOnce(std::vector<Item>* items) {
  std::ranges::sort(*items);
  items->erase(std::unique(items->begin(), items->end()), items->end());
}

// The subjects over which two patterns are compared.
enum class Domain : uint8_t {
  kText,      // any text
  kAction,    // SERVICE:NAME, both without a colon and not empty
  kResource,  // SERVICE:REGION:ACCOUNT:RELATIVE, compared with case
  kPlain,     // of those: what is no role of RAM
  kRole,      // of those: the roles of RAM, as R11 compares them
};

struct Pattern {
  std::vector<Symbol> symbols;  // no two stars in a row
  // Wildcards from this symbol on match colons too.
  size_t free_from = 0;
  bool folded = false;  // literals are in lower case and match either case
};

// Reads valid UTF-8 with `*` and `?` as wildcards.
Pattern ReadText(std::string_view text);
// Without wildcards: every character is itself.
Pattern ReadLiteral(std::string_view text, bool folded);
// `*`, or two parts around a colon that wildcards do not cross.
Pattern ReadAction(std::string_view text);
// Not `*`: an ARN, whose first four colons wildcards do not cross. The symbols
// begin behind `acs:`.
Pattern ReadResource(std::string_view text);

// Work that a proof may still do.
class Budget {
 public:
  explicit Budget(uint64_t steps) : left_(steps), given_(steps) {}
  // False once there is none left.
  bool Spend(uint64_t steps) {
    left_ = steps > left_ ? 0 : left_ - steps;
    return left_ > 0;
  }
  bool exhausted() const { return left_ == 0; }
  uint64_t spent() const { return given_ - left_; }

 private:
  uint64_t left_;
  const uint64_t given_;
};

// Several patterns as one automaton without determinism. A set of places is
// sorted; of a pattern it keeps nothing before the last star reached, which
// stands for all that comes before.
class PatternAutomaton {
 public:
  using Places = std::vector<uint32_t>;

  void Add(const Pattern& pattern);
  // How many patterns, and how many places they have in all.
  uint32_t size() const { return static_cast<uint32_t>(starts_.size()); }
  uint32_t places() const { return static_cast<uint32_t>(symbols_.size()); }

  Places Start() const;
  // The one place, and what a star there leads to.
  Places At(uint32_t place) const;
  // fold   literals match either case
  // to     replaced
  void Step(const Places& from, Symbol c, bool fold, Places* to) const;
  bool Accepts(const Places& places) const;
  // The pattern that ends at this place, or nothing.
  std::optional<uint32_t> PatternAt(uint32_t place) const;

  Symbol symbol(uint32_t place) const { return symbols_[place]; }
  bool folded(uint32_t place) const { return (flags_[place] & kFolded) != 0; }

 private:
  static constexpr uint8_t kFree = 1;
  static constexpr uint8_t kFolded = 2;

  void Enter(uint32_t place, Places* places) const;
  void Tidy(Places* places) const;

  std::vector<Symbol> symbols_;
  std::vector<uint8_t> flags_;
  std::vector<uint32_t> owners_;
  std::vector<uint32_t> starts_;
};

// A walk through the texts of a domain.
class DomainWalk {
 public:
  static constexpr uint8_t kStart = 0;
  explicit DomainWalk(Domain domain) : domain_(domain) {}

  // The state behind `c`, or nothing when no text of the domain goes on so.
  std::optional<uint8_t> Step(uint8_t state, Symbol c) const;
  bool Accepts(uint8_t state) const;
  // Whether the next character compares without case.
  bool Folds(uint8_t state) const;
  // Characters that the walk itself tells apart.
  std::string_view Letters() const;

 private:
  const Domain domain_;
};

enum class Verdict : uint8_t { kHolds, kFails, kUnknown };

struct Inclusion {
  Verdict verdict = Verdict::kHolds;
  std::string witness;  // kFails: a text of the first that is not of the second
  uint32_t states = 0;
};

// Whether every text of the domain that `inner` matches is matched by one of
// `outer`.
Inclusion Includes(std::span<const Pattern> outer, const Pattern& inner,
                   Domain domain, Budget* budget);

// The same for resources: over all ARNs with case, or, where that fails, over
// roles and the others apart as R11 compares them.
Inclusion IncludesResource(std::span<const Pattern> outer, const Pattern& inner,
                           Budget* budget);

// Whether the pattern of a resource matches some role of RAM.
bool MatchesSomeRole(const Pattern& pattern);

// The character in UTF-8.
void AppendUtf8(Symbol c, std::string* out);

}  // namespace writ::prove

#endif  // WRIT_PROVE_PATTERN_H_
