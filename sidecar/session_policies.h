// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_SESSION_POLICIES_H_
#define WRIT_SIDECAR_SESSION_POLICIES_H_

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <string_view>

#include "authz/program/program.h"
#include "base/mutex.h"
#include "base/status.h"
#include "crypto/digest.h"

namespace writ {

// Session policies that were verified, by the SHA-256 of their images: a role
// session sends the same one with every question. The least recently used go
// first, beyond kMaxSessionPolicies or kMaxBytes of images. Thread-safe; no
// image is verified under the lock.
class SessionPolicies {
 public:
  static constexpr size_t kMaxBytes = size_t{16} << 20;

  // The program of `image`.
  //
  // Errors  kInvalidArgument  no verifier would accept it, or it holds another
  //                           thing than one session policy
  // Cost    a digest; for an image that is not kept, Program::Load
  Result<std::shared_ptr<const Program>> Find(std::string_view image);

 private:
  struct Kept {
    Sha256Digest digest;
    std::shared_ptr<const Program> program;
  };

  Mutex mu_;
  // The most recently used first.
  std::list<Kept> kept_ WRIT_GUARDED_BY(mu_);
  std::map<Sha256Digest, std::list<Kept>::iterator> places_
      WRIT_GUARDED_BY(mu_);
  size_t bytes_ WRIT_GUARDED_BY(mu_) = 0;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_SESSION_POLICIES_H_
