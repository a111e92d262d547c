// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_CODE_FETCH_H_
#define WRIT_RUNTIME_CODE_FETCH_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/status.h"
#include "crypto/digest.h"

namespace writ {

// What follows scheme, host and port; empty when `url` is none.
std::string_view PathAndQuery(std::string_view url);

// Downloads packages from temporary URLs. Thread-safe.
class CodeFetcher {
 public:
  virtual ~CodeFetcher() = default;

  // Returns the package in a sealed memory file.
  //
  // url     https only; never in an error or a log
  // node_proof  GrantVerifier::ProveNode of PathAndQuery(url)
  // size_bytes, digest  what the package must be
  // Errors  kUnavailable  not reachable, not trusted, not 200, too slow
  //         kDataLoss     another size or digest
  virtual Result<UniqueFd> Fetch(const std::string& url,
                                 const std::string& node_proof,
                                 uint64_t size_bytes,
                                 const Sha256Digest& digest) = 0;
};

// Over TLS 1.2 or newer, trusting `authority_pem` and nobody else.
class HttpsCodeFetcher final : public CodeFetcher {
 public:
  explicit HttpsCodeFetcher(std::string authority_pem);
  Result<UniqueFd> Fetch(const std::string& url, const std::string& node_proof,
                         uint64_t size_bytes,
                         const Sha256Digest& digest) override;

 private:
  const std::string authority_pem_;
};

}  // namespace writ

#endif  // WRIT_RUNTIME_CODE_FETCH_H_
