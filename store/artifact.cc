// SPDX-License-Identifier: Apache-2.0
//
// A file is a head and chunks (docs/spec/store.md). The digest of a package is
// known only when its last byte has come, so chunks are bound to a random file
// id, under a key derived from it, and the head, written last, binds that id
// to account and digest. A chunk's associated bytes hold its index and whether
// it is the last: none can be moved, left out, repeated or cut off.
#include "store/artifact.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/coding.h"
#include "base/crc64.h"
#include "base/limits.h"
#include "crypto/aead.h"
#include "crypto/hex.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"

namespace writ {
namespace {

constexpr std::string_view kMagic = "WRITART1";
constexpr size_t kFileIdBytes = 16;
// digest, CRC-64, size
constexpr size_t kHeadPlainBytes =
    kSha256Bytes + sizeof(uint64_t) + sizeof(uint64_t);
constexpr size_t kHeadBytes =
    kMagic.size() + kFileIdBytes + kAeadOverheadBytes + kHeadPlainBytes;
constexpr std::string_view kAsidePrefix = ".new-";
constexpr unsigned kFileMode = 0600;

Status Damaged() { return DataLoss("a stored package is damaged"); }

std::string HeadAssociated(std::string_view account, std::string_view digest,
                           std::string_view file_id) {
  ByteWriter writer;
  writer.PutBytes("writ artifact head");
  writer.PutBytes(account);
  writer.PutBytes(digest);
  writer.PutBytes(file_id);
  return writer.Take();
}

std::string ChunkAssociated(std::string_view account, std::string_view file_id,
                            uint64_t index, bool last) {
  ByteWriter writer;
  writer.PutBytes("writ artifact chunk");
  writer.PutBytes(account);
  writer.PutBytes(file_id);
  writer.Put(index);
  writer.Put(static_cast<uint8_t>(last ? 1 : 0));
  return writer.Take();
}

SecretBytes ChunkKey(const SecretBytes& data_key, std::string_view file_id) {
  return HkdfSha256(data_key.span(), file_id, "writ artifact chunks",
                    kAeadKeyBytes);
}

// The size of the file of a package: the last chunk may be empty only when the
// package is.
uint64_t FileBytes(uint64_t size_bytes) {
  const uint64_t chunks =
      size_bytes == 0
          ? 1
          : (size_bytes + kArtifactChunkBytes - 1) / kArtifactChunkBytes;
  return kHeadBytes + size_bytes + chunks * kAeadOverheadBytes;
}

Status ReadExactly(int fd, size_t size_bytes, std::string* bytes) {
  bytes->resize(size_bytes);
  size_t filled = 0;
  while (filled < size_bytes) {
    const ssize_t count =
        ::read(fd, bytes->data() + filled, size_bytes - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus("read a stored package", errno);
    if (count == 0) return Damaged();
    filled += static_cast<size_t>(count);
  }
  return OkStatus();
}

}  // namespace

struct ArtifactWriter::State {
  const ArtifactStore* store = nullptr;
  int directory_fd = -1;
  std::string account;
  std::string aside;  // name of the unfinished file; empty once published
  UniqueFd fd;
  SecretBytes data_key;
  SecretBytes chunk_key;
  std::string file_id;
  SecretBytes buffer{kArtifactChunkBytes};
  size_t buffered = 0;
  uint64_t chunks = 0;
  Sha256Stream digest;
  ArtifactSummary summary;

  Status SealBuffer(bool last) {
    const std::string sealed =
        AeadSeal(chunk_key, buffer.text().substr(0, buffered),
                 ChunkAssociated(account, file_id, chunks, last));
    ++chunks;
    buffered = 0;
    return WriteAll(fd.get(), sealed);
  }
};

ArtifactWriter::ArtifactWriter(std::unique_ptr<State> state)
    : state_(std::move(state)) {}

ArtifactWriter::~ArtifactWriter() {
  if (!state_->aside.empty()) {
    ::unlinkat(state_->directory_fd, state_->aside.c_str(), 0);
  }
}

Status ArtifactWriter::Append(std::string_view bytes) {
  State& state = *state_;
  if (bytes.size() > kMaxArtifactBytes - state.summary.size_bytes) {
    return InvalidArgument("a package may have at most " +
                           std::to_string(kMaxArtifactBytes) + " bytes");
  }
  state.digest.Update(bytes);
  state.summary.crc64 = Crc64(bytes, state.summary.crc64);
  state.summary.size_bytes += bytes.size();
  while (!bytes.empty()) {
    // A full buffer is sealed only when more follows: the last chunk says that
    // it is the last.
    if (state.buffered == kArtifactChunkBytes) {
      WRIT_RETURN_IF_ERROR(state.SealBuffer(/*last=*/false));
    }
    const size_t count =
        std::min(bytes.size(), kArtifactChunkBytes - state.buffered);
    std::memcpy(state.buffer.data() + state.buffered, bytes.data(), count);
    state.buffered += count;
    bytes.remove_prefix(count);
  }
  return OkStatus();
}

Result<ArtifactSummary> ArtifactWriter::Finish() {
  State& state = *state_;
  WRIT_CHECK(!state.aside.empty());
  WRIT_RETURN_IF_ERROR(state.SealBuffer(/*last=*/true));
  const Sha256Digest digest = state.digest.Finish();
  state.summary.sha256_hex = HexEncode(digest);
  ByteWriter plain;
  plain.PutRaw(AsText(digest));
  plain.Put(state.summary.crc64);
  plain.Put(state.summary.size_bytes);
  std::string head(kMagic);
  head += state.file_id;
  head +=
      AeadSeal(state.data_key, plain.data(),
               HeadAssociated(state.account, AsText(digest), state.file_id));
  WRIT_CHECK(head.size() == kHeadBytes);
  if (::lseek(state.fd.get(), 0, SEEK_SET) != 0) {
    return ErrnoStatus("write a package", errno);
  }
  WRIT_RETURN_IF_ERROR(WriteAll(state.fd.get(), head));
  if (::fsync(state.fd.get()) != 0) return ErrnoStatus("sync a package", errno);
  // Over a package of the same content, if there is one: this also heals a
  // file that was damaged. Readers keep the one they opened.
  const std::string name =
      state.store->FileName(state.account, state.summary.sha256_hex);
  if (::renameat(state.directory_fd, state.aside.c_str(), state.directory_fd,
                 name.c_str()) != 0) {
    return ErrnoStatus("publish a package", errno);
  }
  state.aside.clear();
  if (::fsync(state.directory_fd) != 0) {
    return ErrnoStatus("sync the directory of packages", errno);
  }
  return state.summary;
}

struct ArtifactReader::State {
  UniqueFd fd;
  std::string account;
  std::string file_id;
  SecretBytes chunk_key;
  std::string digest;  // 32 bytes
  ArtifactSummary summary;
  uint64_t remaining = 0;
  uint64_t chunks = 0;
  bool at_end = false;
  bool failed = false;
  Sha256Stream hash;
};

ArtifactReader::ArtifactReader(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
ArtifactReader::~ArtifactReader() = default;

const ArtifactSummary& ArtifactReader::summary() const {
  return state_->summary;
}

Result<SecretBytes> ArtifactReader::Read() {
  State& state = *state_;
  if (state.failed) return Damaged();
  if (state.at_end) return SecretBytes();
  state.failed = true;  // until this piece has proved good
  const auto size_bytes = static_cast<size_t>(
      std::min<uint64_t>(state.remaining, kArtifactChunkBytes));
  const bool last = size_bytes == state.remaining;
  std::string sealed;
  WRIT_RETURN_IF_ERROR(
      ReadExactly(state.fd.get(), size_bytes + kAeadOverheadBytes, &sealed));
  Result<SecretBytes> piece = AeadOpen(
      state.chunk_key, sealed,
      ChunkAssociated(state.account, state.file_id, state.chunks, last));
  if (!piece.ok()) return Damaged();
  state.hash.Update(piece->text());
  if (last && AsText(state.hash.Finish()) != state.digest) return Damaged();
  state.remaining -= size_bytes;
  ++state.chunks;
  state.at_end = last;
  state.failed = false;
  return piece;
}

ArtifactStore::ArtifactStore(UniqueFd directory_fd, Keyring* keyring)
    : directory_fd_(std::move(directory_fd)), keyring_(keyring) {}

Result<std::unique_ptr<ArtifactStore>> ArtifactStore::Open(
    UniqueFd directory_fd, Keyring* keyring) {
  const int listed =
      ::openat(directory_fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const directory = listed < 0 ? nullptr : ::fdopendir(listed);
  if (directory == nullptr) {
    const int error_number = errno;
    if (listed >= 0) ::close(listed);
    return ErrnoStatus("list the directory of packages", error_number);
  }
  while (const dirent* entry = ::readdir(directory)) {
    if (std::string_view(entry->d_name).starts_with(kAsidePrefix)) {
      ::unlinkat(directory_fd.get(), entry->d_name, 0);
    }
  }
  ::closedir(directory);
  return std::unique_ptr<ArtifactStore>(
      new ArtifactStore(std::move(directory_fd), keyring));
}

std::string ArtifactStore::FileName(std::string_view account,
                                    std::string_view sha256_hex) const {
  return HexEncode(keyring_->BlindName(Table::kMeta, account,
                                       "artifact " + std::string(sha256_hex)));
}

Result<std::unique_ptr<ArtifactWriter>> ArtifactStore::Begin(
    const Permit& permit) {
  auto state = std::make_unique<ArtifactWriter::State>();
  WRIT_ASSIGN_OR_RETURN(state->data_key, keyring_->DataKey(permit.account()));
  state->store = this;
  state->directory_fd = directory_fd_.get();
  state->account = permit.account();
  state->file_id.resize(kFileIdBytes);
  RandomBytes(std::as_writable_bytes(std::span(state->file_id)));
  state->chunk_key = ChunkKey(state->data_key, state->file_id);
  const std::string aside = std::string(kAsidePrefix) + RandomHex(kFileIdBytes);
  state->fd =
      UniqueFd(::openat(directory_fd_.get(), aside.c_str(),
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!state->fd.valid()) return ErrnoStatus("create a package", errno);
  state->aside = aside;
  std::unique_ptr<ArtifactWriter> writer(new ArtifactWriter(std::move(state)));
  // Room for the head, which is known last.
  WRIT_RETURN_IF_ERROR(
      WriteAll(writer->state_->fd.get(), std::string(kHeadBytes, '\0')));
  return writer;
}

Result<ArtifactSummary> ArtifactStore::Put(const Permit& permit,
                                           std::string_view bytes) {
  WRIT_ASSIGN_OR_RETURN(const std::unique_ptr<ArtifactWriter> writer,
                        Begin(permit));
  WRIT_RETURN_IF_ERROR(writer->Append(bytes));
  return writer->Finish();
}

Result<std::unique_ptr<ArtifactReader>> ArtifactStore::OpenRead(
    std::string_view account, std::string_view sha256_hex) const {
  if (!IsLowerHex(sha256_hex, kSha256Bytes * 2)) {
    return NotFound("no such package");
  }
  auto state = std::make_unique<ArtifactReader::State>();
  state->fd = UniqueFd(::openat(directory_fd_.get(),
                                FileName(account, sha256_hex).c_str(),
                                O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!state->fd.valid()) {
    return errno == ENOENT ? NotFound("no such package")
                           : ErrnoStatus("open a stored package", errno);
  }
  std::string head;
  WRIT_RETURN_IF_ERROR(ReadExactly(state->fd.get(), kHeadBytes, &head));
  WRIT_ASSIGN_OR_RETURN(state->digest, HexDecode(sha256_hex));
  WRIT_ASSIGN_OR_RETURN(const SecretBytes data_key, keyring_->DataKey(account));
  state->account = account;
  state->file_id = head.substr(kMagic.size(), kFileIdBytes);
  const Result<SecretBytes> plain = AeadOpen(
      data_key, std::string_view(head).substr(kMagic.size() + kFileIdBytes),
      HeadAssociated(account, state->digest, state->file_id));
  if (!plain.ok() || !head.starts_with(kMagic)) return Damaged();
  ByteReader reader(plain->text());
  const std::string_view digest = reader.GetRaw(kSha256Bytes);
  state->summary.sha256_hex = sha256_hex;
  state->summary.crc64 = reader.Get<uint64_t>();
  state->summary.size_bytes = reader.Get<uint64_t>();
  struct stat info = {};
  if (!reader.ok() || digest != state->digest ||
      state->summary.size_bytes > kMaxArtifactBytes ||
      ::fstat(state->fd.get(), &info) != 0 ||
      static_cast<uint64_t>(info.st_size) !=
          FileBytes(state->summary.size_bytes)) {
    return Damaged();
  }
  state->remaining = state->summary.size_bytes;
  state->chunk_key = ChunkKey(data_key, state->file_id);
  return std::unique_ptr<ArtifactReader>(new ArtifactReader(std::move(state)));
}

Result<SecretBytes> ArtifactStore::ReadWhole(
    std::string_view account, std::string_view sha256_hex) const {
  WRIT_ASSIGN_OR_RETURN(const std::unique_ptr<ArtifactReader> reader,
                        OpenRead(account, sha256_hex));
  SecretBytes whole(reader->summary().size_bytes);
  size_t filled = 0;
  while (true) {
    WRIT_ASSIGN_OR_RETURN(const SecretBytes piece, reader->Read());
    if (piece.empty()) return whole;
    std::memcpy(whole.data() + filled, piece.span().data(), piece.size());
    filled += piece.size();
  }
}

bool ArtifactStore::Contains(std::string_view account,
                             std::string_view sha256_hex) const {
  return IsLowerHex(sha256_hex, kSha256Bytes * 2) &&
         ::faccessat(directory_fd_.get(), FileName(account, sha256_hex).c_str(),
                     F_OK, 0) == 0;
}

Status ArtifactStore::Delete(const Permit& permit,
                             std::string_view sha256_hex) {
  const std::string name = FileName(permit.account(), sha256_hex);
  if (::unlinkat(directory_fd_.get(), name.c_str(), 0) != 0) {
    return errno == ENOENT ? OkStatus()
                           : ErrnoStatus("delete a package", errno);
  }
  if (::fsync(directory_fd_.get()) != 0) {
    return ErrnoStatus("sync the directory of packages", errno);
  }
  return OkStatus();
}

}  // namespace writ
