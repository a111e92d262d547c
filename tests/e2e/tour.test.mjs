// SPDX-License-Identifier: Apache-2.0
// The tour of the README, as a newcomer runs it: on the usual port. This is the
// one test that does not take a free port.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import test from 'node:test';

import { difference, snapshotHost } from './host.mjs';
import { binaries, repository } from './platform.mjs';

test('the tour passes and leaves nothing behind', () => {
  const before = snapshotHost(binaries);
  const tour = spawnSync(
    path.join(repository, 'examples/tour/tour.py'), [],
    { encoding: 'utf8', timeout: 120000, stdio: ['ignore', 'pipe', 'pipe'] });
  assert.equal(tour.status, 0, `${tour.stdout}${tour.stderr}`);
  assert.ok(!/^FAIL/m.test(tour.stdout), tour.stdout);
  assert.ok(tour.stdout.match(/^ok /gm).length >= 20, tour.stdout);
  assert.deepEqual(difference(before, snapshotHost(binaries)), []);
});
