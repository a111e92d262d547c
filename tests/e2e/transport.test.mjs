// SPDX-License-Identifier: Apache-2.0
// TLS at the endpoint, and the temporary URLs that hand out code packages.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import tls from 'node:tls';

import { clientsFor, createFunction, fc, refused } from './clients.mjs';
import { pythonFunction } from './packages.mjs';
import { Platform } from './platform.mjs';
import { call, send, sign } from './raw.mjs';

// The list of extra authorities is read when Node.js starts.
assert.equal(process.env.NODE_EXTRA_CA_CERTS ?? '', '',
  'run this test without NODE_EXTRA_CA_CERTS');

function handshake(platform, options) {
  return new Promise((resolve) => {
    const socket = tls.connect({
      host: '127.0.0.1', port: platform.port,
      ca: fs.readFileSync(platform.credentials.caCertificate), ...options,
    }, () => {
      resolve({ protocol: socket.getProtocol() });
      socket.destroy();
    });
    socket.on('error', (error) => resolve({ error }));
  });
}

test('TLS 1.2 and newer, under our own authority only', async (t) => {
  const platform = await Platform.start(t);

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    const { protocol } = await handshake(
      platform, { minVersion: version, maxVersion: version });
    assert.equal(protocol, version);
  }
  // SECLEVEL=0: it is the server that refuses, not this client.
  for (const version of ['TLSv1', 'TLSv1.1']) {
    const { error } = await handshake(platform, {
      minVersion: version, maxVersion: version,
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
    assert.match(error?.code ?? '', /ALERT_PROTOCOL_VERSION/, version);
  }

  for (const host of ['localhost', '127.0.0.1']) {
    const { protocol, error } = await handshake(
      platform, { servername: host === 'localhost' ? host : '' });
    assert.ok(protocol, `${host}: ${error}`);
  }
  const unknown = await handshake(platform, { ca: undefined });
  assert.match(unknown.error.code,
    /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)/);

  const stranger = clientsFor(platform, undefined, { ca: undefined });
  const error = await refused(stranger.sts.getCallerIdentity());
  assert.match(`${error.code} ${error.message}`,
    /SELF_SIGNED|self[- ]signed|issuer|verify/i);
});

test('a temporary URL gives exactly the package, to nobody who alters it',
  async (t) => {
    const platform = await Platform.start(t);
    const root = clientsFor(platform);
    const input = pythonFunction('kept', 'def handler(e, c):\n    return e\n');
    await createFunction(root, input);

    const code = (await root.fc.getFunctionCode(
      'kept', new fc.GetFunctionCodeRequest({}))).body;
    assert.match(code.checksum, /^\d+$/);
    const url = new URL(code.url);
    assert.equal(url.origin, platform.credentials.endpoint);
    assert.match(code.url, /=[0-9a-f]{64}$/);
    assert.ok(!code.url.includes('kept'), 'the URL does not name the function');
    const path = code.url.slice(url.origin.length);

    const good = await send(platform, { path });
    assert.equal(good.status, 200);
    assert.deepEqual(good.body, Buffer.from(input.code.zipFile, 'base64'));
    assert.equal(good.headers['cache-control'], 'no-store');

    const swap = (c) => (c === '1' ? '2' : '1');
    for (let i = 1; i < path.length; i++) {
      if ('?&=/.'.includes(path[i])) continue;
      const altered = path.slice(0, i) + swap(path[i]) + path.slice(i + 1);
      const answer = await send(platform, { path: altered });
      assert.ok([403, 404].includes(answer.status),
        `byte ${i} of the URL changed: ${answer.status}`);
      if (i > path.indexOf('?')) assert.equal(answer.status, 403);
    }
    const [resource, query] = path.split('?');
    const parameters = query.split('&');
    for (const [what, altered] of [
      ['reordered', [...parameters].reverse().join('&')],
      ['repeated', `${parameters[0]}&${query}`],
      ['unknown', `x=1&${query}`],
      ['upper case', query.replace(/[0-9a-f]{64}$/, (s) => s.toUpperCase())],
      ['no signature', parameters.slice(0, -1).join('&')],
    ]) {
      const answer = await send(platform, { path: `${resource}?${altered}` });
      assert.equal(answer.status, 403, `${what} parameters`);
    }
    const post = await send(platform, { method: 'POST', path });
    assert.ok(post.status >= 400, 'the URL is good for GET only');
    assert.equal(
      (await send(platform, sign(platform, call.whoAmI))).status, 200);
  });
