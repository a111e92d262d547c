/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WRIT_LIBWRIT_WRIT_H_
#define WRIT_LIBWRIT_WRIT_H_

#include <stddef.h>
#include <stdint.h>

/* The C interface of the trusted core: load a program image and decide with it.
 * Made for programs in other languages; a C++ program may use authz/ itself.
 *
 * Everything that can fail says so in a writ_error. A decision cannot fail:
 * what goes wrong is a deny. Memory that a function returns is given back by
 * the
 * `_free` function of its type. Handles may be shared between threads once they
 * are made; writ_decide takes no lock.
 *
 * The numbers of enumerators are part of the interface and never change;
 * WRIT_ABI does when the layout of a struct does. */

#ifdef __cplusplus
extern "C" {
#endif

#define WRIT_ABI 1

/* The WRIT_ABI that the library was built with. */
uint32_t writ_abi(void);
/* "0.1.0" */
const char* writ_version(void);

/* Bytes that somebody else owns; need not end with NUL. {NULL, 0} is empty. */
typedef struct writ_text {
  const char* data;
  size_t size;
} writ_text;

/* Why something failed. `status` is 0 for success, else a number of
 * base/status_codes.def; the message is UTF-8, cut to fit, ends with NUL. */
typedef struct writ_error {
  uint32_t status;
  char message[508];
} writ_error;

/* ---- programs ---- */

/* A verified program image (docs/spec/program.md). Immutable. */
typedef struct writ_program writ_program;

/* Checks the image and copies it. NULL when it is refused. `error` may be
 * NULL. */
writ_program* writ_program_load(const void* image, size_t size_bytes,
                                writ_error* error);
void writ_program_free(writ_program* program); /* NULL is fine */

/* Units: what an attachment names. An image made without asking for units has
 * one for each policy, in their order. */
uint32_t writ_program_unit_count(const writ_program* program);

typedef enum writ_kind {
  WRIT_IDENTITY = 0,
  WRIT_RESOURCE = 1,
  WRIT_TRUST = 2,
  WRIT_SESSION = 3,
  WRIT_CONTROL = 4
} writ_kind;

/* What the policies of the unit were compiled as; unit < unit_count. */
writ_kind writ_program_unit_kind(const writ_program* program, uint32_t unit);

/* ---- questions ---- */

typedef enum writ_control_level {
  WRIT_LEVEL_MEMBER = 0,
  WRIT_LEVEL_FOLDER = 1,
  WRIT_LEVEL_ROOT = 2
} writ_control_level;

/* Policies that concern the request. Zero every member that is not used. */
typedef struct writ_attachment {
  const writ_program* program;
  uint32_t unit;
  /* Identity policies: not 0 if attached with the scope of a resource group;
   * `group` is its name, or empty. */
  uint32_t resource_group_scope;
  writ_text group;
  /* Control policies: writ_control_level, the depth of a folder, the account
   * whose chain this is (empty: the owner's). */
  uint32_t level;
  uint32_t depth;
  writ_text account;
} writ_attachment;

/* A context key with its values as text: numbers and booleans as they would be
 * written in JSON. A key without values is absent. */
typedef struct writ_context {
  writ_text key;
  const writ_text* values;
  size_t value_count;
} writ_context;

typedef enum writ_principal_type {
  WRIT_PRINCIPAL_BY_NAME = 0,
  WRIT_PRINCIPAL_SERVICE = 1,
  WRIT_PRINCIPAL_SERVICE_LINKED_ROLE = 2
} writ_principal_type;

/* One question. Zero every member that is not used. */
typedef struct writ_request {
  writ_text principal;    /* acs:ram::1:user/alice, a service name, or * */
  writ_text principal_id; /* numeric user id, or <roleId>:<session> */
  writ_text account;      /* of the principal where the name has none */
  uint32_t principal_type;
  uint32_t in_management_account;
  writ_text action; /* fc:InvokeFunction */
  const writ_text* resources;
  size_t resource_count; /* one, or several that must all be allowed */
  writ_text resource_group;
  const writ_context* context;
  size_t context_count;
} writ_request;

/* ---- answers ---- */

typedef enum writ_verdict {
  WRIT_IMPLICIT_DENY = 0,
  WRIT_EXPLICIT_DENY = 1,
  WRIT_ALLOW = 2
} writ_verdict;

/* A statement by its policy's place among the attachments (policies of a unit
 * that follow its first are not told apart here) and its place in it. */
typedef struct writ_statement_ref {
  uint32_t policy;
  uint32_t statement;
} writ_statement_ref;

#define WRIT_MAX_STATEMENTS 16

typedef struct writ_decision {
  uint32_t verdict;  /* writ_verdict */
  uint32_t layer;    /* see writ_layer_name */
  uint32_t reason;   /* see writ_reason_name */
  uint32_t resource; /* which resource of the request decided */
  /* The determining statements, in order: how many there are, and the first of
   * them. */
  uint32_t statement_count;
  writ_statement_ref statements[WRIT_MAX_STATEMENTS];
} writ_decision;

/* Decides. Returns 1 for an allow and 0 for everything else, so that a caller
 * who looks at nothing but the return value is safe. `decision` is filled
 * always; `all` (may be NULL) gets up to `all_size` determining statements.
 *
 * error  may be NULL; its status is not 0 when the request itself is wrong (a
 *        context key twice, a session policy for a caller without a session),
 *        which is a deny
 * Memory is taken only for more than 16 attachments, 16 resources, 32 keys or
 * 128 values; if there is none, the answer is a deny. */
int writ_decide(const writ_request* request, const writ_attachment* attachments,
                size_t attachment_count, writ_decision* decision,
                writ_statement_ref* all, size_t all_size, writ_error* error);

/* "ALLOW", "identity", "allowed"; "" for a number that does not exist. */
const char* writ_verdict_name(uint32_t verdict);
const char* writ_layer_name(uint32_t layer);
const char* writ_reason_name(uint32_t reason);

#ifdef __cplusplus
}
#endif

#endif /* WRIT_LIBWRIT_WRIT_H_ */
