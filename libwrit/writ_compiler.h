/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WRIT_LIBWRIT_WRIT_COMPILER_H_
#define WRIT_LIBWRIT_WRIT_COMPILER_H_

#include "writ.h"

/* The C interface of the compiler: policy texts in, a program image out. A
 * library of its own, so that a program that only decides carries no parser. */

#ifdef __cplusplus
extern "C" {
#endif

typedef enum writ_language {
  WRIT_RAM_JSON = 0,
  WRIT_DSL = 1 /* a .writ file with one policy and no imports */
} writ_language;

typedef struct writ_policy_source {
  writ_text name; /* for findings: a file name */
  writ_text text; /* UTF-8 */
  uint32_t language;
  uint32_t kind; /* writ_kind */
} writ_policy_source;

/* Bytes of the library. `data` is NULL when empty; a NUL follows the last. */
typedef struct writ_buffer {
  char* data;
  size_t size;
} writ_buffer;
void writ_buffer_free(writ_buffer* buffer); /* {NULL, 0} is fine */

/* Reads, checks and compiles policies into one image; unit i of it is
 * sources[i].
 *
 * image     set to the image, or to {NULL, 0}
 * findings  set to what was found in the texts, one line each, as
 *           `file:line:column: level[code]: message`; may be NULL. Warnings do
 *           not keep a policy from being compiled, errors do.
 * error     may be NULL
 * Returns   1 when the image was made, else 0 */
int writ_compile(const writ_policy_source* sources, size_t source_count,
                 writ_buffer* image, writ_buffer* findings, writ_error* error);

#ifdef __cplusplus
}
#endif

#endif /* WRIT_LIBWRIT_WRIT_COMPILER_H_ */
