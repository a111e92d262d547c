// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/help.h"
#include "cli/platform_client.h"
#include "daemon/data_directory.h"

namespace writ {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxPage = 1000;

struct Page {
  std::vector<Json> records;  // newest first
};

Result<Page> ReadPage(const PlatformClient& client, uint64_t limit,
                      uint64_t before) {
  std::string path = "/writ/v1/audit?limit=" + std::to_string(limit);
  if (before != 0) path += "&before=" + std::to_string(before);
  WRIT_ASSIGN_OR_RETURN(const PlatformReply reply,
                        client.Get("ListAuditRecords", path));
  const Json body = Json::parse(reply.body, nullptr, false);
  if (reply.http_status != 200 || !body.is_object() ||
      !body.contains("Records") || !body["Records"].is_array()) {
    return Unavailable("the platform answers " +
                       std::to_string(reply.http_status));
  }
  Page page;
  for (const Json& record : body["Records"]) {
    if (record.is_object() && record.value("Sequence", uint64_t{0}) != 0) {
      page.records.push_back(record);
    }
  }
  return page;
}

// The last `count` records that are newer than `after`, oldest first.
Result<std::vector<Json>> ReadTail(const PlatformClient& client, uint64_t count,
                                   uint64_t after) {
  std::vector<Json> tail;
  uint64_t before = 0;
  while (tail.size() < count) {
    const uint64_t limit = std::min(kMaxPage, count - tail.size());
    WRIT_ASSIGN_OR_RETURN(Page page, ReadPage(client, limit, before));
    bool reached = page.records.size() < limit;
    for (Json& record : page.records) {
      const uint64_t sequence = record["Sequence"].get<uint64_t>();
      if (sequence <= after) {
        reached = true;
        break;
      }
      before = sequence - 1;
      tail.push_back(std::move(record));
    }
    if (reached || before == 0) break;
  }
  std::ranges::reverse(tail);
  return tail;
}

// Following makes a record each second itself; those say nothing.
bool IsOwnReading(const Json& record) {
  return record.value("Operation", "") == "ListAuditRecords";
}

uint64_t Print(const std::vector<Json>& records, uint64_t last, bool follow) {
  for (const Json& record : records) {
    last = record["Sequence"].get<uint64_t>();
    if (follow && IsOwnReading(record)) continue;
    std::cout << record.dump(-1, ' ', false, Json::error_handler_t::replace)
              << "\n";
  }
  std::cout.flush();
  return last;
}

}  // namespace

ExitCode RunAudit(Args args) {
  std::string data = "./.writ";
  std::string count_text = "20";
  bool follow = false;
  std::vector<std::string> verbs;
  Flags flags("audit", "tail",
              "Prints the newest records of a running platform's audit trail, "
              "one JSON object a line, oldest first.");
  flags.String("--data", "DIR", "the data of the platform (default ./.writ)",
               &data);
  flags.String("-n,--lines", "COUNT", "how many records (default 20)",
               &count_text);
  flags.Bool("--follow", "go on with what is added, until interrupted",
             &follow);
  flags.Positionals(&verbs, 1, 1);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;
  uint64_t count = 0;
  const char* const end = count_text.data() + count_text.size();
  const auto [stop, error] = std::from_chars(count_text.data(), end, count);
  if (verbs[0] != "tail" || error != std::errc() || stop != end ||
      count > 1000000) {
    std::cerr << HelpText(flags.Info());
    return ExitCode::kUsage;
  }
  Result<Credentials> credentials = ReadCredentials(data);
  if (!credentials.ok()) {
    std::cerr << "writ audit: " << credentials.status().message() << "\n";
    return ExitCode::kUnreachable;
  }
  const SystemClock clock;
  const PlatformClient client(std::move(credentials).value(), &clock);
  uint64_t last = 0;
  while (true) {
    const Result<std::vector<Json>> records = ReadTail(client, count, last);
    if (!records.ok()) {
      std::cerr << "writ audit: " << records.status().message() << "\n";
      return ExitCode::kUnreachable;
    }
    last = Print(records.value(), last, follow);
    if (!follow || !std::cout.good()) return ExitCode::kOk;
    // From now on everything new, not the last few.
    count = UINT64_MAX;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

}  // namespace writ
