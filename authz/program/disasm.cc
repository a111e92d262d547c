// SPDX-License-Identifier: Apache-2.0
#include "authz/program/disasm.h"

#include <cstdio>
#include <string_view>

#include "authz/constant_text.h"
#include "authz/program/listing.h"
#include "authz/program/opcode.h"

namespace writ {
namespace {

using listing::ConstantText;
using listing::IsFull;
using listing::Offset;
using listing::Quoted;

constexpr std::string_view kPolicyKindNames[kProgramPolicyKinds] = {
    "identity", "resource", "trust", "session", "control"};

class Lister {
 public:
  explicit Lister(const ProgramView& view) : view_(view) {}

  std::string Run() {
    for (uint32_t i = 0; i < view_.policies.size() && !IsFull(out_); ++i)
      Policy(i);
    return std::move(out_);
  }

 private:
  void Policy(uint32_t index) {
    const PolicyRecord row = view_.policies[index];
    out_ += "policy " + std::to_string(index) + " " +
            std::string(kPolicyKindNames[row.kind]);
    if (row.label.size_bytes > 0) out_ += " " + Quoted(view_.Label(row.label));
    out_ += "  max steps " + std::to_string(row.max_steps) + "\n";
    for (uint32_t i = 0; i < row.statements.count && !IsFull(out_); ++i) {
      Statement(i, view_.statements[row.statements.first + i]);
    }
  }

  void Statement(uint32_t index, const StatementRecord& row) {
    const auto has = [&](uint32_t flag) { return (row.flags & flag) != 0; };
    out_ += "  statement " + std::to_string(index) +
            (has(StatementRecord::kDeny) ? " deny" : " allow");
    if (row.label.size_bytes > 0) out_ += " " + Quoted(view_.Label(row.label));
    out_ += "\n";
    for (uint32_t i = 0; i < row.principals.count && !IsFull(out_); ++i) {
      const uint32_t at = view_.principal_lists[row.principals.first + i];
      const PrincipalPattern pattern = view_.principal_patterns[at];
      const PrincipalKindInfo& info = *FindPrincipalKind(pattern.kind);
      out_ += "    principal " + std::string(info.mnemonic);
      for (uint32_t k = 0; k < info.texts; ++k) {
        out_ += " " + Quoted(view_.Text(pattern.texts[k]));
      }
      out_ += "\n";
    }
    for (uint32_t i = 0; i < row.actions.count && !IsFull(out_); ++i) {
      const uint32_t at = view_.action_lists[row.actions.first + i];
      out_ +=
          has(StatementRecord::kNotAction) ? "    not action " : "    action ";
      out_ += Quoted(view_.Text(view_.action_patterns[at].text)) + "\n";
    }
    for (uint32_t i = 0; i < row.resources.count && !IsFull(out_); ++i) {
      const uint32_t at = view_.resource_lists[row.resources.first + i];
      out_ += has(StatementRecord::kNotResource) ? "    not resource "
                                                 : "    resource ";
      out_ += Quoted(view_.Text(view_.resource_patterns[at].text)) + "\n";
    }
    Code(row.code);
  }

  void Code(writ::Run block) {
    size_t pc = 0;
    while (pc < block.count) {
      const char* at = view_.code.data() + block.first + pc;
      // SAFETY: the verifier knows every opcode of a loaded program.
      const OpcodeInfo& info = *FindOpcode(static_cast<uint8_t>(*at));
      out_ +=
          "    " + Offset(block.first + pc) + "  " + std::string(info.mnemonic);
      const size_t next = pc + InstructionBytes(info.operand);
      if (info.operand != OperandKind::kNone) {
        uint32_t operand = 0;
        std::memcpy(&operand, at + 1, sizeof(operand));
        out_.append(info.mnemonic.size() < 12 ? 12 - info.mnemonic.size() : 1,
                    ' ');
        if (info.operand == OperandKind::kJump) {
          out_ += Offset(block.first + next + operand);
        } else {
          Atom(operand, info.operand);
        }
      }
      out_ += "\n";
      pc = next;
    }
  }

  void Atom(uint32_t index, OperandKind kind) {
    const AtomRecord atom = view_.atoms[index];
    out_ += "a" + std::to_string(index) + "  " +
            Quoted(view_.Text(view_.keys[atom.key].text)) + " [";
    for (uint32_t i = 0; i < atom.operand_count && !IsFull(out_); ++i) {
      if (i > 0) out_ += ", ";
      out_ += ConstantText(view_, kind, atom.operand_first + i);
    }
    out_ += "]";
  }

  const ProgramView& view_;
  std::string out_;
};

}  // namespace

namespace listing {

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') out += '\\';
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\x%02x",
                    static_cast<unsigned>(static_cast<unsigned char>(byte)));
      out += escape;
    } else {
      out += byte;
    }
  }
  return out + '"';
}

std::string Offset(size_t value) {
  char text[24];
  std::snprintf(text, sizeof(text), "%04zu", value);
  return text;
}

std::string ConstantText(const ProgramView& view, OperandKind kind,
                         uint32_t index) {
  const bool is_text = kind == OperandKind::kText ||
                       kind == OperandKind::kFolded ||
                       kind == OperandKind::kGlob;
  return is_text ? Quoted(view.Text(view.texts[index]))
                 : OperandText(view, kind, index);
}

}  // namespace listing

std::string Disassemble(const Program& program) {
  std::string out = Lister(program.view()).Run();
  listing::ListIndex(program.view(), &out);
  if (listing::IsFull(out)) out += "\n(cut here)\n";
  return out;
}

}  // namespace writ
