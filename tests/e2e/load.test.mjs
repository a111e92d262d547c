// SPDX-License-Identifier: Apache-2.0
// Many calls at once, large packages and events, and clients that leave the
// default timeouts of 3 s as they are (P26).
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import test from 'node:test';

import {
  attachNewPolicy, clientsFor, createFunction, createUser, fc, invoke, refused,
  statement,
} from './clients.mjs';
import { helloPython, nativeFunction, pythonFunction, zip } from './packages.mjs';
import { Platform } from './platform.mjs';
import { call, send, sign } from './raw.mjs';

const echo = 'def handler(event, context):\n    return event\n';

test('the common path fits the default timeouts of the clients', async (t) => {
  const platform = await Platform.start(t);
  const hasty = clientsFor(platform, undefined,
    { readTimeout: undefined, connectTimeout: undefined });
  await createFunction(hasty, pythonFunction('greeter', helloPython));
  await createFunction(hasty, nativeFunction('native'));
  for (const [name, event] of [['greeter', '{}'], ['native', 'x']]) {
    const { Readable } = await import('node:stream');
    const answer = await hasty.fc.invokeFunction(name,
      new fc.InvokeFunctionRequest({ body: Readable.from([Buffer.from(event)]) }));
    assert.equal(answer.statusCode, 200, name);
  }
});

test('calls at once do not disturb each other', async (t) => {
  const platform = await Platform.start(t);
  const root = clientsFor(platform);
  await createFunction(root, pythonFunction('echo', echo));
  await createFunction(root, nativeFunction('native'));
  const answers = await Promise.all(Array.from({ length: 24 }, (_, n) =>
    (n % 2 ? invoke(root, 'native', `guest-${n}`) :
      invoke(root, 'echo', `guest-${n}`))));
  answers.forEach(({ status, body, log }, n) => {
    assert.equal(status, 200);
    assert.equal(body, n % 2 ? `Hello, guest-${n}, from C++.` : `guest-${n}`);
    if (n % 2) assert.match(log, new RegExp(`greeting guest-${n}\\n`));
  });
});

test('policies change while calls run, and each call obeys what was in force',
  async (t) => {
    const platform = await Platform.start(t);
    const root = clientsFor(platform);
    await createFunction(root, pythonFunction('echo', echo));
    const ada = await createUser(platform, root, 'ada');
    await attachNewPolicy(root, 'ada', 'invokers', statement(
      'Allow', 'fc:InvokeFunction', 'acs:fc:*:*:functions/*'));
    const { ram } = await import('./clients.mjs');
    const attachment =
      { policyType: 'Custom', policyName: 'invokers', userName: 'ada' };
    for (let round = 0; round < 15; round++) {
      assert.equal((await invoke(ada, 'echo', 'in')).body, 'in');
      await root.ram.detachPolicyFromUser(
        new ram.DetachPolicyFromUserRequest(attachment));
      const error = await refused(invoke(ada, 'echo', 'out'));
      assert.equal(error.statusCode, 403, `round ${round}`);
      await root.ram.attachPolicyToUser(
        new ram.AttachPolicyToUserRequest(attachment));
    }
  });

test('large packages and events arrive whole, and too large ones are refused',
  { timeout: 150000 }, async (t) => {
    const platform = await Platform.start(t);
    const root = clientsFor(platform);
    const ballast = crypto.randomBytes(20 << 20);
    const digest = crypto.createHash('sha256').update(ballast).digest('hex');
    await createFunction(root, pythonFunction('heavy', '', {
      memorySize: 512, timeout: 30,
      code: {
        zipFile: zip({
          ballast, 'index.py': 'import hashlib\n' +
            'def handler(event, context):\n' +
            '    content = open("/code/ballast", "rb").read()\n' +
            '    return hashlib.sha256(content + event).hexdigest()\n',
        }).toString('base64'),
      },
    }));
    assert.equal((await invoke(root, 'heavy', '')).body, digest);

    const event = crypto.randomBytes(8 << 20);
    const both = crypto.createHash('sha256').update(ballast).update(event)
      .digest('hex');
    assert.equal((await invoke(root, 'heavy', event)).body, both);

    const flood = sign(platform, call.invoke('heavy', Buffer.alloc(33 << 20)));
    const answer = await send(platform, flood)
      .catch((error) => ({ status: 413, error }));
    assert.ok([400, 413].includes(answer.status), `${answer.status}`);

    const huge = await refused(createFunction(root, pythonFunction('huge', '', {
      code: {
        zipFile: zip({ x: crypto.randomBytes(51 << 20) }).toString('base64'),
      },
    })));
    assert.ok([400, 413].includes(huge.statusCode), `${huge}`);
    assert.equal((await invoke(root, 'heavy', '')).body, digest);
  });
