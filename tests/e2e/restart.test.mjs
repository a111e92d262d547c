// SPDX-License-Identifier: Apache-2.0
// Starting, stopping and starting again; what cannot start; what dies.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { spawn, spawnSync } from 'node:child_process';
import test from 'node:test';

import {
  attachNewPolicy, clientsFor, createFunction, createUser, invoke, refused,
  statement,
} from './clients.mjs';
import { ownProcesses } from './host.mjs';
import { helloPython, nativeFunction, pythonFunction } from './packages.mjs';
import {
  atEnd, binaries, eventually, Platform, privateDirectory, runWrit,
} from './platform.mjs';

const invokeAll = statement(
  'Allow', 'fc:InvokeFunction', 'acs:fc:*:*:functions/*');

async function furnish(platform) {
  const root = clientsFor(platform);
  await createFunction(root, pythonFunction('greeter', helloPython));
  await createFunction(root, nativeFunction('native'));
  const ada = await createUser(platform, root, 'ada');
  const bob = await createUser(platform, root, 'bob');
  await attachNewPolicy(root, 'ada', 'invokers', invokeAll);
  return { ada: ada.key, bob: bob.key };
}

async function assertGated(platform, keys) {
  const ada = clientsFor(platform, keys.ada);
  const bob = clientsFor(platform, keys.bob);
  assert.equal((await invoke(ada, 'greeter', '{}')).status, 200);
  assert.equal((await invoke(ada, 'native', '')).status, 200);
  const error = await refused(invoke(bob, 'greeter', '{}'));
  assert.equal(error.statusCode, 403);
}

test('everything is still there after a stop and a start', async (t) => {
  const platform = await Platform.start(t);
  const keys = await furnish(platform);
  await assertGated(platform, keys);
  const before = { ...platform.credentials };
  const authority = fs.readFileSync(before.caCertificate, 'utf8');

  const end = await platform.stop();
  assert.equal(end.code, 0, platform.stderr);
  assert.ok(end.milliseconds <= 5000, `the stop took ${end.milliseconds} ms`);
  await platform.assertNothingLeft();

  await platform.up();
  const after = platform.credentials;
  for (const member of ['accountId', 'region', 'accessKeyId',
    'accessKeySecret', 'caCertificate']) {
    assert.equal(after[member], before[member], member);
  }
  assert.equal(fs.readFileSync(after.caCertificate, 'utf8'), authority);
  await assertGated(platform, keys);
});

test('credentials.json is as promised', async (t) => {
  const platform = await Platform.start(t);
  const file = path.join(platform.data, 'credentials.json');
  assert.equal(fs.statSync(platform.data).mode & 0o777, 0o700);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  const { credentials } = platform;
  for (const value of Object.values(credentials)) {
    assert.equal(typeof value, 'string');
  }
  assert.match(credentials.endpoint, /^https:\/\/127\.0\.0\.1:\d+$/);
  assert.notEqual(platform.port, 0);
  assert.match(credentials.accountId, /^\d{16}$/);
  assert.equal(credentials.region, 'cn-local-1');
  assert.ok(path.isAbsolute(credentials.caCertificate));
  assert.match(platform.stdout, new RegExp(
    `^writ is ready on ${credentials.endpoint}$`, 'm'));
});

test('SIGTERM while starting ends it too', async (t) => {
  const platform = new Platform();
  platform.data = path.join(privateDirectory(t), 'data');
  const { snapshotHost } = await import('./host.mjs');
  platform.before = snapshotHost(binaries);
  for (const delay of [0, 20, 60, 150, 400]) {
    const child = spawn(path.join(binaries, 'writ'),
      ['up', '--data', platform.data, '--listen', '127.0.0.1:0'],
      { stdio: 'ignore' });
    atEnd(t, () => child.kill('SIGKILL'));
    const exited = new Promise((resolve) => {
      child.on('exit', (code, signal) => resolve({ code, signal }));
    });
    // Not a wait for something: the moment of the signal is what varies.
    await new Promise((resolve) => setTimeout(resolve, delay));
    child.kill('SIGTERM');
    const begin = Date.now();
    const { code, signal } = await exited;
    assert.ok(Date.now() - begin <= 5000, `${delay} ms after the start`);
    // Before `writ` has set its handler, the signal simply ends it.
    assert.ok(code === 0 || (delay < 100 && signal === 'SIGTERM'),
      `${delay} ms after the start: ${code} ${signal}`);
    await platform.assertNothingLeft();
  }
});

test('a second platform on the same data or port does not start',
  async (t) => {
    const platform = await Platform.start(t);
    const pid = String(platform.child.pid);
    const sameData = runWrit(
      ['up', '--data', platform.data, '--listen', '127.0.0.1:0'],
      { timeout: 20000 });
    assert.equal(sameData.status, 2, sameData.stderr);
    assert.ok(sameData.stderr.includes(pid),
      `the holder ${pid} is not named: ${sameData.stderr}`);

    const other = path.join(privateDirectory(t), 'other');
    const samePort = runWrit(
      ['up', '--data', other, '--listen', `127.0.0.1:${platform.port}`],
      { timeout: 20000 });
    assert.equal(samePort.status, 2, samePort.stderr);
    assert.match(samePort.stderr, new RegExp(String(platform.port)));
    assert.ok(samePort.stderr.includes(pid),
      `the holder ${pid} is not named: ${samePort.stderr}`);
    assert.equal(fs.existsSync(other), false, 'no file is touched');

    const root = clientsFor(platform);
    assert.equal((await root.sts.getCallerIdentity()).statusCode, 200);
  });

test('who is not root is told so', (t) => {
  const data = path.join(privateDirectory(t), 'data');
  // Another user cannot reach a private checkout: he gets copies.
  const shared = fs.mkdtempSync('/tmp/writ-e2e-nobody-');
  atEnd(t, () => fs.rmSync(shared, { recursive: true, force: true }));
  fs.chmodSync(shared, 0o755);
  fs.cpSync(binaries, shared, { recursive: true });
  const result = spawnSync(path.join(shared, 'writ'), ['up', '--data', data],
    { uid: 65534, gid: 65534, cwd: '/', encoding: 'utf8', timeout: 20000 });
  assert.equal(result.status, 2, result.stderr);
  assert.match(result.stderr, /root/);
});

for (const role of ['core', 'node', 'jail', 'supervisor']) {
  test(`killing the ${role} turns no deny into an allow`,
    { timeout: 180000 }, async (t) => {
      const platform = await Platform.start(t);
      const keys = await furnish(platform);
      await assertGated(platform, keys);
      const ada = clientsFor(platform, keys.ada);
      const bob = clientsFor(platform, keys.bob);

      const victim = findRole(platform, role);
      assert.ok(victim, `no process of the role ${role}`);
      process.kill(victim, 'SIGKILL');

      if (role === 'supervisor') {
        // Nobody is left to heal it: everything must end with it.
        await platform.exited;
        await eventually(() => ownProcesses(binaries).every(
          ({ pid }) => !platform.family?.has(pid)), 5000,
        'the end of the orphans');
        await platform.up();
        await assertGated(platform, keys);
        return;
      }
      // While it heals, Bob asks without pause and is never let in.
      let healed = false;
      let asked = 0;
      const bobAsks = (async () => {
        while (!healed) {
          const error = await refused(invoke(bob, 'greeter', '{}'));
          asked += 1;
          assert.ok(error, 'bob was let in');
        }
      })();
      await eventually(
        async () => (await invoke(ada, 'greeter', '{}')).status === 200,
        30000, 'healing');
      healed = true;
      await bobAsks;
      assert.ok(asked > 0);
      await assertGated(platform, keys);
      const end = await platform.stop();
      assert.equal(end.code, 0, platform.stderr);
    });
}

// The pid of a role below this platform's supervisor.
function findRole(platform, role) {
  const all = ownProcesses(binaries);
  const family = new Set([platform.child.pid]);
  for (let grown = true; grown;) {
    grown = false;
    for (const { pid, parent } of all) {
      if (family.has(parent) && !family.has(pid)) {
        family.add(pid);
        grown = true;
      }
    }
  }
  platform.family = family;
  if (role === 'supervisor') return platform.child.pid;
  const matches = {
    core: ({ name, command }) => name === 'writd' && command[1] === 'core',
    node: ({ name }) => name === 'writd-node',
    jail: ({ name, parent }) =>
      name === 'writ-jail' && parent === platform.child.pid,
  }[role];
  return all.find((p) => family.has(p.pid) && matches(p))?.pid;
}
