// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "sidecar/bundle_feed.h"
#include "sidecar/file_identity.h"

namespace writ {
namespace {

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1000000000 + time.tv_nsec;
}

// One file, replaced by renaming another over it, or written in place: then
// what is read in the middle is a bad bundle, and read again at the next look.
class FileFeed final : public BundleFeed {
 public:
  explicit FileFeed(const BundleSourceOptions& options)
      : path_(options.location), poll_(options.poll) {}

  BundleLook Look(bool force, const std::stop_token&,
                  const Take& take) override {
    BundleLook look = {.good = true, .problem = {}, .wait = poll_};
    look.problem = TakeFile(force, take);
    if (!look.problem.ok()) {
      look.good = false;
      memory_.Bad();
    }
    return look;
  }

 private:
  Status TakeFile(bool force, const Take& take) {
    // Before the file is read: a change while it is read is seen next time.
    WRIT_ASSIGN_OR_RETURN(const FileIdentity identity, IdentifyFile(path_));
    if (!force && memory_.Knows(identity)) return OkStatus();
    WRIT_ASSIGN_OR_RETURN(std::string bytes,
                          ReadRegularFile(path_, kMaxBundleBytes));
    WRIT_RETURN_IF_ERROR(take(path_, std::move(bytes)).status());
    memory_.Good(identity);
    return OkStatus();
  }

  const std::string path_;
  const std::chrono::milliseconds poll_;
  FileMemory memory_;
};

}  // namespace

Result<FileIdentity> IdentifyFile(const std::string& path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) {
    return ErrnoStatus("read `" + path + "`", errno);
  }
  return FileIdentity{.device = info.st_dev,
                      .inode = info.st_ino,
                      .size_bytes = info.st_size,
                      .modified_ns = Nanoseconds(info.st_mtim),
                      .changed_ns = Nanoseconds(info.st_ctim)};
}

std::unique_ptr<BundleFeed> MakeFileFeed(const BundleSourceOptions& options) {
  return std::make_unique<FileFeed>(options);
}

}  // namespace writ
