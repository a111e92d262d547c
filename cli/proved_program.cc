// SPDX-License-Identifier: Apache-2.0
#include "cli/proved_program.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <utility>

#include "authz/program/program.h"
#include "grammar/json_string.h"
#include "grammar/render.h"

namespace writ {
namespace {

using Clock = std::chrono::steady_clock;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start)
      .count();
}

std::string Decimals(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3f", value);
  return text;
}

// The policies of each kind, in the order of the first of them.
std::vector<std::vector<uint32_t>> UnitsByKind(
    const std::vector<PolicyInput>& policies) {
  std::vector<std::vector<uint32_t>> units;
  for (uint32_t i = 0; i < policies.size(); ++i) {
    const auto unit = std::ranges::find_if(units, [&](const auto& members) {
      return policies[members[0]].kind == policies[i].kind;
    });
    if (unit == units.end()) {
      units.push_back({i});
    } else {
      unit->push_back(i);
    }
  }
  return units;
}

}  // namespace

Result<ProvedProgram> CompileAndProve(const std::vector<PolicyInput>& policies,
                                      PassSet passes, bool together,
                                      uint64_t max_steps) {
  ProvedProgram made;
  CompileOptions options;
  options.passes = passes;
  options.budget.decide_steps = max_steps;
  std::vector<std::vector<uint32_t>> units;
  if (together) units = UnitsByKind(policies);
  options.units = units;
  Clock::time_point start = Clock::now();
  WRIT_ASSIGN_OR_RETURN(made.image, CompileProgram(policies, options));
  made.compile_ms = MillisecondsSince(start);

  start = Clock::now();
  WRIT_ASSIGN_OR_RETURN(const std::unique_ptr<const Program> program,
                        Program::Load(made.image, {.max_steps = max_steps}));
  made.load_ms = MillisecondsSince(start);

  std::vector<ProofInput> inputs;
  for (const PolicyInput& policy : policies) {
    inputs.push_back({policy.policy, policy.kind});
  }
  start = Clock::now();
  const Result<Certificate> proof =
      ProveProgram(inputs, program->view(), units);
  made.prove_ms = MillisecondsSince(start);
  made.proof = proof.status();
  if (proof.ok()) made.certificate = *proof;
  return made;
}

std::string CertificateText(std::string_view file,
                            const ProvedProgram& program) {
  const Certificate& proof = program.certificate;
  const auto number = [](uint64_t value) { return std::to_string(value); };
  return Printable(file) + ": image and policies agree\n" +
         "  statements      " + number(proof.statements) + "\n" +
         "  distinct tests  " + number(proof.atoms) + "\n" +
         "  units           " + number(proof.units) + "\n" +
         "  equalities      " + number(proof.obligations) + "\n" +
         "  diagram nodes   " + number(proof.diagram_nodes) + "\n" +
         "  matcher states  " + number(proof.automata_states) + "\n" +
         "  image           " + number(program.image.size()) + " bytes\n" +
         "  time            compile " + Decimals(program.compile_ms) +
         " ms, verify " + Decimals(program.load_ms) + " ms, prove " +
         Decimals(program.prove_ms) + " ms\n";
}

std::string CertificateJson(std::string_view file,
                            const ProvedProgram& program) {
  std::string json = "{\"file\":";
  AppendJsonString(file, &json);
  if (!program.proof.ok()) {
    json += ",\"proved\":false,\"status\":";
    AppendJsonString(StatusCodeName(program.proof.code()), &json);
    json += ",\"message\":";
    AppendJsonString(program.proof.message(), &json);
    return json + "}\n";
  }
  const Certificate& proof = program.certificate;
  json += ",\"proved\":true";
  const auto number = [&json](std::string_view name, const std::string& value) {
    json += ",\"" + std::string(name) + "\":" + value;
  };
  number("statements", std::to_string(proof.statements));
  number("atoms", std::to_string(proof.atoms));
  number("units", std::to_string(proof.units));
  number("obligations", std::to_string(proof.obligations));
  number("diagramNodes", std::to_string(proof.diagram_nodes));
  number("automataStates", std::to_string(proof.automata_states));
  number("steps", std::to_string(proof.steps));
  number("imageBytes", std::to_string(program.image.size()));
  number("compileMs", Decimals(program.compile_ms));
  number("verifyMs", Decimals(program.load_ms));
  number("proveMs", Decimals(program.prove_ms));
  return json + "}\n";
}

ExitCode ExitCodeOfProof(const Status& proof) {
  if (proof.ok()) return ExitCode::kOk;
  return proof.code() == StatusCode::kResourceExhausted ? ExitCode::kUnknown
                                                        : ExitCode::kInternal;
}

}  // namespace writ
