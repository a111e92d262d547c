// SPDX-License-Identifier: Apache-2.0
#include "sidecar/authzen.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "crypto/digest.h"
#include "crypto/hex.h"
#include "sidecar/authzen_question.h"
#include "sidecar/http_answer.h"
#include "sidecar/strict_json.h"

namespace writ {
namespace {

using Json = nlohmann::ordered_json;
using Kind = JsonValue::Kind;

struct EndpointRow {
  std::string_view path;
  const char* member;
  uint64_t max_bytes;
};
constexpr EndpointRow kEndpoints[] = {
#define ENDPOINT(Name, path, member, max_bytes) {path, member, max_bytes},
#include "sidecar/authzen_endpoints.def"
#undef ENDPOINT
};

HttpResponse Ok(const Json& json) {
  // Names come from bundles and askers, who were checked; what is no UTF-8 all
  // the same is replaced.
  return JsonAnswer(200,
                    json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

LocatedJson Member(const JsonValue& object, const std::string& at,
                   const char* name) {
  return {object.Find(name), at.empty() ? name : at + "." + name};
}

AuthZenTuple TupleOf(const JsonValue& object, const std::string& at) {
  return {.subject = Member(object, at, "subject"),
          .action = Member(object, at, "action"),
          .resource = Member(object, at, "resource"),
          .context = Member(object, at, "context")};
}

// What an evaluation leaves out is the whole request's.
void TakeDefaults(const AuthZenTuple& defaults, AuthZenTuple* tuple) {
  for (LocatedJson AuthZenTuple::*part :
       {&AuthZenTuple::subject, &AuthZenTuple::action, &AuthZenTuple::resource,
        &AuthZenTuple::context}) {
    if ((tuple->*part).value == nullptr && (defaults.*part).value != nullptr) {
      tuple->*part = defaults.*part;
    }
  }
}

Json StatementsOf(const Answer& answer) {
  Json list = Json::array();
  for (const StatementRef ref : answer.statements) {
    const Snapshot& snapshot = answer.bundle->snapshot();
    const PolicyLabel* const label = snapshot.FindPolicy(ref.policy);
    if (label == nullptr) continue;
    Json statement;
    statement["account"] = label->account;
    statement["policy"] = label->name;
    statement["index"] = ref.statement;
    const std::string_view sid = snapshot.FindSid(ref);
    if (!sid.empty()) statement["sid"] = sid;
    list.push_back(std::move(statement));
  }
  return list;
}

// A decision as AuthZEN's object. Only an answer that says so is a `true`.
Json DecisionJson(const Asker& asker, const Answer& answer) {
  const Decision& decision = answer.decision;
  Json json;
  json["decision"] = decision.allowed();
  Json context = Json::object();
  if (!decision.allowed()) {
    context["reason"] = ReasonName(decision.reason);
    context["verdict"] = VerdictName(decision.verdict);
    context["layer"] = LayerName(decision.layer);
    context["revision"] = answer.bundle->revision();
  }
  if (!answer.decision_id.empty()) context["decision_id"] = answer.decision_id;
  if (asker.May(Right::kStatements)) {
    context["statements"] = StatementsOf(answer);
  }
  if (!context.empty()) json["context"] = std::move(context);
  return json;
}

// One of several evaluations that got no decision.
Json FailureJson(const Status& status) {
  const int http_status = HttpStatusOf(status.code());
  Json json;
  json["decision"] = false;
  Json& error = json["context"]["error"];
  error["status"] = http_status;
  error["message"] =
      http_status == 500 ? "the sidecar failed" : status.message();
  return json;
}

enum class Semantic : uint8_t { kExecuteAll, kDenyOnFirst, kPermitOnFirst };

Status ReadSemantic(const JsonValue& root, Semantic* semantic) {
  *semantic = Semantic::kExecuteAll;
  const JsonValue* const options = root.Find("options");
  if (options == nullptr) return OkStatus();
  if (options->kind != Kind::kObject) {
    return InvalidArgument("options: must be an object, not " +
                           std::string(JsonKindName(options->kind)));
  }
  const JsonValue* const name = options->Find("evaluations_semantic");
  if (name == nullptr) return OkStatus();
  constexpr std::pair<std::string_view, Semantic> kSemantics[] = {
      {"execute_all", Semantic::kExecuteAll},
      {"deny_on_first_deny", Semantic::kDenyOnFirst},
      {"permit_on_first_permit", Semantic::kPermitOnFirst}};
  for (const auto& [text, value] : kSemantics) {
    if (name->kind == Kind::kString && name->text == text) {
      *semantic = value;
      return OkStatus();
    }
  }
  return InvalidArgument(
      "options.evaluations_semantic: must be `execute_all`, "
      "`deny_on_first_deny` or `permit_on_first_permit`");
}

// The bytes by which two requests for pages of one search are told apart:
// members in the order of their names.
void Canonical(const JsonValue& value, std::string* out) {
  out->push_back(static_cast<char>('a' + static_cast<int>(value.kind)));
  *out += std::to_string(value.text.size()) + ":" + value.text;
  out->push_back(value.truth ? 't' : 'f');
  std::vector<const JsonValue*> items;
  for (const JsonValue& item : value.items) items.push_back(&item);
  if (value.kind == Kind::kObject) {
    std::ranges::sort(items, {}, &JsonValue::name);
  }
  for (const JsonValue* item : items) {
    *out += std::to_string(item->name.size()) + ":" + item->name;
    Canonical(*item, out);
  }
  out->push_back(';');
}

// What the page tokens of this search begin with.
std::string SearchMark(AuthZenEndpoint endpoint, const JsonValue& root) {
  constexpr size_t kMarkBytes = 8;
  std::string canonical(kEndpoints[static_cast<size_t>(endpoint)].path);
  for (const char* name : {"subject", "action", "resource", "context"}) {
    canonical += name;
    if (const JsonValue* value = root.Find(name)) Canonical(*value, &canonical);
  }
  return HexEncode(std::span<const std::byte>(Sha256(canonical))
                       .first<kMarkBytes>()) +
         ".";
}

struct Page {
  std::string_view token;
  uint32_t limit = 0;
};

Status ReadPage(const JsonValue& root, std::string_view mark, Page* page) {
  const JsonValue* const object = root.Find("page");
  if (object == nullptr) return OkStatus();
  if (object->kind != Kind::kObject) {
    return InvalidArgument("page: must be an object, not " +
                           std::string(JsonKindName(object->kind)));
  }
  if (const JsonValue* limit = object->Find("limit")) {
    const std::string& digits = limit->text;
    const bool number = limit->kind == Kind::kNumber && !digits.empty() &&
                        std::ranges::all_of(digits, [](char c) {
                          return c >= '0' && c <= '9';
                        });
    if (!number) {
      return InvalidArgument("page.limit: must be a whole number from 0 on");
    }
    const auto [end, error] = std::from_chars(
        digits.data(), digits.data() + digits.size(), page->limit);
    if (error != std::errc()) page->limit = kMaxLookupPage;
  }
  if (const JsonValue* token = object->Find("token")) {
    if (token->kind != Kind::kString) {
      return InvalidArgument("page.token: must be a string, not " +
                             std::string(JsonKindName(token->kind)));
    }
    page->token = token->text;
    if (page->token.empty()) return OkStatus();
    if (!page->token.starts_with(mark)) {
      return InvalidArgument(
          "page.token: is of another search: subject, action, resource and "
          "context must be those of the first page");
    }
    page->token.remove_prefix(mark.size());
  }
  return OkStatus();
}

// Answers one request at one endpoint.
class Call {
 public:
  Call(const DecisionPoint& point, const Asker& asker, AuthZenEndpoint endpoint)
      : point_(point), asker_(asker), endpoint_(endpoint) {}

  HttpResponse Answer(std::string_view body) const {
    Result<JsonValue> root = ReadStrictJson(body);
    if (!root.ok()) return Refuse(root.status());
    if (root->kind != Kind::kObject) {
      return Refuse(InvalidArgument("the body must be a JSON object, not " +
                                    std::string(JsonKindName(root->kind))));
    }
    switch (endpoint_) {
      case AuthZenEndpoint::kEvaluation:
        return Evaluate(*root);
      case AuthZenEndpoint::kEvaluations:
        return EvaluateAll(*root);
      case AuthZenEndpoint::kSearchSubject:
        return Search(*root, LookedUp::kPrincipals);
      case AuthZenEndpoint::kSearchResource:
        return Search(*root, LookedUp::kResources);
      case AuthZenEndpoint::kSearchAction:
        break;
    }
    return Search(*root, LookedUp::kActions);
  }

 private:
  Protocol protocol() const { return AuthZenProtocol(endpoint_); }

  // A request that never became a question.
  HttpResponse Refuse(const Status& status) const {
    point_.CountRefused(protocol(), status);
    return RefusalAnswer(status);
  }

  HttpResponse Evaluate(const JsonValue& root) const {
    AuthZenQuestion question;
    const Status read =
        question.Read(*asker_.listener, TupleOf(root, ""), LookedUp::kNothing);
    if (!read.ok()) return Refuse(read);
    writ::Answer answer;
    const Status status =
        point_.Check(asker_, protocol(), question.question(), &answer);
    if (!status.ok()) return RefusalAnswer(status);
    return Ok(DecisionJson(asker_, answer));
  }

  HttpResponse EvaluateAll(const JsonValue& root) const {
    const JsonValue* const list = root.Find("evaluations");
    if (list == nullptr) return Evaluate(root);
    if (list->kind != Kind::kArray) {
      return Refuse(InvalidArgument("evaluations: must be an array, not " +
                                    std::string(JsonKindName(list->kind))));
    }
    if (list->items.empty()) return Evaluate(root);
    if (list->items.size() > kMaxBatchChecks) {
      return Refuse(InvalidArgument(
          "evaluations: there are " + std::to_string(list->items.size()) +
          "; at most " + std::to_string(kMaxBatchChecks) + " are answered"));
    }
    Semantic semantic;
    const Status read = ReadSemantic(root, &semantic);
    if (!read.ok()) return Refuse(read);
    if (!asker_.May(Right::kCheck)) {
      return Refuse(PermissionDenied(
          "the caller may not ask this: it lacks the right `check`"));
    }
    std::deque<AuthZenQuestion> questions(list->items.size());
    std::vector<Status> reads(list->items.size());
    const AuthZenTuple defaults = TupleOf(root, "");
    for (size_t i = 0; i < list->items.size(); ++i) {
      reads[i] = ReadOne(list->items[i], i, defaults, &questions[i]);
      if (!reads[i].ok()) point_.CountRefused(protocol(), reads[i]);
    }
    return semantic == Semantic::kExecuteAll
               ? ExecuteAll(questions, reads)
               : StopAtFirst(questions, reads,
                             semantic == Semantic::kPermitOnFirst);
  }

  Status ReadOne(const JsonValue& item, size_t index,
                 const AuthZenTuple& defaults,
                 AuthZenQuestion* question) const {
    const std::string at = "evaluations[" + std::to_string(index) + "]";
    if (item.kind != Kind::kObject) {
      return InvalidArgument(at + ": must be an object, not " +
                             std::string(JsonKindName(item.kind)));
    }
    AuthZenTuple tuple = TupleOf(item, at);
    TakeDefaults(defaults, &tuple);
    return question->Read(*asker_.listener, tuple, LookedUp::kNothing);
  }

  // All that could be read are decided with one bundle.
  HttpResponse ExecuteAll(const std::deque<AuthZenQuestion>& questions,
                          const std::vector<Status>& reads) const {
    std::vector<Question> asked;
    for (size_t i = 0; i < questions.size(); ++i) {
      if (reads[i].ok()) asked.push_back(questions[i].question());
    }
    std::vector<writ::Answer> answers(asked.size());
    std::vector<Status> statuses(asked.size());
    std::shared_ptr<const Bundle> bundle;
    const Status status = point_.CheckAll(asker_, protocol(), 0, asked, answers,
                                          statuses, &bundle);
    if (!status.ok()) return RefusalAnswer(status);
    Json list = Json::array();
    size_t next = 0;
    for (const Status& read : reads) {
      if (!read.ok()) {
        list.push_back(FailureJson(read));
        continue;
      }
      list.push_back(statuses[next].ok() ? DecisionJson(asker_, answers[next])
                                         : FailureJson(statuses[next]));
      ++next;
    }
    return Evaluations(std::move(list));
  }

  // Asks in order until the first answer that settles the whole: an allow, or
  // else whatever is none.
  HttpResponse StopAtFirst(const std::deque<AuthZenQuestion>& questions,
                           const std::vector<Status>& reads,
                           bool permit) const {
    Json list = Json::array();
    writ::Answer answer;
    for (size_t i = 0; i < questions.size(); ++i) {
      Status status = reads[i];
      if (status.ok()) {
        status =
            point_.Check(asker_, protocol(), questions[i].question(), &answer);
      }
      // Of no evaluation in particular.
      if (status.code() == StatusCode::kUnavailable) {
        return RefusalAnswer(status);
      }
      const bool allowed = status.ok() && answer.decision.allowed();
      list.push_back(status.ok() ? DecisionJson(asker_, answer)
                                 : FailureJson(status));
      if (allowed == permit) break;
    }
    return Evaluations(std::move(list));
  }

  static HttpResponse Evaluations(Json list) {
    Json json;
    json["evaluations"] = std::move(list);
    return Ok(json);
  }

  HttpResponse Search(const JsonValue& root, LookedUp looked_up) const {
    AuthZenQuestion question;
    Status status =
        question.Read(*asker_.listener, TupleOf(root, ""), looked_up);
    const std::string mark = SearchMark(endpoint_, root);
    Page page;
    if (status.ok()) status = ReadPage(root, mark, &page);
    if (!status.ok()) return Refuse(status);
    Lookup lookup;
    lookup.question = question.question();
    lookup.prefix = question.filter().prefix;
    lookup.page_size = page.limit;
    lookup.page_token = page.token;
    Found found;
    switch (looked_up) {
      case LookedUp::kPrincipals:
        status = point_.LookupPrincipals(asker_, lookup, &found);
        break;
      case LookedUp::kResources:
        status = point_.LookupResources(asker_, protocol(), lookup, &found);
        break;
      default:
        status = point_.LookupActions(asker_, protocol(), lookup, &found);
        break;
    }
    if (!status.ok()) return RefusalAnswer(status);
    Json results = Json::array();
    for (const std::string& name : found.names) {
      Json result;
      if (looked_up == LookedUp::kActions) {
        result["name"] = name;
      } else {
        if (!question.filter().Fits(name)) continue;
        result["type"] = question.type();
        result["id"] = name;
      }
      results.push_back(std::move(result));
    }
    Json json;
    json["page"]["next_token"] =
        found.next_page_token.empty() ? "" : mark + found.next_page_token;
    json["page"]["count"] = results.size();
    json["results"] = std::move(results);
    return Ok(json);
  }

  const DecisionPoint& point_;
  const Asker& asker_;
  const AuthZenEndpoint endpoint_;
};

}  // namespace

std::optional<AuthZenEndpoint> AuthZenEndpointAt(std::string_view path) {
  const auto row = std::ranges::find(kEndpoints, path, &EndpointRow::path);
  if (row == std::end(kEndpoints)) return std::nullopt;
  return static_cast<AuthZenEndpoint>(row - std::begin(kEndpoints));
}

uint64_t AuthZenBodyLimit(AuthZenEndpoint endpoint) {
  return kEndpoints[static_cast<size_t>(endpoint)].max_bytes;
}

Protocol AuthZenProtocol(AuthZenEndpoint endpoint) {
  return endpoint == AuthZenEndpoint::kEvaluation ||
                 endpoint == AuthZenEndpoint::kEvaluations
             ? Protocol::kAuthZen
             : Protocol::kAuthZenSearch;
}

HttpResponse AuthZen::Answer(const Asker& asker, AuthZenEndpoint endpoint,
                             std::string_view body) const {
  return Call(point_, asker, endpoint).Answer(body);
}

HttpResponse AuthZen::Configuration(std::string_view base) {
  Json json;
  json["policy_decision_point"] = base;
  for (const EndpointRow& row : kEndpoints) {
    json[row.member] = std::string(base) + std::string(row.path);
  }
  return Ok(json);
}

}  // namespace writ
