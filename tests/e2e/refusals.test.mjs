// SPDX-License-Identifier: Apache-2.0
// What the endpoint refuses: bad policies, bad signatures, bad requests. Each
// gets the documented error, and nothing changes.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import net from 'node:net';
import test from 'node:test';

import { clientsFor, ram, refused } from './clients.mjs';
import { call, send, sign } from './raw.mjs';
import { Platform } from './platform.mjs';

const allow = '"Effect":"Allow","Action":"fc:*","Resource":"*"';
const withCondition = (condition) =>
  `{"Version":"1","Statement":[{${allow},"Condition":${condition}}]}`;

// What is wrong -> [document, what the message must mention].
const badPolicies = {
  'not JSON': ['{"Version":"1",', /\d+:\d+/],
  'an unknown operator':
    [withCondition('{"StringSounds":{"acs:Service":"x"}}'), /R05|StringSounds/],
  'both Action and NotAction':
    [`{"Version":"1","Statement":[{${allow},"NotAction":"oss:*"}]}`, /R16/],
  'duplicate members': [withCondition(
    '{"StringEquals":{"acs:Service":"a"},"StringEquals":{"acs:Service":"b"}}'),
  /R17/],
  'a bad CIDR':
    [withCondition('{"IpAddress":{"acs:SourceIp":"10.0.0.0/33"}}'), /R(09|26)/],
  'an IfExists operator':
    [withCondition('{"BoolIfExists":{"acs:MFAPresent":"true"}}'), /R04/],
  'a ForAllValues operator':
    [withCondition('{"ForAllValues:StringEquals":{"acs:Service":"a"}}'), /R03/],
  'no Version': [`{"Statement":[{${allow}}]}`, /R47/],
  'a statement that is not in a list':
    [`{"Version":"1","Statement":{${allow}}}`, /R47/],
  'an empty list of actions':
    ['{"Version":"1","Statement":[{"Effect":"Allow","Action":[],' +
      '"Resource":"*"}]}', /R18/],
  'a resource that is no ARN':
    ['{"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*",' +
      '"Resource":"functions/x"}]}', /R43/],
  'an effect in capitals':
    ['{"Version":"1","Statement":[{"Effect":"ALLOW","Action":"fc:*",' +
      '"Resource":"*"}]}', /R12/],
  'over 6144 characters': [JSON.stringify({ Version: '1', Statement: [{
    Effect: 'Allow', Action: 'fc:*', Resource: Array.from(
      { length: 200 }, (_, n) => `acs:fc:*:*:functions/function-number-${n}`),
  }] }), /R40|6144/],
};

test('a bad policy is refused with the reason, and not stored', async (t) => {
  const platform = await Platform.start(t);
  const root = clientsFor(platform);
  for (const [what, [policyDocument, reason]] of Object.entries(badPolicies)) {
    const error = await refused(root.ram.createPolicy(
      new ram.CreatePolicyRequest({ policyName: 'bad', policyDocument })));
    assert.equal(error.statusCode, 400, `${what}: ${error}`);
    assert.equal(error.code, 'MalformedPolicyDocument', what);
    assert.match(error.data?.Message ?? error.message, reason, what);
    assert.match(error.data?.Message ?? error.message, /\d+:\d+/, what);
  }
  const absent = await refused(root.ram.getPolicy(new ram.GetPolicyRequest(
    { policyName: 'bad', policyType: 'Custom' })));
  assert.equal(absent.code, 'EntityNotExist.Policy');
});

test('a request that is not properly signed changes nothing', async (t) => {
  const platform = await Platform.start(t);
  const make = () => call.createUser('intruder');

  async function assertRefused(what, request, status, code) {
    const answer = await send(platform, request);
    assert.equal(answer.status, status, `${what}: ${answer.body}`);
    assert.equal(answer.json?.Code, code, what);
    assert.ok(answer.json.Message, what);
    assert.ok(answer.json.RequestId, what);
  }

  await assertRefused('unsigned', sign(platform, make(), { unsigned: true }),
    400, 'IncompleteSignature');

  const tampered = sign(platform, make());
  tampered.headers.authorization = tampered.headers.authorization.replace(
    /.$/, (digit) => (digit === '0' ? '1' : '0'));
  await assertRefused('a tampered signature', tampered,
    400, 'SignatureDoesNotMatch');

  const otherUser = sign(platform, make());
  otherUser.path = otherUser.path.replace('intruder', 'somebody');
  await assertRefused('another user name', otherUser,
    400, 'SignatureDoesNotMatch');

  for (const [what, minutes] of [['stale', -20], ['early', 20]]) {
    const date = new Date(Date.now() + minutes * 60000).toISOString()
      .replace(/\.\d+Z$/, 'Z');
    await assertRefused(`a ${what} date`, sign(platform, make(), { date }),
      400, 'InvalidTimeStamp.Expired');
  }

  await assertRefused('an unknown key', sign(platform, make(), {
    key: { accessKeyId: 'LTAIunknown000000000', accessKeySecret: 'x' },
  }), 404, 'InvalidAccessKeyId.NotFound');
  await assertRefused('a wrong secret', sign(platform, make(), {
    key: { ...platform.credentials, accessKeySecret: 'x' },
  }), 400, 'SignatureDoesNotMatch');

  const extra = sign(platform, make());
  extra.headers['x-acs-security-token'] = 'unsigned';
  await assertRefused('an unsigned x-acs header', extra,
    400, 'IncompleteSignature');

  const nonce = crypto.randomBytes(16).toString('hex');
  const once = sign(platform, call.whoAmI, { nonce });
  assert.equal((await send(platform, once)).status, 200);
  await assertRefused('a replay', once, 400, 'SignatureNonceUsed');
  await assertRefused('a nonce used for another call',
    sign(platform, make(), { nonce }), 400, 'SignatureNonceUsed');

  const fcTampered = sign(platform, call.listFunctions);
  fcTampered.headers.authorization += '0';
  const fcAnswer = await send(platform, fcTampered);
  assert.ok([400, 403].includes(fcAnswer.status), `${fcAnswer.body}`);
  const fcWrong = sign(platform, call.listFunctions, {
    key: { ...platform.credentials, accessKeySecret: 'x' },
  });
  await assertRefused('the FC API with a wrong secret', fcWrong,
    403, 'SignatureNotMatch');
  await assertRefused('the FC API unsigned',
    sign(platform, call.listFunctions, { unsigned: true }),
    400, 'MissingRequiredHeader');

  const body = sign(platform, call.invoke('absence', 'one event'));
  body.body = Buffer.from('two event');
  const bodyAnswer = await send(platform, body);
  assert.ok(bodyAnswer.status >= 400, 'a body that is not the signed one');

  const users = await clientsFor(platform).ram.listUsers(
    new ram.ListUsersRequest({}));
  assert.deepEqual(users.body.users.user, []);
});

test('every odd request gets a JSON error and no other call suffers',
  async (t) => {
    const platform = await Platform.start(t);
    const cases = [
      ['no such route', { path: '/nowhere' }, [400, 404]],
      ['a wrong method',
        { method: 'PATCH', path: '/2023-03-30/functions' }, [400, 404, 405]],
      ['a broken escape', { path: '/2023-03-30/functions/%zz' }, [400, 404]],
      ['a path upwards', { path: '/2023-03-30/functions/../../x' },
        [400, 403, 404]],
      ['a temporary URL without a signature', { path: '/.artifact/x' },
        [403, 404]],
    ];
    for (const [what, request, allowed] of cases) {
      const answer = await send(platform, request);
      assert.ok(allowed.includes(answer.status), `${what}: ${answer.status}`);
      for (const member of ['Code', 'Message', 'RequestId']) {
        assert.ok(answer.json?.[member], `${what} has no ${member}`);
      }
    }
    const huge = await send(platform, {
      path: '/', method: 'POST', headers: { 'x-filler': 'x'.repeat(100000) },
    }).catch((error) => ({ status: 431, error }));
    assert.ok([400, 413, 431].includes(huge.status), `${huge.status}`);

    // Plain HTTP on the TLS port, and a connection that says nothing.
    await new Promise((resolve) => {
      const socket = net.connect(platform.port, '127.0.0.1', () => {
        socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      });
      socket.on('data', () => {});
      socket.on('error', resolve);
      socket.on('close', resolve);
    });
    const silent = net.connect(platform.port, '127.0.0.1');
    silent.on('error', () => {});
    const answer = await send(platform, sign(platform, call.whoAmI));
    assert.equal(answer.status, 200, 'a proper call still works');
    silent.destroy();
  });
