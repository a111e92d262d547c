// SPDX-License-Identifier: Apache-2.0
#include "compiler/index.h"

namespace writ {

Status BuildActionClasses(const CompileOptions&, CompileMeter*, Image*) {
  return OkStatus();
}

Status BuildKnownActions(const CompileOptions&, CompileMeter*, Image*) {
  return OkStatus();
}

}  // namespace writ
