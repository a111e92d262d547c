// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_ASKER_H_
#define WRIT_SIDECAR_ASKER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "crypto/digest.h"

// Who may ask the sidecar what. An *asker* is a program that asks for
// decisions; the *principal* is whom it asks about.
namespace writ {

// What an asker may do; a row of rights.def each.
enum class Right : uint8_t {
#define RIGHT(Name, name, what) k##Name,
#include "sidecar/rights.def"
#undef RIGHT
};
std::string_view RightName(Right right);
std::optional<Right> RightNamed(std::string_view name);

// A set of rights; a value.
class Rights {
 public:
  constexpr Rights() = default;
  constexpr Rights(std::initializer_list<Right> rights) {
    for (Right right : rights) bits_ |= BitOf(right);
  }
  constexpr bool Has(Right right) const { return (bits_ & BitOf(right)) != 0; }
  constexpr void Add(Right right) { bits_ |= BitOf(right); }

 private:
  static constexpr uint32_t BitOf(Right right) {
    return uint32_t{1} << static_cast<uint32_t>(right);
  }
  uint32_t bits_ = 0;
};

// One asker as the configuration names it. It is known by any of its tokens or
// certificate names; one with neither is everybody who reaches the listener.
struct AskerRule {
  std::string name;
  std::vector<Sha256Digest> tokens;  // SHA-256 of bearer tokens
  // Names in the client's certificate: `URI:spiffe://…`, `DNS:…`, else the
  // subject's common name.
  std::vector<std::string> certificates;
  Rights rights;

  bool anybody() const { return tokens.empty() && certificates.empty(); }
};

// What decisions need to know of the listener that a question came through.
struct ListenerRules {
  std::string name;
  // Its askers may set every context key, say principal ids and account, and
  // bring session policies. Others may set only keys that begin with
  // `context_prefix`; with none, no key at all.
  bool trusted = false;
  std::string context_prefix;
  // Set acs:CurrentTime from the sidecar's clock in questions without it.
  bool add_current_time = false;
  std::vector<AskerRule> askers;
};

// An authenticated asker at a listener. Borrows both; they live as long as the
// server.
struct Asker {
  const ListenerRules* listener = nullptr;
  const AskerRule* rule = nullptr;

  bool May(Right right) const {
    return rule != nullptr && rule->rights.Has(right);
  }
};

// What a transport knows of the peer of one call.
struct Credentials {
  // The value of `authorization`, or empty. Only `Bearer TOKEN` counts.
  std::string_view authorization = {};
  // The names in the verified client certificate; of kinds as in AskerRule.
  std::span<const std::string_view> certificate_names = {};
};

// Finds who asks: by the token if one was sent, else by a name in the
// certificate, else the listener's rule for everybody. A token that nobody has
// is refused even where everybody may ask. Tokens are compared as digests in
// constant time.
//
// Errors  kUnauthenticated  nobody whom the listener knows; the message does
//                           not say which part was wrong
Result<Asker> Identify(const ListenerRules& listener,
                       const Credentials& credentials);

}  // namespace writ

#endif  // WRIT_SIDECAR_ASKER_H_
