// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace writ {
namespace {

template <typename Record>
void AppendRecord(const Record& record, std::string* out) {
  out->append(reinterpret_cast<const char*>(&record), sizeof(record));
}

// Texts, each once, in the order of their first use.
class TextPool {
 public:
  TextRef Add(const std::string& text) {
    if (text.empty()) return {0, 0};
    const TextRef next = {static_cast<uint32_t>(bytes_.size()),
                          static_cast<uint32_t>(text.size())};
    const auto [at, fresh] = known_.try_emplace(text, next);
    if (fresh) bytes_ += text;
    return at->second;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::map<std::string, TextRef> known_;
};

// Records, each once by the value that made them.
template <typename Key>
class RecordPool {
 public:
  // The index of `key`'s record; `make` is called for a new one.
  template <typename Make>
  uint32_t Add(const Key& key, Make make) {
    const auto [at, fresh] =
        known_.try_emplace(key, static_cast<uint32_t>(known_.size()));
    if (fresh) AppendRecord(make(), &bytes_);
    return at->second;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::map<Key, uint32_t> known_;
};

// Runs of numbers, each once.
class ListPool {
 public:
  Run Add(const std::vector<uint32_t>& list) {
    if (list.empty()) return {0, 0};
    const Run next = {static_cast<uint32_t>(bytes_.size() / sizeof(uint32_t)),
                      static_cast<uint32_t>(list.size())};
    const auto [at, fresh] = known_.try_emplace(list, next);
    if (fresh) {
      for (const uint32_t number : list) AppendRecord(number, &bytes_);
    }
    return at->second;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::map<std::vector<uint32_t>, Run> known_;
};

class Emitter {
 public:
  Emitter(const ir::Program& program, uint64_t image_bytes,
          uint64_t decide_steps)
      : program_(program),
        image_bytes_(image_bytes),
        decide_steps_(decide_steps) {}

  Status Run(Image* image) {
    for (const ir::Atom& atom : program_.atoms()) {
      EmitAtom(atom);
      if (strings_.bytes().size() > image_bytes_) return TooLarge();
    }
    for (const ir::Policy& policy : program_.policies) {
      WRIT_RETURN_IF_ERROR(EmitPolicy(policy));
      // Keeps every offset far below 4 GiB.
      if (SizeSoFar() > image_bytes_) return TooLarge();
    }
    Deliver(image);
    if (image->size_bytes() > image_bytes_) return TooLarge();
    return OkStatus();
  }

 private:
  Status TooLarge() const {
    return ResourceExhausted("the program image would pass the limit of " +
                             std::to_string(image_bytes_) + " bytes");
  }

  size_t SizeSoFar() const {
    return strings_.bytes().size() + code_.size() + statements_.size() +
           action_lists_.bytes().size() + resource_lists_.bytes().size() +
           principal_lists_.bytes().size();
  }

  uint32_t ActionIndex(const std::string& text) {
    return actions_.Add(text, [&] {
      const size_t colon = text.find(':');
      return ActionPattern{
          strings_.Add(text),
          colon == std::string::npos ? 0 : static_cast<uint32_t>(colon)};
    });
  }

  uint32_t ResourceIndex(const std::string& text) {
    return resources_.Add(text, [&] {
      ResourcePattern pattern = {strings_.Add(text), {}};
      size_t colon = std::string::npos;
      for (uint32_t& place : pattern.colons) {
        if (text == "*") break;
        colon = text.find(':', colon == std::string::npos ? 0 : colon + 1);
        place = static_cast<uint32_t>(colon);
      }
      return pattern;
    });
  }

  uint32_t PrincipalIndex(const ir::PrincipalName& name) {
    return principals_.Add(name, [&] {
      PrincipalPattern pattern = {static_cast<uint32_t>(name.kind), {}};
      for (size_t i = 0; i < name.texts.size(); ++i) {
        pattern.texts[i] = strings_.Add(name.texts[i]);
      }
      return pattern;
    });
  }

  // The section that holds the operands of this kind, and the size of one.
  std::pair<std::string*, size_t> ConstantsOf(OperandKind kind) {
    switch (kind) {
      case OperandKind::kDecimal:
        return {&decimals_, sizeof(DecimalConstant)};
      case OperandKind::kInstant:
        return {&instants_, sizeof(InstantConstant)};
      case OperandKind::kTruth:
        return {&truths_, sizeof(uint32_t)};
      case OperandKind::kBlock:
        return {&blocks_, sizeof(BlockConstant)};
      case OperandKind::kText:
      case OperandKind::kFolded:
      case OperandKind::kGlob:
      case OperandKind::kNone:
      case OperandKind::kJump:
        break;
    }
    return {&texts_, sizeof(TextRef)};
  }

  void EmitAtom(const ir::Atom& atom) {
    const uint32_t key = keys_.Add(atom.key, [&] {
      return KeyRecord{
          strings_.Add(atom.key),
          static_cast<uint32_t>(std::min(atom.key.find('/'), atom.key.size()))};
    });
    const OperandKind kind = FindOpcode(static_cast<uint8_t>(atom.op))->operand;
    const auto [constants, record_bytes] = ConstantsOf(kind);
    const auto first = static_cast<uint32_t>(constants->size() / record_bytes);
    for (const std::string& operand : atom.operands) {
      if (constants == &texts_) {
        AppendRecord(strings_.Add(operand), constants);
      } else {
        WRIT_CHECK(operand.size() == record_bytes);
        *constants += operand;
      }
    }
    AppendRecord(AtomRecord{key, static_cast<uint32_t>(atom.op), first,
                            static_cast<uint32_t>(atom.operands.size())},
                 &atoms_);
  }

  void AppendOpcode(Opcode op, std::string* code) {
    *code += static_cast<char>(op);
    ++instructions_;
  }

  // The literals one after the other, leaving as soon as one is false: nothing
  // that follows could make the conjunction anything else (R39).
  std::string ConditionCode(const std::vector<ir::Literal>& condition) {
    std::string code;
    instructions_ = 0;
    std::vector<size_t> jumps;
    for (size_t i = 0; i < condition.size(); ++i) {
      if (i > 0) {
        AppendOpcode(Opcode::kJumpIfFalse, &code);
        jumps.push_back(code.size());
        AppendRecord(uint32_t{0}, &code);
      }
      AppendOpcode(program_.atoms()[condition[i].atom].op, &code);
      AppendRecord(condition[i].atom, &code);
      if (condition[i].negated) AppendOpcode(Opcode::kNot, &code);
      if (i > 0) AppendOpcode(Opcode::kAnd, &code);
    }
    if (condition.empty()) AppendOpcode(Opcode::kPushTrue, &code);
    for (const size_t at : jumps) {
      const auto distance =
          static_cast<uint32_t>(code.size() - at - sizeof(uint32_t));
      std::memcpy(code.data() + at, &distance, sizeof(distance));
    }
    AppendOpcode(Opcode::kHalt, &code);
    return code;
  }

  // Appends the statement and returns its steps.
  uint64_t EmitStatement(const ir::Statement& statement) {
    StatementRecord row = {};
    const auto flag = [&row](bool on, uint32_t bit) {
      if (on) row.flags |= bit;
    };
    flag(statement.deny, StatementRecord::kDeny);
    flag(statement.actions.negated, StatementRecord::kNotAction);
    flag(statement.resources.negated, StatementRecord::kNotResource);
    flag(!statement.resources.patterns.empty(), StatementRecord::kHasResource);
    flag(!statement.principals.empty(), StatementRecord::kHasPrincipal);
    std::vector<uint32_t> list;
    for (const std::string& text : statement.actions.patterns) {
      list.push_back(ActionIndex(text));
    }
    row.actions = action_lists_.Add(list);
    list.clear();
    for (const std::string& text : statement.resources.patterns) {
      list.push_back(ResourceIndex(text));
    }
    row.resources = resource_lists_.Add(list);
    list.clear();
    for (const ir::PrincipalName& name : statement.principals) {
      list.push_back(PrincipalIndex(name));
    }
    row.principals = principal_lists_.Add(list);

    const std::string code = ConditionCode(statement.condition);
    const auto [at, fresh] = blocks_of_code_.try_emplace(
        code, writ::Run{static_cast<uint32_t>(code_.size()),
                        static_cast<uint32_t>(code.size())});
    if (fresh) code_ += code;
    row.code = at->second;
    row.label = labels_.Add(statement.label);
    AppendRecord(row, &statements_);
    ++statement_count_;
    return uint64_t{1} + row.actions.count + row.resources.count +
           row.principals.count + instructions_;
  }

  Status EmitPolicy(const ir::Policy& policy) {
    PolicyRecord row = {};
    row.kind = static_cast<uint32_t>(policy.kind);
    row.statements.first = statement_count_;
    row.label = labels_.Add(policy.label);
    uint64_t steps = 0;
    for (const ir::Statement& statement : policy.statements) {
      steps += EmitStatement(statement);
    }
    if (steps > decide_steps_) {
      return ResourceExhausted("a policy would take " + std::to_string(steps) +
                               " steps, more than " +
                               std::to_string(decide_steps_));
    }
    row.statements.count = statement_count_ - row.statements.first;
    row.max_steps = static_cast<uint32_t>(steps);
    AppendRecord(row, &policies_);
    return OkStatus();
  }

  void Deliver(Image* image) {
    (*image)[Section::kStrings] = strings_.bytes();
    (*image)[Section::kLabels] = labels_.bytes();
    (*image)[Section::kActionPatterns] = actions_.bytes();
    (*image)[Section::kResourcePatterns] = resources_.bytes();
    (*image)[Section::kPrincipalPatterns] = principals_.bytes();
    (*image)[Section::kActionLists] = action_lists_.bytes();
    (*image)[Section::kResourceLists] = resource_lists_.bytes();
    (*image)[Section::kPrincipalLists] = principal_lists_.bytes();
    (*image)[Section::kKeys] = keys_.bytes();
    (*image)[Section::kTexts] = std::move(texts_);
    (*image)[Section::kDecimals] = std::move(decimals_);
    (*image)[Section::kInstants] = std::move(instants_);
    (*image)[Section::kTruths] = std::move(truths_);
    (*image)[Section::kBlocks] = std::move(blocks_);
    (*image)[Section::kAtoms] = std::move(atoms_);
    (*image)[Section::kCode] = std::move(code_);
    (*image)[Section::kStatements] = std::move(statements_);
    (*image)[Section::kPolicies] = std::move(policies_);
  }

  const ir::Program& program_;
  const uint64_t image_bytes_;
  const uint64_t decide_steps_;
  TextPool strings_;
  TextPool labels_;
  RecordPool<std::string> actions_;
  RecordPool<std::string> resources_;
  RecordPool<ir::PrincipalName> principals_;
  ListPool action_lists_;
  ListPool resource_lists_;
  ListPool principal_lists_;
  RecordPool<std::string> keys_;
  std::string texts_;
  std::string decimals_;
  std::string instants_;
  std::string truths_;
  std::string blocks_;
  std::string atoms_;
  std::string code_;
  std::map<std::string, writ::Run> blocks_of_code_;
  std::string statements_;
  std::string policies_;
  uint32_t statement_count_ = 0;
  uint32_t instructions_ = 0;  // of the condition last emitted
};

}  // namespace

Status EmitTables(const ir::Program& program, uint64_t image_bytes,
                  uint64_t decide_steps, Image* image) {
  return Emitter(program, image_bytes, decide_steps).Run(image);
}

}  // namespace writ
