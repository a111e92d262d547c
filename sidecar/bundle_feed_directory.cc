// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "bundle/bundle.h"
#include "sidecar/bundle_feed.h"
#include "sidecar/file_identity.h"

namespace writ {
namespace {

constexpr std::string_view kSuffix = ".bundle";
// A directory is looked through at every look.
constexpr size_t kMaxFiles = 1000;

// A directory of bundles: the newest that is good, or the one that is pinned.
// What a file claims of its revision says only in which order they are tried.
class DirectoryFeed final : public BundleFeed {
 public:
  explicit DirectoryFeed(const BundleSourceOptions& options)
      : path_(options.location),
        pinned_(options.revision),
        poll_(options.poll) {}

  BundleLook Look(bool force, const std::stop_token& token,
                  const Take& take) override {
    BundleLook look = {.good = false, .problem = {}, .wait = poll_};
    if (Status listed = List(); !listed.ok()) {
      look.problem = std::move(listed);
      return look;
    }
    for (const auto& [name, file] : files_) {
      if (look.problem.ok()) look.problem = file.problem;
    }
    for (const Candidate& candidate : Candidates()) {
      if (token.stop_requested()) {
        look.problem = Status(StatusCode::kCancelled, "told to stop");
        return look;
      }
      const Status taken = TakeFile(candidate.name, force, take);
      if (taken.ok()) {
        look.good = true;
        return look;
      }
      // The newest of the bad ones is what people ask about.
      if (look.problem.ok()) look.problem = taken;
    }
    in_force_.clear();
    if (look.problem.ok()) look.problem = NothingThere();
    return look;
  }

 private:
  struct File {
    FileIdentity identity;
    FileMemory claim;  // whether `revision` and `problem` are of this content
    FileMemory taken;  // whether this content was good
    std::optional<uint64_t> revision;
    Status problem;
  };
  struct Candidate {
    uint64_t revision;
    std::string name;
  };

  // Brings `files_` up to date.
  Status List() {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(
        ::opendir(path_.c_str()), ::closedir);
    if (directory == nullptr) {
      return ErrnoStatus("read the directory `" + path_ + "`", errno);
    }
    std::map<std::string, File> found;
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(directory.get());
      if (entry == nullptr) break;
      const std::string name = entry->d_name;
      if (!name.ends_with(kSuffix) || name.starts_with('.')) continue;
      if (found.size() == kMaxFiles) {
        return ResourceExhausted("more than " + std::to_string(kMaxFiles) +
                                 " bundles in `" + path_ + "`");
      }
      const auto known = files_.find(name);
      File file = known != files_.end() ? known->second : File();
      if (Inspect(name, &file)) found.emplace(name, std::move(file));
    }
    if (errno != 0) {
      return ErrnoStatus("read the directory `" + path_ + "`", errno);
    }
    files_ = std::move(found);
    return OkStatus();
  }

  std::string PathOf(const std::string& name) const {
    return path_ + "/" + name;
  }

  // Learns what a file claims to be; false when it has gone.
  bool Inspect(const std::string& name, File* file) const {
    const std::string path = PathOf(name);
    const Result<FileIdentity> identity = IdentifyFile(path);
    if (identity.status().code() == StatusCode::kNotFound) return false;
    if (!identity.ok()) {
      file->revision.reset();
      file->problem = identity.status();
      return true;
    }
    file->identity = *identity;
    if (file->claim.Knows(*identity)) return true;
    const Result<BundleManifest> manifest = Claim(path);
    if (!manifest.ok()) {
      file->claim.Bad();
      file->revision.reset();
      file->problem =
          Status(manifest.status().code(),
                 "`" + path + "`: " + std::string(manifest.status().message()));
      return true;
    }
    file->claim.Good(*identity);
    file->revision = manifest->revision;
    file->problem = OkStatus();
    return true;
  }

  static Result<BundleManifest> Claim(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid()) return ErrnoStatus("open it", errno);
    std::string beginning(kBundleBeginningBytes, '\0');
    size_t size = 0;
    while (size < beginning.size()) {
      const ssize_t count =
          ::read(fd.get(), beginning.data() + size, beginning.size() - size);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return ErrnoStatus("read it", errno);
      if (count == 0) break;
      size += static_cast<size_t>(count);
    }
    return PeekManifest(std::string_view(beginning).substr(0, size));
  }

  // Which to try, best first.
  std::vector<Candidate> Candidates() const {
    std::vector<Candidate> candidates;
    for (const auto& [name, file] : files_) {
      if (!file.revision) continue;
      if (pinned_ && *file.revision != *pinned_) continue;
      candidates.push_back({*file.revision, name});
    }
    std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
      return std::pair(b.revision, std::string_view(b.name)) <
             std::pair(a.revision, std::string_view(a.name));
    });
    return candidates;
  }

  Status TakeFile(const std::string& name, bool force, const Take& take) {
    File& file = files_[name];
    if (!force && name == in_force_ && file.taken.Knows(file.identity)) {
      return OkStatus();
    }
    Result<std::string> bytes = ReadRegularFile(PathOf(name), kMaxBundleBytes);
    if (!bytes.ok()) return bytes.status();
    if (Status taken = take(PathOf(name), std::move(*bytes)).status();
        !taken.ok()) {
      file.taken.Bad();
      return taken;
    }
    file.taken.Good(file.identity);
    in_force_ = name;
    return OkStatus();
  }

  Status NothingThere() const {
    return NotFound(
        pinned_ ? "no bundle of revision " + std::to_string(*pinned_) +
                      " in `" + path_ + "`"
                : "no file `*" + std::string(kSuffix) + "` in `" + path_ + "`");
  }

  const std::string path_;
  const std::optional<uint64_t> pinned_;
  const std::chrono::milliseconds poll_;
  std::map<std::string, File> files_;
  std::string in_force_;
};

}  // namespace

std::unique_ptr<BundleFeed> MakeDirectoryFeed(
    const BundleSourceOptions& options) {
  return std::make_unique<DirectoryFeed>(options);
}

}  // namespace writ
