// SPDX-License-Identifier: Apache-2.0
#include "cli/source_map.h"

#include "grammar/diagnostic.h"
#include "grammar/json_out.h"

namespace writ {
namespace {

class Mapper {
 public:
  explicit Mapper(const SourceText& source) : source_(source), json_(2) {}

  std::string Map(const ast::Policy& policy) {
    json_.Open('{').Member("schema_version").Number(1);
    json_.Member("policy").Text(policy.name);
    json_.Member("mappings").Open('[');
    Row("", policy.span);
    const std::string statements = PointerTo("", "Statement");
    for (size_t i = 0; i < policy.statements.size(); ++i) {
      MapStatement(PointerTo(statements, i), policy.statements[i]);
    }
    MapForeign("", policy.foreign);
    json_.Close().Close();
    return json_.Take();
  }

 private:
  void Row(const std::string& pointer, Span span) {
    if (span == Span{}) return;  // not read from text
    const SourceText::Place begin = source_.Find(span.begin);
    const SourceText::Place end = source_.Find(span.end);
    const LineColumn first = begin.source->Locate(begin.offset);
    const LineColumn last = end.source->Locate(end.offset);
    json_.Open('{').Member("pointer").Text(pointer);
    json_.Member("file").Text(begin.source->name());
    json_.Member("line").Number(first.line);
    json_.Member("column").Number(first.column);
    json_.Member("end_line").Number(last.line);
    json_.Member("end_column").Number(last.column).Close();
  }

  void MapValues(const std::string& pointer, const ast::Values& values) {
    Row(pointer, values.span);
    if (!values.is_list) return;
    for (size_t i = 0; i < values.items.size(); ++i) {
      Row(PointerTo(pointer, i), values.items[i].span);
    }
  }

  void MapForeign(const std::string& pointer,
                  const std::vector<ast::ForeignMember>& members) {
    for (const ast::ForeignMember& member : members) {
      Row(PointerTo(pointer, member.name.text), member.span);
    }
  }

  void MapPrincipal(const std::string& pointer,
                    const ast::Principal& principal) {
    if (principal.form == ast::Principal::Form::kBare) {
      MapValues(pointer, principal.bare);
      return;
    }
    Row(pointer, principal.span);
    for (const ast::Principal::Typed& typed : principal.typed) {
      MapValues(PointerTo(pointer, typed.type.text), typed.values);
    }
  }

  void MapCondition(const std::string& pointer,
                    const ast::Condition& condition) {
    Row(pointer, condition.span);
    for (const ast::ConditionOperator& op : condition.operators) {
      const std::string tests = PointerTo(pointer, op.name.text);
      Row(tests, op.name.span);
      for (const ast::ConditionTest& test : op.tests) {
        MapValues(PointerTo(tests, test.key.text), test.values);
      }
    }
  }

  void MapStatement(const std::string& pointer,
                    const ast::Statement& statement) {
    Row(pointer, statement.span);
    if (statement.sid) Row(PointerTo(pointer, "Sid"), statement.sid->span);
    Row(PointerTo(pointer, "Effect"), statement.effect_span);
    if (statement.principal) {
      MapPrincipal(PointerTo(pointer, "Principal"), *statement.principal);
    }
    if (statement.action) {
      MapValues(PointerTo(pointer,
                          statement.action->negated ? "NotAction" : "Action"),
                statement.action->values);
    }
    if (statement.resource) {
      MapValues(PointerTo(pointer, statement.resource->negated ? "NotResource"
                                                               : "Resource"),
                statement.resource->values);
    }
    if (statement.condition) {
      MapCondition(PointerTo(pointer, "Condition"), *statement.condition);
    }
    MapForeign(pointer, statement.foreign);
  }

  const SourceText& source_;
  JsonOut json_;
};

}  // namespace

std::string SourceMap(const ast::Policy& policy, const SourceText& source) {
  return Mapper(source).Map(policy);
}

}  // namespace writ
