// SPDX-License-Identifier: Apache-2.0
#include "control/function_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "control/names.h"
#include "crypto/base64.h"
#include "crypto/hex.h"
#include "grammar/utf8.h"

namespace writ {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxBodyDepth = 16;
constexpr uint32_t kDefaultPort = 9000;

// A sentence for the client: "The member `x` …".
Status Bad(std::string_view member, std::string_view what) {
  return InvalidArgument("The member " + std::string(member) + " " +
                         std::string(what) + ".");
}

// Reads a JSON object; duplicate members and depth are refused, which the
// library would let pass.
Result<Json> ParseBody(std::string_view text) {
  std::vector<std::set<std::string>> open;
  std::string problem;
  const Json::parser_callback_t watch =
      [&open, &problem](int depth, Json::parse_event_t event, Json& parsed) {
        if (depth > kMaxBodyDepth && problem.empty()) {
          problem = "The body is nested too deeply.";
        }
        if (event == Json::parse_event_t::object_start) {
          open.emplace_back();
        } else if (event == Json::parse_event_t::object_end) {
          if (!open.empty()) open.pop_back();
        } else if (event == Json::parse_event_t::key && !open.empty()) {
          const auto* name = parsed.get_ptr<const std::string*>();
          if (name != nullptr && !open.back().insert(*name).second &&
              problem.empty()) {
            problem = "The body has the member " + *name + " twice.";
          }
        }
        return problem.empty();
      };
  Json body = Json::parse(text.begin(), text.end(), watch, false);
  if (!problem.empty()) return InvalidArgument(problem);
  if (body.is_discarded()) {
    return InvalidArgument("The body is not well-formed JSON.");
  }
  if (!body.is_object()) {
    return InvalidArgument("The body must be a JSON object.");
  }
  return body;
}

// Null, "", [], {}, false, or an object of nothing else: says nothing.
bool SaysNothing(const Json& value) {
  if (value.is_null()) return true;
  if (value.is_boolean()) return !value.get<bool>();
  if (value.is_string()) return value.get_ref<const std::string&>().empty();
  if (value.is_array()) return value.empty();
  if (value.is_object()) {
    return std::all_of(value.begin(), value.end(), SaysNothing);
  }
  return false;
}

Status ReadText(const Json& value, std::string_view member, size_t most,
                std::string* out) {
  if (!value.is_string()) return Bad(member, "must be a string");
  const auto& text = value.get_ref<const std::string&>();
  if (CountCodePoints(text) > most || text.find('\0') != std::string::npos) {
    return Bad(member, "must be at most " + std::to_string(most) +
                           " characters without a zero byte");
  }
  *out = text;
  return OkStatus();
}

Status ReadInteger(const Json& value, std::string_view member, uint32_t least,
                   uint32_t most, uint32_t* out) {
  if (value.is_number()) {
    const double number = value.get<double>();
    if (number == std::floor(number) && number >= least && number <= most) {
      *out = static_cast<uint32_t>(number);
      return OkStatus();
    }
  }
  return Bad(member, "must be a whole number from " + std::to_string(least) +
                         " to " + std::to_string(most));
}

Status ReadTextList(const Json& value, std::string_view member,
                    std::vector<std::string>* out) {
  constexpr size_t kMaxWords = 100;
  constexpr size_t kMaxWordChars = 4096;
  if (!value.is_array() || value.size() > kMaxWords) {
    return Bad(member, "must be a list of at most 100 strings");
  }
  std::vector<std::string> list;
  for (const Json& item : value) {
    WRIT_RETURN_IF_ERROR(
        ReadText(item, member, kMaxWordChars, &list.emplace_back()));
  }
  *out = std::move(list);
  return OkStatus();
}

Status ReadCpu(const Json& value, uint32_t* hundredths) {
  if (value.is_number()) {
    const double scaled = value.get<double>() * 100.0;
    const double rounded = std::round(scaled);
    if (std::fabs(scaled - rounded) < 1e-6 && rounded >= 5 && rounded <= 1600 &&
        static_cast<uint32_t>(rounded) % 5 == 0) {
      *hundredths = static_cast<uint32_t>(rounded);
      return OkStatus();
    }
  }
  return Bad("cpu", "must be a multiple of 0.05 from 0.05 to 16");
}

Status ReadEnvironment(const Json& value, StoredFunction* record) {
  if (!value.is_object()) {
    return Bad("environmentVariables", "must be an object of strings");
  }
  std::map<std::string, SecretBytes> environment;
  uint64_t total_bytes = 0;
  for (const auto& [name, text] : value.items()) {
    if (!IsEnvironmentName(name)) {
      return Bad("environmentVariables",
                 "has a name that is not a letter followed by letters, digits "
                 "and _");
    }
    if (name.starts_with("FC_")) {
      return Bad("environmentVariables",
                 "has a name that begins with FC_, which is reserved");
    }
    if (!text.is_string()) {
      return Bad("environmentVariables", "must be an object of strings");
    }
    const auto& bytes = text.get_ref<const std::string&>();
    if (bytes.find('\0') != std::string::npos) {
      return Bad("environmentVariables", "has a value with a zero byte");
    }
    total_bytes += name.size() + bytes.size();
    environment[name] = SecretBytes::CopyOf(bytes);
  }
  if (total_bytes > kMaxEnvironmentBytes) {
    return Bad("environmentVariables",
               "must be at most " + std::to_string(kMaxEnvironmentBytes) +
                   " bytes in all");
  }
  record->environment = std::move(environment);
  return OkStatus();
}

// Refuses members of `object` other than `known`, unless they say nothing.
Status OnlyMembers(const Json& object, std::string_view where,
                   std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    if (SaysNothing(value)) continue;
    return Bad(std::string(where) + "." + name, "is not served");
  }
  return OkStatus();
}

Status ReadCustomRuntime(const Json& value, StoredFunction* record) {
  constexpr std::string_view kMember = "customRuntimeConfig";
  if (!value.is_object()) return Bad(kMember, "must be an object");
  WRIT_RETURN_IF_ERROR(
      OnlyMembers(value, kMember, {"command", "args", "port"}));
  for (const auto& [name, member] : value.items()) {
    if (member.is_null()) continue;
    const std::string path = std::string(kMember) + "." + name;
    if (name == "command") {
      WRIT_RETURN_IF_ERROR(ReadTextList(member, path, &record->command));
    } else if (name == "args") {
      WRIT_RETURN_IF_ERROR(ReadTextList(member, path, &record->arguments));
    } else if (name == "port") {
      WRIT_RETURN_IF_ERROR(ReadInteger(member, path, 1, 65535, &record->port));
    }
  }
  return OkStatus();
}

Status ReadLifecycle(const Json& value, StoredFunction* record) {
  constexpr std::string_view kMember = "instanceLifecycleConfig";
  if (!value.is_object()) return Bad(kMember, "must be an object");
  WRIT_RETURN_IF_ERROR(OnlyMembers(value, kMember, {"initializer"}));
  const auto hook = value.find("initializer");
  if (hook == value.end() || hook->is_null()) return OkStatus();
  const std::string path = std::string(kMember) + ".initializer";
  if (!hook->is_object()) return Bad(path, "must be an object");
  WRIT_RETURN_IF_ERROR(OnlyMembers(*hook, path, {"handler", "timeout"}));
  std::string handler;
  uint32_t timeout_seconds = 3;
  if (const auto found = hook->find("handler");
      found != hook->end() && !found->is_null()) {
    WRIT_RETURN_IF_ERROR(ReadText(*found, path + ".handler", 128, &handler));
  }
  if (const auto found = hook->find("timeout");
      found != hook->end() && !found->is_null()) {
    WRIT_RETURN_IF_ERROR(
        ReadInteger(*found, path + ".timeout", 1, 300, &timeout_seconds));
  }
  record->initializer_handler = handler;
  record->initializer_timeout_seconds = handler.empty() ? 0 : timeout_seconds;
  return OkStatus();
}

Status ReadCode(const Json& value, std::optional<CodePackage>* code) {
  if (!value.is_object()) return Bad("code", "must be an object");
  const auto zip = value.find("zipFile");
  const bool has_zip = zip != value.end() && !SaysNothing(*zip);
  if (!has_zip) {
    if (SaysNothing(value)) return OkStatus();
    return Bad("code",
               "must carry the package in zipFile: object storage is not "
               "served");
  }
  for (const auto& [name, member] : value.items()) {
    if (name != "zipFile" && name != "checksum" && name != "ossBucketName" &&
        name != "ossObjectName") {
      return Bad("code." + name, "is unknown");
    }
  }
  if (!zip->is_string()) return Bad("code.zipFile", "must be Base64 text");
  const auto& text = zip->get_ref<const std::string&>();
  if (text.size() / 4 * 3 > kMaxArtifactBytes + 3) {
    return Bad("code.zipFile", "must be at most " +
                                   std::to_string(kMaxArtifactBytes) +
                                   " bytes unpacked from Base64");
  }
  Result<std::string> decoded = Base64Decode(text);
  if (!decoded.ok()) return Bad("code.zipFile", "must be Base64 text");
  if (decoded->size() > kMaxArtifactBytes) {
    return Bad("code.zipFile", "must be at most " +
                                   std::to_string(kMaxArtifactBytes) +
                                   " bytes unpacked from Base64");
  }
  // Only the mark is looked at here: archives are read in a jail.
  if (!std::string_view(*decoded).starts_with("PK\x03\x04")) {
    return Bad("code.zipFile", "must be a ZIP archive with at least one file");
  }
  CodePackage package;
  package.zip = std::move(decoded).value();
  const auto checksum = value.find("checksum");
  if (checksum != value.end() && !SaysNothing(*checksum)) {
    std::string sent;
    WRIT_RETURN_IF_ERROR(ReadText(*checksum, "code.checksum", 20, &sent));
    package.checksum = std::move(sent);
  }
  *code = std::move(package);
  return OkStatus();
}

enum class Handling : uint8_t { kRead, kKeep, kRefuse };

struct MemberRule {
  std::string_view name;
  Handling handling;
  std::string_view extra;
  std::string_view why;
};

constexpr MemberRule kMembers[] = {
#define FUNCTION_MEMBER(name, handling, extra, why) \
  {#name, Handling::k##handling, extra, why},
#include "control/function_members.def"
#undef FUNCTION_MEMBER
};

Status ReadMember(std::string_view name, const Json& value,
                  std::string_view function, StoredFunction* record,
                  std::optional<CodePackage>* code) {
  if (name == "functionName") {
    if (!value.is_string() || value.get_ref<const std::string&>() != function) {
      return Bad(name, "is not the function of this request");
    }
    return OkStatus();
  }
  if (name == "runtime") return ReadText(value, name, 64, &record->runtime);
  if (name == "handler") return ReadText(value, name, 128, &record->handler);
  if (name == "code") return ReadCode(value, code);
  if (name == "cpu") return ReadCpu(value, &record->cpu_hundredths);
  if (name == "memorySize") {
    return ReadInteger(value, name, 128, 32768, &record->memory_mb);
  }
  if (name == "diskSize") {
    return ReadInteger(value, name, 512, 10240, &record->disk_mb);
  }
  if (name == "timeout") {
    return ReadInteger(value, name, 1, 86400, &record->timeout_seconds);
  }
  if (name == "instanceConcurrency") {
    return ReadInteger(value, name, 1, 200, &record->instance_concurrency);
  }
  if (name == "environmentVariables") return ReadEnvironment(value, record);
  if (name == "description") {
    return ReadText(value, name, 256, &record->description);
  }
  if (name == "customRuntimeConfig") return ReadCustomRuntime(value, record);
  return ReadLifecycle(value, record);
}

bool IsKind(const Json& value, std::string_view kind) {
  if (kind == "bool") return value.is_boolean();
  if (kind == "number") return value.is_number();
  if (kind == "string") return value.is_string();
  return value.is_array();
}

constexpr size_t kMaxKeptChars = 8192;

Status TakeMember(const MemberRule& rule, const Json& value,
                  std::string_view function, StoredFunction* record,
                  std::optional<CodePackage>* code) {
  switch (rule.handling) {
    case Handling::kRead:
      return ReadMember(rule.name, value, function, record, code);
    case Handling::kKeep: {
      if (!IsKind(value, rule.extra)) {
        return Bad(rule.name,
                   "must be of JSON type " + std::string(rule.extra));
      }
      std::string text =
          value.dump(-1, ' ', false, Json::error_handler_t::replace);
      if (text.size() > kMaxKeptChars) return Bad(rule.name, "is too large");
      record->kept[std::string(rule.name)] = std::move(text);
      return OkStatus();
    }
    case Handling::kRefuse:
      if (SaysNothing(value)) return OkStatus();
      if (value.is_string() && !rule.extra.empty() &&
          value.get_ref<const std::string&>() == rule.extra) {
        return OkStatus();
      }
      return Bad(rule.name, "cannot be honoured: " + std::string(rule.why));
  }
  return OkStatus();
}

bool IsCustom(std::string_view runtime) {
  return runtime.starts_with("custom");
}

}  // namespace

Result<std::string> FunctionNameOf(std::string_view body) {
  WRIT_ASSIGN_OR_RETURN(const Json parsed, ParseBody(body));
  const auto name = parsed.find("functionName");
  if (name == parsed.end() || !name->is_string()) {
    return InvalidArgument("The member functionName is missing.");
  }
  return name->get<std::string>();
}

Status ApplyFunctionBody(std::string_view body, std::string_view name,
                         StoredFunction* record,
                         std::optional<CodePackage>* code) {
  WRIT_ASSIGN_OR_RETURN(const Json parsed, ParseBody(body));
  for (const auto& [member, value] : parsed.items()) {
    const auto* rule = std::ranges::find(kMembers, member, &MemberRule::name);
    if (rule == std::end(kMembers)) return Bad(member, "is unknown");
    if (value.is_null()) continue;
    WRIT_RETURN_IF_ERROR(TakeMember(*rule, value, name, record, code));
  }
  return OkStatus();
}

Status CheckFunction(const StoredFunction& record) {
  static constexpr std::string_view kRuntimes[] = {
      "python3.10",      "python3.12",      "custom",
      "custom.debian10", "custom.debian11", "custom.debian12"};
  if (std::find(std::begin(kRuntimes), std::end(kRuntimes), record.runtime) ==
      std::end(kRuntimes)) {
    return Bad("runtime",
               record.runtime.empty()
                   ? "is missing"
                   : "must be one that is served: python3.10, python3.12, "
                     "custom, custom.debian10, custom.debian11, "
                     "custom.debian12");
  }
  if (record.handler.empty()) return Bad("handler", "is missing");
  if (!IsCustom(record.runtime)) {
    const size_t dot = record.handler.rfind('.');
    if (dot == std::string::npos || dot == 0 ||
        dot + 1 == record.handler.size()) {
      return Bad("handler", "must have the form file.function");
    }
  }
  if (record.memory_mb % 64 != 0) {
    return Bad("memorySize", "must be a multiple of 64");
  }
  if (record.disk_mb != 512 && record.disk_mb != 10240) {
    return Bad("diskSize", "must be 512 or 10240");
  }
  if (!IsCustom(record.runtime) &&
      (!record.command.empty() || !record.arguments.empty() ||
       record.port != kDefaultPort)) {
    return Bad("customRuntimeConfig", "needs a custom runtime");
  }
  return OkStatus();
}

std::string FunctionJson(const FunctionEntry& entry,
                         const StoredFunction& record) {
  Json model;
  model["functionName"] = entry.name;
  model["functionId"] = record.id;
  model["functionArn"] = entry.arn;
  model["description"] = record.description;
  model["runtime"] = record.runtime;
  model["handler"] = record.handler;
  model["timeout"] = record.timeout_seconds;
  model["memorySize"] = record.memory_mb;
  model["cpu"] = record.cpu_hundredths / 100.0;
  model["diskSize"] = record.disk_mb;
  model["instanceConcurrency"] = record.instance_concurrency;
  model["instanceIsolationMode"] = "SHARE";
  model["sessionAffinity"] = "NONE";
  model["codeChecksum"] = entry.code_checksum;
  model["codeSize"] = record.code_size_bytes;
  model["createdTime"] = record.created;
  model["lastModifiedTime"] = record.updated;
  model["state"] = "Active";
  model["lastUpdateStatus"] = "Successful";
  model["layers"] = Json::array();
  model["role"] = "";
  model["disableOndemand"] = false;
  Json& environment = model["environmentVariables"] = Json::object();
  for (const auto& [name, value] : record.environment) {
    environment[name] = std::string(value.text());
  }
  if (IsCustom(record.runtime)) {
    Json& custom = model["customRuntimeConfig"];
    custom["command"] = record.command;
    custom["args"] = record.arguments;
    custom["port"] = record.port;
  }
  if (!record.initializer_handler.empty()) {
    Json& hook = model["instanceLifecycleConfig"]["initializer"];
    hook["handler"] = record.initializer_handler;
    hook["timeout"] = record.initializer_timeout_seconds;
  }
  for (const auto& [name, text] : record.kept) {
    model[name] = Json::parse(text, nullptr, false);
  }
  return model.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<FunctionEntry> MakeFunctionEntry(std::string_view account,
                                        std::string_view name,
                                        std::string_view region,
                                        const StoredFunction& record) {
  FunctionEntry entry;
  entry.account = account;
  entry.name = name;
  entry.arn = "acs:fc:" + std::string(region) + ":" + entry.account +
              ":functions/" + entry.name;
  const Result<std::string> digest = HexDecode(record.code_sha256_hex);
  if (!digest.ok() || digest->size() != entry.code_sha256.size()) {
    return DataLoss("a function record has no code digest");
  }
  std::memcpy(entry.code_sha256.data(), digest->data(), digest->size());
  entry.code_checksum = std::to_string(record.code_crc64);
  entry.code_size_bytes = record.code_size_bytes;
  entry.runtime = IsCustom(record.runtime) ? "custom" : record.runtime;
  entry.timeout_seconds = record.timeout_seconds;
  entry.memory_mb = record.memory_mb;
  entry.instance_concurrency = record.instance_concurrency;
  return entry;
}

Result<FunctionStart> MakeFunctionStart(std::string_view account,
                                        std::string_view name,
                                        std::string_view region,
                                        uint64_t revision,
                                        StoredFunction record) {
  FunctionStart start;
  WRIT_ASSIGN_OR_RETURN(start.entry,
                        MakeFunctionEntry(account, name, region, record));
  start.entry.revision = revision;
  start.handler = std::move(record.handler);
  start.cpu = record.cpu_hundredths / 100.0;
  start.disk_mb = record.disk_mb;
  start.command = std::move(record.command);
  start.command.insert(start.command.end(), record.arguments.begin(),
                       record.arguments.end());
  start.port = record.port;
  start.environment = std::move(record.environment);
  start.initializer_handler = std::move(record.initializer_handler);
  start.initializer_timeout_seconds = record.initializer_timeout_seconds;
  return start;
}

}  // namespace writ
