// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_INIT_RUNTIME_PROCESS_H_
#define WRIT_RUNTIME_INIT_RUNTIME_PROCESS_H_

#include <sys/types.h>

#include "runtime/frames.h"

namespace writ {

// Runs the function's program as the function's user, without a capability and
// with `output` as its standard output and error. Returns its pid; -1 and the
// errno of the step that failed otherwise.
pid_t StartRuntimeProcess(const StartSpec& spec, int output, int* error_number);

// Gives up whatever this process could still do.
void DropCapabilities();

// What FC calls a program that could not be run.
FailedFrame DescribeStartFailure(const StartSpec& spec, int error_number);

}  // namespace writ

#endif  // WRIT_RUNTIME_INIT_RUNTIME_PROCESS_H_
