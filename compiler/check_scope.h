// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_CHECK_SCOPE_H_
#define WRIT_COMPILER_CHECK_SCOPE_H_

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/source.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"

namespace writ {

// A place in the tree under judgement: where findings go and how the place is
// called. Cheap to make; lives shorter than what it points to.
class CheckScope {
 public:
  // with_pointers  false for the DSL, whose findings have a span only
  CheckScope(ast::PolicyKind kind, bool with_pointers, Diagnostics* diagnostics)
      : kind_(kind), with_pointers_(with_pointers), diagnostics_(diagnostics) {}

  ast::PolicyKind kind() const { return kind_; }

  CheckScope In(std::string_view member) const {
    CheckScope inner = *this;
    if (with_pointers_) inner.pointer_ = PointerTo(pointer_, member);
    return inner;
  }
  CheckScope In(size_t index) const {
    CheckScope inner = *this;
    if (with_pointers_) inner.pointer_ = PointerTo(pointer_, index);
    return inner;
  }
  // The place of item `index` of `values`: a scalar stands at the list's own.
  CheckScope Item(const ast::Values& values, size_t index) const {
    return values.is_list ? In(index) : *this;
  }

  void Report(DiagnosticId id, Span span,
              std::initializer_list<std::string_view> parts = {}) const {
    diagnostics_->Add(Diagnose(id, span, pointer_, parts));
  }

  // A finding of this place that is to get labels, notes or a fix before Add.
  Diagnostic Draft(DiagnosticId id, Span span,
                   std::initializer_list<std::string_view> parts = {}) const {
    return Diagnose(id, span, pointer_, parts);
  }
  void Add(Diagnostic finding) const { diagnostics_->Add(std::move(finding)); }
  const std::string& pointer() const { return pointer_; }

 private:
  ast::PolicyKind kind_;
  bool with_pointers_;
  Diagnostics* diagnostics_;
  std::string pointer_;
};

// "an identity", "a trust" …: what stands before `policy` in a message.
std::string_view KindPhrase(ast::PolicyKind kind);

// R22: text that looks like a policy variable is literal.
void CheckVariables(const ast::Value& value, const CheckScope& scope);

void CheckCondition(const ast::Condition& condition, const CheckScope& scope);
void CheckPrincipal(const ast::Principal& principal, const CheckScope& scope);

}  // namespace writ

#endif  // WRIT_COMPILER_CHECK_SCOPE_H_
