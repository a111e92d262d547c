// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CONTROL_RECORD_FORMAT_H_
#define WRIT_CONTROL_RECORD_FORMAT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/status.h"

// What control/ writes into the records of store/records.def. Every encoding
// begins with its format number; a reader refuses numbers that it does not
// know (kUnimplemented) and anything truncated (kDataLoss). Times are RFC 3339.
namespace writ {

struct StoredAccount {
  std::string created;
  std::string root_access_key_id;
};

struct StoredUser {
  std::string id;
  std::string display_name;
  std::string comments;
  std::string email;
  std::string mobile_phone;
  std::string created;
  std::string updated;
};

struct StoredAccessKey {
  std::string account;
  std::string user;  // empty: root
  bool active = true;
  std::string created;
  SecretBytes secret;
};

struct StoredPolicy {
  std::string document;  // as the author wrote it
  std::string description;
  std::string created;
  std::string updated;
};

struct StoredAttachment {
  std::string created;
};

struct StoredFunction {
  std::string id;
  std::string created;
  std::string updated;
  std::string description;
  std::string runtime;  // as sent: custom.debian12 stays that
  std::string handler;
  uint32_t timeout_seconds = 3;
  uint32_t memory_mb = 512;
  uint32_t cpu_hundredths = 35;
  uint32_t disk_mb = 512;
  uint32_t instance_concurrency = 1;
  std::vector<std::string> command;
  std::vector<std::string> arguments;
  uint32_t port = 9000;
  std::string initializer_handler;
  uint32_t initializer_timeout_seconds = 0;
  // Members that are kept and given back as sent: name to JSON text.
  std::map<std::string, std::string> kept;
  std::string code_sha256_hex;
  uint64_t code_crc64 = 0;
  uint64_t code_size_bytes = 0;
  std::map<std::string, SecretBytes> environment;
};

SecretBytes EncodeRecord(const StoredAccount& record);
SecretBytes EncodeRecord(const StoredUser& record);
SecretBytes EncodeRecord(const StoredAccessKey& record);
SecretBytes EncodeRecord(const StoredPolicy& record);
SecretBytes EncodeRecord(const StoredAttachment& record);
SecretBytes EncodeRecord(const StoredFunction& record);

// Decodes a T; the encoding does not say which record it is, the table does.
template <typename T>
Result<T> DecodeRecord(std::string_view bytes);
template <>
Result<StoredAccount> DecodeRecord(std::string_view bytes);
template <>
Result<StoredUser> DecodeRecord(std::string_view bytes);
template <>
Result<StoredAccessKey> DecodeRecord(std::string_view bytes);
template <>
Result<StoredPolicy> DecodeRecord(std::string_view bytes);
template <>
Result<StoredAttachment> DecodeRecord(std::string_view bytes);
template <>
Result<StoredFunction> DecodeRecord(std::string_view bytes);

// The name of an attachment record, and what it says.
std::string AttachmentName(std::string_view user, std::string_view policy);
bool ParseAttachmentName(std::string_view name, std::string_view* user,
                         std::string_view* policy);

}  // namespace writ

#endif  // WRIT_CONTROL_RECORD_FORMAT_H_
