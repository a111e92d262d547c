/* SPDX-License-Identifier: Apache-2.0
 *
 * The questions of embed.cc, asked by the C interface. */
#include <stdio.h>
#include <string.h>

#include "writ.h"
#include "writ_compiler.h"

static writ_text text(const char* bytes) {
  const writ_text made = {bytes, strlen(bytes)};
  return made;
}

static const char kPolicy[] =
    "{\"Version\":\"1\",\"Statement\":["
    "{\"Effect\":\"Allow\",\"Action\":\"oss:GetObject\","
    "\"Resource\":\"acs:oss:*:*:photos/*\","
    "\"Condition\":{\"IpAddress\":{\"acs:SourceIp\":\"10.0.0.0/8\"}}},"
    "{\"Effect\":\"Deny\",\"Action\":\"oss:*\","
    "\"Resource\":\"acs:oss:*:*:photos/private/*\"}]}";

static void ask(const writ_program* program, const char* resource) {
  writ_error error;
  writ_decision decision;
  writ_attachment attachment;
  writ_context context;
  writ_request request;
  const writ_text resources[1] = {text(resource)};
  const writ_text addresses[1] = {text("10.1.2.3")};
  memset(&attachment, 0, sizeof(attachment));
  memset(&request, 0, sizeof(request));
  attachment.program = program;
  context.key = text("acs:SourceIp");
  context.values = addresses;
  context.value_count = 1;
  request.principal = text("acs:ram::1000000000000001:user/alice");
  request.action = text("oss:GetObject");
  request.resources = resources;
  request.resource_count = 1;
  request.context = &context;
  request.context_count = 1;
  writ_decide(&request, &attachment, 1, &decision, NULL, 0, &error);
  printf("%s: %s (%s, %s)\n", resource, writ_verdict_name(decision.verdict),
         writ_layer_name(decision.layer), writ_reason_name(decision.reason));
  if (error.status != 0) printf("%s\n", error.message);
}

int main(void) {
  writ_error error;
  writ_buffer image;
  writ_buffer findings;
  writ_program* program;
  writ_policy_source source;
  source.name = text("photo_reader.ram.json");
  source.text = text(kPolicy);
  source.language = WRIT_RAM_JSON;
  source.kind = WRIT_IDENTITY;
  if (!writ_compile(&source, 1, &image, &findings, &error)) {
    fprintf(stderr, "%s%s\n", findings.size > 0 ? findings.data : "",
            error.message);
    return 1;
  }
  program = writ_program_load(image.data, image.size, &error);
  writ_buffer_free(&image);
  writ_buffer_free(&findings);
  if (program == NULL) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  ask(program, "acs:oss:cn-local-1:1000000000000001:photos/cat.jpg");
  ask(program, "acs:oss:cn-local-1:1000000000000001:photos/private/diary.txt");
  writ_program_free(program);
  return 0;
}
