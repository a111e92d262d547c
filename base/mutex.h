// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_MUTEX_H_
#define WRIT_BASE_MUTEX_H_

#include <mutex>

// Clang's -Wthread-safety reads these; other compilers see nothing.
#if defined(__clang__)
#define WRIT_THREAD_ANNOTATION_(x) __attribute__((x))
#else
#define WRIT_THREAD_ANNOTATION_(x)
#endif

#define WRIT_GUARDED_BY(mu) WRIT_THREAD_ANNOTATION_(guarded_by(mu))
#define WRIT_REQUIRES(mu) WRIT_THREAD_ANNOTATION_(requires_capability(mu))

namespace writ {

// std::mutex that the annotations know.
class WRIT_THREAD_ANNOTATION_(capability("mutex")) Mutex {
 public:
  void Lock() WRIT_THREAD_ANNOTATION_(acquire_capability()) { mu_.lock(); }
  void Unlock() WRIT_THREAD_ANNOTATION_(release_capability()) { mu_.unlock(); }
  // For std::condition_variable_any.
  void lock() WRIT_THREAD_ANNOTATION_(acquire_capability()) { mu_.lock(); }
  void unlock() WRIT_THREAD_ANNOTATION_(release_capability()) { mu_.unlock(); }

 private:
  std::mutex mu_;
};

class WRIT_THREAD_ANNOTATION_(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex* mu) WRIT_THREAD_ANNOTATION_(acquire_capability(mu))
      : mu_(mu) {
    mu_->Lock();
  }
  ~MutexLock() WRIT_THREAD_ANNOTATION_(release_capability()) { mu_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mu_;
};

}  // namespace writ

#endif  // WRIT_BASE_MUTEX_H_
