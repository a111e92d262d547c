// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_PROGRAM_FORMAT_H_
#define WRIT_AUTHZ_PROGRAM_FORMAT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "base/coding.h"

// The bytes of a program image (docs/spec/program.md): little-endian, position
// independent, read in place. Every record is a plain struct without padding
// that is copied out of the image by memcpy, so no alignment is assumed.
namespace writ {

inline constexpr char kImageMagic[8] = {'W', 'R', 'I', 'T', 'P', 'R', 'O', 'G'};
// A reader refuses a larger major; a larger minor only adds optional sections.
inline constexpr uint16_t kImageMajor = 1;
inline constexpr uint16_t kImageMinor = 1;
// The meaning of the tables: ram.md parts 2, 4, 10 and 11 as they stand.
inline constexpr uint32_t kSemanticsVersion = 1;
// Sections begin at multiples of this; the gap before one is zero.
inline constexpr size_t kSectionAlignment = 8;

struct ImageHeader {
  char magic[8];
  uint16_t major;
  uint16_t minor;
  uint32_t semantics;
  uint64_t image_bytes;
  uint64_t checksum;  // CRC-64/XZ of the image with this field as zero
  uint32_t section_count;
  uint32_t reserved;  // zero
};

struct SectionEntry {
  static constexpr uint32_t kRequired = 1;
  uint32_t kind;
  uint32_t flags;  // kRequired, or zero: a reader that does not know it skips
  uint32_t offset;
  uint32_t size_bytes;
};

enum class Section : uint32_t {
#define SECTION(number, Name, ...) k##Name = number,
#include "authz/program/sections.def"
#undef SECTION
};

// Bytes of the strings section (of the labels section where a field says so).
struct TextRef {
  uint32_t offset;
  uint32_t size_bytes;
  bool operator==(const TextRef&) const = default;
};

// `*` when colon is 0, else a pattern with its colon at that offset.
struct ActionPattern {
  TextRef text;
  uint32_t colon;
};

// `*` when every colon is 0, else five segments: the offsets of the first four
// colons.
struct ResourcePattern {
  TextRef text;
  std::array<uint32_t, 4> colons;
};

enum class PrincipalPatternKind : uint32_t {
#define PRINCIPAL_KIND(number, Name, ...) k##Name = number,
#include "authz/program/principal_kinds.def"
#undef PRINCIPAL_KIND
};

struct PrincipalKindInfo {
  PrincipalPatternKind kind;
  std::string_view mnemonic;
  uint32_t texts;
  std::string_view meaning;
};

inline constexpr PrincipalKindInfo kPrincipalKinds[] = {
#define PRINCIPAL_KIND(number, Name, mnemonic, texts, meaning) \
  {PrincipalPatternKind::k##Name, mnemonic, texts, meaning},
#include "authz/program/principal_kinds.def"
#undef PRINCIPAL_KIND
};

// The row with this number, or null.
constexpr const PrincipalKindInfo* FindPrincipalKind(uint32_t number) {
  for (const PrincipalKindInfo& info : kPrincipalKinds) {
    if (static_cast<uint32_t>(info.kind) == number) return &info;
  }
  return nullptr;
}

// What the texts mean: principal_kinds.def. Unused ones are {0, 0}.
struct PrincipalPattern {
  uint32_t kind;
  std::array<TextRef, 3> texts;
};

// A condition key: its first folded_bytes bytes compare without ASCII case,
// the rest exactly (R10).
struct KeyRecord {
  TextRef text;
  uint32_t folded_bytes;
};

// 0.DIGITS * 10^point (R44); digits are values 0 to 9 from the most
// significant, zero after digit_count; the first and the last are not zero.
// Zero is sign 0 and nothing else.
struct DecimalConstant {
  static constexpr size_t kMaxDigits = 34;
  int32_t point;
  int8_t sign;  // -1, 0, 1
  uint8_t digit_count;
  std::array<uint8_t, kMaxDigits> digits;
};

// A point in time: seconds since 1970-01-01T00:00:00Z and nanoseconds.
struct InstantConstant {
  int64_t seconds;
  uint32_t nanos;
  uint32_t reserved;  // zero
};

// Addresses whose first prefix_bits bits are those of bytes. IPv4 (is_v6 0)
// uses the first four bytes. Host bits are zero.
struct BlockConstant {
  std::array<uint8_t, 16> bytes;
  uint8_t prefix_bits;
  uint8_t is_v6;
  std::array<uint8_t, 2> reserved;  // zero
};

// One positive test of one key: `opcode` on the run of constants that its
// operand kind names (texts for Text, Folded and Glob).
struct AtomRecord {
  uint32_t key;
  uint32_t opcode;
  uint32_t operand_first;
  uint32_t operand_count;
};

// A run of entries of another section.
struct Run {
  uint32_t first;
  uint32_t count;
  bool operator==(const Run&) const = default;
};

struct StatementRecord {
  static constexpr uint32_t kDeny = 1;
  static constexpr uint32_t kNotAction = 2;
  static constexpr uint32_t kNotResource = 4;
  static constexpr uint32_t kHasResource = 8;    // else any resource matches
  static constexpr uint32_t kHasPrincipal = 16;  // else any principal matches
  static constexpr uint32_t kAllFlags = 31;
  uint32_t flags;
  Run actions;     // of action_lists
  Run resources;   // of resource_lists
  Run principals;  // of principal_lists
  Run code;        // bytes of code
  TextRef label;   // of labels: the Sid or label for people; may be empty
};

// What a policy was compiled as; the numbers of AttachmentKind.
enum class ProgramPolicyKind : uint32_t {
  kIdentity = 0,
  kResource = 1,
  kTrust = 2,
  kSession = 3,
  kControl = 4,
};
inline constexpr uint32_t kProgramPolicyKinds = 5;

struct PolicyRecord {
  uint32_t kind;  // ProgramPolicyKind
  Run statements;
  // Steps of the worst request that has one value for every key.
  uint32_t max_steps;
  TextRef label;  // of labels: the policy's name for people; may be empty
};

// ---- the index (minor 1): how a decision finds the statements that concern it

inline constexpr uint32_t kNoIndex = UINT32_MAX;

// Policies of one kind that are evaluated together. Without the units section,
// unit i is policy i and its statements are tried one after the other.
//
// The statements of a unit are numbered through, policy after policy: that
// number is the ordinal of the postings.
struct UnitRecord {
  Run policies;  // of unit_policies
  // The end of the statements that no resource pattern finds: the bare `*`, no
  // Resource at all, NotResource. Of ends; kNoIndex if there are none.
  uint32_t anywhere;
  // Roots in nodes; kNoIndex if empty. `resources` reads a resource behind
  // `acs:`; `roles` is asked instead when the resource is a RAM role: its text
  // is in lower case and so is the subject's (R11).
  uint32_t resources;
  uint32_t roles;
  // Steps of the worst request with one value for every key, but for what a
  // trie of fragments takes for each character of the resource.
  uint32_t max_steps;
};

// A policy of a unit, and the ordinal of its first statement there.
struct UnitPolicy {
  uint32_t policy;
  uint32_t first_ordinal;
};

// A node of a resource trie, in nodes at a multiple of 4: this head, then the
// label padded with zeros to a multiple of 4, the first bytes of the children
// in ascending order (padded alike), and a u32 offset for each child and each
// further edge that `flags` names, in the order of the flags. Every offset is
// larger than the node's own, so a walk ends.
//
// A node stands for the text from the root to the end of its label. A trie may
// be read forwards from the start of the subject, backwards from its end
// (kSuffixes) or forwards from every later position (kFragments).
struct NodeHead {
  // Any characters but a colon, up to the next colon: the subtree goes on with
  // that colon. Only before the relative id.
  static constexpr uint8_t kSegmentEdge = 1;
  // The root of a trie over what follows, read backwards from the end of the
  // subject: patterns with a literal end.
  static constexpr uint8_t kSuffixEdge = 2;
  // The root of a trie to be found anywhere in what follows.
  static constexpr uint8_t kFragmentEdge = 4;
  static constexpr uint8_t kAllFlags = 7;
  uint16_t label_bytes;
  uint8_t child_count;  // each begins with another byte; NUL never occurs
  uint8_t flags;
  uint32_t first_end;  // of ends
  uint32_t end_count;
};

// What a pattern still asks when the walk has come to its place.
enum class EndKind : uint32_t {
  kAny = 0,     // nothing: all that follows matches
  kExact = 1,   // the subject ends here
  kSuffix = 2,  // of a suffix trie: its text does not overlap the walked part
  kVerify = 3,  // the whole pattern is matched (MatchResource)
};

// The statements with one resource pattern.
struct EndRecord {
  uint32_t kind;     // EndKind
  uint32_t pattern;  // of resource_patterns; kNoIndex for UnitRecord::anywhere
  // Of cells: Deny cells first if the deny-first pass ran (kNoIndex in
  // deny_count if not: then each cell says it itself).
  uint32_t first_cell;
  uint32_t deny_count;
  uint32_t allow_count;
};

// Statements of one end, effect and action set.
struct CellRecord {
  static constexpr uint32_t kDeny = 1;
  uint32_t action_set;
  uint32_t first_posting;
  // Count of postings times 2, plus kDeny.
  uint32_t count_and_effect;
};

struct PostingRecord {
  // The whole statement still has to be tried: it names principals, or
  // everything but some resources.
  static constexpr uint32_t kCheckRest = 0x80000000u;
  uint32_t ordinal;  // of the statement in its unit; kCheckRest may be added
  uint32_t condition;
};

// A block of code, once.
struct ConditionRecord {
  Run code;
  uint32_t steps;
};

// A list of action patterns, or everything but them.
struct ActionSet {
  Run actions;  // of action_lists
  uint32_t negated;
};

// A slot of the perfect hash: a known action in lower case, and its class.
struct ActionName {
  TextRef text;
  uint32_t action_class;
};

// One reading of one key: its values become ranks among the sorted points.
//   Decimal, Instant, Text, Folded   2i + 1 at point i, 2i between the points
//                                    i-1 and i (Text, Folded: 0 off the points)
//   Block                            points at or below the address
struct AxisRecord {
  uint32_t key;
  uint32_t kind;  // OperandKind
  Run points;     // of points; of address_points for Block
};

// An IPv6 address, or an IPv4 address as ::ffff:a.b.c.d, as a number.
struct AddressPoint {
  uint64_t high;
  uint64_t low;
};

// The atom of the same index: true when a value's rank lies in one of the
// ranges. Without an axis (kNoIndex) its operands are compared.
struct AtomRange {
  uint32_t axis;
  Run ranges;
};

// Both ends included; the ranges of an atom ascend and do not touch.
struct RankRange {
  uint32_t low;
  uint32_t high;
};

// A statement whose effect rests on ruling R<number> (docs/spec/semantics.md).
struct RulingTag {
  uint32_t statement;
  uint32_t atom;  // of atoms; kNoIndex: the statement as a whole
  uint32_t ruling;
};

static_assert(sizeof(UnitRecord) == 24 && sizeof(UnitPolicy) == 8);
static_assert(sizeof(NodeHead) == 12 && sizeof(EndRecord) == 20);
static_assert(sizeof(CellRecord) == 12 && sizeof(PostingRecord) == 8);
static_assert(sizeof(ConditionRecord) == 12 && sizeof(ActionSet) == 12);
static_assert(sizeof(ActionName) == 12 && sizeof(AxisRecord) == 16);
static_assert(sizeof(AddressPoint) == 16 && sizeof(AtomRange) == 12);
static_assert(sizeof(RankRange) == 8 && sizeof(RulingTag) == 12);
static_assert(sizeof(ImageHeader) == 40 && sizeof(SectionEntry) == 16);
static_assert(sizeof(ActionPattern) == 12 && sizeof(ResourcePattern) == 24);
static_assert(sizeof(PrincipalPattern) == 28 && sizeof(KeyRecord) == 12);
static_assert(sizeof(DecimalConstant) == 40 && sizeof(InstantConstant) == 16);
static_assert(sizeof(BlockConstant) == 20 && sizeof(AtomRecord) == 16);
static_assert(sizeof(StatementRecord) == 44 && sizeof(PolicyRecord) == 24);

// A section of an image as an array of records. A borrowed view: valid as long
// as the image.
template <typename Record>
class ImageTable {
 public:
  static_assert(std::is_trivially_copyable_v<Record>);
  ImageTable() = default;
  explicit ImageTable(std::string_view bytes)
      : data_(bytes.data()),
        size_(static_cast<uint32_t>(bytes.size() / sizeof(Record))) {}

  uint32_t size() const { return size_; }
  // index < size()
  Record operator[](uint32_t index) const {
    WRIT_DCHECK(index < size_);
    Record record;
    std::memcpy(&record, data_ + size_t{index} * sizeof(Record),
                sizeof(Record));
    return record;
  }
  // The same without the check: for an index that the verifier vouches for, in
  // the paths that every decision takes.
  Record At(uint32_t index) const {
    Record record;
    std::memcpy(&record, data_ + size_t{index} * sizeof(Record),
                sizeof(Record));
    return record;
  }
  // Whether the run lies inside.
  bool Holds(Run run) const {
    return run.first <= size_ && run.count <= size_ - run.first;
  }
  const char* data() const { return data_; }
  std::string_view bytes() const {
    return {data_, size_t{size_} * sizeof(Record)};
  }

 private:
  const char* data_ = nullptr;
  uint32_t size_ = 0;
};

// The tables of one image. Borrowed from it.
struct ProgramView {
#define SECTION(number, Name, member, Record, ...) ImageTable<Record> member;
#include "authz/program/sections.def"
#undef SECTION

  // The referenced bytes; the verifier has seen to it that they exist.
  std::string_view Text(TextRef ref) const {
    return {strings.data() + ref.offset, ref.size_bytes};
  }
  std::string_view Label(TextRef ref) const {
    return labels.bytes().substr(ref.offset, ref.size_bytes);
  }
};

}  // namespace writ

#endif  // WRIT_AUTHZ_PROGRAM_FORMAT_H_
