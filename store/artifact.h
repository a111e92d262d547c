// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_STORE_ARTIFACT_H_
#define WRIT_STORE_ARTIFACT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/secret.h"
#include "base/status.h"
#include "crypto/digest.h"
#include "store/keyring.h"
#include "store/permit.h"

namespace writ {

// What identifies a package.
struct ArtifactSummary {
  std::string sha256_hex;  // 64 lower-case digits: its address
  uint64_t crc64 = 0;      // CRC-64/XZ, as the FC API reports it
  uint64_t size_bytes = 0;
};

// Takes a package piece by piece. Dropped before Finish, it leaves nothing.
// One thread; must not outlive its store.
class ArtifactWriter {
 public:
  ~ArtifactWriter();
  ArtifactWriter(const ArtifactWriter&) = delete;
  ArtifactWriter& operator=(const ArtifactWriter&) = delete;

  // Errors   kInvalidArgument  more than kMaxArtifactBytes in all
  //          kResourceExhausted, kInternal   the disk
  Status Append(std::string_view bytes);

  // Makes the package readable under its digest, all at once; on the disk when
  // this returns. The same package twice is stored once. The last call.
  Result<ArtifactSummary> Finish();

 private:
  friend class ArtifactStore;
  struct State;
  explicit ArtifactWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Gives a package piece by piece, each verified before it is handed out. One
// thread.
class ArtifactReader {
 public:
  ~ArtifactReader();
  ArtifactReader(const ArtifactReader&) = delete;
  ArtifactReader& operator=(const ArtifactReader&) = delete;

  const ArtifactSummary& summary() const;

  // The next piece, at most kArtifactChunkBytes; empty at the end, where the
  // whole was compared with its digest. A caller acts on the package only
  // after that.
  //
  // Errors   kDataLoss  altered, truncated or another package
  Result<SecretBytes> Read();

 private:
  friend class ArtifactStore;
  struct State;
  explicit ArtifactReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Packages by account and content: sealed in chunks of kArtifactChunkBytes
// under the account's data key, in files whose names tell nothing. Packages of
// two accounts are never one file. Thread-safe.
class ArtifactStore {
 public:
  // Opens the directory (created by the caller) and removes what an unfinished
  // write left there.
  //
  // directory_fd  kept by the store
  // keyring       must outlive the store
  static Result<std::unique_ptr<ArtifactStore>> Open(UniqueFd directory_fd,
                                                     Keyring* keyring);

  // Begins a package of `permit.account()`.
  Result<std::unique_ptr<ArtifactWriter>> Begin(const Permit& permit);
  // Begin, Append and Finish in one.
  Result<ArtifactSummary> Put(const Permit& permit, std::string_view bytes);

  // Errors   kNotFound  the account has no such package
  //          kDataLoss  its file is not one of ours
  Result<std::unique_ptr<ArtifactReader>> OpenRead(
      std::string_view account, std::string_view sha256_hex) const;
  // The whole package, verified.
  Result<SecretBytes> ReadWhole(std::string_view account,
                                std::string_view sha256_hex) const;
  // True when the account has the package; does not verify its bytes.
  bool Contains(std::string_view account, std::string_view sha256_hex) const;

  // Deletes a package of `permit.account()`; absent is no error. Readers that
  // have it open go on.
  Status Delete(const Permit& permit, std::string_view sha256_hex);

 private:
  friend class ArtifactWriter;  // names the file it publishes
  ArtifactStore(UniqueFd directory_fd, Keyring* keyring);

  std::string FileName(std::string_view account,
                       std::string_view sha256_hex) const;

  const UniqueFd directory_fd_;
  Keyring* const keyring_;
};

}  // namespace writ

#endif  // WRIT_STORE_ARTIFACT_H_
