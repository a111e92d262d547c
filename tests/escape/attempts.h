// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_ESCAPE_ATTEMPTS_H_
#define WRIT_TESTS_ESCAPE_ATTEMPTS_H_

#include <string>
#include <vector>

namespace writ::testing {

// One thing a hostile function may try. `run` returns an empty text when it
// was stopped, otherwise what it got.
struct Attempt {
  const char* name;
  std::string (*run)();
};

// Everything tried from inside an instance.
const std::vector<Attempt>& Attempts();

}  // namespace writ::testing

#endif  // WRIT_TESTS_ESCAPE_ATTEMPTS_H_
