// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_SUPPORT_PERMIT_FOR_TEST_H_
#define WRIT_TESTS_SUPPORT_PERMIT_FOR_TEST_H_

#include <cstdint>
#include <string>
#include <utility>

#include "store/permit.h"

namespace writ {

// Permits without a gate, for tests of the stores alone.
class PermitForTest {
 public:
  static Permit Make(std::string account, std::string resource = "*",
                     std::string action = "test:Write", uint64_t revision = 0) {
    return Permit(std::move(account), std::move(resource), std::move(action),
                  revision);
  }
};

}  // namespace writ

#endif  // WRIT_TESTS_SUPPORT_PERMIT_FOR_TEST_H_
