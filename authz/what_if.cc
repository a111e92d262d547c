// SPDX-License-Identifier: Apache-2.0
#include "authz/what_if.h"

#include <algorithm>

namespace writ {

ChangedQuestion::ChangedQuestion(const Request& request,
                                 std::span<const Attachment> attachments,
                                 std::span<const Change> changes)
    : request_(request),
      resources_(request.resources.begin(), request.resources.end()),
      context_(request.context.begin(), request.context.end()),
      attachments_(attachments.begin(), attachments.end()),
      removed_(attachments.size()) {
  for (size_t i = 0; i < attachments.size(); ++i) {
    const std::span<const StatementRef> before =
        attachments[i].without_statements;
    removed_[i].assign(before.begin(), before.end());
  }
  for (const Change& change : changes) Apply(change);
  for (size_t i = 0; i < attachments_.size(); ++i) {
    std::ranges::sort(removed_[i]);
    attachments_[i].without_statements = removed_[i];
  }
  request_.resources = resources_;
  request_.context = context_;
}

void ChangedQuestion::Apply(const Change& change) {
  switch (change.kind) {
    case Change::Kind::kSetKey:
    case Change::Kind::kRemoveKey: {
      std::erase_if(context_, [&](const ContextEntry& entry) {
        return SameContextKey(entry.key, change.name);
      });
      if (change.kind == Change::Kind::kSetKey) {
        values_.push_back(change.value);
        context_.push_back({change.name, {&values_.back(), 1}});
      }
      break;
    }
    case Change::Kind::kRemoveStatement:
      removed_[change.attachment].push_back(change.place);
      break;
    case Change::Kind::kResource:
      resources_[change.resource] = change.value;
      break;
    case Change::Kind::kAction:
      request_.action = change.value;
      break;
    case Change::Kind::kPrincipal:
      request_.principal.name = change.value;
      request_.principal.id = change.id;
      request_.principal.account = change.account;
      request_.principal.declared = change.declared;
      break;
  }
}

}  // namespace writ
