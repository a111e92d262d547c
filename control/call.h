// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CONTROL_CALL_H_
#define WRIT_CONTROL_CALL_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/access_key.h"
#include "auth/request_head.h"
#include "base/status.h"
#include "control/api.h"
#include "control/audit.h"
#include "control/directory.h"
#include "control/gate.h"
#include "control/operations.h"
#include "control/parameters.h"
#include "store/metadata.h"

// What a handler is given and what it gives back: inside control/ only.
namespace writ {

// A handler's answer. A refusal has a code; the body is then made of it.
struct Reply {
  int status = 200;
  std::string body;
  std::vector<HeaderField> headers;
  std::string code;     // empty: not a refusal
  std::string message;  // of a refusal
  bool denied = false;  // refused by the gate: answered from the admission
};

// A JSON answer. `json` is its text.
Reply JsonReply(std::string json);
Reply EmptyReply(int status);
Reply Refuse(int status, std::string_view code, std::string_view message);
// 503: the store failed. What failed is logged, not told.
Reply StoreFailed(const Status& status);

// One call that was admitted.
struct Call {
  const ControlParts& parts;
  const RequestHead& head;
  const Operation& operation;
  std::string request_id;
  AuthenticatedCaller caller;
  RequestOrigin origin;
  Parameters parameters;
  std::string body;
  // What the gate said; a handler that changes something takes its permit.
  Admission admission;

  // The value of a parameter, or nothing when it is absent or empty.
  std::string_view Text(std::string_view name) const {
    return parameters.Get(name);
  }
  const IdentityTable& Identity(const DirectoryState& state) const {
    return *state.accounts.at(caller.account).identity;
  }

  // Asks the gate once more when the state has moved on since the call was
  // admitted (P14). To be called under the Change that will commit. A reply
  // when it is denied now.
  std::optional<Reply> Confirm(const DirectoryState& current);
};

// Commits under the call's permit and answers with nothing but the request id.
Reply CommitAndAcknowledge(Call* call, Directory::Change* change,
                           const Mutation& mutation);

// Copies what the gate said of a call into its audit record.
void RecordDecision(const Call& call, AuditEntry* audit);

// One function per row of operations.def.
#define SYSTEM_PURPOSE(...)
#define OPERATION(Name, ...) Reply Handle##Name(Call* call);
#include "control/operations.def"
#undef OPERATION
#undef SYSTEM_PURPOSE

// Refusals that several topics share.
Reply NoSuchUser(std::string_view name);
Reply NoSuchPolicy(std::string_view name);
Reply NoSuchFunction(std::string_view name);

// The DefaultVersion of every policy: policies have one version.
inline constexpr std::string_view kPolicyVersion = "v1";

// A refusal unless PolicyType is Custom. There are no system policies yet, so
// none of them is found.
std::optional<Reply> CheckPolicyType(const Call& call, bool required);

// A page of names in byte order, for Marker and MaxItems of RAM's lists.
struct MarkerPage {
  std::vector<std::string> names;
  bool truncated = false;
  std::string marker;  // of the next page
};
// Errors   kInvalidArgument  the message is the name of the bad parameter
template <typename Map>
Result<MarkerPage> PageOf(const Map& map, const Call& call);

// Marker and MaxItems of a call: where to go on and how many, 1 to 1000.
struct MarkerQuery {
  std::string after;
  size_t limit = 100;
};
Result<MarkerQuery> ReadMarkerQuery(const Call& call);

template <typename Map>
Result<MarkerPage> PageOf(const Map& map, const Call& call) {
  WRIT_ASSIGN_OR_RETURN(const MarkerQuery query, ReadMarkerQuery(call));
  MarkerPage page;
  for (auto it = map.upper_bound(query.after); it != map.end(); ++it) {
    if (page.names.size() == query.limit) {
      page.truncated = true;
      page.marker = page.names.back();
      break;
    }
    page.names.push_back(it->first);
  }
  return page;
}

}  // namespace writ

#endif  // WRIT_CONTROL_CALL_H_
