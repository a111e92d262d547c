// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_PROGRAM_DISASM_H_
#define WRIT_AUTHZ_PROGRAM_DISASM_H_

#include <string>

#include "authz/program/program.h"

namespace writ {

// Lists a program for people: its policies, statements, patterns and conditions
// with the atoms' keys and operands beside the instructions. The form may
// change; nothing parses it. Text of the policy is escaped, so a listing holds
// no control character but line feeds.
std::string Disassemble(const Program& program);

}  // namespace writ

#endif  // WRIT_AUTHZ_PROGRAM_DISASM_H_
