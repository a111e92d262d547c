// SPDX-License-Identifier: Apache-2.0
//
// Asks a sidecar whether PRINCIPAL may do ACTION on each RESOURCE and prints a
// line for each. Exits 0 when all are allowed, 1 when one is not, 2 when it was
// called wrongly (docs/clients.md).
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Authorizer } from './authorizer.mjs';

const usage = `usage: ask.mjs [--ca FILE] [--cert FILE --key FILE]
               [--token-file FILE] [--deadline-ms N]
               [--context KEY=VALUE]... [--proto FOLDER]
               SERVER PRINCIPAL ACTION RESOURCE...`;

function readCommandLine() {
  const text = { type: 'string' };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'ca': text, 'cert': text, 'key': text, 'token-file': text,
      'deadline-ms': text, 'proto': text,
      'context': { type: 'string', multiple: true, default: [] },
    },
  });
  if (positionals.length < 4) throw new Error(usage);
  const context = new Map();
  for (const entry of values.context) {
    const equals = entry.indexOf('=');
    if (equals < 0) throw new Error(`--context takes KEY=VALUE, not ${entry}`);
    const key = entry.slice(0, equals);
    context.set(key, [...context.get(key) ?? [], entry.slice(equals + 1)]);
  }
  return { values, context, positionals };
}

async function ask() {
  const { values, context, positionals } = readCommandLine();
  const [server, principal, action, ...resources] = positionals;
  const protoRoot = values.proto ??
      fileURLToPath(new URL('../../../proto', import.meta.url));
  const authorizer = new Authorizer(protoRoot, server, {
    ca: values.ca,
    certificate: values.cert,
    key: values.key,
    tokenFile: values['token-file'],
    deadlineMs: Number(values['deadline-ms'] ?? 1000),
    whyNot: (line) => console.error(line),
  });
  const requests = resources.map((resource) => ({
    principal: { name: principal },
    action,
    resources: [resource],
    context: [...context].map(([key, entries]) => ({ key, values: entries })),
  }));
  const allowed = requests.length === 1 ?
      [await authorizer.allows(requests[0])] :
      await authorizer.allowsEach(requests);
  resources.forEach((resource, i) => {
    console.log(`${allowed[i] ? 'ALLOW' : 'DENY'} ${resource}`);
  });
  authorizer.close();
  return allowed.every(Boolean) ? 0 : 1;
}

try {
  process.exitCode = await ask();
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
