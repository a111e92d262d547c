// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/program/utf8.h"
#include "compiler/passes.h"
#include "grammar/value.h"

namespace writ {
namespace {

template <typename Record>
std::string BytesOf(const Record& record) {
  return std::string(reinterpret_cast<const char*>(&record), sizeof(record));
}

template <typename Item>
void SortUnique(std::vector<Item>* list) {
  std::sort(list->begin(), list->end());
  list->erase(std::unique(list->begin(), list->end()), list->end());
}

std::string FoldText(std::string text) {
  for (char& byte : text) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  return text;
}

std::optional<std::string> NumberOperand(std::string_view text) {
  const std::optional<Decimal> number = ParseDecimal(text);
  if (!number) return std::nullopt;
  DecimalConstant constant = {};
  if (number->digits.size() > constant.digits.size()) return std::nullopt;
  if (!number->digits.empty()) {
    constant.sign = number->negative ? -1 : 1;
    constant.point = number->point;
    constant.digit_count = static_cast<uint8_t>(number->digits.size());
    for (size_t i = 0; i < number->digits.size(); ++i) {
      constant.digits[i] = static_cast<uint8_t>(number->digits[i] - '0');
    }
  }
  return BytesOf(constant);
}

std::optional<std::string> DateOperand(std::string_view text) {
  const std::optional<Instant> instant = ParseInstant(text);
  if (!instant) return std::nullopt;
  return BytesOf(InstantConstant{instant->seconds, instant->nanos, 0});
}

std::optional<std::string> TruthOperand(std::string_view text) {
  const std::optional<bool> value = ParseBool(text);
  if (!value) return std::nullopt;
  return BytesOf(static_cast<uint32_t>(*value ? 1 : 0));
}

std::optional<std::string> BlockOperand(std::string_view text) {
  const std::optional<IpBlock> block = ParseCidr(text);
  if (!block) return std::nullopt;
  BlockConstant constant = {};
  constant.prefix_bits = block->prefix;
  constant.is_v6 = block->is_v6 ? 1 : 0;
  if (block->is_v6) {
    constant.bytes = block->bytes;
  } else {
    std::copy_n(block->bytes.begin() + 12, 4, constant.bytes.begin());
  }
  return BytesOf(constant);
}

// The value as an operand of `op`, or nothing when it cannot be read.
std::optional<std::string> OperandOf(OperandKind kind,
                                     const std::string& text) {
  switch (kind) {
    case OperandKind::kText:
    case OperandKind::kGlob:
      return text;
    case OperandKind::kFolded:
      return FoldText(text);
    case OperandKind::kDecimal:
      return NumberOperand(text);
    case OperandKind::kInstant:
      return DateOperand(text);
    case OperandKind::kTruth:
      return TruthOperand(text);
    case OperandKind::kBlock:
      return BlockOperand(text);
    case OperandKind::kNone:
    case OperandKind::kJump:
      break;
  }
  return std::nullopt;
}

// The tests of a type that has an order.
struct OrderOpcodes {
  Opcode equal, less, less_equal, greater, greater_equal;
};
constexpr OrderOpcodes kNumberOpcodes = {Opcode::kNumEq, Opcode::kNumLt,
                                         Opcode::kNumLe, Opcode::kNumGt,
                                         Opcode::kNumGe};
constexpr OrderOpcodes kDateOpcodes = {Opcode::kDateEq, Opcode::kDateLt,
                                       Opcode::kDateLe, Opcode::kDateGt,
                                       Opcode::kDateGe};

std::optional<Opcode> OrderOpcode(Relation relation, const OrderOpcodes& of) {
  switch (relation) {
    case Relation::kEqual:
      return of.equal;
    case Relation::kLess:
      return of.less;
    case Relation::kLessEqual:
      return of.less_equal;
    case Relation::kGreater:
      return of.greater;
    case Relation::kGreaterEqual:
      return of.greater_equal;
    case Relation::kEqualNoCase:
    case Relation::kLike:
    case Relation::kWithin:
      break;
  }
  return std::nullopt;
}

// Reads a RAM ARN of a user, role or session; kNobody for every other text.
ir::PrincipalName RamPrincipal(const std::string& text) {
  constexpr std::string_view kPrefix = "acs:ram::";
  constexpr std::string_view kUser = "user/";
  constexpr std::string_view kRole = "role/";
  using Kind = PrincipalPatternKind;
  ir::PrincipalName nobody = {Kind::kNobody, {text, "", ""}};
  if (!text.starts_with(kPrefix)) return nobody;
  const size_t colon = text.find(':', kPrefix.size());
  if (colon == std::string::npos || colon == kPrefix.size()) return nobody;
  const std::string account =
      text.substr(kPrefix.size(), colon - kPrefix.size());
  const std::string rest = text.substr(colon + 1);
  if (rest == "root") return {Kind::kMembers, {account, "", ""}};
  if (rest.starts_with(kUser) && rest.size() > kUser.size()) {
    return {Kind::kUser, {account, rest.substr(kUser.size()), ""}};
  }
  if (!rest.starts_with(kRole)) return nobody;
  const std::string role = rest.substr(kRole.size());
  const size_t slash = role.find('/');
  const std::string name = FoldText(role.substr(0, slash));
  if (name.empty()) return nobody;
  if (slash == std::string::npos) return {Kind::kRole, {account, name, ""}};
  const std::string session = role.substr(slash + 1);
  if (session.empty()) return nobody;
  return {Kind::kSession, {account, name, session}};
}

// An entry of a resource policy's list.
ir::PrincipalName BarePrincipal(const std::string& text) {
  if (text == "*") return {PrincipalPatternKind::kEveryone, {}};
  if (text.find_first_not_of("0123456789") == text.find(':') &&
      !text.starts_with(':') && !text.empty()) {
    return {PrincipalPatternKind::kId, {text, "", ""}};
  }
  ir::PrincipalName name = RamPrincipal(text);
  // The list has account ids for whole accounts; a root ARN in it names nobody.
  if (name.kind == PrincipalPatternKind::kMembers) {
    name = {PrincipalPatternKind::kNobody, {text, "", ""}};
  }
  return name;
}

// Lowers one statement; made for one call.
class StatementLowering {
 public:
  StatementLowering(const ast::Statement& statement, ast::PolicyKind kind,
                    size_t index, ir::Program* program)
      : in_(statement), kind_(kind), index_(index), program_(program) {}

  Result<ir::Statement> Run() {
    if (!in_.foreign.empty()) return Refuse("an unknown member");
    out_.deny = in_.effect == ast::Effect::kDeny;
    if (in_.sid) out_.label = in_.sid->text;
    if (in_.label) out_.label = in_.label->text;
    WRIT_RETURN_IF_ERROR(Actions());
    WRIT_RETURN_IF_ERROR(Resources());
    WRIT_RETURN_IF_ERROR(Principals());
    if (in_.condition) WRIT_RETURN_IF_ERROR(Condition());
    return std::move(out_);
  }

 private:
  Status Refuse(std::string_view what) const {
    return InvalidArgument("statement " + std::to_string(index_) + " has " +
                           std::string(what));
  }

  Status Actions() {
    if (!in_.action) return Refuse("no action");
    for (const ast::Value& value : in_.action->values.items) {
      if (!IsActionPattern(value.text)) return Refuse("a bad action pattern");
      out_.actions.patterns.push_back(FoldText(value.text));
    }
    if (out_.actions.patterns.empty()) return Refuse("no action");
    out_.actions.negated = in_.action->negated;
    SortUnique(&out_.actions.patterns);
    return OkStatus();
  }

  Status Resources() {
    const bool trust = kind_ == ast::PolicyKind::kTrust;
    if (trust == in_.resource.has_value()) {
      return Refuse(trust ? "a resource" : "no resource");
    }
    if (trust) return OkStatus();
    for (const ast::Value& value : in_.resource->values.items) {
      if (!IsResourcePattern(value.text)) {
        return Refuse("a bad resource pattern");
      }
      out_.resources.patterns.push_back(value.text);
    }
    if (out_.resources.patterns.empty()) return Refuse("no resource");
    out_.resources.negated = in_.resource->negated;
    SortUnique(&out_.resources.patterns);
    return OkStatus();
  }

  Status Principals() {
    const bool needed =
        kind_ == ast::PolicyKind::kTrust || kind_ == ast::PolicyKind::kResource;
    if (needed != in_.principal.has_value()) {
      return Refuse(needed ? "no principal" : "a principal");
    }
    if (!needed) return OkStatus();
    const ast::Principal& principal = *in_.principal;
    if (principal.form == ast::Principal::Form::kBare) {
      for (const ast::Value& value : principal.bare.items) {
        out_.principals.push_back(BarePrincipal(value.text));
      }
      // An empty list is everyone (R18).
      if (principal.bare.items.empty()) {
        out_.principals.push_back(BarePrincipal("*"));
      }
    }
    for (const ast::Principal::Typed& typed : principal.typed) {
      WRIT_RETURN_IF_ERROR(TypedPrincipals(typed));
    }
    if (out_.principals.empty()) return Refuse("an empty principal");
    SortUnique(&out_.principals);
    return OkStatus();
  }

  Status TypedPrincipals(const ast::Principal::Typed& typed) {
    const std::string& type = typed.type.text;
    if (type != "RAM" && type != "Service" && type != "Federated") {
      return Refuse("an unknown type of principal");
    }
    for (const ast::Value& value : typed.values.items) {
      if (value.text.empty()) return Refuse("an empty principal");
      if (type == "RAM") {
        out_.principals.push_back(RamPrincipal(value.text));
      } else {
        out_.principals.push_back({type == "Service"
                                       ? PrincipalPatternKind::kService
                                       : PrincipalPatternKind::kFederated,
                                   {value.text, "", ""}});
      }
    }
    return OkStatus();
  }

  Status Condition() {
    for (const ast::ConditionOperator& op : in_.condition->operators) {
      if (!op.op) return Refuse("an unknown operator");
      const OperatorInfo& info = InfoOf(*op.op);
      for (const ast::ConditionTest& test : op.tests) {
        WRIT_RETURN_IF_ERROR(Test(info, test));
      }
    }
    DropRepeated(&out_.condition);
    return OkStatus();
  }

  Status Test(const OperatorInfo& info, const ast::ConditionTest& test) {
    const std::optional<Opcode> opcode = OpcodeOf(info);
    if (!opcode) return Refuse("an operator without an opcode");
    ir::Atom atom = {FoldConditionKey(test.key.text), *opcode, {}};
    const OperandKind kind = FindOpcode(static_cast<uint8_t>(*opcode))->operand;
    for (const ast::Value& value : test.values.items) {
      std::optional<std::string> operand = OperandOf(kind, value.text);
      if (!operand) return Refuse("a value that its operator cannot read");
      atom.operands.push_back(*std::move(operand));
    }
    SortUnique(&atom.operands);
    out_.condition.push_back({program_->Intern(std::move(atom)), info.negated});
    return OkStatus();
  }

  const ast::Statement& in_;
  const ast::PolicyKind kind_;
  const size_t index_;
  ir::Program* const program_;
  ir::Statement out_;
};

ProgramPolicyKind KindOf(ast::PolicyKind kind) {
  switch (kind) {
    case ast::PolicyKind::kIdentity:
      return ProgramPolicyKind::kIdentity;
    case ast::PolicyKind::kResource:
      return ProgramPolicyKind::kResource;
    case ast::PolicyKind::kTrust:
      return ProgramPolicyKind::kTrust;
    case ast::PolicyKind::kSession:
      return ProgramPolicyKind::kSession;
    case ast::PolicyKind::kControl:
      break;
  }
  return ProgramPolicyKind::kControl;
}

}  // namespace

std::optional<Opcode> OpcodeOf(const OperatorInfo& info) {
  switch (info.family) {
    case OperandFamily::kString:
      if (info.relation == Relation::kEqual) return Opcode::kStrEq;
      if (info.relation == Relation::kEqualNoCase) return Opcode::kStrEqFold;
      if (info.relation == Relation::kLike) return Opcode::kStrLike;
      break;
    case OperandFamily::kNumeric:
      return OrderOpcode(info.relation, kNumberOpcodes);
    case OperandFamily::kDate:
      return OrderOpcode(info.relation, kDateOpcodes);
    case OperandFamily::kBool:
      if (info.relation == Relation::kEqual) return Opcode::kBoolEq;
      break;
    case OperandFamily::kIp:
      if (info.relation == Relation::kWithin) return Opcode::kIpIn;
      break;
  }
  return std::nullopt;
}

Status LowerPolicy(const ast::Policy& policy, ast::PolicyKind kind,
                   ir::Program* program) {
  if (!policy.foreign.empty() || policy.version != "1") {
    return InvalidArgument("policy has an unknown member or version");
  }
  ir::Policy lowered = {KindOf(kind), policy.name, {}};
  // A name may come from a file's name, which may be anything.
  if (FindInvalidUtf8(lowered.label) != std::string_view::npos ||
      lowered.label.find('\0') != std::string::npos) {
    lowered.label.clear();
  }
  for (size_t i = 0; i < policy.statements.size(); ++i) {
    WRIT_ASSIGN_OR_RETURN(
        ir::Statement statement,
        StatementLowering(policy.statements[i], kind, i, program).Run());
    lowered.statements.push_back(std::move(statement));
  }
  program->policies.push_back(std::move(lowered));
  return OkStatus();
}

}  // namespace writ
