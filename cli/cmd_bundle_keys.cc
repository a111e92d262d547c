// SPDX-License-Identifier: Apache-2.0
// `writ bundle sign`, `verify` and `keygen`: what needs keys.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "base/secret.h"
#include "bundle/bundle.h"
#include "cli/bundle_actions.h"
#include "cli/output.h"
#include "crypto/ed25519.h"
#include "crypto/pem.h"
#include "grammar/render.h"

namespace writ {
namespace {

Status About(const std::string& path, const Status& status) {
  return Status(status.code(),
                "`" + path + "`: " + std::string(status.message()));
}

Result<Ed25519KeyPair> ReadPrivateKey(const std::string& path) {
  WRIT_ASSIGN_OR_RETURN(std::string text,
                        ReadRegularFile(path, kMaxKeyFileBytes));
  Result<Ed25519KeyPair> key = ReadEd25519PrivatePem(text);
  WipeMemory(text.data(), text.size());
  if (!key.ok()) return About(path, key.status());
  return key;
}

Result<Ed25519PublicKey> ReadPublicKey(const std::string& path) {
  WRIT_ASSIGN_OR_RETURN(const std::string text,
                        ReadRegularFile(path, kMaxKeyFileBytes));
  Result<Ed25519PublicKey> key = ReadEd25519PublicPem(text);
  if (!key.ok()) return About(path, key.status());
  return key;
}

// A new file that its owner alone may read.
Status WriteNewSecret(const std::string& path, const SecretBytes& text) {
  UniqueFd file(::open(path.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                       0600));
  if (!file.valid()) {
    if (errno == EEXIST) {
      return AlreadyExists("`" + path +
                           "` is there already; a key is not overwritten");
    }
    return ErrnoStatus("create `" + path + "`", errno);
  }
  WRIT_RETURN_IF_ERROR(WriteAll(file.get(), text.text()));
  if (::fsync(file.get()) != 0) {
    return ErrnoStatus("write `" + path + "`", errno);
  }
  return OkStatus();
}

}  // namespace

ExitCode SignBundleFile(const BundleArguments& arguments) {
  const std::string& path = arguments.paths[0];
  if (arguments.key.empty()) {
    return ComplainOfBundle("`sign` needs a private key: --key FILE");
  }
  const Result<Ed25519KeyPair> key = ReadPrivateKey(arguments.key);
  if (!key.ok()) return ComplainAbout(arguments.key, key.status());
  const Result<std::string> bytes = ReadRegularFile(path, kMaxBundleBytes);
  if (!bytes.ok()) return ComplainAbout(path, bytes.status());
  // Nobody signs what no sidecar could load.
  const auto bundle = Bundle::OpenUnverified(*bytes);
  if (!bundle.ok()) return RefuseBundle(path, bundle.status());
  const Result<std::string> signed_bytes = SignBundle(*bytes, *key);
  if (!signed_bytes.ok()) return RefuseBundle(path, signed_bytes.status());
  const std::string& target =
      arguments.output.empty() ? path : arguments.output;
  const Status written = arguments.output.empty()
                             ? WriteBack(path, *signed_bytes)
                             : WriteFileAtomic(target, *signed_bytes, 0644);
  if (!written.ok()) return ComplainAbout(target, written);
  if (!arguments.quiet) {
    std::cout << Printable(target) << ": " << ContentText((*bundle)->manifest())
              << ", signed by key " << BundleKeyId(key->public_key()) << "\n";
  }
  return ExitCode::kOk;
}

ExitCode VerifyBundleFile(const BundleArguments& arguments) {
  const std::string& path = arguments.paths[0];
  BundleTrust trust;
  if (arguments.public_keys.empty()) {
    return ComplainOfBundle("`verify` needs whom to trust: --pub FILE");
  }
  for (const std::string& file : arguments.public_keys) {
    const Result<Ed25519PublicKey> key = ReadPublicKey(file);
    if (!key.ok()) return ComplainAbout(file, key.status());
    trust.keys.push_back(*key);
  }
  if (!arguments.min_revision.empty()) {
    const Result<uint64_t> revision =
        ReadRevision("--min-revision", arguments.min_revision, 0);
    if (!revision.ok()) {
      return ComplainOfBundle(std::string(revision.status().message()));
    }
    trust.min_revision = *revision;
  }
  const Result<std::string> bytes = ReadRegularFile(path, kMaxBundleBytes);
  if (!bytes.ok()) return ComplainAbout(path, bytes.status());
  const auto bundle = Bundle::Open(*bytes, trust, arguments.now);
  if (!bundle.ok()) return RefuseBundle(path, bundle.status());
  if (!arguments.quiet) {
    const BundleManifest& manifest = (*bundle)->manifest();
    const Result<BundleParts> parts = ReadBundleParts(*bytes);
    WRIT_CHECK(parts.ok());
    std::cout << Printable(path) << ": good: " << ContentText(manifest)
              << ", signed by key "
              << VerifyBundleSignature(*parts, trust.keys).value();
    if (manifest.not_after) {
      std::cout << ", not after " << NotAfterText(*manifest.not_after);
    }
    std::cout << "\n";
  }
  return ExitCode::kOk;
}

ExitCode MakeBundleKey(const BundleArguments& arguments) {
  const std::string& path = arguments.output;
  if (path.empty() || path == "-") {
    return ComplainOfBundle("`keygen` writes a file; name it with -o");
  }
  const Ed25519KeyPair key = Ed25519KeyPair::Generate();
  if (Status status = WriteNewSecret(path, WriteEd25519PrivatePem(key));
      !status.ok()) {
    return ComplainAbout(path, status);
  }
  if (!arguments.quiet) {
    std::cerr << "writ bundle: the private key is in " << Printable(path)
              << "; whom it is to convince gets the public key, "
              << BundleKeyId(key.public_key()) << ":\n";
  }
  std::cout << WriteEd25519PublicPem(key.public_key());
  return ExitCode::kOk;
}

}  // namespace writ
