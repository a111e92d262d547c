// SPDX-License-Identifier: Apache-2.0
// Damaged data: whatever byte of the store is changed, nobody is let in who was
// not before, and nothing that was changed is acted upon.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {
  attachNewPolicy, clientsFor, createFunction, createUser, invoke, refused,
  statement,
} from './clients.mjs';
import { pythonFunction } from './packages.mjs';
import { Platform } from './platform.mjs';

const SOURCE = 'def handler(event, context):\n    return "as deployed"\n';

function filesBelow(directory) {
  return fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(file) : [file];
  });
}

// Damages one file and returns what puts it back.
const damages = {
  'a changed byte in the middle': (file, bytes) => {
    const changed = Buffer.from(bytes);
    changed[Math.floor(changed.length / 2)] ^= 0x40;
    fs.writeFileSync(file, changed);
  },
  'a cut-off end': (file, bytes) => {
    fs.writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length * 2 / 3)));
  },
};

test('a damaged store never lets anybody in', { timeout: 280000 }, async (t) => {
  const platform = await Platform.start(t);
  const root = clientsFor(platform);
  await createFunction(root, pythonFunction('kept', SOURCE));
  const ada = await createUser(platform, root, 'ada');
  const bob = await createUser(platform, root, 'bob');
  await attachNewPolicy(root, 'ada', 'invokers', statement(
    'Allow', 'fc:InvokeFunction', 'acs:fc:*:*:functions/*'));
  await attachNewPolicy(root, 'bob', 'nothing', statement(
    'Deny', 'fc:*', '*'));
  await platform.stop();

  const store = path.join(platform.data, 'store');
  const files = filesBelow(store).filter((file) => fs.statSync(file).size > 0);
  assert.ok(files.length >= 4, files.join(' '));
  const good = new Map(files.map((file) => [file, {
    bytes: fs.readFileSync(file), status: fs.statSync(file),
  }]));

  async function restore() {
    for (const file of filesBelow(store)) {
      if (!good.has(file)) fs.rmSync(file);
    }
    for (const [file, { bytes, status }] of good) {
      fs.writeFileSync(file, bytes);
      fs.chownSync(file, status.uid, status.gid);
      fs.chmodSync(file, status.mode & 0o777);
    }
  }

  let refusedStarts = 0;
  for (const [what, damage] of Object.entries(damages)) {
    for (const file of files) {
      const label = `${what} of ${path.relative(store, file)}`;
      await restore();
      damage(file, good.get(file).bytes);
      try {
        await platform.up();
      } catch (error) {
        // It says why and is gone: nobody is let in.
        assert.match(error.message, /writ up ended with [12]/, label);
        refusedStarts += 1;
        continue;
      }
      const denied = await refused(
        invoke(clientsFor(platform, bob.key), 'kept', ''));
      assert.ok(denied, label);
      try {
        const answer = await invoke(clientsFor(platform, ada.key), 'kept', '');
        if (answer.functionError === undefined) {
          assert.equal(answer.body, 'as deployed', label);
        }
      } catch (error) {
        assert.ok(error.statusCode >= 400, `${label}: ${error}`);
      }
      await platform.stop();
    }
  }
  assert.ok(refusedStarts > 0, 'some damage must prevent the start');

  await restore();
  await platform.up();
  assert.equal(
    (await invoke(clientsFor(platform, ada.key), 'kept', '')).body,
    'as deployed');
});
