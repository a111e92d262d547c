// SPDX-License-Identifier: Apache-2.0
//
// Everything the VM and the matchers take for granted is established here, so
// that they can index without looking. Two habits keep the cost linear however
// hostile the image: text is judged once for the whole pool (a reference must
// only begin and end between code points), and code is tiled (a statement's
// block is new and follows the last one, or is exactly an earlier one).
#include "authz/program/verify.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "authz/program/opcode.h"
#include "authz/program/utf8.h"
#include "base/crc64.h"
#include "base/limits.h"

namespace writ {
namespace {

Status Refuse(std::string_view section, uint64_t index, std::string_view what) {
  return InvalidArgument("program refused: " + std::string(section) + "[" +
                         std::to_string(index) + "]: " + std::string(what));
}

template <typename Record>
Record ReadAt(std::string_view image, size_t offset) {
  Record record;
  std::memcpy(&record, image.data() + offset, sizeof(Record));
  return record;
}

uint32_t RecordBytes(Section section) {
  switch (section) {
#define SECTION(number, Name, member, Record, ...) \
  case Section::k##Name:                           \
    return sizeof(Record);
#include "authz/program/sections.def"
#undef SECTION
  }
  return 0;
}

// Whether every image has the section: those of minor 0.
bool IsTable(Section section) {
  switch (section) {
#define SECTION(number, Name, member, Record, since, heat) \
  case Section::k##Name:                                   \
    return since == 0;
#include "authz/program/sections.def"
#undef SECTION
  }
  return false;
}

void Bind(Section section, std::string_view bytes, ProgramView* view) {
  switch (section) {
#define SECTION(number, Name, member, Record, ...) \
  case Section::k##Name:                           \
    view->member = ImageTable<Record>(bytes);      \
    return;
#include "authz/program/sections.def"
#undef SECTION
  }
}

// Checks one image; made for one call.
class Verifier {
 public:
  explicit Verifier(std::string_view image) : image_(image) {}

  Result<ProgramView> Run() {
    WRIT_RETURN_IF_ERROR(CheckSections());
    WRIT_RETURN_IF_ERROR(CheckPools());
    WRIT_RETURN_IF_ERROR(CheckPatterns());
    WRIT_RETURN_IF_ERROR(CheckPrincipals());
    WRIT_RETURN_IF_ERROR(CheckLists());
    WRIT_RETURN_IF_ERROR(CheckConstants());
    WRIT_RETURN_IF_ERROR(CheckAtoms());
    WRIT_RETURN_IF_ERROR(CheckStatements());
    WRIT_RETURN_IF_ERROR(CheckPolicies());
    return view_;
  }

 private:
  // A verified piece of code: its bytes and how many instructions they hold.
  struct Block {
    uint32_t first;
    uint32_t size_bytes;
    uint32_t instructions;
  };

  Status CheckSections();
  Status CheckPools();
  Status CheckPatterns();
  Status CheckPrincipals();
  Status CheckLists();
  Status CheckConstants();
  Status CheckAtoms();
  Status CheckStatements();
  Status CheckPolicies();
  Status CheckCode(writ::Run block, uint32_t* instructions);
  Status CheckStatement(uint32_t index, uint64_t* steps);

  bool RefIsText(const ImageTable<uint8_t>& pool, TextRef ref) const;
  bool TextIsSound(TextRef ref) const { return RefIsText(view_.strings, ref); }
  bool ColonAt(TextRef text, uint32_t offset) const {
    return offset < text.size_bytes && view_.Text(text)[offset] == ':';
  }

  std::string_view image_;
  ProgramView view_;
  std::vector<Block> blocks_;
  uint32_t code_end_ = 0;                  // of the blocks seen so far
  std::vector<uint64_t> statement_steps_;  // running sum, one more than rows
};

Status Verifier::CheckSections() {
  const auto header = ReadAt<ImageHeader>(image_, 0);
  if (header.reserved != 0) return Refuse("header", 0, "reserved is not zero");
  const uint64_t table_end =
      sizeof(ImageHeader) +
      uint64_t{header.section_count} * sizeof(SectionEntry);
  if (table_end > image_.size()) {
    return Refuse("header", 0, "section table is outside the image");
  }
  uint64_t end = table_end;
  uint32_t last_kind = 0;
  size_t known = 0;
  for (uint32_t i = 0; i < header.section_count; ++i) {
    const auto entry = ReadAt<SectionEntry>(
        image_, sizeof(ImageHeader) + size_t{i} * sizeof(SectionEntry));
    if (entry.kind <= last_kind) return Refuse("sections", i, "out of order");
    last_kind = entry.kind;
    if ((entry.flags & ~SectionEntry::kRequired) != 0) {
      return Refuse("sections", i, "unknown flag");
    }
    if (entry.offset % kSectionAlignment != 0 || entry.offset < end ||
        entry.offset - end >= kSectionAlignment ||
        uint64_t{entry.offset} + entry.size_bytes > image_.size()) {
      return Refuse("sections", i, "wrong place");
    }
    if (image_.substr(end, entry.offset - end).find_first_not_of('\0') !=
        std::string_view::npos) {
      return Refuse("sections", i, "gap before it is not zero");
    }
    end = uint64_t{entry.offset} + entry.size_bytes;
    const auto section = static_cast<Section>(entry.kind);
    const uint32_t record_bytes = RecordBytes(section);
    if (record_bytes == 0) {
      if ((entry.flags & SectionEntry::kRequired) != 0) {
        return Refuse("sections", i, "unknown and required");
      }
      continue;
    }
    if (entry.size_bytes % record_bytes != 0) {
      return Refuse("sections", i, "size is not a number of records");
    }
    Bind(section, image_.substr(entry.offset, entry.size_bytes), &view_);
    if (IsTable(section)) ++known;
  }
  size_t needed = 0;
#define SECTION(number, Name, member, Record, since, heat) \
  if (since == 0) ++needed;
#include "authz/program/sections.def"
#undef SECTION
  if (known != needed) return Refuse("sections", 0, "a section is missing");
  if (end != image_.size())
    return Refuse("sections", 0, "bytes after the last");
  return OkStatus();
}

Status Verifier::CheckPools() {
  for (const auto& [name, pool] : {std::pair("strings", view_.strings),
                                   std::pair("labels", view_.labels)}) {
    const size_t bad = FindInvalidUtf8(pool.bytes());
    if (bad != std::string_view::npos) return Refuse(name, bad, "not UTF-8");
    const size_t nul = pool.bytes().find('\0');
    if (nul != std::string_view::npos) return Refuse(name, nul, "holds NUL");
  }
  return OkStatus();
}

bool Verifier::RefIsText(const ImageTable<uint8_t>& pool, TextRef ref) const {
  if (!pool.Holds({ref.offset, ref.size_bytes})) return false;
  const std::string_view bytes = pool.bytes();
  const uint32_t end = ref.offset + ref.size_bytes;
  return (ref.offset == bytes.size() || !IsUtf8Tail(bytes[ref.offset])) &&
         (end == bytes.size() || !IsUtf8Tail(bytes[end]));
}

Status Verifier::CheckPatterns() {
  for (uint32_t i = 0; i < view_.action_patterns.size(); ++i) {
    const ActionPattern pattern = view_.action_patterns[i];
    if (!TextIsSound(pattern.text)) return Refuse("actions", i, "bad text");
    const bool sound = pattern.colon == 0
                           ? view_.Text(pattern.text) == "*"
                           : ColonAt(pattern.text, pattern.colon) &&
                                 pattern.colon + 1 < pattern.text.size_bytes;
    if (!sound) return Refuse("actions", i, "bad colon");
  }
  for (uint32_t i = 0; i < view_.resource_patterns.size(); ++i) {
    const ResourcePattern pattern = view_.resource_patterns[i];
    if (!TextIsSound(pattern.text)) return Refuse("resources", i, "bad text");
    const std::string_view text = view_.Text(pattern.text);
    const auto& colons = pattern.colons;
    bool sound = true;
    if (colons[0] == 0) {
      sound = text == "*" && std::ranges::count(colons, 0u) == 4;
    } else {
      sound = colons[0] == 3 && text.starts_with("acs");
      for (size_t k = 0; k < colons.size(); ++k) {
        sound = sound && ColonAt(pattern.text, colons[k]) &&
                (k == 0 || colons[k] > colons[k - 1]);
      }
    }
    if (!sound) return Refuse("resources", i, "bad colons");
  }
  return OkStatus();
}

Status Verifier::CheckPrincipals() {
  for (uint32_t i = 0; i < view_.principal_patterns.size(); ++i) {
    const PrincipalPattern pattern = view_.principal_patterns[i];
    const PrincipalKindInfo* info = FindPrincipalKind(pattern.kind);
    if (info == nullptr) return Refuse("principals", i, "unknown kind");
    for (uint32_t k = 0; k < pattern.texts.size(); ++k) {
      const TextRef text = pattern.texts[k];
      const bool sound = k < info->texts
                             ? TextIsSound(text) && text.size_bytes > 0
                             : text == TextRef{0, 0};
      if (!sound) return Refuse("principals", i, "bad text");
    }
  }
  return OkStatus();
}

Status Verifier::CheckLists() {
  const auto inside = [](const ImageTable<uint32_t>& list, uint32_t size) {
    for (uint32_t i = 0; i < list.size(); ++i) {
      if (list[i] >= size) return false;
    }
    return true;
  };
  if (!inside(view_.action_lists, view_.action_patterns.size())) {
    return Refuse("action lists", 0, "index out of range");
  }
  if (!inside(view_.resource_lists, view_.resource_patterns.size())) {
    return Refuse("resource lists", 0, "index out of range");
  }
  if (!inside(view_.principal_lists, view_.principal_patterns.size())) {
    return Refuse("principal lists", 0, "index out of range");
  }
  return OkStatus();
}

bool DecimalIsSound(const DecimalConstant& value) {
  const uint32_t count = value.digit_count;
  if (count > DecimalConstant::kMaxDigits) return false;
  for (uint32_t i = 0; i < DecimalConstant::kMaxDigits; ++i) {
    if (value.digits[i] > (i < count ? 9 : 0)) return false;
  }
  if (value.sign == 0) return count == 0 && value.point == 0;
  return (value.sign == 1 || value.sign == -1) && count > 0 &&
         value.digits[0] != 0 && value.digits[count - 1] != 0;
}

bool BlockIsSound(const BlockConstant& block) {
  if (block.is_v6 > 1 || block.reserved != std::array<uint8_t, 2>{}) {
    return false;
  }
  if (block.prefix_bits > (block.is_v6 != 0 ? 128 : 32)) return false;
  for (uint32_t bit = block.prefix_bits; bit < 128; ++bit) {
    if ((block.bytes[bit / 8] & (0x80 >> (bit % 8))) != 0) return false;
  }
  return true;
}

Status Verifier::CheckConstants() {
  for (uint32_t i = 0; i < view_.keys.size(); ++i) {
    const KeyRecord key = view_.keys[i];
    if (!TextIsSound(key.text)) return Refuse("keys", i, "bad text");
    const bool sound = key.folded_bytes == key.text.size_bytes ||
                       (key.folded_bytes < key.text.size_bytes &&
                        view_.Text(key.text)[key.folded_bytes] == '/');
    if (!sound) return Refuse("keys", i, "bad folded part");
  }
  for (uint32_t i = 0; i < view_.texts.size(); ++i) {
    if (!TextIsSound(view_.texts[i])) return Refuse("texts", i, "bad text");
  }
  for (uint32_t i = 0; i < view_.decimals.size(); ++i) {
    if (!DecimalIsSound(view_.decimals[i])) {
      return Refuse("decimals", i, "not canonical");
    }
  }
  for (uint32_t i = 0; i < view_.instants.size(); ++i) {
    const InstantConstant instant = view_.instants[i];
    if (instant.nanos >= 1000000000 || instant.reserved != 0) {
      return Refuse("instants", i, "not canonical");
    }
  }
  for (uint32_t i = 0; i < view_.truths.size(); ++i) {
    if (view_.truths[i] > 1) return Refuse("truths", i, "not canonical");
  }
  for (uint32_t i = 0; i < view_.blocks.size(); ++i) {
    if (!BlockIsSound(view_.blocks[i])) {
      return Refuse("blocks", i, "not canonical");
    }
  }
  return OkStatus();
}

Status Verifier::CheckAtoms() {
  for (uint32_t i = 0; i < view_.atoms.size(); ++i) {
    const AtomRecord atom = view_.atoms[i];
    if (atom.key >= view_.keys.size()) return Refuse("atoms", i, "bad key");
    const OpcodeInfo* info = atom.opcode <= UINT8_MAX
                                 ? FindOpcode(static_cast<uint8_t>(atom.opcode))
                                 : nullptr;
    if (info == nullptr) return Refuse("atoms", i, "unknown opcode");
    const writ::Run operands = {atom.operand_first, atom.operand_count};
    bool sound = false;
    switch (info->operand) {
      case OperandKind::kNone:
      case OperandKind::kJump:
        return Refuse("atoms", i, "opcode takes no atom");
      case OperandKind::kText:
      case OperandKind::kFolded:
      case OperandKind::kGlob:
        sound = view_.texts.Holds(operands);
        break;
      case OperandKind::kDecimal:
        sound = view_.decimals.Holds(operands);
        break;
      case OperandKind::kInstant:
        sound = view_.instants.Holds(operands);
        break;
      case OperandKind::kTruth:
        sound = view_.truths.Holds(operands);
        break;
      case OperandKind::kBlock:
        sound = view_.blocks.Holds(operands);
        break;
    }
    if (!sound) return Refuse("atoms", i, "operands out of range");
  }
  return OkStatus();
}

// Follows the code once, front to back, with the stack depth at every place a
// jump lands: depth is a number because every way to a place must agree on it.
Status Verifier::CheckCode(writ::Run block, uint32_t* instructions) {
  constexpr uint8_t kUnknown = 0xff;
  const std::string_view code =
      view_.code.bytes().substr(block.first, block.count);
  // Depth that earlier jumps bring to each offset.
  std::vector<uint8_t> landing(code.size(), kUnknown);
  uint32_t jumps_pending = 0;
  uint8_t depth = 0;  // kUnknown after a halt
  size_t pc = 0;
  *instructions = 0;
  while (pc < code.size()) {
    if (landing[pc] != kUnknown) {
      if (depth != kUnknown && depth != landing[pc]) {
        return Refuse("code", block.first + pc, "stack depths differ");
      }
      depth = landing[pc];
      --jumps_pending;
    }
    if (depth == kUnknown) {
      return Refuse("code", block.first + pc, "never reached");
    }
    const OpcodeInfo* info = FindOpcode(static_cast<uint8_t>(code[pc]));
    if (info == nullptr) {
      return Refuse("code", block.first + pc, "unknown opcode");
    }
    const size_t next = pc + InstructionBytes(info->operand);
    if (next > code.size()) {
      return Refuse("code", block.first + pc, "cut short");
    }
    if (depth < info->pop ||
        size_t{depth} - info->pop + info->push > kMaxVmStack) {
      return Refuse("code", block.first + pc, "stack out of range");
    }
    depth = static_cast<uint8_t>(depth - info->pop + info->push);
    if (info->operand != OperandKind::kNone) {
      const auto operand = ReadAt<uint32_t>(code, pc + 1);
      if (info->operand == OperandKind::kJump) {
        if (operand >= code.size() - next) {
          return Refuse("code", block.first + pc, "jump out of the block");
        }
        uint8_t& target = landing[next + operand];
        if (target == kUnknown) {
          target = depth;
          ++jumps_pending;
        } else if (target != depth) {
          return Refuse("code", block.first + pc, "stack depths differ");
        }
      } else if (operand >= view_.atoms.size() ||
                 view_.atoms[operand].opcode !=
                     static_cast<uint32_t>(info->op)) {
        return Refuse("code", block.first + pc, "wrong atom");
      }
    }
    if (info->op == Opcode::kHalt) {
      if (depth != 0) {
        return Refuse("code", block.first + pc, "halt leaves values");
      }
      depth = kUnknown;
    }
    ++*instructions;
    pc = next;
  }
  if (depth != kUnknown) {
    return Refuse("code", block.first, "runs off its end");
  }
  // A landing that was never passed lies inside an instruction.
  if (jumps_pending != 0) {
    return Refuse("code", block.first, "jump into an instruction");
  }
  return OkStatus();
}

Status Verifier::CheckStatement(uint32_t index, uint64_t* steps) {
  const StatementRecord row = view_.statements[index];
  if ((row.flags & ~StatementRecord::kAllFlags) != 0) {
    return Refuse("statements", index, "unknown flag");
  }
  const bool has_resource = (row.flags & StatementRecord::kHasResource) != 0;
  const bool has_principal = (row.flags & StatementRecord::kHasPrincipal) != 0;
  if (!view_.action_lists.Holds(row.actions) || row.actions.count == 0 ||
      !view_.resource_lists.Holds(row.resources) ||
      has_resource != (row.resources.count > 0) ||
      (!has_resource && (row.flags & StatementRecord::kNotResource) != 0) ||
      !view_.principal_lists.Holds(row.principals) ||
      has_principal != (row.principals.count > 0)) {
    return Refuse("statements", index, "bad list");
  }
  if (!RefIsText(view_.labels, row.label)) {
    return Refuse("statements", index, "bad label");
  }
  if (!view_.code.Holds(row.code)) {
    return Refuse("statements", index, "code out of range");
  }
  uint32_t instructions = 0;
  if (row.code.first == code_end_) {
    WRIT_RETURN_IF_ERROR(CheckCode(row.code, &instructions));
    blocks_.push_back({row.code.first, row.code.count, instructions});
    code_end_ += row.code.count;
  } else {
    const auto block =
        std::ranges::lower_bound(blocks_, row.code.first, {}, &Block::first);
    if (block == blocks_.end() || block->first != row.code.first ||
        block->size_bytes != row.code.count) {
      return Refuse("statements", index, "code is not a block");
    }
    instructions = block->instructions;
  }
  *steps = uint64_t{1} + row.actions.count + row.resources.count +
           row.principals.count + instructions;
  return OkStatus();
}

Status Verifier::CheckStatements() {
  statement_steps_.reserve(size_t{view_.statements.size()} + 1);
  statement_steps_.push_back(0);
  for (uint32_t i = 0; i < view_.statements.size(); ++i) {
    uint64_t steps = 0;
    WRIT_RETURN_IF_ERROR(CheckStatement(i, &steps));
    statement_steps_.push_back(statement_steps_.back() + steps);
  }
  if (code_end_ != view_.code.size()) {
    return Refuse("code", code_end_, "belongs to no statement");
  }
  return OkStatus();
}

Status Verifier::CheckPolicies() {
  uint32_t next = 0;
  for (uint32_t i = 0; i < view_.policies.size(); ++i) {
    const PolicyRecord row = view_.policies[i];
    if (row.kind >= kProgramPolicyKinds) {
      return Refuse("policies", i, "unknown kind");
    }
    if (row.statements.first != next ||
        !view_.statements.Holds(row.statements)) {
      return Refuse("policies", i, "statements out of order");
    }
    next += row.statements.count;
    if (!RefIsText(view_.labels, row.label)) {
      return Refuse("policies", i, "bad label");
    }
    const uint64_t steps =
        statement_steps_[next] - statement_steps_[row.statements.first];
    if (steps > kMaxDecideSteps) return Refuse("policies", i, "too many steps");
    if (steps != row.max_steps) return Refuse("policies", i, "wrong max steps");
  }
  if (next != view_.statements.size()) {
    return Refuse("statements", next, "belongs to no policy");
  }
  return OkStatus();
}

}  // namespace

uint64_t ImageChecksum(std::string_view image) {
  constexpr size_t kField = offsetof(ImageHeader, checksum);
  constexpr std::string_view kZero("\0\0\0\0\0\0\0\0", sizeof(uint64_t));
  const uint64_t head = Crc64(image.substr(0, kField));
  return Crc64(image.substr(kField + kZero.size()), Crc64(kZero, head));
}

Status VerifyEnvelope(std::string_view image) {
  if (image.size() < sizeof(ImageHeader)) {
    return DataLoss("program image is truncated");
  }
  const auto header = ReadAt<ImageHeader>(image, 0);
  if (std::memcmp(header.magic, kImageMagic, sizeof(kImageMagic)) != 0) {
    return DataLoss("not a program image");
  }
  if (header.major != kImageMajor) {
    return Unimplemented("program image has format " +
                         std::to_string(header.major) + ", this build reads " +
                         std::to_string(kImageMajor));
  }
  if (header.semantics != kSemanticsVersion) {
    return Unimplemented(
        "program image has semantics " + std::to_string(header.semantics) +
        ", this build decides by " + std::to_string(kSemanticsVersion));
  }
  if (header.image_bytes != image.size()) {
    return DataLoss("program image is truncated or has extra bytes");
  }
  if (header.checksum != ImageChecksum(image)) {
    return DataLoss("program image does not match its checksum");
  }
  return OkStatus();
}

Result<ProgramView> VerifyTables(std::string_view image) {
  WRIT_CHECK(image.size() >= sizeof(ImageHeader));
  return Verifier(image).Run();
}

}  // namespace writ
