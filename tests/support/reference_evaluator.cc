// SPDX-License-Identifier: Apache-2.0
//
// How a request is decided, in the order of docs/spec/semantics.md part 6:
//
//   each resource of the request on its own; the first that is not allowed
//   answers, else the last one's answer with all their statements
//     malformed request                      -> implicit deny
//     control policies, owner's chain, then the caller's:
//       the first level whose unit is no allow answers
//     session policy of a role session: no allow answers
//     sts:AssumeRole: A and T must both allow (federated, service: T alone)
//     otherwise: A = identity (account, then resource group), B = bucket policy
//       either denies -> explicit deny; either allows -> allow; else implicit
//
// A unit: any matching Deny, else any matching Allow, else nothing. A statement
// matches when principal, action, resource and condition do. A condition is
// true, false or unreadable; an unreadable one fires a Deny and stops an Allow.
#include "tests/support/reference_evaluator.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/limits.h"
#include "tests/support/reference_names.h"
#include "tests/support/reference_values.h"

namespace writ::reference {
namespace {

enum class Truth { kFalse, kTrue, kUnreadable };

// The outcome of one unit.
struct Unit {
  Verdict verdict = Verdict::kImplicitDeny;
  std::vector<StatementRef> statements;
  bool all_unreadable = false;    // EXPLICIT_DENY by R39 alone
  bool unreadable_allow = false;  // an Allow that R39 stopped
};

class Evaluation {
 public:
  Evaluation(const Request& request, std::span<const Attached> attached,
             Mutant mutant)
      : request_(request), attached_(attached), mutant_(mutant) {}

  Answer Run() {
    if (KeysAreWrong()) return Answer{.request_error = true};
    const auto caller = ReadCaller(request_.principal);
    if (!caller || !IsAction(request_.action) || request_.resources.empty()) {
      return Malformed(0);
    }
    caller_ = *caller;
    const bool session = caller_.kind == PrincipalKind::kRoleSession ||
                         caller_.kind == PrincipalKind::kServiceLinkedRole;
    if (!session && Any(AttachmentKind::kSession)) {
      return Answer{.request_error = true};
    }
    Answer all;
    std::vector<StatementRef> carried;
    for (uint32_t i = 0; i < request_.resources.size(); ++i) {
      resource_ = request_.resources[i];
      arn_ = ReadArn(resource_);
      if (!arn_ && resource_ != "*") return Malformed(i);
      all = DecideResource();
      all.resource = i;
      if (all.verdict != Verdict::kAllow) return all;
      carried.insert(carried.end(), all.statements.begin(),
                     all.statements.end());
    }
    all.statements = Sorted(std::move(carried));
    return all;
  }

 private:
  static Answer Malformed(uint32_t resource) {
    return Answer{.reason = Reason::kMalformedRequest, .resource = resource};
  }

  static std::vector<StatementRef> Sorted(std::vector<StatementRef> refs) {
    std::sort(refs.begin(), refs.end());
    refs.erase(std::unique(refs.begin(), refs.end()), refs.end());
    return refs;
  }

  // R10: the part before the first slash in any case.
  std::string KeyForm(std::string_view key) const {
    if (mutant_ == Mutant::kKeyCaseSensitive) return std::string(key);
    const size_t slash = std::min(key.find('/'), key.size());
    return Fold(key.substr(0, slash)) + std::string(key.substr(slash));
  }

  bool KeysAreWrong() const {
    if (request_.context.size() > kMaxContextKeys) return true;
    for (const ContextEntry& a : request_.context) {
      if (a.values.size() > kMaxContextValues) return true;
      for (const ContextEntry& b : request_.context) {
        if (&a != &b && KeyForm(a.key) == KeyForm(b.key)) return true;
      }
    }
    return false;
  }

  bool Any(AttachmentKind kind) const {
    return std::any_of(attached_.begin(), attached_.end(),
                       [&](const Attached& a) { return a.kind == kind; });
  }

  // ---- one resource: semantics.md part 6 --------------------------------

  Answer DecideResource() const {
    const std::string& caller = caller_.account;
    const bool owned = arn_ && !arn_->account.empty() && arn_->account != "*";
    const std::string owner = owned ? arn_->account : caller;

    if (ControlBinds()) {
      std::vector<std::string> accounts = {owner};
      if (caller != owner && mutant_ != Mutant::kControlBindsOwnerOnly) {
        accounts.push_back(caller);
      }
      for (const std::string& account : accounts) {
        if (auto answer = Control(account, owner)) return *answer;
      }
    }
    if (Any(AttachmentKind::kSession) && mutant_ != Mutant::kSessionIgnored) {
      const Unit unit = Decide(
          [](const Attached& a) { return a.kind == AttachmentKind::kSession; });
      if (unit.verdict != Verdict::kAllow) return Of(unit, Layer::kSession);
    }
    if (Fold(request_.action) == "sts:assumerole") return AssumeRole();
    return Access(owner == caller);
  }

  bool ControlBinds() const {
    return caller_.kind != PrincipalKind::kRoot &&
           caller_.kind != PrincipalKind::kFederated &&
           caller_.kind != PrincipalKind::kService &&
           caller_.kind != PrincipalKind::kServiceLinkedRole &&
           !request_.principal.in_management_account;
  }

  // Member, folders from the inside out, root: the first level that does not
  // allow answers; a level without a document is passed.
  std::optional<Answer> Control(std::string_view account,
                                std::string_view owner) const {
    const auto rank = [&](const Attached& a) -> uint64_t {
      if (mutant_ == Mutant::kControlLevelsMerged) return 0;
      if (a.level == ControlLevel::kMember) return 0;
      if (a.level == ControlLevel::kRoot) return UINT64_MAX;
      return uint64_t{UINT32_MAX} + 1 - a.depth;
    };
    const auto mine = [&](const Attached& a) {
      return a.kind == AttachmentKind::kControl &&
             (a.account.empty() ? owner : a.account) == account;
    };
    std::vector<uint64_t> ranks;
    for (const Attached& a : attached_) {
      if (mine(a)) ranks.push_back(rank(a));
    }
    std::sort(ranks.begin(), ranks.end());
    for (uint64_t level : ranks) {
      const Unit unit = Decide(
          [&](const Attached& a) { return mine(a) && rank(a) == level; });
      if (unit.verdict != Verdict::kAllow) return Of(unit, Layer::kControl);
    }
    return std::nullopt;
  }

  Answer AssumeRole() const {
    const Unit t = Decide(
        [](const Attached& a) { return a.kind == AttachmentKind::kTrust; });
    if (caller_.kind == PrincipalKind::kFederated ||
        caller_.kind == PrincipalKind::kService ||
        mutant_ == Mutant::kTrustIsEnough) {
      return Of(t, Layer::kTrust);
    }
    const bool root = caller_.kind == PrincipalKind::kRoot;
    const Unit a = root ? Unit{} : AccountUnit();
    if (a.verdict == Verdict::kExplicitDeny) return Of(a, Layer::kIdentity);
    if (t.verdict == Verdict::kExplicitDeny) return Of(t, Layer::kTrust);
    if (root) return Answer{};
    if (t.verdict != Verdict::kAllow) return Of(t, Layer::kTrust);
    if (a.verdict != Verdict::kAllow) return Of(a, Layer::kIdentity);
    return Both(a, t, Layer::kTrust);
  }

  Answer Access(bool same_account) const {
    Unit b;
    if (arn_ && arn_->service == "oss" &&
        !(caller_.kind == PrincipalKind::kRoot &&
          mutant_ == Mutant::kRootIgnoresBucketPolicy)) {
      b = Decide([](const Attached& a) {
        return a.kind == AttachmentKind::kResource;
      });
    }
    Unit a;
    Layer layer = Layer::kRoot;
    if (caller_.kind == PrincipalKind::kRoot) {
      if (same_account) a.verdict = Verdict::kAllow;
    } else {
      layer = Layer::kIdentity;
      a = AccountUnit();
      if (a.verdict == Verdict::kImplicitDeny ||
          mutant_ == Mutant::kGroupDenyAlwaysSeen) {
        Unit group = GroupUnit();
        if (a.verdict == Verdict::kImplicitDeny ||
            group.verdict == Verdict::kExplicitDeny) {
          group.unreadable_allow |= a.unreadable_allow;
          a = group;
          layer = Layer::kResourceGroup;
        }
      }
      if (!same_account && a.verdict != Verdict::kExplicitDeny &&
          mutant_ != Mutant::kForeignAllowCounts) {
        a = Unit{};
      }
    }
    if (a.verdict == Verdict::kExplicitDeny) return Of(a, layer);
    if (b.verdict == Verdict::kExplicitDeny) return Of(b, Layer::kResource);
    if (a.verdict == Verdict::kAllow) return Both(a, b, layer);
    if (b.verdict == Verdict::kAllow) return Of(b, Layer::kResource);
    a.unreadable_allow |= b.unreadable_allow;
    return Of(a, Layer::kDefault);
  }

  Unit AccountUnit() const {
    return Decide([](const Attached& a) {
      return a.kind == AttachmentKind::kIdentity && !a.resource_group_scope;
    });
  }

  Unit GroupUnit() const {
    if (resource_ == "*") return Unit{};
    return Decide([&](const Attached& a) {
      return a.kind == AttachmentKind::kIdentity && a.resource_group_scope &&
             (a.group.empty() || a.group == request_.resource_group);
    });
  }

  static Answer Of(const Unit& unit, Layer layer) {
    Answer answer{.verdict = unit.verdict,
                  .layer = layer,
                  .statements = Sorted(unit.statements)};
    if (unit.verdict == Verdict::kAllow) {
      answer.reason = Reason::kAllowed;
    } else if (unit.verdict == Verdict::kExplicitDeny) {
      answer.reason =
          unit.all_unreadable ? Reason::kUnreadableValue : Reason::kDenied;
    } else if (unit.unreadable_allow) {
      answer.reason = Reason::kUnreadableValue;
    }
    return answer;
  }

  // `a` allows; `b` may add its Allow statements.
  static Answer Both(Unit a, const Unit& b, Layer layer) {
    if (b.verdict == Verdict::kAllow) {
      a.statements.insert(a.statements.end(), b.statements.begin(),
                          b.statements.end());
    }
    return Of(a, layer);
  }

  // ---- one unit and one statement: parts 3 to 5 ---------------------------

  template <typename Predicate>
  Unit Decide(Predicate belongs) const {
    std::vector<StatementRef> denies, allows;
    Unit unit;
    bool plain_deny = false;
    for (uint32_t p = 0; p < attached_.size(); ++p) {
      if (!belongs(attached_[p])) continue;
      const auto& statements = attached_[p].policy->statements;
      for (uint32_t s = 0; s < statements.size(); ++s) {
        const ast::Statement& statement = statements[s];
        if (!PrincipalMatches(statement) || !ActionMatches(statement) ||
            !ResourceMatches(statement)) {
          continue;
        }
        const Truth truth = ConditionHolds(statement);
        const bool deny = statement.effect == ast::Effect::kDeny;
        if (truth == Truth::kTrue) {
          (deny ? denies : allows).push_back({p, s});
          plain_deny |= deny;
        } else if (truth == Truth::kUnreadable && deny) {
          denies.push_back({p, s});
        } else if (truth == Truth::kUnreadable) {
          unit.unreadable_allow = true;
        }
      }
    }
    if (mutant_ == Mutant::kAllowBeatsDeny && !allows.empty()) denies.clear();
    if (!denies.empty()) {
      unit.verdict = Verdict::kExplicitDeny;
      unit.all_unreadable = !plain_deny;
      unit.statements = denies;
    } else if (!allows.empty()) {
      unit.verdict = Verdict::kAllow;
      unit.statements = allows;
    }
    return unit;
  }

  bool PrincipalMatches(const ast::Statement& statement) const {
    if (!statement.principal) return true;
    if (statement.principal->form == ast::Principal::Form::kBare) {
      const auto& list = statement.principal->bare.items;
      if (list.empty()) return true;  // R18: [] is everyone
      return std::any_of(list.begin(), list.end(), [&](const ast::Value& v) {
        return BareEntryMatches(v.text);
      });
    }
    for (const auto& typed : statement.principal->typed) {
      for (const ast::Value& value : typed.values.items) {
        if (TypedEntryMatches(typed.type.text, value.text)) return true;
      }
    }
    return false;
  }

  bool BareEntryMatches(std::string_view entry) const {
    if (entry == "*") return true;
    const std::string_view id = request_.principal.id;
    switch (caller_.kind) {
      case PrincipalKind::kRoot:
        return entry == caller_.account;
      case PrincipalKind::kUser:
        return entry == caller_.account || (!id.empty() && entry == id) ||
               NamesInRam(entry);
      case PrincipalKind::kRoleSession:
      case PrincipalKind::kServiceLinkedRole:
        return entry == caller_.account ||
               (!id.empty() &&
                (entry == id || entry == id.substr(0, id.find(':')))) ||
               NamesInRam(entry);
      case PrincipalKind::kFederated:
      case PrincipalKind::kService:
      case PrincipalKind::kAnonymous:
        return false;
    }
    return false;
  }

  bool TypedEntryMatches(std::string_view type, std::string_view entry) const {
    const std::string_view name = request_.principal.name;
    if (type == "Service") {
      return caller_.kind == PrincipalKind::kService && entry == name &&
             (caller_.account.empty() || !arn_ ||
              arn_->account == caller_.account);
    }
    if (type == "Federated") {
      return caller_.kind == PrincipalKind::kFederated && entry == name;
    }
    return type == "RAM" && NamesInRam(entry);
  }

  // An ARN: the account's `:root` means its users and sessions, not its root.
  bool NamesInRam(std::string_view entry) const {
    const bool user = caller_.kind == PrincipalKind::kUser;
    const bool session = caller_.kind == PrincipalKind::kRoleSession ||
                         caller_.kind == PrincipalKind::kServiceLinkedRole;
    if (entry == "acs:ram::" + caller_.account + ":root") {
      return user || session;
    }
    return (user && entry == request_.principal.name) ||
           (session && NamesSession(entry));
  }

  // `…:role/<name>` or `…:role/<name>/<session>` of this session (R33); the
  // name in any case (R11).
  bool NamesSession(std::string_view entry) const {
    const std::string head = "acs:ram::" + caller_.account + ":role/";
    if (!entry.starts_with(head)) return false;
    entry.remove_prefix(head.size());
    const size_t slash = entry.find('/');
    return Fold(entry.substr(0, slash)) == caller_.role &&
           (slash == entry.npos || entry.substr(slash + 1) == caller_.session);
  }

  bool ActionMatches(const ast::Statement& statement) const {
    const size_t fold =
        mutant_ == Mutant::kActionCaseSensitive ? 0 : request_.action.size();
    const auto& list = statement.action->values.items;
    const bool listed =
        std::any_of(list.begin(), list.end(), [&](const ast::Value& v) {
          return Like(v.text, request_.action, fold);
        });
    return listed != statement.action->negated;
  }

  bool ResourceMatches(const ast::Statement& statement) const {
    if (!statement.resource) return true;  // trust
    const auto& list = statement.resource->values.items;
    const bool listed = std::any_of(
        list.begin(), list.end(),
        [&](const ast::Value& v) { return ResourcePatternMatches(v.text); });
    return listed != statement.resource->negated;
  }

  bool ResourcePatternMatches(std::string_view text) const {
    if (text == "*") return true;
    if (!arn_) return mutant_ == Mutant::kStarResourceMatchesAnyPattern;
    if (mutant_ == Mutant::kStarCrossesSegments) return Like(text, resource_);
    const auto pattern = ReadArn(text);
    size_t fold = 0;
    if (arn_->service == "ram" && arn_->rest.starts_with("role/") &&
        mutant_ != Mutant::kRoleNameCaseSensitive) {
      fold = std::min(arn_->rest.find('/', 5), arn_->rest.size());
    }
    return pattern && Like(pattern->service, arn_->service) &&
           Like(pattern->region, arn_->region) &&
           Like(pattern->account, arn_->account) &&
           Like(pattern->rest, arn_->rest, fold);
  }

  // All tests hold; a plain false wins over an unreadable one (R39).
  Truth ConditionHolds(const ast::Statement& statement) const {
    Truth result = Truth::kTrue;
    if (!statement.condition) return result;
    for (const auto& block : statement.condition->operators) {
      for (const auto& test : block.tests) {
        const Truth truth = TestHolds(InfoOf(*block.op), test);
        if (truth == Truth::kFalse) return Truth::kFalse;
        if (truth == Truth::kUnreadable) result = Truth::kUnreadable;
      }
    }
    return result;
  }

  Truth TestHolds(const OperatorInfo& op,
                  const ast::ConditionTest& test) const {
    std::span<const std::string_view> given;
    for (const ContextEntry& entry : request_.context) {
      if (KeyForm(entry.key) == KeyForm(test.key.text)) given = entry.values;
    }
    if (given.empty()) {  // R01
      return op.negated && mutant_ != Mutant::kAbsentFailsNegated
                 ? Truth::kTrue
                 : Truth::kFalse;
    }
    for (std::string_view value : given) {
      if (!Readable(op.family, value)) {
        return mutant_ == Mutant::kUnreadableIsFalse ? Truth::kFalse
                                                     : Truth::kUnreadable;
      }
    }
    size_t hits = 0;  // request values that some policy value covers (R02)
    for (std::string_view value : given) {
      hits += std::any_of(
          test.values.items.begin(), test.values.items.end(),
          [&](const ast::Value& v) { return Holds(op, value, v.text); });
    }
    if (op.negated && mutant_ == Mutant::kNegatedNeedsOneMiss) {
      return hits < given.size() ? Truth::kTrue : Truth::kFalse;
    }
    const bool positive = mutant_ == Mutant::kAllValuesMustMatch && !op.negated
                              ? hits == given.size()
                              : hits > 0;
    return positive != op.negated ? Truth::kTrue : Truth::kFalse;
  }

  static bool Readable(OperandFamily family, std::string_view value) {
    switch (family) {
      case OperandFamily::kString:
        return true;
      case OperandFamily::kNumeric:
        return ReadNumber(value).has_value();
      case OperandFamily::kDate:
        return ReadMoment(value).has_value();
      case OperandFamily::kBool:
        return ReadBool(value).has_value();
      case OperandFamily::kIp:
        return ReadAddress(value).has_value();
    }
    return false;
  }

  static bool Orders(Relation relation, std::strong_ordering order) {
    switch (relation) {
      case Relation::kEqual:
        return order == 0;
      case Relation::kLess:
        return order < 0;
      case Relation::kLessEqual:
        return order <= 0;
      case Relation::kGreater:
        return order > 0;
      case Relation::kGreaterEqual:
        return order >= 0;
      case Relation::kEqualNoCase:
      case Relation::kLike:
      case Relation::kWithin:
        return false;
    }
    return false;
  }

  // The positive form of `op`, both sides readable.
  bool Holds(const OperatorInfo& op, std::string_view given,
             std::string_view wanted) const {
    switch (op.family) {
      case OperandFamily::kString:
        if (op.relation == Relation::kLike) return Like(wanted, given);
        if (op.relation == Relation::kEqualNoCase) {
          return Fold(given) == Fold(wanted);
        }
        return given == wanted;
      case OperandFamily::kNumeric:
        if (mutant_ == Mutant::kNumberComparedAsText) {
          return Orders(op.relation, given <=> wanted);
        }
        return Orders(op.relation,
                      Compare(*ReadNumber(given), *ReadNumber(wanted)));
      case OperandFamily::kDate:
        if (mutant_ == Mutant::kDateComparedAsText) {
          return Orders(op.relation, given <=> wanted);
        }
        return Orders(op.relation, *ReadMoment(given) <=> *ReadMoment(wanted));
      case OperandFamily::kBool:
        return *ReadBool(given) == *ReadBool(wanted);
      case OperandFamily::kIp:
        if (mutant_ == Mutant::kMappedAddressIsIpv6 &&
            (given.find(':') == given.npos) !=
                (wanted.find(':') == wanted.npos)) {
          return false;
        }
        return ReadAddress(given)->starts_with(*ReadBlock(wanted));
    }
    return false;
  }

  const Request& request_;
  const std::span<const Attached> attached_;
  const Mutant mutant_;
  Caller caller_;
  std::string_view resource_;
  std::optional<Arn> arn_;
};

}  // namespace

Answer Evaluate(const Request& request, std::span<const Attached> attached,
                Mutant mutant) {
  return Evaluation(request, attached, mutant).Run();
}

}  // namespace writ::reference
