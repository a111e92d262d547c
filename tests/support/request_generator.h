// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_SUPPORT_REQUEST_GENERATOR_H_
#define WRIT_TESTS_SUPPORT_REQUEST_GENERATOR_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Random cases that are worth deciding. A case starts from a request; for every
// layer that the request meets, statements are derived that match it; then one
// edit is made that may break or mend one clause. So most cases hang on a
// single clause, which a case of independent random parts hardly ever does.
namespace writ::reference {

// SplitMix64: the same numbers on every machine, which <random>'s distributions
// do not promise.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  // 0 to limit - 1; limit > 0.
  size_t Below(size_t limit) { return static_cast<size_t>(Next() % limit); }
  bool Percent(unsigned percent) { return Next() % 100 < percent; }
  template <typename Container>
  const auto& Pick(const Container& items) {
    return items[Below(std::size(items))];
  }

 private:
  uint64_t state_;
};

struct GeneratedTest {
  std::string op;
  std::string key;
  std::vector<std::string> values;
  bool scalar = false;    // one value, without brackets
  bool unquoted = false;  // a number or boolean, bare
};

struct GeneratedStatement {
  bool deny = false;
  // A type of principal, "bare" for a list, empty for kinds without one.
  std::string principal_form;
  std::vector<std::string> principals;
  bool not_action = false;
  std::vector<std::string> actions;
  bool not_resource = false;
  std::vector<std::string> resources;  // empty: a trust statement
  std::vector<GeneratedTest> tests;
};

struct GeneratedPolicy {
  std::string kind;
  bool group_scope = false;
  std::string group;
  std::string level;  // control
  int depth = 0;
  std::string account;  // control
  std::vector<GeneratedStatement> statements;
};

struct GeneratedRequest {
  std::string principal;
  std::string principal_id;
  std::string principal_type;
  std::string account;  // of the principal, known to the generator
  bool send_account = false;
  bool management = false;
  std::string resource_group;
  std::string action;
  std::vector<std::string> resources;
  std::vector<std::pair<std::string, std::vector<std::string>>> context;
};

// The value of `request` in a case file.
std::string RequestJson(const GeneratedRequest& request);

struct GeneratedCase {
  GeneratedRequest request;
  std::vector<GeneratedPolicy> policies;

  // The line of a case file.
  std::string Line(std::string_view id) const;
};

class CaseGenerator {
 public:
  explicit CaseGenerator(uint64_t seed) : random_(seed) {}

  // A case whose statements match its request, but for near misses.
  GeneratedCase Make();
  // `one` after one edit.
  GeneratedCase Edited(GeneratedCase one);
  // The request of `one` after one edit.
  GeneratedRequest EditedRequest(const GeneratedCase& one) {
    GeneratedRequest request = one.request;
    EditRequest(&request);
    return request;
  }

 private:
  GeneratedRequest MakeRequest();
  void MakePrincipal(GeneratedRequest* request);
  void MakeTarget(GeneratedRequest* request);
  void MakeContext(GeneratedRequest* request);
  void MakePolicies(GeneratedCase* one);
  GeneratedPolicy MakePolicy(const GeneratedRequest& request,
                             std::string_view kind);
  GeneratedStatement MakeStatement(const GeneratedRequest& request,
                                   std::string_view kind);
  void NamePrincipal(const GeneratedRequest& request, std::string_view kind,
                     GeneratedStatement* statement);
  std::string MatchingAction(const std::string& action);
  std::string MatchingResource(const std::string& resource);
  void AddTest(const GeneratedRequest& request, GeneratedStatement* statement);
  GeneratedTest MakeTest(const GeneratedRequest& request);

  void Edit(GeneratedCase* one);
  void EditRequest(GeneratedRequest* request);
  void EditStatement(GeneratedCase* one, GeneratedPolicy* policy);
  void EditTest(GeneratedTest* test);
  void EditPolicies(GeneratedCase* one);
  void Mangle(std::string* text, size_t keep);
  std::string FlipCase(std::string text);

  Random random_;
};

}  // namespace writ::reference

#endif  // WRIT_TESTS_SUPPORT_REQUEST_GENERATOR_H_
