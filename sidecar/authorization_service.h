// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_AUTHORIZATION_SERVICE_H_
#define WRIT_SIDECAR_AUTHORIZATION_SERVICE_H_

#include <string_view>
#include <vector>

#include "base/status.h"
#include "sidecar/asker.h"
#include "sidecar/decision_point.h"
#include "writ/authz/v1/authorization.pb.h"

namespace writ {

// Speaks proto/writ/authz/v1: a message in, a message out. Keeps what it needs
// for the next call, so one object is one thread's.
class AuthorizationService {
 public:
  // point  outlives the service
  explicit AuthorizationService(const DecisionPoint* point) : point_(*point) {}
  AuthorizationService(const AuthorizationService&) = delete;
  AuthorizationService& operator=(const AuthorizationService&) = delete;

  // Errors of all: DecisionPoint's. `response` then means nothing.
  Status Check(const Asker& asker, const authz::v1::CheckRequest& request,
               authz::v1::CheckResponse* response);
  Status BatchCheck(const Asker& asker,
                    const authz::v1::BatchCheckRequest& request,
                    authz::v1::BatchCheckResponse* response);
  Status Explain(const Asker& asker, const authz::v1::ExplainRequest& request,
                 authz::v1::ExplainResponse* response);
  Status LookupResources(const Asker& asker,
                         const authz::v1::LookupResourcesRequest& request,
                         authz::v1::LookupResourcesResponse* response);
  Status LookupActions(const Asker& asker,
                       const authz::v1::LookupActionsRequest& request,
                       authz::v1::LookupActionsResponse* response);

 private:
  // Views of messages as the decision point takes them. Everything is made room
  // for before the first is read, so that none moves.
  class Questions {
   public:
    void Clear();
    // Counts what Read(message) will need.
    void MakeRoom(const authz::v1::CheckRequest& message);
    void Reserve();
    Question Read(const authz::v1::CheckRequest& message);
    // The same for a lookup, which has no resources.
    template <typename Message>
    Question ReadLookup(
        const Message& message,
        const google::protobuf::RepeatedPtrField<std::string>& names);
    std::span<const std::string_view> ReadNames(
        const google::protobuf::RepeatedPtrField<std::string>& names);

   private:
    template <typename Message>
    void CountContext(const Message& message);
    template <typename Message>
    void ReadContext(const Message& message, Request* request);

    size_t entry_count_ = 0;
    size_t text_count_ = 0;
    std::vector<ContextEntry> entries_;
    std::vector<std::string_view> texts_;
  };

  template <typename Message>
  Lookup ReadLookup(
      const Message& message,
      const google::protobuf::RepeatedPtrField<std::string>& names);

  const DecisionPoint& point_;
  Questions read_;
  Answer answer_;
  std::vector<Question> questions_;
  std::vector<Answer> answers_;
  std::vector<Status> statuses_;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_AUTHORIZATION_SERVICE_H_
