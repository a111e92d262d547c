// SPDX-License-Identifier: Apache-2.0
//
// make_bundle SHAPE|FILE.tsv STATEMENTS REVISION OUT [PUBLIC_KEY_OUT]
//
// Writes a bundle of a workload, signed with a new key, and the key's public
// half as PEM.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/file.h"
#include "bench/workload_bundle.h"
#include "bundle/bundle.h"
#include "crypto/ed25519.h"
#include "crypto/pem.h"

namespace writ {
namespace {

Status WriteBundle(char** arguments, bool with_key) {
  WRIT_ASSIGN_OR_RETURN(
      const Workload workload,
      OpenWorkload(arguments[0], std::strtoul(arguments[1], nullptr, 10), 1));
  WRIT_ASSIGN_OR_RETURN(
      const std::string bundle,
      BundleOfWorkload(workload, std::strtoul(arguments[2], nullptr, 10)));
  const Ed25519KeyPair key = Ed25519KeyPair::Generate();
  WRIT_ASSIGN_OR_RETURN(const std::string bytes, SignBundle(bundle, key));
  WRIT_RETURN_IF_ERROR(WriteFileAtomic(arguments[3], bytes, 0644));
  if (!with_key) return OkStatus();
  return WriteFileAtomic(arguments[4], WriteEd25519PublicPem(key.public_key()),
                         0644);
}

}  // namespace
}  // namespace writ

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) {
    std::fprintf(stderr,
                 "usage: make_bundle SHAPE|FILE.tsv STATEMENTS REVISION OUT "
                 "[PUBLIC_KEY_OUT]\n");
    return 2;
  }
  const writ::Status status = writ::WriteBundle(argv + 1, argc == 6);
  if (status.ok()) return 0;
  std::fprintf(stderr, "make_bundle: %s\n", status.ToString().c_str());
  return 1;
}
