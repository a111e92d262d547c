// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lint/lint.h"
#include "lint/names.h"
#include "lint/pattern.h"

// W-TYP-011 and W-TYP-012: an action is asked on resources of certain shapes; a
// statement whose resources have another shape says nothing about it.
namespace writ {
namespace {

char Fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Cuts the first four segments off: what is left is the relative-id.
std::string_view TakeSegment(std::string_view* arn) {
  const size_t colon = arn->find(':');
  const std::string_view segment = arn->substr(0, colon);
  arn->remove_prefix(colon == std::string_view::npos ? arn->size() : colon + 1);
  return segment;
}

// One step of a shape's relative-id.
struct ShapeToken {
  enum class Kind : uint8_t { kLetter, kName, kPath };
  Kind kind = Kind::kLetter;
  char letter = '\0';
};

std::vector<ShapeToken> TokensOf(std::string_view id) {
  std::vector<ShapeToken> tokens;
  for (size_t i = 0; i < id.size(); ++i) {
    if (id[i] != '*') {
      tokens.push_back({ShapeToken::Kind::kLetter, id[i]});
    } else if (i + 1 < id.size() && id[i + 1] == '*') {
      tokens.push_back({ShapeToken::Kind::kPath, '*'});
      ++i;
    } else {
      tokens.push_back({ShapeToken::Kind::kName, '*'});
    }
  }
  return tokens;
}

// Some text is of both forms; rows[j] tells it of what is left of the shape
// and of `pattern` from j on.
bool IdsMeet(std::string_view shape, std::string_view pattern) {
  const std::vector<ShapeToken> tokens = TokensOf(shape);
  std::vector<char> later(pattern.size() + 1, 0);
  std::vector<char> row(pattern.size() + 1, 0);
  for (size_t i = tokens.size() + 1; i-- > 0;) {
    const bool ended = i == tokens.size();
    for (size_t j = pattern.size() + 1; j-- > 0;) {
      bool meets = false;
      if (ended) {
        meets = j == pattern.size() || (pattern[j] == '*' && row[j + 1] != 0);
      } else {
        const ShapeToken& token = tokens[i];
        const bool letter = token.kind == ShapeToken::Kind::kLetter;
        const bool star = j < pattern.size() && pattern[j] == '*';
        if (!letter) {
          const bool may_take =
              j < pattern.size() &&
              (token.kind == ShapeToken::Kind::kPath || pattern[j] != '/');
          meets = later[j] != 0 || (may_take && row[j + 1] != 0);
        } else if (star) {
          meets = later[j] != 0 || row[j + 1] != 0;
        } else if (j < pattern.size()) {
          meets =
              (pattern[j] == '?' || Fold(pattern[j]) == Fold(token.letter)) &&
              later[j + 1] != 0;
        }
      }
      row[j] = meets ? 1 : 0;
    }
    std::swap(row, later);
  }
  return later[0] != 0;
}

// A shape as people read it: `acs:oss:*:*:NAME/PATH`.
std::string ShapeText(std::string_view shape) {
  std::string_view id = shape;
  for (int i = 0; i < 4; ++i) TakeSegment(&id);
  std::string text(shape.substr(0, shape.size() - id.size()));
  for (const ShapeToken& token : TokensOf(id)) {
    switch (token.kind) {
      case ShapeToken::Kind::kLetter:
        text += token.letter;
        break;
      case ShapeToken::Kind::kName:
        text += "NAME";
        break;
      case ShapeToken::Kind::kPath:
        text += "PATH";
        break;
    }
  }
  return text;
}

// An action pattern of a statement and what the catalogue says of it.
struct Reach {
  // Everything that it matches is known, with its resources.
  bool judged = false;
  bool only_star = false;  // no action that it matches takes a resource
  std::vector<std::string_view> shapes;
};

const CatalogueResource* ResourceNamed(const CatalogueService& service,
                                       std::string_view name) {
  for (const CatalogueResource& resource : service.resources) {
    if (resource.name == name) return &resource;
  }
  return nullptr;
}

Reach ReachOf(std::string_view pattern, const Catalogue& catalogue) {
  Reach reach;
  const std::string_view code = pattern.substr(0, pattern.find(':'));
  if (HasWildcard(code)) return reach;
  const CatalogueService* service = catalogue.FindService(code);
  if (service == nullptr) return reach;
  if (HasWildcard(pattern) && !service->actions_are_complete) return reach;
  const std::vector<const CatalogueAction*> actions =
      catalogue.Matching(pattern);
  if (actions.empty()) return reach;
  for (const CatalogueAction* action : actions) {
    if (action->resources_unknown) return reach;
    for (const std::string& name : action->resources) {
      const CatalogueResource* resource = ResourceNamed(*service, name);
      if (resource == nullptr) return reach;
      if (std::find(reach.shapes.begin(), reach.shapes.end(),
                    resource->shape) == reach.shapes.end()) {
        reach.shapes.push_back(resource->shape);
      }
    }
  }
  reach.judged = true;
  reach.only_star = reach.shapes.empty();
  return reach;
}

bool AnyMeets(const std::vector<std::string_view>& shapes,
              std::string_view pattern) {
  return std::any_of(shapes.begin(), shapes.end(),
                     [pattern](std::string_view shape) {
                       return ShapeReaches(shape, pattern);
                     });
}

// The resource that was likely meant: a bucket's objects for the bucket, or the
// reverse; empty when neither is of the shape.
std::string Meant(const Reach& reach, std::string_view resource) {
  constexpr std::string_view kAll = "/*";
  if (resource.ends_with(kAll)) {
    const std::string_view parent =
        resource.substr(0, resource.size() - kAll.size());
    if (AnyMeets(reach.shapes, parent)) return std::string(parent);
  }
  const std::string children = std::string(resource) + std::string(kAll);
  if (AnyMeets(reach.shapes, children)) return children;
  return {};
}

class StatementReach {
 public:
  StatementReach(const ast::Statement& statement, const CheckScope& scope,
                 NamesPass* pass)
      : actions_(statement.action->values),
        resources_(statement.resource->values),
        action_scope_(scope.In("Action")),
        resource_scope_(scope.In("Resource")),
        pass_(pass) {}

  void Judge() {
    for (const ast::Value& action : actions_.items) {
      reaches_.push_back(ReachOf(action.text, pass_->subject.catalogue));
    }
    for (size_t i = 0; i < actions_.items.size(); ++i) {
      if (!reaches_[i].judged) {
        all_judged_ = false;
      } else if (reaches_[i].only_star) {
        ++dead_;
        dead_shapes_.push_back(i);
      } else if (!Meets(reaches_[i])) {
        ++dead_;
        dead_shapes_.push_back(i);
      }
    }
    for (const size_t i : dead_shapes_) ReportAction(i);
    if (!all_judged_ || dead_ == actions_.items.size()) return;
    for (size_t i = 0; i < resources_.items.size(); ++i) JudgeResource(i);
  }

 private:
  bool Meets(const Reach& reach) const {
    return std::any_of(resources_.items.begin(), resources_.items.end(),
                       [&reach](const ast::Value& resource) {
                         return AnyMeets(reach.shapes, resource.text);
                       });
  }

  // No other action is in the statement, so its resource may be rewritten.
  bool IsAlone() const {
    return actions_.items.size() == 1 && resources_.items.size() == 1;
  }

  void ReportAction(size_t index) {
    const ast::Value& action = actions_.items[index];
    const CheckScope scope = action_scope_.Item(actions_, index);
    const Reach& reach = reaches_[index];
    const ast::Value& resource = resources_.items.front();
    if (reach.only_star) {
      Diagnostic finding = scope.Draft(
          DiagnosticId::kResourceMustBeStar, action.span,
          {Excerpt(action.text),
           IsAlone() ? "write `*` for the resource"
                     : "put it into a statement of its own, with `*` for the "
                       "resource"});
      if (IsAlone()) finding.fix = pass_->Replacing(resource, "*");
      pass_->Add(scope, std::move(finding));
      return;
    }
    const std::string meant = Meant(reach, resource.text);
    Diagnostic finding =
        scope.Draft(DiagnosticId::kActionWithoutResource, action.span,
                    {Excerpt(action.text), ShapeText(reach.shapes.front()),
                     meant.empty() ? "name the resources that it works on"
                     : IsAlone()   ? "write `" + Excerpt(meant) + "`"
                                   : "add `" + Excerpt(meant) + "`"});
    finding.others.push_back({resource.span, "not of that form"});
    if (!meant.empty() && IsAlone()) {
      finding.fix = pass_->Replacing(resource, meant);
    }
    pass_->Add(scope, std::move(finding));
  }

  void JudgeResource(size_t index) {
    const ast::Value& resource = resources_.items[index];
    for (const Reach& reach : reaches_) {
      if (AnyMeets(reach.shapes, resource.text)) return;
    }
    const CheckScope scope = resource_scope_.Item(resources_, index);
    pass_->Add(scope, scope.Draft(DiagnosticId::kResourceWithoutAction,
                                  resource.span, {Excerpt(resource.text)}));
  }

  const ast::Values& actions_;
  const ast::Values& resources_;
  CheckScope action_scope_;
  CheckScope resource_scope_;
  NamesPass* pass_;
  std::vector<Reach> reaches_;
  std::vector<size_t> dead_shapes_;
  size_t dead_ = 0;
  bool all_judged_ = true;
};

}  // namespace

bool ShapeReaches(std::string_view shape, std::string_view pattern) {
  if (pattern == "*") return true;
  for (int i = 0; i < 4; ++i) {
    const std::string_view a = TakeSegment(&shape);
    const std::string_view b = TakeSegment(&pattern);
    if (a != b && !PatternsIntersect(PatternKind::kText, a, b)) return false;
  }
  return IdsMeet(shape, pattern);
}

void JudgeResourcesOfActions(const ast::Statement& statement,
                             const CheckScope& scope, NamesPass* pass) {
  if (!statement.action || !statement.resource || statement.action->negated ||
      statement.resource->negated) {
    return;
  }
  const std::vector<ast::Value>& resources = statement.resource->values.items;
  if (resources.empty() || statement.action->values.items.empty()) return;
  const bool everything =
      std::any_of(resources.begin(), resources.end(),
                  [](const ast::Value& value) { return value.text == "*"; });
  if (everything) return;
  StatementReach(statement, scope, pass).Judge();
}

}  // namespace writ
