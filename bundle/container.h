// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BUNDLE_CONTAINER_H_
#define WRIT_BUNDLE_CONTAINER_H_

#include <cstddef>
#include <string>

#include "bundle/bundle.h"

namespace writ {

// The raw bytes of a key id, of which BundleSignature has the digits.
inline constexpr size_t kBundleKeyIdBytes = 8;

// The file of these parts; ReadBundleParts gives them back. The signatures are
// ascending by key id.
std::string WriteBundleParts(const BundleParts& parts);

// The manifest as the file has it: one form for one content.
std::string WriteManifest(const BundleManifest& manifest);

}  // namespace writ

#endif  // WRIT_BUNDLE_CONTAINER_H_
