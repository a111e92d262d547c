// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/intern.h"

namespace writ {
namespace {

template <typename Record>
void AppendRecord(const Record& record, std::string* out) {
  out->append(reinterpret_cast<const char*>(&record), sizeof(record));
}

template <typename Record>
std::string_view BytesOf(const Record& record) {
  return {reinterpret_cast<const char*>(&record), sizeof(record)};
}

// Records that stand for one text each, in the order of their first use.
class RecordsByText {
 public:
  // The index of the record of the text with this number; `make` is called for
  // a new one.
  template <typename Make>
  uint32_t Add(uint32_t text, Make make) {
    if (text >= by_text_.size()) by_text_.resize(text + 1, kNoIndex);
    if (by_text_[text] == kNoIndex) {
      by_text_[text] = count_++;
      AppendRecord(make(), &bytes_);
    }
    return by_text_[text];
  }
  std::string TakeBytes() { return std::move(bytes_); }

 private:
  std::string bytes_;
  std::vector<uint32_t> by_text_;
  uint32_t count_ = 0;
};

// Runs of numbers, each once.
class ListPool {
 public:
  Run Add(const std::vector<uint32_t>& list) {
    const TextRef at =
        pool_.ref(pool_.Add({reinterpret_cast<const char*>(list.data()),
                             list.size() * sizeof(uint32_t)}));
    return {at.offset / static_cast<uint32_t>(sizeof(uint32_t)),
            at.size_bytes / static_cast<uint32_t>(sizeof(uint32_t))};
  }
  size_t size_bytes() const { return pool_.bytes().size(); }
  std::string TakeBytes() { return pool_.TakeBytes(); }

 private:
  BytePool pool_;
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
    return strings_.bytes().size() + code_.bytes().size() + statements_.size() +
           action_lists_.size_bytes() + resource_lists_.size_bytes() +
           principal_lists_.size_bytes();
  }

  TextRef AddString(std::string_view text) {
    return strings_.ref(strings_.Add(text));
  }

  uint32_t ActionIndex(std::string_view text) {
    const uint32_t number = strings_.Add(text);
    return actions_.Add(number, [&] {
      const size_t colon = text.find(':');
      return ActionPattern{
          strings_.ref(number),
          colon == std::string::npos ? 0 : static_cast<uint32_t>(colon)};
    });
  }

  uint32_t ResourceIndex(std::string_view text) {
    const uint32_t number = strings_.Add(text);
    return resources_.Add(number, [&] {
      ResourcePattern pattern = {strings_.ref(number), {}};
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
    PrincipalPattern pattern = {static_cast<uint32_t>(name.kind), {}};
    for (size_t i = 0; i < name.texts.size(); ++i) {
      pattern.texts[i] = AddString(name.texts[i]);
    }
    // Equal texts have equal places, so the record says it all.
    return principals_.Add(BytesOf(pattern)) - 1;
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
    const uint32_t key_text = strings_.Add(atom.key);
    const uint32_t key = keys_.Add(key_text, [&] {
      return KeyRecord{
          strings_.ref(key_text),
          static_cast<uint32_t>(std::min(atom.key.find('/'), atom.key.size()))};
    });
    const OperandKind kind = FindOpcode(static_cast<uint8_t>(atom.op))->operand;
    const auto [constants, record_bytes] = ConstantsOf(kind);
    const auto first = static_cast<uint32_t>(constants->size() / record_bytes);
    for (const std::string& operand : atom.operands) {
      if (constants == &texts_) {
        AppendRecord(AddString(operand), constants);
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

  // Writes condition_code_: the literals one after the other, leaving as soon
  // as one is false: nothing that follows could make the conjunction anything
  // else (R39).
  void WriteCondition(const std::vector<ir::Literal>& condition) {
    std::string& code = condition_code_;
    code.clear();
    jumps_.clear();
    instructions_ = 0;
    for (size_t i = 0; i < condition.size(); ++i) {
      if (i > 0) {
        AppendOpcode(Opcode::kJumpIfFalse, &code);
        jumps_.push_back(code.size());
        AppendRecord(uint32_t{0}, &code);
      }
      AppendOpcode(program_.atoms()[condition[i].atom].op, &code);
      AppendRecord(condition[i].atom, &code);
      if (condition[i].negated) AppendOpcode(Opcode::kNot, &code);
      if (i > 0) AppendOpcode(Opcode::kAnd, &code);
    }
    if (condition.empty()) AppendOpcode(Opcode::kPushTrue, &code);
    for (const size_t at : jumps_) {
      const auto distance =
          static_cast<uint32_t>(code.size() - at - sizeof(uint32_t));
      std::memcpy(code.data() + at, &distance, sizeof(distance));
    }
    AppendOpcode(Opcode::kHalt, &code);
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
    list_.clear();
    for (const std::string& text : statement.actions.patterns) {
      list_.push_back(ActionIndex(text));
    }
    row.actions = action_lists_.Add(list_);
    list_.clear();
    for (const std::string& text : statement.resources.patterns) {
      list_.push_back(ResourceIndex(text));
    }
    row.resources = resource_lists_.Add(list_);
    list_.clear();
    for (const ir::PrincipalName& name : statement.principals) {
      list_.push_back(PrincipalIndex(name));
    }
    row.principals = principal_lists_.Add(list_);
    WriteCondition(statement.condition);
    const TextRef code = code_.ref(code_.Add(condition_code_));
    row.code = {code.offset, code.size_bytes};
    row.label = labels_.ref(labels_.Add(statement.label));
    AppendRecord(row, &statements_);
    ++statement_count_;
    return uint64_t{1} + row.actions.count + row.resources.count +
           row.principals.count + instructions_;
  }

  Status EmitPolicy(const ir::Policy& policy) {
    PolicyRecord row = {};
    row.kind = static_cast<uint32_t>(policy.kind);
    row.statements.first = statement_count_;
    row.label = labels_.ref(labels_.Add(policy.label));
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
    (*image)[Section::kStrings] = strings_.TakeBytes();
    (*image)[Section::kLabels] = labels_.TakeBytes();
    (*image)[Section::kActionPatterns] = actions_.TakeBytes();
    (*image)[Section::kResourcePatterns] = resources_.TakeBytes();
    (*image)[Section::kPrincipalPatterns] = principals_.TakeBytes();
    (*image)[Section::kActionLists] = action_lists_.TakeBytes();
    (*image)[Section::kResourceLists] = resource_lists_.TakeBytes();
    (*image)[Section::kPrincipalLists] = principal_lists_.TakeBytes();
    (*image)[Section::kKeys] = keys_.TakeBytes();
    (*image)[Section::kTexts] = std::move(texts_);
    (*image)[Section::kDecimals] = std::move(decimals_);
    (*image)[Section::kInstants] = std::move(instants_);
    (*image)[Section::kTruths] = std::move(truths_);
    (*image)[Section::kBlocks] = std::move(blocks_);
    (*image)[Section::kAtoms] = std::move(atoms_);
    (*image)[Section::kCode] = code_.TakeBytes();
    (*image)[Section::kStatements] = std::move(statements_);
    (*image)[Section::kPolicies] = std::move(policies_);
  }

  const ir::Program& program_;
  const uint64_t image_bytes_;
  const uint64_t decide_steps_;
  BytePool strings_;
  BytePool labels_;
  RecordsByText actions_;
  RecordsByText resources_;
  BytePool principals_;
  ListPool action_lists_;
  ListPool resource_lists_;
  ListPool principal_lists_;
  RecordsByText keys_;
  std::string texts_;
  std::string decimals_;
  std::string instants_;
  std::string truths_;
  std::string blocks_;
  std::string atoms_;
  BytePool code_;
  std::string statements_;
  std::string policies_;
  uint32_t statement_count_ = 0;
  // Of the statement being emitted; kept for their room.
  std::vector<uint32_t> list_;
  std::vector<size_t> jumps_;
  std::string condition_code_;
  uint32_t instructions_ = 0;
};

}  // namespace

Status EmitTables(const ir::Program& program, uint64_t image_bytes,
                  uint64_t decide_steps, Image* image) {
  return Emitter(program, image_bytes, decide_steps).Run(image);
}

}  // namespace writ
