// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_LIKELY_VALUES_H_
#define WRIT_AUTHZ_LIKELY_VALUES_H_

#include <string>
#include <string_view>
#include <vector>

#include "authz/clauses.h"
#include "authz/explain.h"
#include "authz/program/format.h"

// Texts that a pattern or a test might accept. They are guesses: whoever uses
// them asks the matchers and the machine afterwards.
namespace writ {

// A text that the wildcard pattern matches: `like` itself if it does.
std::string TextLike(std::string_view pattern, std::string_view like);

// An action that the pattern matches, with what it can keep of `action`.
std::string ActionLike(std::string_view pattern, std::string_view action);

// A resource that the pattern matches, with the segments that it can keep of
// the one asked for.
std::string ResourceLike(std::string_view pattern, std::string_view resource,
                         const Subject& subject);

// Fills in the principal of `change`; false when no caller fits the pattern.
bool PrincipalLike(const ProgramView& view, const PrincipalPattern& pattern,
                   const Request& request, const Subject& subject,
                   Change* change);

// Values of the atom's key on which it is likely to be true, and others on
// which it is likely to be false.
std::vector<std::string> ValuesNear(const ProgramView& view,
                                    const AtomRecord& atom);

}  // namespace writ

#endif  // WRIT_AUTHZ_LIKELY_VALUES_H_
