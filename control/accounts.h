// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CONTROL_ACCOUNTS_H_
#define WRIT_CONTROL_ACCOUNTS_H_

#include <string>

#include "base/clock.h"
#include "base/secret.h"
#include "base/status.h"
#include "control/audit.h"
#include "control/directory.h"
#include "control/gate.h"
#include "store/metadata.h"

namespace writ {

// What credentials.json says of the account (P03).
struct RootCredentials {
  std::string account;  // 16 decimal digits
  std::string access_key_id;
  SecretBytes access_key_secret;
};

// Returns the platform's account and the key of its root; makes both, under
// the system purpose Bootstrap, when the store has none. The same ever after.
//
// Errors   kDataLoss     the store holds an account without its root key
//          kUnavailable  the store cannot be read or written
Result<RootCredentials> Bootstrap(MetadataStore* store, Directory* directory,
                                  const Gate& gate, const AuditTrail& audit,
                                  const Clock& clock);

// A fresh access key id and secret, of 24 and 30 letters and digits.
struct NewAccessKey {
  std::string id;
  SecretBytes secret;
};
NewAccessKey MakeAccessKey();

// A fresh numeric id of 16 digits for an account, 18 for a user; never begins
// with 0.
std::string MakeNumericId(int digits);

}  // namespace writ

#endif  // WRIT_CONTROL_ACCOUNTS_H_
