// SPDX-License-Identifier: Apache-2.0
#include "sidecar/decision_record_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <span>

#include "base/limits.h"
#include "crypto/base64.h"
#include "crypto/hex.h"

namespace writ {
namespace {

constexpr std::string_view kStatementKinds[] = {"identity", "resource", "trust",
                                                "session", "control"};

template <typename Enum>
struct NamedValue {
  Enum value;
  std::string_view name;
};

constexpr NamedValue<Reason> kReasons[] = {
#define LAYER(...)
#define REASON(number, Name, text) {Reason::k##Name, text},
#include "authz/reasons.def"
#undef REASON
#undef LAYER
};
constexpr NamedValue<Layer> kLayers[] = {
#define REASON(...)
#define LAYER(number, Name, text, policy_type) {Layer::k##Name, text},
#include "authz/reasons.def"
#undef LAYER
#undef REASON
};

template <typename Enum, size_t kCount>
bool FindNamed(const NamedValue<Enum> (&table)[kCount], std::string_view name,
               Enum* value) {
  for (const NamedValue<Enum>& row : table) {
    if (row.name != name) continue;
    *value = row.value;
    return true;
  }
  return false;
}

bool FindVerdict(std::string_view name, Verdict* verdict) {
  for (const Verdict one :
       {Verdict::kImplicitDeny, Verdict::kExplicitDeny, Verdict::kAllow}) {
    if (VerdictName(one) != name) continue;
    *verdict = one;
    return true;
  }
  return false;
}

}  // namespace

class DecisionRecordReader::Members {
 public:
  // names  of the members that the object may have; borrowed
  Members(DecisionRecordReader* reader, std::span<const std::string_view> names)
      : reader_(*reader), names_(names) {
    ok_ = reader_.scanner_.Open('{');
  }

  // The next member's place in `names`, or -1.
  int Next() {
    bool more = false;
    if (!ok_ || !reader_.scanner_.NextMember(&more, &reader_.token_)) {
      ok_ = false;
      return -1;
    }
    if (!more) return -1;
    for (size_t at = 0; at < names_.size(); ++at) {
      if (names_[at] != reader_.token_) continue;
      if ((seen_ >> at & 1) != 0) return Refuse("stands twice");
      seen_ |= 1u << at;
      return static_cast<int>(at);
    }
    return Refuse("is unknown");
  }
  bool Seen(int at) const { return (seen_ >> at & 1) != 0; }
  // All went well, and the members of these places were there.
  bool Finish(std::initializer_list<int> needed) {
    if (!ok_) return false;
    for (const int at : needed) {
      if (!Seen(at)) {
        return reader_.Fail("`" + std::string(names_[static_cast<size_t>(at)]) +
                            "` is missing");
      }
    }
    return true;
  }

 private:
  int Refuse(std::string_view why) {
    ok_ = false;
    reader_.Fail("member `" + reader_.token_.substr(0, 64) + "` " +
                 std::string(why));
    return -1;
  }

  DecisionRecordReader& reader_;
  const std::span<const std::string_view> names_;
  uint32_t seen_ = 0;
  bool ok_ = false;
};

bool DecisionRecordReader::Fail(std::string_view what) {
  if (error_.empty()) {
    error_ = std::string(what) + " before byte " +
             std::to_string(scanner_.position() + 1);
  }
  return false;
}

std::string_view DecisionRecordReader::Keep(std::string_view text) {
  const size_t at = text_.size();
  text_.append(text);
  return std::string_view(text_).substr(at, text.size());
}

bool DecisionRecordReader::ReadText(std::string_view* text) {
  if (scanner_.Peek() != JsonScanner::Type::kObject) return ReadName(text);
  static constexpr std::string_view kNames[] = {"base64"};
  Members members(this, kNames);
  std::string bytes;
  while (members.Next() == 0) {
    if (!scanner_.ReadString(&token_)) return false;
    Result<std::string> decoded = Base64Decode(token_);
    if (!decoded.ok()) return Fail("not base64");
    bytes = std::move(decoded).value();
  }
  if (!members.Finish({0})) return false;
  *text = Keep(bytes);
  return true;
}

bool DecisionRecordReader::ReadName(std::string_view* text) {
  if (!scanner_.ReadString(&token_)) return false;
  *text = Keep(token_);
  return true;
}

bool DecisionRecordReader::ReadCount(uint64_t most, uint64_t* count) {
  std::string_view digits;
  if (!scanner_.ReadNumber(&digits)) return false;
  const auto end =
      std::from_chars(digits.data(), digits.data() + digits.size(), *count);
  if (end.ec != std::errc() || end.ptr != digits.data() + digits.size() ||
      *count > most) {
    return Fail("not a whole number in its range");
  }
  return true;
}

bool DecisionRecordReader::ReadDigest(Sha256Digest* digest) {
  if (!scanner_.ReadString(&token_)) return false;
  if (!IsLowerHex(token_, 2 * kSha256Bytes)) {
    return Fail("not 64 hexadecimal digits in lower case");
  }
  const auto nibble = [](char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  for (size_t i = 0; i < kSha256Bytes; ++i) {
    (*digest)[i] = static_cast<std::byte>(nibble(token_[2 * i]) << 4 |
                                          nibble(token_[2 * i + 1]));
  }
  return true;
}

bool DecisionRecordReader::ReadTexts(std::vector<std::string_view>* texts) {
  if (!scanner_.Open('[')) return false;
  bool more = false;
  while (scanner_.NextElement(&more)) {
    if (!more) return true;
    std::string_view text;
    if (!ReadText(&text)) return false;
    texts->push_back(text);
  }
  return false;
}

bool DecisionRecordReader::ReadBundle() {
  static constexpr std::string_view kNames[] = {"digest", "revision"};
  Members members(this, kNames);
  for (int at = members.Next(); at >= 0; at = members.Next()) {
    if (at == 0 ? !ReadDigest(&decision_.bundle_digest)
                : !ReadCount(UINT64_MAX, &decision_.revision)) {
      return false;
    }
  }
  return members.Finish({0, 1});
}

bool DecisionRecordReader::ReadPrincipal() {
  using Declared = RequestPrincipal::Declared;
  RequestPrincipal& principal = decision_.request.principal;
  static constexpr std::string_view kNames[] = {"name", "id", "type", "account",
                                                "inManagementAccount"};
  Members members(this, kNames);
  for (int at = members.Next(); at >= 0; at = members.Next()) {
    bool ok = true;
    if (at == 0) ok = ReadText(&principal.name);
    if (at == 1) ok = ReadText(&principal.id);
    if (at == 2) {
      ok = scanner_.ReadString(&token_);
      if (ok && token_ == "service") {
        principal.declared = Declared::kService;
      } else if (ok && token_ == "service-linked-role") {
        principal.declared = Declared::kServiceLinkedRole;
      } else if (ok) {
        ok = Fail("no such type of a principal");
      }
    }
    if (at == 3) ok = ReadText(&principal.account);
    if (at == 4) ok = scanner_.ReadBool(&principal.in_management_account);
    if (!ok) return false;
  }
  return members.Finish({0});
}

bool DecisionRecordReader::ReadContextEntry() {
  static constexpr std::string_view kNames[] = {"key", "values"};
  Members members(this, kNames);
  std::string_view key;
  const size_t first = values_.size();
  for (int at = members.Next(); at >= 0; at = members.Next()) {
    if (at == 0 ? !ReadText(&key) : !ReadTexts(&values_)) return false;
  }
  context_.push_back({key, {}});
  value_runs_.emplace_back(first, values_.size() - first);
  return members.Finish({0, 1});
}

bool DecisionRecordReader::ReadContext() {
  if (!scanner_.Open('[')) return false;
  bool more = false;
  while (scanner_.NextElement(&more)) {
    if (!more) return true;
    if (!ReadContextEntry()) return false;
  }
  return false;
}

bool DecisionRecordReader::ReadSession() {
  if (scanner_.Peek() != JsonScanner::Type::kString) {
    return Fail("expected a digest");
  }
  // A digest, or the mask: tried in this order, the scanner goes on from here.
  JsonScanner before = scanner_;
  if (!scanner_.ReadString(&token_)) return false;
  if (token_ == kMaskedText) {
    decision_.session = RecordedSession::kMasked;
    return true;
  }
  scanner_ = before;
  decision_.session = RecordedSession::kDigest;
  return ReadDigest(&decision_.session_digest);
}

bool DecisionRecordReader::ReadRequest() {
  static constexpr std::string_view kNames[] = {"principal", "action",
                                                "resources", "resourceGroup",
                                                "context",   "sessionPolicy"};
  Members members(this, kNames);
  Request& request = decision_.request;
  for (int at = members.Next(); at >= 0; at = members.Next()) {
    bool ok = true;
    if (at == 0) ok = ReadPrincipal();
    if (at == 1) ok = ReadText(&request.action);
    if (at == 2) ok = ReadTexts(&resources_);
    if (at == 3) ok = ReadText(&request.resource_group);
    if (at == 4) ok = ReadContext();
    if (at == 5) ok = ReadSession();
    if (!ok) return false;
  }
  return members.Finish({0, 1, 2});
}

bool DecisionRecordReader::ReadLookup() {
  LookupTally tally;
  static constexpr std::string_view kNames[] = {"asked", "allowed"};
  Members members(this, kNames);
  for (int at = members.Next(); at >= 0; at = members.Next()) {
    if (!ReadCount(UINT64_MAX, at == 0 ? &tally.asked : &tally.allowed)) {
      return false;
    }
  }
  decision_.lookup = tally;
  return members.Finish({0, 1});
}

bool DecisionRecordReader::ReadStatement() {
  RecordedStatement statement;
  uint64_t index = 0;
  static constexpr std::string_view kNames[] = {"kind", "account", "policy",
                                                "index", "sid"};
  Members members(this, kNames);
  for (int at = members.Next(); at >= 0; at = members.Next()) {
    bool ok = true;
    if (at == 0) {
      ok = scanner_.ReadString(&token_);
      for (const std::string_view kind : kStatementKinds) {
        if (kind == token_) statement.kind = kind;
      }
      if (ok && statement.kind.empty()) ok = Fail("no such kind of a policy");
    }
    if (at == 1) ok = ReadText(&statement.account);
    if (at == 2) ok = ReadText(&statement.policy);
    if (at == 3) ok = ReadCount(UINT32_MAX, &index);
    if (at == 4) ok = ReadText(&statement.sid);
    if (!ok) return false;
  }
  statement.index = static_cast<uint32_t>(index);
  statements_.push_back(statement);
  return members.Finish({0, 3});
}

bool DecisionRecordReader::ReadDecision() {
  static constexpr std::string_view kNames[] = {
      "verdict", "layer", "reason", "resource", "statements", "statementCount"};
  Members members(this, kNames);
  uint64_t resource = 0;
  uint64_t count = 0;
  for (int at = members.Next(); at >= 0; at = members.Next()) {
    if (at <= 2) {
      if (!scanner_.ReadString(&token_)) return false;
      const bool known = at == 0 ? FindVerdict(token_, &decision_.verdict)
                         : at == 1
                             ? FindNamed(kLayers, token_, &decision_.layer)
                             : FindNamed(kReasons, token_, &decision_.reason);
      if (!known) return Fail("no such verdict, layer or reason");
    } else if (at == 4) {
      if (!scanner_.Open('[')) return false;
      bool more = true;
      while (more) {
        if (!scanner_.NextElement(&more)) return false;
        if (more && !ReadStatement()) return false;
      }
    } else if (!ReadCount(UINT32_MAX, at == 3 ? &resource : &count)) {
      return false;
    }
  }
  decision_.resource = static_cast<uint32_t>(resource);
  decision_.statement_count = static_cast<uint32_t>(
      members.Seen(5) ? count : uint64_t{statements_.size()});
  return members.Finish({0, 1, 2, 3, 4});
}

bool DecisionRecordReader::ReadSessionPolicy() {
  static constexpr std::string_view kNames[] = {"digest", "program"};
  Members members(this, kNames);
  for (int at = members.Next(); at >= 0; at = members.Next()) {
    if (at == 0) {
      if (!ReadDigest(&policy_digest_)) return false;
      continue;
    }
    if (!scanner_.ReadString(&token_)) return false;
    Result<std::string> program = Base64Decode(token_);
    if (!program.ok()) return Fail("not base64");
    policy_program_ = std::move(program).value();
  }
  return members.Finish({0, 1});
}

namespace {

// The members of a line, in the order of TopMember.
enum TopMember : uint32_t {
  kVersion,
  kId,
  kTime,
  kProtocol,
  kListener,
  kAsker,
  kBundle,
  kRequestDigest,
  kRequest,
  kLookup,
  kDecision,
  kMasked,
  kCut,
  kSessionPolicy,
  kTopMembers
};
constexpr std::array<std::string_view, kTopMembers> kTopNames = {
    "v",        "id",     "time",          "protocol",     "listener",
    "asker",    "bundle", "requestDigest", "request",      "lookup",
    "decision", "masked", "cut",           "sessionPolicy"};

constexpr uint32_t Bit(TopMember member) { return 1u << member; }

}  // namespace

bool DecisionRecordReader::ReadTopMember(std::string_view name, bool* known) {
  *known = true;
  if (name == kTopNames[kVersion]) return ReadCount(UINT32_MAX, &version_);
  if (name == kTopNames[kId]) return ReadText(&decision_.id);
  if (name == kTopNames[kTime]) return ReadName(&decision_.time);
  if (name == kTopNames[kProtocol]) return ReadName(&decision_.protocol);
  if (name == kTopNames[kListener]) return ReadText(&decision_.listener);
  if (name == kTopNames[kAsker]) return ReadText(&decision_.asker);
  if (name == kTopNames[kBundle]) return ReadBundle();
  if (name == kTopNames[kRequestDigest]) {
    return ReadDigest(&decision_.request_digest);
  }
  if (name == kTopNames[kRequest]) return ReadRequest();
  if (name == kTopNames[kLookup]) return ReadLookup();
  if (name == kTopNames[kDecision]) return ReadDecision();
  if (name == kTopNames[kMasked]) return ReadTexts(&masked_);
  if (name == kTopNames[kCut]) return scanner_.ReadBool(&decision_.cut);
  if (name == kTopNames[kSessionPolicy]) return ReadSessionPolicy();
  *known = false;
  return scanner_.SkipValue();
}

Status DecisionRecordReader::Check(uint32_t seen, Line* kind) {
  if ((seen & Bit(kVersion)) == 0) return InvalidArgument("`v` is missing");
  if (version_ != kDecisionRecordVersion) {
    return Unimplemented("format " + std::to_string(version_) +
                         " of the decision log; this build reads " +
                         std::to_string(kDecisionRecordVersion));
  }
  if ((seen & Bit(kSessionPolicy)) != 0) {
    if (seen != (Bit(kVersion) | Bit(kSessionPolicy))) {
      return InvalidArgument(
          "a session policy and a decision stand in one line");
    }
    if (Sha256(policy_program_) != policy_digest_) {
      return DataLoss("the session policy is not what its digest is of");
    }
    *kind = Line::kSessionPolicy;
    return OkStatus();
  }
  for (const TopMember member : {kId, kTime, kProtocol, kListener, kAsker,
                                 kBundle, kRequestDigest, kRequest}) {
    if ((seen & Bit(member)) == 0) {
      return InvalidArgument("`" + std::string(kTopNames[member]) +
                             "` is missing");
    }
  }
  if (((seen & Bit(kLookup)) == 0) == ((seen & Bit(kDecision)) == 0)) {
    return InvalidArgument("a record has either `decision` or `lookup`");
  }
  *kind = Line::kDecision;
  for (size_t i = 0; i < context_.size(); ++i) {
    context_[i].values =
        std::span(values_).subspan(value_runs_[i].first, value_runs_[i].second);
  }
  decision_.request.resources = resources_;
  decision_.request.context = context_;
  decision_.statements = statements_;
  decision_.masked = masked_;
  if (!decision_.cut && decision_.request_digest !=
                            RequestDigest(decision_.request, decision_.session,
                                          decision_.session_digest)) {
    return DataLoss("the request is not what `requestDigest` is of");
  }
  return OkStatus();
}

Status DecisionRecordReader::ReadAll(Line* kind) {
  uint32_t seen = 0;
  bool more = false;
  std::string name;
  const auto bad = [&] {
    return InvalidArgument(error_.empty() ? scanner_.error() : error_);
  };
  if (!scanner_.Open('{')) return bad();
  while (true) {
    if (!scanner_.NextMember(&more, &name)) return bad();
    if (!more) break;
    const auto at = static_cast<uint32_t>(std::ranges::find(kTopNames, name) -
                                          kTopNames.begin());
    if (at < kTopMembers) {
      if ((seen >> at & 1) != 0) {
        return InvalidArgument("`" + name + "` stands twice");
      }
      seen |= 1u << at;
    }
    bool known = false;
    if (!ReadTopMember(name, &known)) return bad();
  }
  if (!scanner_.AtEnd()) return bad();
  return Check(seen, kind);
}

Result<DecisionRecordReader::Line> DecisionRecordReader::Read(
    std::string_view line) {
  if (line.size() > kMaxLogRecordBytes) {
    return ResourceExhausted("a line of more than " +
                             std::to_string(kMaxLogRecordBytes) + " bytes");
  }
  scanner_ = JsonScanner(line);
  error_.clear();
  text_.clear();
  // No text is longer than what stands for it in the line.
  text_.reserve(line.size());
  version_ = 0;
  decision_ = {};
  resources_.clear();
  values_.clear();
  value_runs_.clear();
  context_.clear();
  statements_.clear();
  masked_.clear();
  Line kind = Line::kDecision;
  WRIT_RETURN_IF_ERROR(ReadAll(&kind));
  return kind;
}

}  // namespace writ
