// SPDX-License-Identifier: Apache-2.0
#include "control/operations.h"

namespace writ {

std::string_view SystemPurposeAction(SystemPurpose purpose) {
  switch (purpose) {
#define OPERATION(...)
#define SYSTEM_PURPOSE(Name, action, why) \
  case SystemPurpose::k##Name:            \
    return action;
#include "control/operations.def"
#undef SYSTEM_PURPOSE
#undef OPERATION
  }
  return "system:none";
}

}  // namespace writ
