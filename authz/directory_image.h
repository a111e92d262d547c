// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_DIRECTORY_IMAGE_H_
#define WRIT_AUTHZ_DIRECTORY_IMAGE_H_

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "authz/program/format.h"
#include "authz/program/program.h"
#include "base/status.h"

// The bytes of a directory image (docs/spec/snapshot_image.md): little-endian,
// plain records in tables, texts in one pool. Internal to snapshot images:
// SnapshotCompiler::Pack writes them, SnapshotImage::Load reads them.
namespace writ {

inline constexpr char kDirectoryMagic[8] = {'W', 'R', 'I', 'T',
                                            'D', 'I', 'R', 'Y'};
// A reader refuses another major; a larger minor only adds optional sections.
inline constexpr uint16_t kDirectoryMajor = 1;
inline constexpr uint16_t kDirectoryMinor = 0;

struct DirectoryHeader {
  char magic[8];
  uint16_t major;
  uint16_t minor;
  uint32_t section_count;
  uint64_t image_bytes;
  uint64_t checksum;  // CRC-64/XZ of the image with this field as zero
  // ImageHeader::checksum of the program that the units are of.
  uint64_t program_checksum;
};

enum class DirectorySection : uint32_t {
#define DIRECTORY_SECTION(number, Name, ...) k##Name = number,
#include "authz/directory_sections.def"
#undef DIRECTORY_SECTION
};

// An account and the runs of control units that bind it: its own, then those of
// its folders from the inside out, then the root's.
struct AccountRecord {
  static constexpr uint32_t kManagement = 1;
  TextRef id;
  uint32_t flags;
  Run controls;  // of controls
};

struct ControlRecord {
  uint32_t level;  // ControlLevel
  uint32_t depth;  // of a folder: 1 is a folder right under the root; else 0
  uint32_t unit;   // of the program
};

// What the policy of the same number in the program is called.
struct LabelRecord {
  uint32_t account;  // of accounts; kNoIndex of a control policy
  TextRef name;
};

// Units that are decided together, and for what.
struct ListRecord {
  uint32_t kind;  // AttachmentKind, but for kControl and kSession
  TextRef group;  // the resource group of the scope; empty: no scope
  Run units;      // of list_units
};

struct PrincipalRecord {
  static constexpr uint32_t kRole = 1;
  static constexpr uint32_t kServiceLinked = 2;
  TextRef arn;  // of a role without a session, spelled as it was put
  TextRef id;
  uint32_t flags;
  uint32_t policies;  // of lists; kNoIndex: none
  Run scopes;         // of scopes: indexes of lists
  uint32_t trust;     // of lists; kNoIndex: nobody may assume the role
};

struct BucketRecord {
  TextRef name;
  uint32_t policy;  // of lists
};

struct ResourceRecord {
  TextRef arn;
  TextRef group;
};

static_assert(sizeof(DirectoryHeader) == 40 && sizeof(AccountRecord) == 20);
static_assert(sizeof(ControlRecord) == 12 && sizeof(LabelRecord) == 12);
static_assert(sizeof(ListRecord) == 20 && sizeof(PrincipalRecord) == 36);
static_assert(sizeof(BucketRecord) == 12 && sizeof(ResourceRecord) == 16);

// The tables of one image. Borrowed from it.
struct DirectoryView {
#define DIRECTORY_SECTION(number, Name, member, Record) \
  ImageTable<Record> member;
#include "authz/directory_sections.def"
#undef DIRECTORY_SECTION

  std::string_view Text(TextRef ref) const {
    return {strings.data() + ref.offset, ref.size_bytes};
  }
};

// The checksum that belongs into the header of `image`, which must be at least
// as long as a header.
uint64_t DirectoryChecksum(std::string_view image);

// Checks what comes before the tables (size, magic, version, checksum), where
// the tables lie, and that everything in them is in range: texts, runs, what is
// said of the units of `program`, of which each has a place.
//
// image    at most kMaxDirectoryBytes
// Returns  the tables, borrowed from `image`. Names are text but not judged.
// Errors   kDataLoss         truncated, not an image, wrong checksum, or made
//                            with another program
//          kUnimplemented    a format newer than this build
//          kInvalidArgument  message has the table and entry
// Cost     linear in both images; memory a bit for each unit and policy
Result<DirectoryView> VerifyDirectory(std::string_view image,
                                      const Program& program);

// kInvalidArgument naming the entry of the table.
Status RefuseDirectory(std::string_view table, uint64_t index,
                       std::string_view what);

}  // namespace writ

#endif  // WRIT_AUTHZ_DIRECTORY_IMAGE_H_
