// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_PROVE_VALUE_SET_H_
#define WRIT_PROVE_VALUE_SET_H_

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/program/format.h"
#include "authz/program/opcode.h"
#include "grammar/operators.h"
#include "prove/pattern.h"

// The values that satisfy a test, in a form in which equal sets are equal.
namespace writ::prove {

// What a value of a request is read as. Tests of one key that read it alike are
// unreadable together.
enum class Reading : uint8_t { kText, kNumber, kDate, kTruth, kAddress };

// A number or an instant on its line.
struct Scalar {
  bool negative = false;
  int32_t point = 0;    // numbers: 0.DIGITS * 10^point, as Decimal
  std::string digits;   // numbers: '0' to '9'
  int64_t seconds = 0;  // instants
  uint32_t nanos = 0;
  bool operator==(const Scalar&) const = default;
  std::strong_ordering operator<=>(const Scalar& other) const;
};

// A place between the values of a line: before or behind a value, or an end of
// the line.
struct Cut {
  enum class Side : uint8_t { kBegin, kBefore, kBehind, kEnd };
  Side side = Side::kBegin;
  Scalar value;
  bool operator==(const Cut&) const = default;
  std::strong_ordering operator<=>(const Cut& other) const;
};

// An address as a number: IPv6, or IPv4 as ::ffff:a.b.c.d.
__extension__ using Address = unsigned __int128;

// Canonical: the stretches ascend and neither touch nor overlap.
struct ValueSet {
  Reading reading = Reading::kText;
  // kText: patterns, sorted; without wildcards unless `wild`, in lower case and
  // compared without case if `folded` (then not all lack letters).
  std::vector<std::string> texts;
  bool wild = false;
  bool folded = false;
  std::vector<std::pair<Cut, Cut>> stretches;  // kNumber, kDate
  uint32_t truths = 0;                         // bit 0 false, 1 true
  std::vector<std::pair<Address, Address>> address_ranges;  // ends included

  bool empty() const;
  auto operator<=>(const ValueSet&) const = default;
};

enum class TextRelation : uint8_t { kSame, kSameNoCase, kLike };

ValueSet TextSet(TextRelation relation, std::vector<std::string> operands);
// relation  one of the order relations
ValueSet LineSet(Reading reading, Relation relation,
                 const std::vector<Scalar>& operands);
ValueSet StretchSet(Reading reading,
                    std::vector<std::pair<Cut, Cut>> stretches);
ValueSet AddressSet(std::vector<std::pair<Address, Address>> ranges);

// The set of a test of the tree; nothing for a value that cannot be read.
std::optional<ValueSet> SetOfTest(const OperatorInfo& info,
                                  const std::vector<std::string_view>& values);

// The set of an atom of the image.
ValueSet SetOfAtom(const ProgramView& view, const AtomRecord& atom);

Scalar ScalarOf(const DecimalConstant& constant);
Scalar ScalarOf(const InstantConstant& constant);

// Whether two sets of texts that look different hold the same texts.
//
// witness  a text of only one of them
Verdict SameTexts(const ValueSet& a, const ValueSet& b, Budget* budget,
                  std::string* witness);

// The set in words, cut off when long.
std::string Describe(const ValueSet& set);

}  // namespace writ::prove

#endif  // WRIT_PROVE_VALUE_SET_H_
