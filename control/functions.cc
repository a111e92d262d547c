// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "control/call.h"
#include "control/function_model.h"
#include "control/names.h"
#include "control/record_format.h"
#include "crypto/hex.h"
#include "crypto/random.h"

namespace writ {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxPage = 100;
constexpr size_t kDefaultPage = 20;

const FunctionTable& FunctionsOf(const Call& call,
                                 const DirectoryState& state) {
  return *state.accounts.at(call.caller.account).functions;
}

Result<StoredFunction> ReadFunction(const Call& call, std::string_view name,
                                    uint64_t* version) {
  WRIT_ASSIGN_OR_RETURN(
      const Record stored,
      call.parts.store->Get(Table::kFunction, call.caller.account, name));
  *version = stored.version;
  return DecodeRecord<StoredFunction>(stored.value.text());
}

// "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
std::string MakeFunctionId() {
  std::string id = RandomHex(4);
  for (const size_t bytes : {2, 2, 2, 6}) id += "-" + RandomHex(bytes);
  return id;
}

// Deletes a package that no function of `table` uses. What cannot be deleted
// costs disk space and nothing else.
void DropUnusedPackage(const Call& call, const FunctionTable& table,
                       const std::string& sha256_hex) {
  if (sha256_hex.empty()) return;
  const Result<std::string> digest = HexDecode(sha256_hex);
  if (!digest.ok()) return;
  const bool used =
      std::any_of(table.begin(), table.end(), [&](const auto& item) {
        return AsText(item.second.code_sha256) == *digest;
      });
  if (used) return;
  const Status deleted =
      call.parts.artifacts->Delete(*call.admission.permit, sha256_hex);
  if (!deleted.ok()) {
    Log(LogLevel::kWarning, "package_not_deleted",
        {{"error", deleted.ToString()}});
  }
}

// Stores the package and notes it in `record`.
std::optional<Reply> StorePackage(const Call& call, const FunctionTable& table,
                                  const CodePackage& package,
                                  StoredFunction* record) {
  const Result<ArtifactSummary> stored =
      call.parts.artifacts->Put(*call.admission.permit, package.zip);
  if (!stored.ok()) return StoreFailed(stored.status());
  if (package.checksum.has_value() &&
      *package.checksum != std::to_string(stored->crc64)) {
    DropUnusedPackage(call, table, stored->sha256_hex);
    return Refuse(400, "InvalidArgument",
                  "The member code.checksum is not the CRC-64 of the package.");
  }
  record->code_sha256_hex = stored->sha256_hex;
  record->code_crc64 = stored->crc64;
  record->code_size_bytes = stored->size_bytes;
  return std::nullopt;
}

// Commits `record` as what the function is now; `before` is the digest of the
// package it had.
Reply CommitFunction(Call* call, Directory::Change* change,
                     const std::string& name, const StoredFunction& record,
                     uint64_t expected, const std::string& before) {
  const std::string& account = call->caller.account;
  const FunctionTable& current = FunctionsOf(*call, change->current());
  Result<FunctionEntry> entry =
      MakeFunctionEntry(account, name, call->parts.directory->region(), record);
  if (!entry.ok()) return StoreFailed(entry.status());
  (*change->EditFunctions(account))[name] = *entry;
  Mutation mutation;
  mutation.Put(Table::kFunction, account, name, EncodeRecord(record).text(),
               expected);
  const Result<uint64_t> revision =
      change->Commit(*call->admission.permit, mutation);
  if (!revision.ok()) {
    if (record.code_sha256_hex != before) {
      DropUnusedPackage(*call, current, record.code_sha256_hex);
    }
    return StoreFailed(revision.status());
  }
  if (record.code_sha256_hex != before) {
    const auto published = call->parts.directory->state();
    DropUnusedPackage(*call, FunctionsOf(*call, *published), before);
  }
  return JsonReply(FunctionJson(*entry, record));
}

// A refusal for a qualifier that names nothing: there are no versions and
// aliases yet.
std::optional<Reply> CheckQualifier(const Call& call) {
  const std::string_view qualifier = call.Text("qualifier");
  if (qualifier.empty() || qualifier == "LATEST") return std::nullopt;
  const bool is_version =
      std::all_of(qualifier.begin(), qualifier.end(),
                  [](char c) { return c >= '0' && c <= '9'; });
  return Refuse(404, is_version ? "VersionNotFound" : "AliasNotFound",
                "The function has no such version or alias: " +
                    std::string(qualifier) + ".");
}

// The next token is the last name of a page: opaque to clients, and no secret
// to somebody who may list.
Result<std::string> ReadNextToken(std::string_view token) {
  if (token.empty()) return std::string();
  return HexDecode(token);
}

}  // namespace

Reply HandleCreateFunction(Call* call) {
  const std::string name(call->Text("functionName"));
  StoredFunction record;
  std::optional<CodePackage> package;
  Status read = ApplyFunctionBody(call->body, name, &record, &package);
  if (read.ok()) read = CheckFunction(record);
  if (!read.ok()) return Refuse(400, "InvalidArgument", read.message());
  if (!package.has_value()) {
    return Refuse(400, "InvalidArgument",
                  "The member code.zipFile is missing.");
  }
  std::string().swap(call->body);
  record.id = MakeFunctionId();
  record.created = FormatRfc3339(call->parts.clock->Now());
  record.updated = record.created;

  Directory::Change change(call->parts.directory);
  if (auto refusal = call->Confirm(change.current())) return *refusal;
  const FunctionTable& functions = FunctionsOf(*call, change.current());
  if (functions.contains(name)) {
    return Refuse(409, "FunctionAlreadyExists",
                  "The function already exists: " + name + ".");
  }
  if (auto refusal = StorePackage(*call, functions, *package, &record)) {
    return *refusal;
  }
  return CommitFunction(call, &change, name, record, Mutation::kAbsent, "");
}

Reply HandleGetFunction(Call* call) {
  const std::string_view name = call->Text("functionName");
  const std::optional<FunctionEntry> entry =
      call->parts.directory->FindFunction(call->caller.account, name);
  if (!entry.has_value()) return NoSuchFunction(name);
  if (auto refusal = CheckQualifier(*call)) return *refusal;
  uint64_t version = 0;
  const Result<StoredFunction> record = ReadFunction(*call, name, &version);
  if (record.status().code() == StatusCode::kNotFound) {
    return NoSuchFunction(name);
  }
  if (!record.ok()) return StoreFailed(record.status());
  // The record is the truth: it may be newer than the entry.
  const Result<FunctionEntry> fresh = MakeFunctionEntry(
      call->caller.account, name, call->parts.directory->region(), *record);
  if (!fresh.ok()) return StoreFailed(fresh.status());
  return JsonReply(FunctionJson(*fresh, *record));
}

Reply HandleUpdateFunction(Call* call) {
  const std::string name(call->Text("functionName"));
  Directory::Change change(call->parts.directory);
  if (auto refusal = call->Confirm(change.current())) return *refusal;
  const FunctionTable& functions = FunctionsOf(*call, change.current());
  if (!functions.contains(name)) return NoSuchFunction(name);
  uint64_t version = 0;
  Result<StoredFunction> record = ReadFunction(*call, name, &version);
  if (!record.ok()) return StoreFailed(record.status());
  const std::string before = record->code_sha256_hex;
  std::optional<CodePackage> package;
  Status read = ApplyFunctionBody(call->body, name, &*record, &package);
  if (read.ok()) read = CheckFunction(*record);
  if (!read.ok()) return Refuse(400, "InvalidArgument", read.message());
  record->updated = FormatRfc3339(call->parts.clock->Now());
  if (package.has_value()) {
    if (auto refusal = StorePackage(*call, functions, *package, &*record)) {
      return *refusal;
    }
  }
  return CommitFunction(call, &change, name, *record, version, before);
}

Reply HandleDeleteFunction(Call* call) {
  const std::string name(call->Text("functionName"));
  const std::string& account = call->caller.account;
  Directory::Change change(call->parts.directory);
  if (auto refusal = call->Confirm(change.current())) return *refusal;
  const FunctionTable& functions = FunctionsOf(*call, change.current());
  const auto entry = functions.find(name);
  if (entry == functions.end()) return NoSuchFunction(name);
  const std::string digest = HexEncode(entry->second.code_sha256);
  change.EditFunctions(account)->erase(name);
  Mutation mutation;
  mutation.Delete(Table::kFunction, account, name, Mutation::kAnyVersion);
  const Result<uint64_t> revision =
      change.Commit(*call->admission.permit, mutation);
  if (!revision.ok()) return StoreFailed(revision.status());
  const auto published = call->parts.directory->state();
  DropUnusedPackage(*call, FunctionsOf(*call, *published), digest);
  return EmptyReply(204);
}

Reply HandleListFunctions(Call* call) {
  size_t limit = kDefaultPage;
  const std::string_view limit_text = call->Text("limit");
  if (!limit_text.empty()) {
    const char* end = limit_text.data() + limit_text.size();
    const auto [stop, error] = std::from_chars(limit_text.data(), end, limit);
    if (error != std::errc() || stop != end || limit < 1 || limit > kMaxPage) {
      return Refuse(400, "InvalidArgument",
                    "The parameter limit must be a number from 1 to 100.");
    }
  }
  for (const std::string_view filter :
       {"description", "functionName", "gpuType", "resourceGroupId", "tags"}) {
    if (!call->Text(filter).empty()) {
      return Refuse(400, "InvalidArgument",
                    "The parameter " + std::string(filter) +
                        " is not served; use prefix or runtime.");
    }
  }
  const Result<std::string> after = ReadNextToken(call->Text("nextToken"));
  if (!after.ok()) {
    return Refuse(400, "InvalidArgument",
                  "The parameter nextToken is not one that was given.");
  }
  const std::string_view prefix = call->Text("prefix");
  const std::string_view runtime = call->Text("runtime");

  const auto state = call->parts.directory->state();
  const FunctionTable& functions = FunctionsOf(*call, *state);
  auto it = *after < prefix ? functions.lower_bound(prefix)
                            : functions.upper_bound(*after);
  std::string functions_json;
  std::string last;
  bool more = false;
  size_t count = 0;
  for (; it != functions.end() && it->first.starts_with(prefix); ++it) {
    if (!runtime.empty() && it->second.runtime != runtime) continue;
    if (count == limit) {
      more = true;
      break;
    }
    uint64_t version = 0;
    const Result<StoredFunction> record =
        ReadFunction(*call, it->first, &version);
    if (record.status().code() == StatusCode::kNotFound) continue;
    if (!record.ok()) return StoreFailed(record.status());
    const Result<FunctionEntry> entry =
        MakeFunctionEntry(call->caller.account, it->first,
                          call->parts.directory->region(), *record);
    if (!entry.ok()) return StoreFailed(entry.status());
    if (count++ > 0) functions_json += ',';
    functions_json += FunctionJson(*entry, *record);
    last = it->first;
  }
  std::string body = "{\"functions\":[" + functions_json + "]";
  if (more)
    body += ",\"nextToken\":\"" + HexEncode(std::string_view(last)) + "\"";
  body += "}";
  return JsonReply(std::move(body));
}

Reply HandleGetFunctionCode(Call* call) {
  const std::string_view name = call->Text("functionName");
  const std::optional<FunctionEntry> entry =
      call->parts.directory->FindFunction(call->caller.account, name);
  if (!entry.has_value()) return NoSuchFunction(name);
  if (auto refusal = CheckQualifier(*call)) return *refusal;
  const Result<std::string> url = call->parts.urls->Mint(
      call->caller.account, HexEncode(entry->code_sha256), /*node=*/"",
      std::chrono::seconds(kTemporaryUrlSeconds), call->parts.clock->Now());
  if (!url.ok()) return StoreFailed(url.status());
  Json body;
  body["checksum"] = entry->code_checksum;
  body["url"] = *url;
  return JsonReply(body.dump());
}

}  // namespace writ
