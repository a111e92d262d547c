// SPDX-License-Identifier: Apache-2.0
//
// What is done with images other than deciding, each beside its bar:
//   open      mapping, checksum and verifier, against one pass of the checksum
//             over the same bytes
//   load      directory and program as a snapshot, against opening the program
//             alone; and how long packing them took
//   change    one policy among 10,000 statements replaced and published,
//             against compiling everything; processor time
// Prints a table. Deterministic but for the time.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "authz/program/program.h"
#include "authz/snapshot_image.h"
#include "base/check.h"
#include "base/crc64.h"
#include "base/mapped_file.h"
#include "cli/workload_engine.h"
#include "cli/workload_shapes.h"
#include "compiler/snapshot_compiler.h"

namespace writ {
namespace {

constexpr int kPairs = 15;

double ProcessorMilliseconds() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 +
         static_cast<double>(now.tv_nsec) / 1e6;
}

double TimeOf(const std::function<void()>& work) {
  const double begin = ProcessorMilliseconds();
  work();
  return ProcessorMilliseconds() - begin;
}

// Of many values; sorts them.
struct Spread {
  explicit Spread(std::vector<double> values) {
    std::ranges::sort(values);
    median = values[values.size() / 2];
    // At 15 pairs the 4th and the 12th hold the median with 96 %.
    low = values[values.size() / 5];
    high = values[values.size() - 1 - values.size() / 5];
    most = values.back();
  }
  double median, low, high, most;
};

void Row(const char* name, size_t statements, const Spread& ours,
         const Spread& theirs, const Spread& ratio, double bar) {
  std::printf("%-8s %8zu %10.3f %10.3f %8.3f %7.3f-%7.3f %6.2f %s\n", name,
              statements, ours.median, theirs.median, ratio.median, ratio.low,
              ratio.high, bar, ratio.low <= bar ? "ok" : "SHORT");
}

WorkloadShapeInfo Shape(std::string_view name) {
  const WorkloadShapeInfo* shape = FindWorkloadShape(name);
  WRIT_CHECK(shape != nullptr);
  return *shape;
}

void BenchOpen(size_t statements) {
  const Workload workload = MakeWorkload(Shape("deep"), statements, 1);
  const auto engine = WorkloadEngine::Make(workload, {});
  WRIT_CHECK(engine.ok());
  std::string path = "/tmp/writ-image-bench-XXXXXX";
  const int file = mkstemp(path.data());
  const std::string_view image = engine.value()->program().image();
  WRIT_CHECK(file >= 0 && write(file, image.data(), image.size()) ==
                              static_cast<ssize_t>(image.size()));
  close(file);
  std::vector<double> ours, theirs, ratios;
  uint64_t sink = 0;
  for (int i = 0; i < kPairs; ++i) {
    theirs.push_back(TimeOf([&] { sink += Crc64(image); }));
    ours.push_back(TimeOf([&] {
      const auto program = Program::Open(path);
      WRIT_CHECK(program.ok());
      sink += program.value()->policy_count();
    }));
    ratios.push_back(ours.back() / theirs.back());
  }
  unlink(path.c_str());
  WRIT_CHECK(sink != 0);
  Row("open", statements, Spread(ours), Spread(theirs), Spread(ratios), 3);
}

// A directory with the users of `workload`, each with its policies.
std::unique_ptr<SnapshotCompiler> Fill(
    const Workload& workload,
    const std::vector<std::shared_ptr<const ast::Policy>>& trees) {
  auto compiler = std::make_unique<SnapshotCompiler>();
  const std::string_view account = kWorkloadAccount;
  WRIT_CHECK(compiler->PutAccount(account).ok());
  for (const WorkloadPrincipal& principal : workload.principals) {
    WRIT_CHECK(compiler->PutUser(account, principal.name).ok());
    for (const uint32_t policy : principal.units.at(0).policies) {
      const std::string name = "p" + std::to_string(policy);
      WRIT_CHECK(
          compiler->PutPolicy(account, name, trees[policy]).ok() &&
          compiler->Attach(account, HolderKind::kUser, principal.name, name)
              .ok());
    }
  }
  return compiler;
}

// Cuts the policies of a workload into such of `each` statements.
void Cut(size_t each, Workload* workload) {
  std::vector<WorkloadPolicy> policies;
  for (WorkloadPrincipal& principal : workload->principals) {
    std::vector<uint32_t> cut;
    for (const uint32_t policy : principal.units.at(0).policies) {
      const auto& statements = workload->policies[policy].policy.statements;
      for (size_t at = 0; at < statements.size(); at += each) {
        cut.push_back(static_cast<uint32_t>(policies.size()));
        policies.emplace_back().policy.statements.assign(
            statements.begin() + static_cast<ptrdiff_t>(at),
            statements.begin() +
                static_cast<ptrdiff_t>(std::min(at + each, statements.size())));
      }
    }
    principal.units.at(0).policies = std::move(cut);
  }
  workload->policies = std::move(policies);
}

void BenchChange(std::string_view shape, size_t statements) {
  Workload workload = MakeWorkload(Shape(shape), statements, 1);
  Cut(20, &workload);
  std::vector<std::shared_ptr<const ast::Policy>> trees;
  for (const WorkloadPolicy& policy : workload.policies) {
    trees.push_back(std::make_shared<const ast::Policy>(policy.policy));
  }
  uint64_t revision = 0;
  const auto publish = [&](SnapshotCompiler* compiler) {
    WRIT_CHECK(compiler->Publish(++revision).ok());
  };
  std::vector<double> whole;
  for (int i = 0; i < 5; ++i) {
    const auto compiler = Fill(workload, trees);
    whole.push_back(TimeOf([&] { publish(compiler.get()); }));
  }
  const auto compiler = Fill(workload, trees);
  publish(compiler.get());
  // What a policy is changed into: another one, with one statement less.
  std::vector<double> changes, shares;
  for (size_t i = 0; i < 400; ++i) {
    const size_t at = i * 7919 % trees.size();
    ast::Policy changed = *trees[(at + 1) % trees.size()];
    changed.statements.pop_back();
    const auto tree = std::make_shared<const ast::Policy>(std::move(changed));
    changes.push_back(TimeOf([&] {
      WRIT_CHECK(
          compiler->PutPolicy(kWorkloadAccount, "p" + std::to_string(at), tree)
              .ok());
      publish(compiler.get());
    }));
    shares.push_back(changes.back() / Spread(whole).median);
  }
  double sum = 0;
  for (const double change : changes) sum += change;
  const std::string name = "change";
  Row(name.c_str(), statements, Spread(changes), Spread(whole), Spread(shares),
      0.05);
  std::printf("         %s: %.3f ms in the mean, %.3f at most (bar: 1)\n",
              std::string(shape).c_str(),
              sum / static_cast<double>(changes.size()), Spread(changes).most);
}

void BenchLoad(std::string_view shape, size_t statements) {
  Workload workload = MakeWorkload(Shape(shape), statements, 1);
  Cut(20, &workload);
  std::vector<std::shared_ptr<const ast::Policy>> trees;
  for (const WorkloadPolicy& policy : workload.policies) {
    trees.push_back(std::make_shared<const ast::Policy>(policy.policy));
  }
  const auto compiler = Fill(workload, trees);
  PackedSnapshot packed;
  const double packing = TimeOf([&] { packed = compiler->Pack().value(); });
  std::vector<double> ours, theirs, ratios;
  for (int i = 0; i < kPairs; ++i) {
    theirs.push_back(
        TimeOf([&] { WRIT_CHECK(Program::Load(packed.program).ok()); }));
    ours.push_back(TimeOf([&] {
      WRIT_CHECK(SnapshotImage::Load(1, packed.directory, packed.program).ok());
    }));
    ratios.push_back(ours.back() / theirs.back());
  }
  Row("load", statements, Spread(ours), Spread(theirs), Spread(ratios), 3);
  std::printf(
      "         %s: %u principals, %zu bytes of directory, %zu of program, "
      "packed in %.0f ms\n",
      std::string(shape).c_str(), packed.principals, packed.directory.size(),
      packed.program.size(), packing);
}

void BenchAll() {
  std::printf("%-8s %8s %10s %10s %8s %15s %6s\n", "what", "size", "ms",
              "against ms", "ratio", "interval", "bar");
  for (const size_t statements : {1000, 10000, 100000}) BenchOpen(statements);
  for (const std::string_view shape : {"wide", "deep"}) {
    BenchLoad(shape, 10000);
  }
  BenchChange("wide", 10000);
  BenchChange("deep", 10000);
}

}  // namespace
}  // namespace writ

int main() {
  writ::BenchAll();
  return 0;
}
