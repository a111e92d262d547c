// SPDX-License-Identifier: Apache-2.0
#include "cli/platform_client.h"

// Its macros that check types would stand in the way of pointers to functions.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>

#include <memory>
#include <utility>

#include "auth/acs3.h"
#include "base/limits.h"

namespace writ {
namespace {

constexpr std::string_view kOperatorVersion = "2026-11-01";
constexpr long kTimeoutSeconds = 20;

// The functions of libcurl that are used here. It is loaded by those who talk
// to a platform: it brings thirty libraries along, which would double the time
// that every other command takes to start.
class Curl {
 public:
  // The one library of the process, or null when it is not installed.
  static const Curl* Load() {
    static const Curl curl;
    return curl.is_complete_ ? &curl : nullptr;
  }

  decltype(&::curl_easy_init) init = nullptr;
  decltype(&::curl_easy_setopt) setopt = nullptr;
  decltype(&::curl_easy_perform) perform = nullptr;
  decltype(&::curl_easy_getinfo) getinfo = nullptr;
  decltype(&::curl_easy_strerror) strerror = nullptr;
  decltype(&::curl_easy_cleanup) cleanup = nullptr;
  decltype(&::curl_slist_append) append = nullptr;
  decltype(&::curl_slist_free_all) free_all = nullptr;

 private:
  Curl() {
    // Stays loaded until the process ends.
    void* const library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return;
    is_complete_ = Find(library, "curl_easy_init", &init) &&
                   Find(library, "curl_easy_setopt", &setopt) &&
                   Find(library, "curl_easy_perform", &perform) &&
                   Find(library, "curl_easy_getinfo", &getinfo) &&
                   Find(library, "curl_easy_strerror", &strerror) &&
                   Find(library, "curl_easy_cleanup", &cleanup) &&
                   Find(library, "curl_slist_append", &append) &&
                   Find(library, "curl_slist_free_all", &free_all);
  }

  template <typename Function>
  static bool Find(void* library, const char* name, Function* function) {
    *function = reinterpret_cast<Function>(::dlsym(library, name));
    return *function != nullptr;
  }

  bool is_complete_ = false;
};

size_t TakeBody(const char* bytes, size_t size, size_t count, void* body) {
  auto* text = static_cast<std::string*>(body);
  if (text->size() + size * count > kMaxControlBodyBytes) return 0;
  text->append(bytes, size * count);
  return size * count;
}

}  // namespace

PlatformClient::PlatformClient(Credentials credentials, const Clock* clock)
    : credentials_(std::move(credentials)), clock_(clock) {}

Result<PlatformReply> PlatformClient::Get(
    std::string_view action, const std::string& path_and_query) const {
  constexpr std::string_view kScheme = "https://";
  if (!credentials_.endpoint.starts_with(kScheme)) {
    return InvalidArgument("the endpoint is no https URL");
  }
  RequestHead head;
  head.method = "GET";
  const size_t mark = path_and_query.find('?');
  head.raw_path = path_and_query.substr(0, mark);
  if (mark != std::string::npos) {
    head.raw_query = path_and_query.substr(mark + 1);
  }
  head.headers = {{"host", credentials_.endpoint.substr(kScheme.size())},
                  {"x-acs-action", std::string(action)},
                  {"x-acs-version", std::string(kOperatorVersion)}};
  Acs3Credentials key;
  key.access_key_id = credentials_.access_key_id;
  key.access_key_secret = credentials_.access_key_secret.Clone();
  WRIT_RETURN_IF_ERROR(SignAcs3(key, kEmptySha256Hex, clock_->Now(), &head));

  const Curl* const library = Curl::Load();
  if (library == nullptr) {
    return Unavailable("libcurl.so.4 cannot be loaded: install libcurl4");
  }
  const std::unique_ptr<CURL, decltype(library->cleanup)> handle(
      library->init(), library->cleanup);
  std::unique_ptr<curl_slist, decltype(library->free_all)> fields(
      nullptr, library->free_all);
  for (const HeaderField& field : head.headers) {
    const std::string line = field.name + ": " + field.value;
    curl_slist* const longer = library->append(fields.get(), line.c_str());
    if (longer == nullptr) return InternalError("out of memory");
    static_cast<void>(fields.release());
    fields.reset(longer);
  }
  PlatformReply reply;
  const std::string url = credentials_.endpoint + path_and_query;
  CURL* const curl = handle.get();
  bool set = curl != nullptr;
  const auto option = [&set, curl, library](CURLoption name, auto value) {
    set = set && library->setopt(curl, name, value) == CURLE_OK;
  };
  option(CURLOPT_URL, url.c_str());
  option(CURLOPT_HTTPHEADER, fields.get());
  option(CURLOPT_PROTOCOLS_STR, "https");
  option(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  option(CURLOPT_CAINFO, credentials_.ca_certificate.c_str());
  option(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  option(CURLOPT_PROXY, "");
  option(CURLOPT_NOSIGNAL, 1L);
  option(CURLOPT_TIMEOUT, kTimeoutSeconds);
  option(CURLOPT_WRITEFUNCTION, &TakeBody);
  option(CURLOPT_WRITEDATA, &reply.body);
  if (!set) return InternalError("the HTTP client lacks an option");
  const CURLcode result = library->perform(curl);
  if (result != CURLE_OK) {
    return Unavailable("no answer from `" + credentials_.endpoint +
                       "`: " + library->strerror(result));
  }
  long status = 0;
  library->getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  reply.http_status = static_cast<int>(status);
  return reply;
}

}  // namespace writ
