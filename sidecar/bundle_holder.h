// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_BUNDLE_HOLDER_H_
#define WRIT_SIDECAR_BUNDLE_HOLDER_H_

#include <memory>

#include "base/mutex.h"
#include "bundle/bundle.h"

namespace writ {

// The bundle in force. Whoever decides takes it once for each call and keeps it
// as long as it needs; a bundle goes when the last one lets go.
//
// Thread-safe. The lock is held for the copy of one pointer, never while a
// bundle is read or destroyed.
class BundleHolder {
 public:
  // Null until the first Publish.
  std::shared_ptr<const Bundle> Current() const {
    MutexLock lock(&mu_);
    return current_;
  }
  void Publish(std::shared_ptr<const Bundle> bundle) {
    // What was in force is destroyed behind the lock.
    MutexLock lock(&mu_);
    current_.swap(bundle);
  }

 private:
  mutable Mutex mu_;
  std::shared_ptr<const Bundle> current_ WRIT_GUARDED_BY(mu_);
};

}  // namespace writ

#endif  // WRIT_SIDECAR_BUNDLE_HOLDER_H_
