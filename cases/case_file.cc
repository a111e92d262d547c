// SPDX-License-Identifier: Apache-2.0
#include "cases/case_file.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <utility>

#include "base/json_scanner.h"
#include "base/limits.h"

namespace writ {
namespace {

constexpr std::string_view kExpectations[] = {"ALLOW", "EXPLICIT_DENY",
                                              "IMPLICIT_DENY", "INVALID"};

constexpr std::pair<std::string_view, ast::PolicyKind> kKinds[] = {
    {"identity", ast::PolicyKind::kIdentity},
    {"resource", ast::PolicyKind::kResource},
    {"trust", ast::PolicyKind::kTrust},
    {"session", ast::PolicyKind::kSession},
    {"control", ast::PolicyKind::kControl},
};

constexpr std::pair<std::string_view, ControlLevel> kLevels[] = {
    {"member", ControlLevel::kMember},
    {"folder", ControlLevel::kFolder},
    {"root", ControlLevel::kRoot},
};

using Type = JsonScanner::Type;

// R10: the part before the first slash in lower case.
std::string FoldedKey(std::string_view key) {
  std::string folded(key);
  const size_t slash = std::min(key.find('/'), key.size());
  for (size_t i = 0; i < slash; ++i) {
    if (folded[i] >= 'A' && folded[i] <= 'Z') {
      folded[i] = static_cast<char>(folded[i] - 'A' + 'a');
    }
  }
  return folded;
}

std::string EscapePointer(std::string_view name) {
  std::string escaped;
  for (char c : name) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// Reads the parts of one line. The first complaint is kept; every function
// returns false once there is one.
class CaseReader {
 public:
  explicit CaseReader(std::string_view text) : scanner_(text) {}

  bool ReadLine(Case* result);
  bool ReadWholeRequest(CaseRequest* request) {
    return ReadRequest(request) && (scanner_.AtEnd() || Syntax());
  }
  bool is_json() const { return is_json_; }
  CaseError TakeError(std::string_view code) {
    return CaseError{std::string(code), std::move(message_), std::move(at_)};
  }

 private:
  // Reads the members of an object, refusing a name given twice, and calls
  // `read(name)` with the scanner before each value.
  template <typename Read>
  bool Members(const std::string& at, Read read) {
    if (scanner_.Peek() != Type::kObject) return Fail("is not an object", at);
    if (!scanner_.Open('{')) return Syntax();
    std::set<std::string> seen;
    std::string name;
    bool more = false;
    while (true) {
      if (!scanner_.NextMember(&more, &name)) return Syntax();
      if (!more) return true;
      if (!seen.insert(name).second) {
        return Fail("is given twice", at + "/" + EscapePointer(name));
      }
      if (!read(name)) return false;
    }
  }

  bool Fail(std::string_view what, std::string at) {
    if (message_.empty()) {
      message_ = at.empty() ? std::string("the line ") + std::string(what)
                            : "`" + at.substr(at.rfind('/') + 1) + "` " +
                                  std::string(what);
      at_ = std::move(at);
    }
    return false;
  }
  bool Syntax() {
    is_json_ = false;
    if (message_.empty()) message_ = "not JSON: " + scanner_.error();
    return false;
  }

  bool Text(const std::string& at, std::string* value) {
    if (scanner_.Peek() != Type::kString) return Fail("is not a string", at);
    return scanner_.ReadString(value) || Syntax();
  }
  bool Skip() { return scanner_.SkipValue() || Syntax(); }
  template <typename Value, size_t kSize>
  bool Word(const std::string& at,
            const std::pair<std::string_view, Value> (&words)[kSize],
            Value* value);

  bool ReadPolicies(std::vector<CasePolicy>* policies);
  bool ReadPolicy(const std::string& at, CasePolicy* policy);
  bool ReadRequest(CaseRequest* request);
  bool ReadRequestMember(const std::string& name, CaseRequest* request);
  bool ReadManagement(const std::string& at);
  bool ReadResources(const std::string& at, CaseRequest* request);
  bool ReadContext(const std::string& at, CaseRequest* request);
  bool ReadContextValue(const std::string& at, std::string* value);

  JsonScanner scanner_;
  std::string message_;
  std::string at_;
  bool is_json_ = true;
  bool has_principal_ = false;
  bool has_action_ = false;
  bool management_flag_ = false;
  std::string management_account_;
};

template <typename Value, size_t kSize>
bool CaseReader::Word(const std::string& at,
                      const std::pair<std::string_view, Value> (&words)[kSize],
                      Value* value) {
  std::string text;
  if (!Text(at, &text)) return false;
  std::string known;
  for (const auto& [word, meant] : words) {
    if (text == word) {
      *value = meant;
      return true;
    }
    known += (known.empty() ? "`" : ", `") + std::string(word) + "`";
  }
  return Fail("must be one of " + known, at);
}

bool CaseReader::ReadLine(Case* result) {
  bool has_id = false;
  bool has_policies = false;
  std::string_view request;
  const bool read = Members("", [&](const std::string& name) {
    if (name == "id") {
      has_id = true;
      return Text("/id", &result->id);
    }
    if (name == "policies") {
      has_policies = true;
      return ReadPolicies(&result->policies);
    }
    if (name == "request") return scanner_.TakeRaw(&request) || Syntax();
    if (name == "expect") {
      std::string text;
      if (!Text("/expect", &text)) return false;
      for (size_t i = 0; i < std::size(kExpectations); ++i) {
        if (text == kExpectations[i]) {
          result->expect = static_cast<CaseExpectation>(i);
          return true;
        }
      }
      return Fail("is no known expectation", "/expect");
    }
    return Skip();
  });
  if (!read) return false;
  if (!scanner_.AtEnd()) return Syntax();
  if (!has_id) return Fail("is missing", "/id");
  if (!has_policies) return Fail("is missing", "/policies");
  if (request.empty()) return Fail("is missing", "/request");
  CaseReader reader(request);
  if (reader.ReadWholeRequest(&result->request)) return true;
  if (!reader.is_json()) {
    // What is not JSON inside the request makes the line no JSON either.
    message_ = std::move(reader.message_);
    at_ = "/request";
    return false;
  }
  result->request_error = reader.TakeError("request");
  return true;
}

bool CaseReader::ReadPolicies(std::vector<CasePolicy>* policies) {
  if (scanner_.Peek() != Type::kArray) {
    return Fail("is not a list", "/policies");
  }
  if (!scanner_.Open('[')) return Syntax();
  bool more = false;
  while (true) {
    if (!scanner_.NextElement(&more)) return Syntax();
    if (!more) return true;
    const std::string at = "/policies/" + std::to_string(policies->size());
    policies->emplace_back();
    if (!ReadPolicy(at, &policies->back())) return false;
  }
}

bool CaseReader::ReadPolicy(const std::string& at, CasePolicy* policy) {
  bool has_kind = false;
  const bool read = Members(at, [&](const std::string& name) {
    const std::string here = at + "/" + EscapePointer(name);
    if (name == "kind") {
      has_kind = true;
      std::string text;
      if (!Text(here, &text)) return false;
      for (const auto& [word, kind] : kKinds) {
        if (text != word) continue;
        policy->kind = kind;
        return true;
      }
      if (text != "boundary") return Fail("is no known kind", here);
      policy->refused_kind = text;
      return true;
    }
    if (name == "scope") {
      constexpr std::pair<std::string_view, bool> kScopes[] = {
          {"account", false}, {"resource-group", true}};
      return Word(here, kScopes, &policy->resource_group_scope);
    }
    if (name == "group") return Text(here, &policy->group);
    if (name == "level") return Word(here, kLevels, &policy->level);
    if (name == "depth") {
      std::string_view text;
      if (scanner_.Peek() != Type::kNumber) {
        return Fail("is not a number", here);
      }
      if (!scanner_.ReadNumber(&text)) return Syntax();
      const bool small =
          text.size() <= 6 && text.find_first_not_of("0123456789") == text.npos;
      if (!small) return Fail("is not a whole number to 999999", here);
      policy->depth = static_cast<uint32_t>(std::stoul(std::string(text)));
      return true;
    }
    if (name == "account") return Text(here, &policy->account);
    if (name == "document") {
      return scanner_.TakeRaw(&policy->document) || Syntax();
    }
    return Skip();
  });
  if (!read) return false;
  if (!has_kind) return Fail("is missing", at + "/kind");
  if (policy->document.empty()) return Fail("is missing", at + "/document");
  return true;
}

bool CaseReader::ReadRequest(CaseRequest* request) {
  const bool read = Members("/request", [&](const std::string& name) {
    return ReadRequestMember(name, request);
  });
  if (!read) return false;
  if (!has_principal_) return Fail("is missing", "/request/principal");
  if (!has_action_) return Fail("is missing", "/request/action");
  if (request->resources.empty()) {
    return Fail("is missing or empty", "/request/resource");
  }
  request->in_management_account = management_flag_;
  if (!management_account_.empty()) {
    // `acs:ram::<account>:…`, or the account that a service acts for.
    std::string_view account = request->account;
    constexpr std::string_view kHead = "acs:ram::";
    const std::string_view name = request->principal;
    if (name.starts_with(kHead)) {
      account = name.substr(kHead.size());
      account = account.substr(0, account.find(':'));
    }
    request->in_management_account = account == management_account_;
  }
  return true;
}

bool CaseReader::ReadRequestMember(const std::string& name,
                                   CaseRequest* request) {
  const std::string at = "/request/" + EscapePointer(name);
  if (name == "principal") {
    has_principal_ = true;
    return Text(at, &request->principal);
  }
  if (name == "principalId") return Text(at, &request->principal_id);
  if (name == "principalType") {
    using Declared = RequestPrincipal::Declared;
    constexpr std::pair<std::string_view, Declared> kTypes[] = {
        {"Service", Declared::kService},
        {"ServiceLinkedRole", Declared::kServiceLinkedRole}};
    return Word(at, kTypes, &request->declared);
  }
  if (name == "account") return Text(at, &request->account);
  if (name == "managementAccount") return ReadManagement(at);
  if (name == "resourceGroup") return Text(at, &request->resource_group);
  if (name == "action") {
    has_action_ = true;
    return Text(at, &request->action);
  }
  if (name == "resource") return ReadResources(at, request);
  if (name == "context") return ReadContext(at, request);
  return Skip();
}

// true: the caller's account is the management account; or that account's id.
bool CaseReader::ReadManagement(const std::string& at) {
  if (scanner_.Peek() == Type::kBool) {
    return scanner_.ReadBool(&management_flag_) || Syntax();
  }
  if (scanner_.Peek() != Type::kString) {
    return Fail("is neither true, false nor an account id", at);
  }
  return Text(at, &management_account_);
}

bool CaseReader::ReadResources(const std::string& at, CaseRequest* request) {
  if (scanner_.Peek() == Type::kString) {
    return Text(at, &request->resources.emplace_back());
  }
  if (scanner_.Peek() != Type::kArray) {
    return Fail("is neither a string nor a list of strings", at);
  }
  if (!scanner_.Open('[')) return Syntax();
  bool more = false;
  while (true) {
    if (!scanner_.NextElement(&more)) return Syntax();
    if (!more) return true;
    const std::string here =
        at + "/" + std::to_string(request->resources.size());
    if (request->resources.size() == kMaxRequestResources) {
      return Fail("holds more than " + std::to_string(kMaxRequestResources) +
                      " resources",
                  at);
    }
    if (!Text(here, &request->resources.emplace_back())) return false;
  }
}

bool CaseReader::ReadContext(const std::string& at, CaseRequest* request) {
  std::set<std::string> folded;
  return Members(at, [&](const std::string& key) {
    const std::string here = at + "/" + EscapePointer(key);
    if (!folded.insert(FoldedKey(key)).second) {
      return Fail("is another spelling of a key given before (R10)", here);
    }
    CaseContextEntry& entry = request->context.emplace_back();
    entry.key = key;
    if (scanner_.Peek() != Type::kArray) {
      return ReadContextValue(here, &entry.values.emplace_back());
    }
    if (!scanner_.Open('[')) return Syntax();
    bool more = false;
    while (true) {
      if (!scanner_.NextElement(&more)) return Syntax();
      if (!more) return true;
      if (entry.values.size() == kMaxContextValues) {
        return Fail(
            "holds more than " + std::to_string(kMaxContextValues) + " values",
            here);
      }
      const std::string item = here + "/" + std::to_string(entry.values.size());
      if (!ReadContextValue(item, &entry.values.emplace_back())) return false;
    }
  });
}

bool CaseReader::ReadContextValue(const std::string& at, std::string* value) {
  std::string_view number;
  bool flag = false;
  switch (scanner_.Peek()) {
    case Type::kString:
      return scanner_.ReadString(value) || Syntax();
    case Type::kNumber:
      if (!scanner_.ReadNumber(&number)) return Syntax();
      *value = number;
      return true;
    case Type::kBool:
      if (!scanner_.ReadBool(&flag)) return Syntax();
      *value = flag ? "true" : "false";
      return true;
    case Type::kNull:
      return Fail("is null; leave the key out instead", at);
    case Type::kObject:
    case Type::kArray:
      return Fail("is not a string, number or boolean", at);
    case Type::kNone:
      break;
  }
  return Fail("is not a value", at);
}

}  // namespace

std::string_view CaseExpectationName(CaseExpectation expectation) {
  return kExpectations[static_cast<size_t>(expectation)];
}

RequestView::RequestView(const CaseRequest& request) {
  resources_.assign(request.resources.begin(), request.resources.end());
  values_.reserve(request.context.size());
  for (const CaseContextEntry& entry : request.context) {
    values_.emplace_back(entry.values.begin(), entry.values.end());
    context_.push_back({entry.key, values_.back()});
  }
  request_.principal = {.name = request.principal,
                        .id = request.principal_id,
                        .declared = request.declared,
                        .account = request.account,
                        .in_management_account = request.in_management_account};
  request_.action = request.action;
  request_.resources = resources_;
  request_.resource_group = request.resource_group;
  request_.context = context_;
}

std::optional<CaseError> ReadCase(std::string_view line, Case* result) {
  *result = Case();
  CaseReader reader(line);
  if (reader.ReadLine(result)) return std::nullopt;
  return reader.TakeError("case");
}

std::optional<CaseError> ReadCaseRequest(std::string_view json,
                                         CaseRequest* result) {
  *result = CaseRequest();
  CaseReader reader(json);
  if (reader.ReadWholeRequest(result)) return std::nullopt;
  return reader.TakeError("request");
}

std::string JsonQuote(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
      ++i;
    } else if (byte < 0x20 || byte == 0x7F) {
      quoted += "\\u00";
      quoted += kHex[byte >> 4];
      quoted += kHex[byte & 15];
      ++i;
    } else if (const size_t size = Utf8SequenceSize(text.substr(i, 4))) {
      quoted += text.substr(i, size);
      i += size;
    } else {
      quoted += "\xEF\xBF\xBD";
      ++i;
    }
  }
  quoted += '"';
  return quoted;
}

Result<std::optional<std::string_view>> LineReader::Next() {
  size_t searched = begin_;
  while (true) {
    const size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos || at_end_) {
      if (end == std::string::npos && begin_ == buffer_.size()) {
        return std::optional<std::string_view>();
      }
      std::string_view line =
          std::string_view(buffer_).substr(begin_, end - begin_);
      begin_ = end == std::string::npos ? buffer_.size() : end + 1;
      ++line_number_;
      if (line.ends_with('\r')) line.remove_suffix(1);
      return std::optional<std::string_view>(line);
    }
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched = buffer_.size();
    if (buffer_.size() > kMaxCaseLineBytes) {
      return ResourceExhausted("line " + std::to_string(line_number_ + 1) +
                               " is longer than " +
                               std::to_string(kMaxCaseLineBytes) + " bytes");
    }
    std::array<char, 65536> chunk;
    ssize_t count = 0;
    do {
      count = read(fd_, chunk.data(), chunk.size());
    } while (count < 0 && errno == EINTR);
    if (count < 0) return ErrnoStatus("read", errno);
    at_end_ = count == 0;
    buffer_.append(chunk.data(), static_cast<size_t>(count));
  }
}

}  // namespace writ
