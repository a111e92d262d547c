// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_CHECK_H_
#define WRIT_BASE_CHECK_H_

namespace writ {

// Prints where and what, then aborts. For our own bugs only: no input may
// reach it.
[[noreturn]] void CheckFailed(const char* file, int line, const char* text);

#define WRIT_CHECK(condition)   \
  (static_cast<bool>(condition) \
       ? static_cast<void>(0)   \
       : ::writ::CheckFailed(__FILE__, __LINE__, #condition))

#ifdef NDEBUG
#define WRIT_DCHECK(condition) static_cast<void>(0)
#else
#define WRIT_DCHECK(condition) WRIT_CHECK(condition)
#endif

}  // namespace writ

#endif  // WRIT_BASE_CHECK_H_
