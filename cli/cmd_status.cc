// SPDX-License-Identifier: Apache-2.0
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/platform_client.h"
#include "daemon/data_directory.h"
#include "daemon/host_run.h"

namespace writ {
namespace {

using Json = nlohmann::ordered_json;

// What the platform itself says; an object with "error" when it says nothing.
Json AskPlatform(const std::string& data) {
  Json answer;
  Result<Credentials> credentials = ReadCredentials(data);
  if (!credentials.ok()) {
    answer["error"] = credentials.status().message();
    return answer;
  }
  const SystemClock clock;
  const PlatformClient client(std::move(credentials).value(), &clock);
  const Result<PlatformReply> reply =
      client.Get("GetStatus", "/writ/v1/status");
  if (!reply.ok()) {
    answer["error"] = reply.status().message();
    return answer;
  }
  answer = Json::parse(reply.value().body, nullptr, false);
  if (reply.value().http_status != 200 || !answer.is_object()) {
    Json failed;
    failed["error"] =
        "the platform answers " + std::to_string(reply.value().http_status);
    return failed;
  }
  return answer;
}

Json Describe(const RunState& state, Json platform) {
  Json report;
  report["state"] = state.state;
  report["ready"] = platform.value("Ready", false);
  report["endpoint"] = state.endpoint;
  report["supervisorPid"] = state.supervisor_pid;
  report["restarts"] = state.restarts;
  for (const auto& [from, to] :
       {std::pair("Revision", "revision"), std::pair("AccountId", "accountId"),
        std::pair("Region", "region"), std::pair("Functions", "functions"),
        std::pair("Users", "users"), std::pair("error", "error")}) {
    if (platform.contains(from)) report[to] = platform[from];
  }
  report["roles"] = Json::array();
  for (const RunState::RoleState& role : state.roles) {
    report["roles"].push_back(
        {{"name", role.name}, {"pid", role.pid}, {"state", role.state}});
  }
  return report;
}

void PrintPretty(const Json& report) {
  for (const auto& [name, value] : report.items()) {
    if (name == "roles") continue;
    std::cout << std::left << std::setw(15) << name
              << (value.is_string() ? value.get<std::string>() : value.dump())
              << "\n";
  }
  for (const Json& role : report["roles"]) {
    std::cout << std::left << std::setw(15)
              << "role " + role["name"].get<std::string>() << std::setw(10)
              << role["state"].get<std::string>() << "pid "
              << role["pid"].get<int64_t>() << "\n";
  }
}

}  // namespace

ExitCode RunStatus(Args args) {
  std::string data = "./.writ";
  std::string format = "pretty";
  Flags flags("status", "",
              "Shows what a running platform is doing: its processes, its "
              "revision, whether it answers. Exits with 7 when it does not.");
  flags.String("--data", "DIR", "the data of the platform (default ./.writ)",
               &data);
  flags.Choice("--format", "how to print", {"pretty", "json"}, &format);
  flags.Positionals(nullptr, 0, 0);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;
  const Result<RunState> state = ReadRunState(data);
  const bool running =
      state.ok() &&
      IdentifyProcess(static_cast<pid_t>(state.value().supervisor_pid)).ok();
  if (!running) {
    if (state.ok() || state.status().code() == StatusCode::kNotFound) {
      std::cerr << "writ status: no platform runs on `" << data << "`\n";
    } else {
      std::cerr << "writ status: " << state.status().message() << "\n";
    }
    return ExitCode::kUnreachable;
  }
  const Json report = Describe(state.value(), AskPlatform(data));
  if (format == "json") {
    std::cout << report.dump(-1, ' ', false, Json::error_handler_t::replace)
              << "\n";
  } else {
    PrintPretty(report);
  }
  return report["ready"] == true ? ExitCode::kOk : ExitCode::kUnreachable;
}

}  // namespace writ
