// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "grammar/operators.h"
#include "grammar/value.h"
#include "lint/grants.h"
#include "lint/permissive.h"

namespace writ {
namespace {

void JudgeBlock(const LintSubject& subject, const ast::Value& value,
                const CheckScope& at) {
  const std::optional<IpBlock> block = ParseCidr(value.text);
  if (!block) return;
  const uint32_t shortest = block->is_v6 ? subject.options.shortest_ipv6_prefix
                                         : subject.options.shortest_ipv4_prefix;
  if (block->prefix >= shortest) return;
  const std::string family = block->is_v6 ? "IPv6" : "IPv4";
  std::string share = "every " + family + " address";
  if (block->prefix > 0) {
    share = "more " + family + " addresses than a /" +
            std::to_string(shortest) + " block has";
  }
  Diagnostic finding = at.Draft(DiagnosticId::kWideCidr, value.span,
                                {Excerpt(value.text), share});
  if (block->prefix == 0) {
    finding.label = "no limit";
    AddExample(block->is_v6 ? "a request from 2001:db8::1"
                            : "a request from 203.0.113.7",
               &finding);
  } else {
    AddNote("`shortest-" + std::string(block->is_v6 ? "ipv6" : "ipv4") +
                "-prefix` in the configuration says what is wide",
            &finding);
  }
  at.Add(std::move(finding));
}

}  // namespace

void JudgeAddresses(const LintSubject& subject, const ast::Statement& statement,
                    const CheckScope& scope) {
  if (!statement.condition) return;
  const CheckScope at = scope.In("Condition");
  for (const ast::ConditionOperator& op : statement.condition->operators) {
    if (!op.op || InfoOf(*op.op).family != OperandFamily::kIp ||
        InfoOf(*op.op).negated) {
      continue;
    }
    for (const ast::ConditionTest& test : op.tests) {
      for (size_t i = 0; i < test.values.items.size(); ++i) {
        JudgeBlock(subject, test.values.items[i],
                   at.In(op.name.text).In(test.key.text).Item(test.values, i));
      }
    }
  }
}

}  // namespace writ
