// SPDX-License-Identifier: Apache-2.0
#include "authz/likely_values.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "authz/constant_text.h"
#include "authz/match_glob.h"
#include "authz/program/opcode.h"

namespace writ {
namespace {

// Operands of one test that are tried; they are alternatives.
constexpr uint32_t kOperandsTried = 4;
// What stands for any text.
constexpr std::string_view kAnything = "x";

// An address beyond the last one of the block; false when there is none.
bool StepOutside(BlockConstant* block) {
  if (block->prefix_bits == 0) return false;
  const unsigned bit = block->prefix_bits - 1u;
  block->bytes[bit / 8] =
      static_cast<uint8_t>(block->bytes[bit / 8] ^ (0x80u >> (bit % 8)));
  return true;
}

void AddNumbers(const DecimalConstant& operand,
                std::vector<std::string>* values) {
  const std::string text = DecimalText(operand);
  values->push_back(text);
  int64_t whole = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error == std::errc() && end == text.data() + text.size() &&
      whole > INT64_MIN && whole < INT64_MAX) {
    values->push_back(std::to_string(whole - 1));
    values->push_back(std::to_string(whole + 1));
    return;
  }
  // 0.d * 10^p lies between -10^p and 10^p.
  const std::string power = "1e" + std::to_string(operand.point);
  for (const std::string& value : {std::string("0"), power, "-" + power}) {
    values->push_back(value);
  }
}

void AddInstants(InstantConstant operand, std::vector<std::string>* values) {
  values->push_back(InstantText(operand));
  operand.nanos = 0;
  ++operand.seconds;
  values->push_back(InstantText(operand));
  operand.seconds -= 2;
  values->push_back(InstantText(operand));
}

}  // namespace

std::string TextLike(std::string_view pattern, std::string_view like) {
  if (MatchGlob(pattern, like)) return std::string(like);
  std::string text;
  for (const char c : pattern) {
    if (c == '*' || c == '?') {
      text += kAnything;
    } else {
      text += c;
    }
  }
  return text;
}

std::string ActionLike(std::string_view pattern, std::string_view action) {
  if (pattern == "*") return std::string(action);
  const size_t colon = std::min(pattern.find(':'), pattern.size());
  const size_t own_colon = std::min(action.find(':'), action.size());
  const std::string_view name =
      action.substr(std::min(own_colon + 1, action.size()));
  return TextLike(pattern.substr(0, colon), action.substr(0, own_colon)) + ":" +
         TextLike(pattern.substr(std::min(colon + 1, pattern.size())), name);
}

std::string ResourceLike(std::string_view pattern, std::string_view resource,
                         const Subject& subject) {
  if (pattern == "*") return std::string(resource);
  std::string text = "acs";
  size_t begin = std::min(pattern.find(':'), pattern.size());
  for (size_t i = 0; i < 4; ++i) {
    begin = std::min(begin + 1, pattern.size());
    const size_t end = i == 3
                           ? pattern.size()
                           : std::min(pattern.find(':', begin), pattern.size());
    std::string_view like = subject.resource.segments[i];
    // A request for `*` has no account; the caller's is the likeliest.
    if (i == 2 && like.empty()) like = subject.caller.account;
    text += ":" + TextLike(pattern.substr(begin, end - begin), like);
    begin = end;
  }
  return text;
}

bool PrincipalLike(const ProgramView& view, const PrincipalPattern& pattern,
                   const Request& request, const Subject& subject,
                   Change* change) {
  const auto text = [&](size_t i) {
    return std::string(view.Text(pattern.texts[i]));
  };
  const std::string arn = "acs:ram::" + text(0) + ":";
  change->kind = Change::Kind::kPrincipal;
  switch (static_cast<PrincipalPatternKind>(pattern.kind)) {
    case PrincipalPatternKind::kId:
      change->value = request.principal.name;
      change->id = text(0);
      change->account = request.principal.account;
      change->declared = request.principal.declared;
      return true;
    case PrincipalPatternKind::kMembers:
      change->value = arn + "user/" + std::string(kAnything);
      return true;
    case PrincipalPatternKind::kUser:
      change->value = arn + "user/" + text(1);
      return true;
    case PrincipalPatternKind::kRole:
      change->value = arn + "role/" + text(1) + "/" + std::string(kAnything);
      return true;
    case PrincipalPatternKind::kSession:
      change->value = arn + "role/" + text(1) + "/" + text(2);
      return true;
    case PrincipalPatternKind::kService:
      change->value = text(0);
      change->account = subject.resource.account();
      change->declared = RequestPrincipal::Declared::kService;
      return true;
    case PrincipalPatternKind::kFederated:
      change->value = text(0);
      return true;
    case PrincipalPatternKind::kEveryone:
    case PrincipalPatternKind::kNobody:
      break;
  }
  return false;
}

std::vector<std::string> ValuesNear(const ProgramView& view,
                                    const AtomRecord& atom) {
  std::vector<std::string> values;
  // SAFETY: the verifier knows the opcode of every atom of a loaded program.
  const OperandKind kind =
      FindOpcode(static_cast<uint8_t>(atom.opcode))->operand;
  const uint32_t count = std::min(atom.operand_count, kOperandsTried);
  for (uint32_t i = atom.operand_first; i < atom.operand_first + count; ++i) {
    switch (kind) {
      case OperandKind::kText:
      case OperandKind::kFolded:
        values.emplace_back(view.Text(view.texts[i]));
        break;
      case OperandKind::kGlob:
        values.push_back(TextLike(view.Text(view.texts[i]), kAnything));
        break;
      case OperandKind::kDecimal:
        AddNumbers(view.decimals[i], &values);
        break;
      case OperandKind::kInstant:
        AddInstants(view.instants[i], &values);
        break;
      case OperandKind::kTruth:
        values.emplace_back(view.truths[i] != 0 ? "true" : "false");
        values.emplace_back(view.truths[i] != 0 ? "false" : "true");
        break;
      case OperandKind::kBlock: {
        BlockConstant block = view.blocks[i];
        values.push_back(AddressText(block));
        if (StepOutside(&block)) values.push_back(AddressText(block));
        break;
      }
      case OperandKind::kNone:
      case OperandKind::kJump:
        break;
    }
  }
  return values;
}

}  // namespace writ
