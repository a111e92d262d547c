// SPDX-License-Identifier: Apache-2.0
#include "runtime/code_fetch.h"

#include <curl/curl.h>
#include <sys/mman.h>

#include <cerrno>
#include <memory>

#include "base/limits.h"
#include "runtime/grant.h"
#include "runtime/instance_start.h"

namespace writ {
namespace {

struct Download {
  int memory = -1;
  uint64_t left = 0;
  Sha256Stream digest;
  bool failed = false;
};

size_t TakeBytes(char* data, size_t item, size_t count, void* user) {
  auto* const download = static_cast<Download*>(user);
  const size_t size = item * count;
  if (size > download->left || !WriteAll(download->memory, {data, size}).ok()) {
    download->failed = true;
    return 0;  // ends the transfer
  }
  download->left -= size;
  download->digest.Update({data, size});
  return size;
}

struct FreeHeaders {
  void operator()(curl_slist* headers) const { curl_slist_free_all(headers); }
};

struct CloseCurl {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

}  // namespace

std::string_view PathAndQuery(std::string_view url) {
  const size_t host = url.find("://");
  const size_t path =
      host == std::string_view::npos ? host : url.find('/', host + 3);
  return path == std::string_view::npos ? "" : url.substr(path);
}

HttpsCodeFetcher::HttpsCodeFetcher(std::string authority_pem)
    : authority_pem_(std::move(authority_pem)) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

Result<UniqueFd> HttpsCodeFetcher::Fetch(const std::string& url,
                                         const std::string& node_proof,
                                         uint64_t size_bytes,
                                         const Sha256Digest& digest) {
  if (size_bytes > kMaxArtifactBytes) {
    return DataLoss("the package is larger than any package may be");
  }
  UniqueFd memory(memfd_create("package", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory.valid()) return ErrnoStatus("make a memory file", errno);
  const std::unique_ptr<CURL, CloseCurl> handle(curl_easy_init());
  if (handle == nullptr) return InternalError("no HTTP client");
  Download download;
  download.memory = memory.get();
  download.left = size_bytes;
  CURL* const curl = handle.get();
  curl_blob authority = {};
  authority.data = const_cast<char*>(authority_pem_.data());
  authority.len = authority_pem_.size();
  authority.flags = CURL_BLOB_NOCOPY;
  bool set = curl_easy_setopt(curl, CURLOPT_URL, url.c_str()) == CURLE_OK;
  const auto option = [&set, curl](CURLoption name, auto value) {
    set = set && curl_easy_setopt(curl, name, value) == CURLE_OK;
  };
  option(CURLOPT_PROTOCOLS_STR, "https");
  option(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  option(CURLOPT_SSL_VERIFYPEER, 1L);
  option(CURLOPT_SSL_VERIFYHOST, 2L);
  option(CURLOPT_CAINFO_BLOB, &authority);
  // No other root of trust than the one above.
  option(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  option(CURLOPT_FOLLOWLOCATION, 0L);
  option(CURLOPT_FAILONERROR, 1L);
  option(CURLOPT_NOSIGNAL, 1L);
  option(CURLOPT_PROXY, "");
  option(CURLOPT_TIMEOUT, static_cast<long>(kCodeFetchSeconds));
  const std::string proof = std::string(kNodeProofHeader) + ": " + node_proof;
  const std::unique_ptr<curl_slist, FreeHeaders> headers(
      curl_slist_append(nullptr, proof.c_str()));
  option(CURLOPT_HTTPHEADER, headers.get());
  option(CURLOPT_WRITEFUNCTION, &TakeBytes);
  option(CURLOPT_WRITEDATA, &download);
  if (!set) return InternalError("the HTTP client lacks an option");
  const CURLcode result = curl_easy_perform(curl);
  long http_status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http_status);
  if (download.failed) return DataLoss("the package has another size");
  if (result != CURLE_OK || http_status != 200) {
    return Unavailable("the package could not be fetched: " +
                       std::string(curl_easy_strerror(result)));
  }
  if (download.left != 0 || download.digest.Finish() != digest) {
    return DataLoss("the package is not what was uploaded");
  }
  WRIT_RETURN_IF_ERROR(SealMemory(memory.get()));
  return memory;
}

}  // namespace writ
