// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_STORE_OPEN_STORE_H_
#define WRIT_TESTS_UNIT_STORE_OPEN_STORE_H_

#include <memory>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "store/artifact.h"
#include "store/key_provider_file.h"
#include "store/keyring.h"
#include "store/kv.h"
#include "store/metadata.h"
#include "tests/support/permit_for_test.h"
#include "tests/unit/store/scratch_directory.h"

namespace writ {

inline constexpr char kAlice[] = "1000000000000001";
inline constexpr char kBob[] = "1000000000000002";

// A whole store over some engine, in the order in which a process opens it.
struct OpenStore {
  OpenStore(std::unique_ptr<Kv> engine, const ScratchDirectory& scratch,
            const Clock* clock)
      : kv(std::move(engine)) {
    auto opened_provider =
        FileKeyProvider::Open(scratch.OpenBelow("keys").get(), true);
    WRIT_CHECK(opened_provider.ok());
    provider = std::move(opened_provider).value();
    auto opened_keyring = Keyring::Open(kv.get(), provider.get(), clock);
    WRIT_CHECK(opened_keyring.ok());
    keyring = std::move(opened_keyring).value();
    auto opened_metadata = MetadataStore::Open(kv.get(), keyring.get(), clock);
    WRIT_CHECK(opened_metadata.ok());
    metadata = std::move(opened_metadata).value();
    auto opened_artifacts =
        ArtifactStore::Open(scratch.OpenBelow("artifacts"), keyring.get());
    WRIT_CHECK(opened_artifacts.ok());
    artifacts = std::move(opened_artifacts).value();
  }

  std::unique_ptr<Kv> kv;
  std::unique_ptr<FileKeyProvider> provider;
  std::unique_ptr<Keyring> keyring;
  std::unique_ptr<MetadataStore> metadata;
  std::unique_ptr<ArtifactStore> artifacts;
};

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_STORE_OPEN_STORE_H_
