// SPDX-License-Identifier: Apache-2.0
#include "control/accounts.h"

#include <utility>

#include "control/record_format.h"
#include "crypto/random.h"

namespace writ {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLettersAndDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kKeyIdPrefix = "WRIT";
constexpr size_t kKeyIdChars = 24;
constexpr size_t kKeySecretChars = 30;
constexpr int kAccountDigits = 16;

Status AuditBootstrap(const AuditTrail& audit, const std::string& account,
                      uint64_t revision, std::string_view phase) {
  AuditEntry entry;
  entry.operation = "Bootstrap";
  entry.principal = "system";
  entry.phase = phase;
  entry.resource = "acs:ram::" + account + ":root";
  entry.verdict = VerdictName(Verdict::kAllow);
  entry.revision = revision;
  return audit.Append(std::move(entry));
}

Result<RootCredentials> ReadCredentials(MetadataStore* store,
                                        const std::string& account) {
  WRIT_ASSIGN_OR_RETURN(const Record stored,
                        store->Get(Table::kAccount, kPlatformAccount, account));
  WRIT_ASSIGN_OR_RETURN(const StoredAccount record,
                        DecodeRecord<StoredAccount>(stored.value.text()));
  const Result<Record> key_stored = store->Get(
      Table::kAccessKey, kPlatformAccount, record.root_access_key_id);
  if (key_stored.status().code() == StatusCode::kNotFound) {
    return DataLoss("the account has no root access key");
  }
  if (!key_stored.ok()) return key_stored.status();
  WRIT_ASSIGN_OR_RETURN(StoredAccessKey key, DecodeRecord<StoredAccessKey>(
                                                 key_stored->value.text()));
  if (key.account != account || !key.user.empty()) {
    return DataLoss("the account's root access key is another's");
  }
  return RootCredentials{account, record.root_access_key_id,
                         std::move(key.secret)};
}

}  // namespace

std::string MakeNumericId(int digits) {
  return RandomText(kDigits.substr(1), 1) +
         RandomText(kDigits, static_cast<size_t>(digits) - 1);
}

NewAccessKey MakeAccessKey() {
  NewAccessKey key;
  key.id = std::string(kKeyIdPrefix) +
           RandomText(kLettersAndDigits, kKeyIdChars - kKeyIdPrefix.size());
  std::string secret = RandomText(kLettersAndDigits, kKeySecretChars);
  key.secret = SecretBytes::CopyOf(std::string_view(secret));
  WipeMemory(secret.data(), secret.size());
  return key;
}

Result<RootCredentials> Bootstrap(MetadataStore* store, Directory* directory,
                                  const Gate& gate, const AuditTrail& audit,
                                  const Clock& clock) {
  Directory::Change change(directory);
  const DirectoryState& current = change.current();
  if (!current.accounts.empty()) {
    return ReadCredentials(store, current.accounts.begin()->first);
  }
  RootCredentials credentials;
  credentials.account = MakeNumericId(kAccountDigits);
  NewAccessKey key = MakeAccessKey();
  credentials.access_key_id = key.id;
  credentials.access_key_secret = key.secret.Clone();

  StoredAccount account;
  account.created = FormatRfc3339(clock.Now());
  account.root_access_key_id = key.id;
  StoredAccessKey record;
  record.account = credentials.account;
  record.created = account.created;
  record.secret = std::move(key.secret);

  change.EditIdentity(credentials.account);
  change.EditFunctions(credentials.account);
  change.EditKeys()->emplace(key.id,
                             KeyEntry{credentials.account, "", true, 0});
  Mutation mutation;
  mutation.Put(Table::kAccount, kPlatformAccount, credentials.account,
               EncodeRecord(account).text(), Mutation::kAbsent);
  mutation.Put(Table::kAccessKey, kPlatformAccount, key.id,
               EncodeRecord(record).text(), Mutation::kAbsent);
  WRIT_RETURN_IF_ERROR(
      AuditBootstrap(audit, credentials.account, current.revision, "decided"));
  const Permit permit =
      gate.AdmitSystem(SystemPurpose::kBootstrap, credentials.account);
  WRIT_ASSIGN_OR_RETURN(const uint64_t revision,
                        change.Commit(permit, mutation));
  WRIT_RETURN_IF_ERROR(
      AuditBootstrap(audit, credentials.account, revision, "answered"));
  return credentials;
}

}  // namespace writ
