// SPDX-License-Identifier: Apache-2.0
// Functions that fail in every way: the caller gets the documented error, and
// the next invocation works.
import assert from 'node:assert/strict';
import test from 'node:test';

import { clientsFor, createFunction, fc, invoke, refused } from './clients.mjs';
import { pythonFunction, zip } from './packages.mjs';
import { eventually, Platform } from './platform.mjs';

// Does what the event says; `state` shows whether an instance is used again.
const unruly = `
import json, os, sys, time

calls = 0

def handler(event, context):
    global calls
    calls += 1
    what = event.decode()
    if what == "raise":
        raise ValueError("not today")
    if what == "exit":
        os._exit(3)
    if what == "hang":
        time.sleep(60)
    if what == "memory":
        hoard = []
        while True:
            hoard.append(bytearray(os.urandom(1 << 20)))
    if what == "output":
        return "x" * (40 << 20)
    if what == "log":
        for n in range(20000):
            print("line", n)
        return "logged"
    if what == "unserialisable":
        return object()
    return "well after %d" % calls
`;

test('a function that fails is reported, and the next call works',
  { timeout: 240000 }, async (t) => {
    const platform = await Platform.start(t);
    const root = clientsFor(platform);
    await createFunction(
      root, pythonFunction('unruly', unruly, { timeout: 3 }));

    async function assertWell(after) {
      const answer = await invoke(root, 'unruly', 'well');
      assert.equal(answer.functionError, undefined, after);
      assert.match(answer.body, /^well after \d+$/, after);
      return answer;
    }

    await assertWell('at first');

    await t.test('an exception', async () => {
      const answer = await invoke(root, 'unruly', 'raise');
      assert.equal(answer.status, 200);
      assert.equal(answer.functionError, 'UnhandledInvocationError');
      const body = JSON.parse(answer.body);
      assert.equal(body.errorType, 'ValueError');
      assert.equal(body.errorMessage, 'not today');
      assert.match(JSON.stringify(body.stackTrace), /\/code\/index\.py/);
      const well = await assertWell('after an exception');
      assert.notEqual(well.body, 'well after 1',
        'an exception does not cost the instance');
    });

    await t.test('an exit', async () => {
      const answer = await invoke(root, 'unruly', 'exit');
      assert.equal(answer.status, 200);
      assert.equal(answer.functionError, 'UnhandledInvocationError');
      assert.match(JSON.parse(answer.body).errorMessage,
        /Process exited unexpectedly before completing request/);
      await assertWell('after an exit');
    });

    await t.test('a timeout', async () => {
      const begin = Date.now();
      const answer = await invoke(root, 'unruly', 'hang');
      const seconds = (Date.now() - begin) / 1000;
      assert.equal(answer.functionError, 'UnhandledInvocationError');
      assert.match(JSON.parse(answer.body).errorMessage, /timed out/);
      assert.ok(seconds >= 2.9 && seconds < 10, `after ${seconds} s`);
      await assertWell('after a timeout');
    });

    await t.test('memory', async () => {
      const answer = await invoke(root, 'unruly', 'memory');
      assert.equal(answer.status, 200);
      assert.equal(answer.functionError, 'UnhandledInvocationError');
      await assertWell('after a memory flood');
    });

    await t.test('an answer over 32 MB', async () => {
      const error = await refused(invoke(root, 'unruly', 'output'));
      assert.equal(error.statusCode, 502);
      assert.equal(error.code, 'BadResponse');
      await assertWell('after an answer that is too large');
    });

    await t.test('a flood of log lines', async () => {
      const answer = await invoke(root, 'unruly', 'log');
      assert.equal(answer.body, 'logged');
      assert.ok(Buffer.byteLength(answer.log) <= 4096);
      assert.match(answer.log, /line 19999/);
      await assertWell('after a flood of log lines');
    });

    await t.test('an answer that is not JSON', async () => {
      const answer = await invoke(root, 'unruly', 'unserialisable');
      assert.equal(answer.functionError, 'UnhandledInvocationError');
      await assertWell('after an answer that cannot be encoded');
    });
  });

test('a function that cannot start is reported', async (t) => {
  const platform = await Platform.start(t);
  const root = clientsFor(platform);

  await createFunction(root, pythonFunction('no-module', 'x = 1\n',
    { handler: 'absent.handler' }));
  const noModule = await invoke(root, 'no-module');
  assert.equal(noModule.functionError, 'UnhandledInvocationError');
  assert.match(noModule.body, /absent/);

  await createFunction(root, pythonFunction('no-handler', 'x = 1\n'));
  const noHandler = await invoke(root, 'no-handler');
  assert.equal(noHandler.functionError, 'UnhandledInvocationError');
  assert.match(noHandler.body, /handler/);

  const custom = (functionName, bootstrap) => createFunction(root, {
    functionName, runtime: 'custom', handler: 'bootstrap', memorySize: 128,
    timeout: 5, code: { zipFile: zip(bootstrap).toString('base64') },
  });
  await custom('no-bootstrap', { 'other.txt': 'nothing to run' });
  const noFile = await refused(invoke(root, 'no-bootstrap'));
  assert.equal(noFile.statusCode, 412);
  assert.equal(noFile.code, 'CAFileNotFound');
  await custom('ends-at-once', { bootstrap: '#!/bin/sh\nexit 7\n' });
  const ended = await refused(invoke(root, 'ends-at-once'));
  assert.equal(ended.statusCode, 412);
  assert.match(ended.code, /^(CAExited|FunctionNotStarted)$/);
});

test('broken packages and inputs are refused', async (t) => {
  const platform = await Platform.start(t);
  const root = clientsFor(platform);
  const good = pythonFunction('fine', 'def handler(e, c):\n    return e\n');
  const cases = {
    'a name that starts with a digit': { functionName: '1st' },
    'a name with a slash': { functionName: 'a/b' },
    'an unknown runtime': { runtime: 'cobol' },
    'a timeout of zero': { timeout: 0 },
    'too little memory': { memorySize: 64 },
    'a reserved variable': { environmentVariables: { FC_REGION: 'x' } },
    'over 4 KB of variables':
      { environmentVariables: { BIG: 'x'.repeat(5000) } },
    'Base64 that is none': { code: { zipFile: '!!!' } },
    'an empty package': { code: { zipFile: '' } },
    'a wrong checksum': { code: { ...good.code, checksum: '1' } },
  };
  for (const [what, change] of Object.entries(cases)) {
    const error = await refused(createFunction(root, { ...good, ...change }));
    assert.equal(error.statusCode, 400, `${what}: ${error}`);
    assert.equal(error.code, 'InvalidArgument', what);
  }
  const listed = await root.fc.listFunctions(new fc.ListFunctionsRequest({}));
  assert.deepEqual(listed.body.functions, []);
});

test('instances know nothing of the host', async (t) => {
  const platform = await Platform.start(t);
  const root = clientsFor(platform);
  await createFunction(root, pythonFunction('spy', `
import json, os, socket

def attempt(action):
    try:
        return str(action())
    except Exception as error:
        return type(error).__name__

def connect():
    socket.create_connection(("127.0.0.1", ${platform.port}), 1)
    return "connected"

def write(path):
    with open(path, "w") as file:
        file.write("x")
    return "written"

def handler(event, context):
    return {
        "capabilities": [line.split()[1] for line in open("/proc/self/status")
                         if line.startswith("Cap")],
        "connect": attempt(connect),
        "data": attempt(lambda: os.listdir(${JSON.stringify(platform.data)})),
        "root": attempt(lambda: os.listdir("/root")),
        "code": attempt(lambda: write("/code/x")),
        "usr": attempt(lambda: write("/usr/x")),
        "tmp": attempt(lambda: write("/tmp/x")),
        "processes": len([p for p in os.listdir("/proc") if p.isdigit()]),
        "secrets": [name for name in os.environ if "SECRET" in name
                    and os.environ[name]],
    }
`));
  const seen = JSON.parse((await invoke(root, 'spy')).body);
  assert.deepEqual([...new Set(seen.capabilities)], ['0000000000000000']);
  assert.notEqual(seen.connect, 'connected');
  assert.match(seen.data, /Error$/);
  assert.notEqual(seen.code, 'written');
  assert.notEqual(seen.usr, 'written');
  assert.equal(seen.tmp, 'written');
  assert.ok(seen.processes <= 4, `${seen.processes} processes are visible`);
  assert.deepEqual(seen.secrets, []);
  await root.fc.deleteFunction('spy');
  await eventually(async () => {
    const error = await refused(invoke(root, 'spy'));
    return error.code === 'FunctionNotFound';
  }, 2000, 'the end of a deleted function');
});
