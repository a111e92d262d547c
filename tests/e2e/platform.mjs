// SPDX-License-Identifier: Apache-2.0
// A platform for one test: `writ up` on a free port and a new data directory,
// stopped when the test ends, with the check that it left nothing behind.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { difference, snapshotHost } from './host.mjs';

export const repository = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)), '../..');
export const binaries =
  process.env.WRIT_BIN ?? path.join(repository, 'build/bin');
export const examplesBuilt =
  process.env.WRIT_EXAMPLES ?? path.join(repository, 'build/examples');
const writ = path.join(binaries, 'writ');

const cleanups = new WeakMap();

// Runs `action` when test `t` has ended, the last one first.
export function atEnd(t, action) {
  if (!cleanups.has(t)) {
    const actions = [];
    cleanups.set(t, actions);
    t.after(async () => {
      let failure;
      while (actions.length > 0) {
        try {
          await actions.pop()();
        } catch (error) {
          failure ??= error;
        }
      }
      if (failure) throw failure;
    });
  }
  cleanups.get(t).push(action);
}

// Runs `writ` to its end. Returns {status, stdout, stderr}.
export function runWrit(args, options = {}) {
  return spawnSync(writ, args,
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
}

// Makes a directory whose parents only root may enter and whose path is 200
// characters long; removes it when the test ends (P04).
export function privateDirectory(t) {
  const top = fs.mkdtempSync(path.join(os.tmpdir(), 'writ-e2e-'));
  assert.equal(fs.statSync(top).mode & 0o777, 0o700);
  let directory = path.join(top, 'a'.repeat(60), 'b'.repeat(60));
  directory = path.join(directory, 'c'.repeat(199 - directory.length));
  assert.equal(directory.length, 200);
  fs.mkdirSync(directory, { recursive: true });
  atEnd(t, () => fs.rmSync(top, { recursive: true, force: true }));
  return directory;
}

function withTimeout(promise, milliseconds, what) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} took over ${milliseconds} ms`)),
      milliseconds);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

// Retries `attempt` until it returns something true; for what heals by itself.
export async function eventually(attempt, milliseconds, what) {
  const end = Date.now() + milliseconds;
  let last;
  for (;;) {
    try {
      last = await attempt();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      throw new Error(`${what} did not happen within ${milliseconds} ms; ` +
        `last: ${last}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export class Platform {
  // Starts a platform that ends, is checked for leaks, and is forgotten with
  // test `t`. Without a directory it gets a new one.
  static async start(t, { data = undefined, listen = '127.0.0.1:0' } = {}) {
    const platform = new Platform();
    platform.data = data ?? path.join(privateDirectory(t), 'data');
    platform.listen = listen;
    platform.before = snapshotHost(binaries);
    atEnd(t, async () => {
      await platform.stop();
      await platform.assertNothingLeft();
    });
    await platform.up();
    return platform;
  }

  async up() {
    this.child = spawn(writ,
      ['up', '--data', this.data, '--listen', this.listen],
      { stdio: ['ignore', 'pipe', 'pipe'] });
    const child = this.child;
    this.exited = new Promise((resolve) => {
      child.on('exit', (code, signal) => resolve({ code, signal }));
    });
    this.stdout = '';
    this.stderr = '';
    child.stderr.on('data', (text) => { this.stderr += text; });
    const ready = new Promise((resolve, reject) => {
      child.stdout.on('data', (text) => {
        this.stdout += text;
        if (/^writ is ready on https:\/\/\S+$/m.test(this.stdout)) resolve();
      });
      this.exited.then(({ code }) => reject(new Error(
        `writ up ended with ${code}:\n${this.stdout}${this.stderr}`)));
    });
    // A first start has 10 s (P02); a shared machine may be slower.
    await withTimeout(ready, 30000, 'the start of the platform');
    this.credentials = JSON.parse(fs.readFileSync(
      path.join(this.data, 'credentials.json'), 'utf8'));
    this.port = Number(new URL(this.credentials.endpoint).port);
  }

  // Sends SIGTERM and waits. Returns {code, signal, milliseconds}.
  async stop() {
    if (!this.child) return undefined;
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const begin = Date.now();
      this.child.kill('SIGTERM');
      const end = await withTimeout(
        this.exited, 20000, 'the end of the platform after SIGTERM');
      return { ...end, milliseconds: Date.now() - begin };
    }
    return this.exited;
  }

  // P06: mounts, cgroups, listening sockets and processes are as before.
  async assertNothingLeft() {
    let left = [];
    const end = Date.now() + 3000;
    do {
      left = difference(this.before, snapshotHost(binaries));
      if (left.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    } while (Date.now() < end);
    assert.deepEqual(left, [], 'the platform left something on the host');
  }
}
