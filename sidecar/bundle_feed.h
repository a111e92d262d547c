// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_BUNDLE_FEED_H_
#define WRIT_SIDECAR_BUNDLE_FEED_H_

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/status.h"
#include "sidecar/bundle_source.h"

namespace writ {

// What a look at a place of bundles came to.
struct BundleLook {
  // Something good is there: what was taken now, or what was before.
  bool good = false;
  // What was wrong, also when something else was good.
  Status problem;
  // When to look again, from the end of this look.
  std::chrono::milliseconds wait{0};
};

// Where the bytes of bundles come from: a file, a directory or a URL. Knows
// what it has handed over, and hands over only what may be new. Used by one
// thread at a time.
class BundleFeed {
 public:
  // Verifies a bundle and puts it in force: whether it is another one than was
  // in force, or why not.
  //
  // name  of the file or URL, for the log
  using Take =
      std::function<Result<bool>(const std::string& name, std::string bytes)>;

  virtual ~BundleFeed() = default;
  BundleFeed(const BundleFeed&) = delete;
  BundleFeed& operator=(const BundleFeed&) = delete;

  // force  hand over what is there, new or not, and do not wait for anything
  // token  ends a wait at once; the look's problem is kCancelled then
  virtual BundleLook Look(bool force, const std::stop_token& token,
                          const Take& take) = 0;

 protected:
  BundleFeed() = default;
};

std::unique_ptr<BundleFeed> MakeFileFeed(const BundleSourceOptions& options);
std::unique_ptr<BundleFeed> MakeDirectoryFeed(
    const BundleSourceOptions& options);
std::unique_ptr<BundleFeed> MakeUrlFeed(const BundleSourceOptions& options);

}  // namespace writ

#endif  // WRIT_SIDECAR_BUNDLE_FEED_H_
