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

// The bytes of a program image (docs/spec/bundle.md): little-endian, position
// independent, read in place. Every record is a plain struct without padding
// that is copied out of the image by memcpy, so no alignment is assumed.
namespace writ {

inline constexpr char kImageMagic[8] = {'W', 'R', 'I', 'T', 'P', 'R', 'O', 'G'};
// A reader refuses a larger major; a larger minor only adds optional sections.
inline constexpr uint16_t kImageMajor = 1;
inline constexpr uint16_t kImageMinor = 0;
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
#define SECTION(number, Name, member, Record) k##Name = number,
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
#define SECTION(number, Name, member, Record) ImageTable<Record> member;
#include "authz/program/sections.def"
#undef SECTION

  // The referenced bytes; the verifier has seen to it that they exist.
  std::string_view Text(TextRef ref) const {
    return strings.bytes().substr(ref.offset, ref.size_bytes);
  }
  std::string_view Label(TextRef ref) const {
    return labels.bytes().substr(ref.offset, ref.size_bytes);
  }
};

}  // namespace writ

#endif  // WRIT_AUTHZ_PROGRAM_FORMAT_H_
