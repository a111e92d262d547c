// SPDX-License-Identifier: Apache-2.0
// Nothing readable at rest: after use, no name, code, environment value or
// policy text is in any file, or file name, of the data directory.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {
  attachNewPolicy, clientsFor, createFunction, createUser, invoke, refused,
  statement,
} from './clients.mjs';
import { pythonFunction } from './packages.mjs';
import { Platform, runWrit } from './platform.mjs';

// Each stands where one kind of secret would; none occurs elsewhere.
const marks = {
  functionName: 'zebra-quartz-function',
  code: 'zebra_quartz_code_constant',
  variableName: 'ZEBRA_QUARTZ_NAME',
  variableValue: 'zebra-quartz-environment-value',
  userName: 'zebra-quartz-user',
  policyName: 'zebra-quartz-policy',
  policyText: 'zebra-quartz-pattern',
  event: 'zebra-quartz-event',
  logLine: 'zebra-quartz-log-line',
};

function filesBelow(directory) {
  return fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(file) : [file];
  });
}

test('nothing readable is left in the data directory', async (t) => {
  const platform = await Platform.start(t);
  const root = clientsFor(platform);
  await createFunction(root, pythonFunction(marks.functionName,
    `# ${marks.code}\ndef handler(event, context):\n` +
    `    print("${marks.logLine}")\n    return event\n`,
    {
      environmentVariables: { [marks.variableName]: marks.variableValue },
      description: marks.policyText,
    }));
  const user = await createUser(platform, root, marks.userName);
  const stranger = await createUser(platform, root, 'zebra-quartz-stranger');
  await attachNewPolicy(root, marks.userName, marks.policyName, statement(
    'Allow', 'fc:InvokeFunction', `acs:fc:*:*:functions/zebra-*`,
    { StringNotEquals: { 'acs:Service': marks.policyText } }));
  assert.equal(
    (await invoke(user, marks.functionName, marks.event)).body, marks.event);
  await refused(invoke(stranger, marks.functionName, marks.event));
  const tail = runWrit(['audit', 'tail', '--data', platform.data]);
  assert.ok(tail.stdout.includes(marks.functionName),
    'the audit trail, opened with the keys, does name the function');

  const secrets = [
    ...Object.values(marks).map((text) => text.toLowerCase()),
    user.key.accessKeySecret.toLowerCase(),
    user.key.accessKeyId.toLowerCase(),
    'quartz', 'fc:invokefunction', 'statement', 'import', 'def handler',
  ];
  function assertUnreadable(when) {
    let examined = 0;
    for (const file of filesBelow(platform.data)) {
      const name = path.relative(platform.data, file);
      if (name === 'credentials.json' || name.startsWith('keys/')) continue;
      const text = `${name}\n${fs.readFileSync(file).toString('latin1')}`
        .toLowerCase();
      // The last is how the package begins.
      const archive = 'pk\x03\x04\x14\0\0\0\x08\0';
      for (const secret of [...secrets, 'index.py', archive]) {
        assert.ok(!text.includes(secret), `${when}: ${name} holds ${secret}`);
      }
      examined += 1;
    }
    assert.ok(examined > 3, 'the store has files');
  }
  assertUnreadable('while it runs');
  await platform.stop();
  assertUnreadable('after the stop');
  for (const output of [platform.stdout, platform.stderr]) {
    assert.ok(!/quartz/i.test(output), `the log names a tenant's thing:
${output}`);
  }
});
