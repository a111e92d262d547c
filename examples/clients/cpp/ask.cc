// SPDX-License-Identifier: Apache-2.0
//
// Asks a sidecar whether PRINCIPAL may do ACTION on each RESOURCE and prints a
// line for each. Exits 0 when all are allowed, 1 when one is not, 2 when it was
// called wrongly (docs/clients.md).
#include <cstdlib>
#include <iostream>
#include <map>
#include <stdexcept>

#include "examples/clients/cpp/authorizer.h"

namespace {

using writ::authz::v1::CheckRequest;

constexpr char kUsage[] =
    "usage: ask [--ca FILE] [--cert FILE --key FILE] [--token-file FILE]\n"
    "           [--deadline-ms N] [--context KEY=VALUE]...\n"
    "           SERVER PRINCIPAL ACTION RESOURCE...\n";

struct CommandLine {
  SidecarAddress address;
  std::chrono::milliseconds deadline{1000};
  std::map<std::string, std::vector<std::string>> context;
  std::vector<std::string> words;
};

CommandLine Read(int argc, char** argv) {
  CommandLine line;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--")) {
      line.words.push_back(word);
      continue;
    }
    if (++i == argc) throw std::runtime_error(word + " takes a value");
    const std::string value = argv[i];
    if (word == "--ca") {
      line.address.ca_file = value;
    } else if (word == "--cert") {
      line.address.certificate_file = value;
    } else if (word == "--key") {
      line.address.key_file = value;
    } else if (word == "--token-file") {
      line.address.token_file = value;
    } else if (word == "--deadline-ms") {
      line.deadline = std::chrono::milliseconds(std::atoi(value.c_str()));
    } else if (word == "--context" && value.find('=') != std::string::npos) {
      const size_t equals = value.find('=');
      line.context[value.substr(0, equals)].push_back(value.substr(equals + 1));
    } else {
      throw std::runtime_error(kUsage);
    }
  }
  if (line.words.size() < 4) throw std::runtime_error(kUsage);
  line.address.target = line.words[0];
  return line;
}

int Run(const CommandLine& line) {
  const Authorizer authorizer(line.address, line.deadline);
  const std::vector<std::string> resources(line.words.begin() + 3,
                                           line.words.end());
  std::vector<CheckRequest> requests;
  for (const std::string& resource : resources) {
    CheckRequest& request = requests.emplace_back();
    request.mutable_principal()->set_name(line.words[1]);
    request.set_action(line.words[2]);
    request.add_resources(resource);
    for (const auto& [key, values] : line.context) {
      writ::authz::v1::ContextEntry* entry = request.add_context();
      entry->set_key(key);
      for (const std::string& value : values) entry->add_values(value);
    }
  }
  std::string why_not;
  const std::vector<bool> allowed =
      requests.size() == 1
          ? std::vector<bool>{authorizer.Allows(requests[0], &why_not)}
          : authorizer.AllowsEach(requests, &why_not);
  if (!why_not.empty()) std::cerr << why_not << "\n";
  bool all = true;
  for (size_t i = 0; i < resources.size(); ++i) {
    std::cout << (allowed[i] ? "ALLOW " : "DENY ") << resources[i] << "\n";
    all = all && allowed[i];
  }
  return all ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(Read(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
