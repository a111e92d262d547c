// SPDX-License-Identifier: Apache-2.0
#include "store/key_provider_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/file.h"
#include "crypto/aead.h"
#include "crypto/random.h"

namespace writ {
namespace {

constexpr char kFileName[] = "key_encryption_key";
constexpr std::string_view kFileHead = "writ-key-1\n";
constexpr size_t kFileBytes = kFileHead.size() + kAeadKeyBytes;

// The key, nothing when there is no file, or why it is refused.
Result<std::optional<SecretBytes>> ReadKeyFile(int directory_fd) {
  const UniqueFd fd(
      ::openat(directory_fd, kFileName, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid() && errno == ENOENT) return std::optional<SecretBytes>();
  if (!fd.valid() && errno == ELOOP) {
    return PermissionDenied("the key file is a link");
  }
  if (!fd.valid()) return ErrnoStatus("open the key file", errno);
  struct stat info = {};
  if (::fstat(fd.get(), &info) != 0) {
    return ErrnoStatus("examine the key file", errno);
  }
  if (!S_ISREG(info.st_mode)) {
    return PermissionDenied("the key file is no regular file");
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return PermissionDenied(
        "the key file can be used by others: its mode must be 0600");
  }
  if (info.st_uid != ::geteuid() && ::geteuid() != 0) {
    return PermissionDenied("the key file belongs to another user");
  }
  // Straight into memory that is wiped; one byte more shows a longer file.
  SecretBytes text(kFileBytes + 1);
  size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t count =
        ::read(fd.get(), text.data() + filled, text.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus("read the key file", errno);
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  if (filled != kFileBytes || !text.text().starts_with(kFileHead)) {
    return DataLoss("the key file is truncated or no key file");
  }
  return std::optional<SecretBytes>(
      SecretBytes::CopyOf(text.text().substr(kFileHead.size(), kAeadKeyBytes)));
}

}  // namespace

Result<std::unique_ptr<FileKeyProvider>> FileKeyProvider::Open(int directory_fd,
                                                               bool create) {
  WRIT_ASSIGN_OR_RETURN(std::optional<SecretBytes> key,
                        ReadKeyFile(directory_fd));
  if (!key.has_value()) {
    if (!create) return NotFound("there is no key file");
    key = RandomSecret(kAeadKeyBytes);
    SecretBytes text(kFileBytes);
    std::copy(kFileHead.begin(), kFileHead.end(),
              reinterpret_cast<char*>(text.data()));
    std::copy(key->span().begin(), key->span().end(),
              text.data() + kFileHead.size());
    WRIT_RETURN_IF_ERROR(
        WriteFileAtomicAt(directory_fd, kFileName, text.text(), 0600));
  }
  return std::unique_ptr<FileKeyProvider>(new FileKeyProvider(*std::move(key)));
}

std::string FileKeyProvider::Wrap(const SecretBytes& data_key,
                                  std::string_view purpose) const {
  return AeadSeal(key_, data_key.text(), purpose);
}

Result<SecretBytes> FileKeyProvider::Unwrap(std::string_view wrapped,
                                            std::string_view purpose) const {
  return AeadOpen(key_, wrapped, purpose);
}

}  // namespace writ
