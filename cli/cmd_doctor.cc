// SPDX-License-Identifier: Apache-2.0
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/flags.h"
#include "daemon/host_check.h"
#include "daemon/listen_address.h"

namespace writ {
namespace {

HostFinding CheckPort(const ListenAddress& address) {
  const std::string holder = FindPortHolder(address.port);
  HostFinding finding;
  finding.name = "port";
  finding.ok = holder.empty();
  finding.needed = false;
  finding.detail = address.ToString() +
                   (holder.empty() ? " is free" : " is held by " + holder);
  if (!finding.ok)
    finding.remedy = "stop it, or use --listen with another port";
  return finding;
}

std::string_view Verdict(const HostFinding& finding) {
  if (finding.ok) return "ok";
  return finding.needed ? "missing" : "warning";
}

void PrintPretty(const std::vector<HostFinding>& findings) {
  for (const HostFinding& finding : findings) {
    std::cout << std::left << std::setw(8) << Verdict(finding) << std::setw(14)
              << finding.name << finding.detail << "\n";
    if (!finding.ok) std::cout << "        remedy: " << finding.remedy << "\n";
  }
  std::cout << (HostIsFit(findings) ? "This machine can run the platform.\n"
                                    : "This machine lacks what is missing.\n");
}

void PrintJson(const std::vector<HostFinding>& findings) {
  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  for (const HostFinding& finding : findings) {
    nlohmann::ordered_json check;
    check["name"] = finding.name;
    check["verdict"] = Verdict(finding);
    check["detail"] = finding.detail;
    if (!finding.ok) check["remedy"] = finding.remedy;
    checks.push_back(std::move(check));
  }
  nlohmann::ordered_json report;
  report["fit"] = HostIsFit(findings);
  report["checks"] = std::move(checks);
  std::cout << report.dump(-1, ' ', false,
                           nlohmann::ordered_json::error_handler_t::replace)
            << "\n";
}

}  // namespace

ExitCode RunDoctor(Args args) {
  std::string data = "./.writ";
  std::string listen = "127.0.0.1:9443";
  std::string format = "pretty";
  Flags flags("doctor", "",
              "Says what this machine lacks for the platform. Exits with 3 "
              "when something that is needed is missing.");
  flags.String("--data", "DIR", "where the data will be (default ./.writ)",
               &data);
  flags.String("--listen", "HOST:PORT",
               "where the endpoint will be (default 127.0.0.1:9443)", &listen);
  flags.Choice("--format", "how to print", {"pretty", "json"}, &format);
  flags.Positionals(nullptr, 0, 0);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;
  const Result<ListenAddress> address = ParseListenAddress(listen);
  if (!address.ok()) {
    std::cerr << "writ doctor: " << address.status().message() << "\n";
    return ExitCode::kUsage;
  }
  std::vector<HostFinding> findings = CheckHost(data);
  findings.push_back(CheckPort(address.value()));
  if (format == "json") {
    PrintJson(findings);
  } else {
    PrintPretty(findings);
  }
  return HostIsFit(findings) ? ExitCode::kOk : ExitCode::kFindings;
}

}  // namespace writ
