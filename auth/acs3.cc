// SPDX-License-Identifier: Apache-2.0
#include "auth/acs3.h"

#include <algorithm>

#include "auth/canonical.h"
#include "crypto/digest.h"
#include "crypto/hex.h"
#include "crypto/random.h"

namespace writ {
namespace {

constexpr size_t kMaxKeyIdChars = 128;
constexpr size_t kMaxSignedHeaders = 64;
constexpr size_t kNonceBytes = 32;

Status Malformed() { return InvalidArgument("malformed Authorization header"); }

// Takes "name=…" up to the next comma off the front.
bool TakeField(std::string_view* rest, std::string_view name, bool last,
               std::string_view* value) {
  if (!rest->starts_with(name)) return false;
  rest->remove_prefix(name.size());
  const size_t comma = rest->find(',');
  if (last != (comma == std::string_view::npos)) return false;
  *value = rest->substr(0, comma);
  rest->remove_prefix(last ? rest->size() : comma + 1);
  if (!last && rest->starts_with(' ')) rest->remove_prefix(1);
  return true;
}

bool IsKeyId(std::string_view text) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !text.empty() && text.size() <= kMaxKeyIdChars &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool IsLowerToken(std::string_view text) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";
  return !text.empty() &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

// Replaces all headers of that name by one.
void SetHeader(std::string_view name, std::string value, RequestHead* head) {
  std::erase_if(head->headers,
                [name](const HeaderField& f) { return f.name == name; });
  head->headers.push_back({std::string(name), std::move(value)});
}

}  // namespace

Result<Acs3Authorization> ParseAcs3Authorization(std::string_view value) {
  if (!value.starts_with(kAcs3Algorithm)) return Malformed();
  value.remove_prefix(kAcs3Algorithm.size());
  if (!value.starts_with(' ')) return Malformed();
  value.remove_prefix(1);
  std::string_view key_id, names, signature;
  if (!TakeField(&value, "Credential=", false, &key_id) ||
      !TakeField(&value, "SignedHeaders=", false, &names) ||
      !TakeField(&value, "Signature=", true, &signature) || !IsKeyId(key_id) ||
      !IsLowerHex(signature, kHmacSha256Bytes * 2)) {
    return Malformed();
  }
  Acs3Authorization authorization;
  authorization.access_key_id = key_id;
  authorization.signature = signature;
  while (true) {
    const size_t end = names.find(';');
    const std::string_view name = names.substr(0, end);
    std::vector<std::string>& sofar = authorization.signed_headers;
    if (!IsLowerToken(name) || (!sofar.empty() && sofar.back() >= name) ||
        sofar.size() == kMaxSignedHeaders) {
      return Malformed();
    }
    sofar.emplace_back(name);
    if (end == std::string_view::npos) return authorization;
    names.remove_prefix(end + 1);
  }
}

std::string Acs3Signature(const HmacKey& key,
                          std::string_view canonical_request) {
  std::string text(kAcs3Algorithm);
  text += '\n';
  text += Sha256Hex(canonical_request);
  return HexEncode(key.Sign(text));
}

Status SignAcs3(const Acs3Credentials& credentials,
                std::string_view body_sha256, WallTime now, RequestHead* head) {
  SetHeader("x-acs-date", FormatRfc3339(now), head);
  SetHeader("x-acs-signature-nonce", RandomHex(kNonceBytes), head);
  SetHeader("x-acs-content-sha256", std::string(body_sha256), head);
  std::vector<std::string> signed_headers;
  for (const HeaderField& field : head->headers) {
    if (field.name == "host" || field.name == "content-type" ||
        field.name.starts_with("x-acs-")) {
      signed_headers.push_back(field.name);
    }
  }
  std::sort(signed_headers.begin(), signed_headers.end());
  for (const char* needed : {"host", "x-acs-action", "x-acs-version"}) {
    if (head->Single(needed) == nullptr) {
      return InvalidArgument(std::string("a request to sign needs `") + needed +
                             "` once");
    }
  }
  WRIT_ASSIGN_OR_RETURN(const std::string canonical,
                        CanonicalRequest(*head, signed_headers, body_sha256));
  std::string value(kAcs3Algorithm);
  value += " Credential=" + credentials.access_key_id + ",SignedHeaders=";
  for (size_t i = 0; i < signed_headers.size(); ++i) {
    if (i > 0) value += ';';
    value += signed_headers[i];
  }
  value += ",Signature=";
  value += Acs3Signature(HmacKey(credentials.access_key_secret), canonical);
  SetHeader("authorization", std::move(value), head);
  return OkStatus();
}

}  // namespace writ
