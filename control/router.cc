// SPDX-License-Identifier: Apache-2.0
#include "control/router.h"

#include <string>
#include <string_view>
#include <utility>

namespace writ {
namespace {

constexpr std::string_view kRamVersion = "2015-05-01";
constexpr std::string_view kStsVersion = "2015-04-01";

std::string_view HeaderOr(const RequestHead& head, std::string_view name) {
  const std::string* value = head.Single(name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

RouteMatch Refuse(Product product, int http_status, std::string_view code,
                  std::string message) {
  RouteMatch match;
  match.product = product;
  match.error = {http_status, std::string(code), std::move(message)};
  return match;
}

// Takes the next segment off `*path`, which begins with '/'.
std::string_view TakeSegment(std::string_view* path) {
  path->remove_prefix(1);
  const size_t end = path->find('/');
  const std::string_view segment = path->substr(0, end);
  path->remove_prefix(end == std::string_view::npos ? path->size() : end);
  return segment;
}

// Compares a raw path with a row's template; `*raw_values` gets the undecoded
// values in the order of the template.
bool PathFits(
    std::string_view pattern, std::string_view path,
    std::vector<std::pair<std::string_view, std::string_view>>* raw_values) {
  raw_values->clear();
  while (!pattern.empty() && !path.empty()) {
    if (path.front() != '/') return false;
    const std::string_view wanted = TakeSegment(&pattern);
    if (wanted.ends_with("*}")) {
      path.remove_prefix(1);
      raw_values->emplace_back(wanted.substr(1, wanted.size() - 3), path);
      return !path.empty();
    }
    const std::string_view segment = TakeSegment(&path);
    if (wanted.starts_with('{')) {
      if (segment.empty()) return false;
      raw_values->emplace_back(wanted.substr(1, wanted.size() - 2), segment);
    } else if (wanted != segment) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

Status AddQuery(const RequestHead& head, Parameters* parameters) {
  return parameters->AddEncoded(head.raw_query);
}

std::string QueryProblem(const Status& status) {
  return "The query is malformed: " + std::string(status.message()) + ".";
}

RouteMatch MatchRpc(const RequestHead& head, Product product) {
  if (head.raw_path != "/" && !head.raw_path.empty()) {
    return Refuse(product, 404, "InvalidPath.NotFound",
                  "RAM and STS operations have the path /.");
  }
  if (head.method != "POST" && head.method != "GET") {
    return Refuse(product, 405, "MethodNotAllowed",
                  "RAM and STS operations are sent with POST or GET.");
  }
  const std::string_view action = HeaderOr(head, "x-acs-action");
  for (const Operation& row : kOperations) {
    if (row.product != product || row.name != action) continue;
    RouteMatch match;
    match.product = product;
    const Status added = AddQuery(head, &match.parameters);
    if (!added.ok()) {
      return Refuse(product, 400, "InvalidParameter", QueryProblem(added));
    }
    match.operation = &row;
    return match;
  }
  return Refuse(product, 404, "InvalidAction.NotFound",
                "The action that x-acs-action names is not served.");
}

// A row that has the path but another method, or null.
const Operation* FindByPath(
    const RequestHead& head, bool any_method,
    std::vector<std::pair<std::string_view, std::string_view>>* values) {
  for (const Operation& row : kOperations) {
    if (row.is_rpc()) continue;
    if (!any_method && row.method != head.method) continue;
    if (PathFits(row.path, head.raw_path, values)) return &row;
  }
  return nullptr;
}

RouteMatch MatchPath(const RequestHead& head) {
  std::vector<std::pair<std::string_view, std::string_view>> values;
  const Operation* row = FindByPath(head, /*any_method=*/false, &values);
  if (row == nullptr) {
    const Operation* other = FindByPath(head, /*any_method=*/true, &values);
    if (other == nullptr) {
      return Refuse(Product::kFc, 404, "PathNotSupported",
                    "There is no operation with this path.");
    }
    return Refuse(other->product, 405, "MethodNotAllowed",
                  "There is no operation with this method and path.");
  }
  if (row->access != OperationAccess::kUrlSignature) {
    // Both headers are signed: a request means one operation, whichever of
    // head and path one reads.
    const std::string* action = head.Single("x-acs-action");
    if (action != nullptr && *action != row->name) {
      return Refuse(row->product, 400, "InvalidArgument",
                    "x-acs-action is not the operation of this path and "
                    "method, which is " +
                        std::string(row->name) + ".");
    }
    const std::string* version = head.Single("x-acs-version");
    if (version != nullptr && *version != row->version) {
      return Refuse(row->product, 400, "InvalidArgument",
                    "x-acs-version is not that of this path, which is " +
                        std::string(row->version) + ".");
    }
  }
  RouteMatch match;
  match.product = row->product;
  // The signature of a temporary URL is over the raw bytes, which its verifier
  // reads for itself.
  if (row->access != OperationAccess::kUrlSignature) {
    for (const auto& [name, raw] : values) {
      const Result<std::string> value = DecodePercent(raw, false);
      if (!value.ok()) {
        return Refuse(row->product, 400, "InvalidArgument",
                      "The path is malformed: " +
                          std::string(value.status().message()) + ".");
      }
      if (!match.parameters.Add(name, *value).ok()) {
        return Refuse(row->product, 400, "InvalidArgument",
                      "The path names a parameter twice.");
      }
    }
    const Status added = AddQuery(head, &match.parameters);
    if (!added.ok()) {
      return Refuse(row->product, 400, "InvalidArgument", QueryProblem(added));
    }
  }
  match.operation = row;
  return match;
}

}  // namespace

RouteMatch Router::Match(const RequestHead& head) {
  const std::string_view version = HeaderOr(head, "x-acs-version");
  if (version == kRamVersion) return MatchRpc(head, Product::kRam);
  if (version == kStsVersion) return MatchRpc(head, Product::kSts);
  if (head.raw_path == "/" || head.raw_path.empty()) {
    return Refuse(Product::kRam, 404, "InvalidVersion",
                  "RAM is served with x-acs-version 2015-05-01, STS with "
                  "2015-04-01.");
  }
  return MatchPath(head);
}

}  // namespace writ
