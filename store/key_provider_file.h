// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_STORE_KEY_PROVIDER_FILE_H_
#define WRIT_STORE_KEY_PROVIDER_FILE_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/secret.h"
#include "base/status.h"

namespace writ {

// The key-encryption key in a file that only its owner can read (P33). It
// wraps data keys and is never used on records. Immutable and thread-safe.
class FileKeyProvider {
 public:
  // Reads the key file below `directory_fd` (the keys/ directory, borrowed for
  // the call), or makes one, mode 0600, when there is none and `create`.
  //
  // Errors   kNotFound            no file, and not `create`
  //          kPermissionDenied    the file is readable or writable by others,
  //                               a link, or owned by another user
  //          kDataLoss            not a key file
  static Result<std::unique_ptr<FileKeyProvider>> Open(int directory_fd,
                                                       bool create);

  // Encrypts a data key; `purpose` is authenticated and must be given again.
  std::string Wrap(const SecretBytes& data_key, std::string_view purpose) const;
  // Errors   kDataLoss  another key wrapped it, or it was altered
  Result<SecretBytes> Unwrap(std::string_view wrapped,
                             std::string_view purpose) const;

 private:
  explicit FileKeyProvider(SecretBytes key) : key_(std::move(key)) {}
  const SecretBytes key_;
};

}  // namespace writ

#endif  // WRIT_STORE_KEY_PROVIDER_FILE_H_
