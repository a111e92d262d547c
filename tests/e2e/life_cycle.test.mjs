// SPDX-License-Identifier: Apache-2.0
// Users, keys, policies and functions from their creation to their deletion,
// as an unmodified client sees them.
import assert from 'node:assert/strict';
import test from 'node:test';

import {
  attachNewPolicy, clientsFor, createFunction, createUser, fc, invoke, ram,
  refused, statement,
} from './clients.mjs';
import { helloPython, nativeFunction, pythonFunction } from './packages.mjs';
import { Platform, runWrit } from './platform.mjs';

const invokeAll = statement(
  'Allow', 'fc:InvokeFunction', 'acs:fc:*:*:functions/*');

test('users, keys and policies live and die', async (t) => {
  const platform = await Platform.start(t);
  const root = clientsFor(platform);

  const identity = (await root.sts.getCallerIdentity()).body;
  assert.equal(identity.accountId, platform.credentials.accountId);

  const created = (await root.ram.createUser(new ram.CreateUserRequest(
    { userName: 'ada', displayName: 'Ada', comments: 'first' }))).body;
  assert.equal(created.user.userName, 'ada');
  assert.match(created.user.userId, /^\d+$/);
  assert.match(created.requestId, /\S/);
  const got = (await root.ram.getUser(new ram.GetUserRequest(
    { userName: 'ada' }))).body.user;
  assert.equal(got.displayName, 'Ada');
  assert.equal(got.comments, 'first');
  assert.equal(got.userId, created.user.userId);
  const again = await refused(root.ram.createUser(
    new ram.CreateUserRequest({ userName: 'ada' })));
  assert.equal(again.code, 'EntityAlreadyExists.User');
  assert.equal(again.statusCode, 409);
  const listed = (await root.ram.listUsers(new ram.ListUsersRequest({}))).body;
  assert.deepEqual(listed.users.user.map((u) => u.userName), ['ada']);

  const key = (await root.ram.createAccessKey(
    new ram.CreateAccessKeyRequest({ userName: 'ada' }))).body.accessKey;
  const ada = clientsFor(platform, key);
  const self = (await ada.sts.getCallerIdentity()).body;
  assert.equal(
    self.arn, `acs:ram::${platform.credentials.accountId}:user/ada`);
  assert.equal(self.userId, created.user.userId);

  await attachNewPolicy(root, 'ada', 'invokers', invokeAll);
  const policy = (await root.ram.getPolicy(new ram.GetPolicyRequest(
    { policyName: 'invokers', policyType: 'Custom' }))).body;
  assert.deepEqual(
    JSON.parse(policy.defaultPolicyVersion.policyDocument), invokeAll);
  assert.equal(policy.policy.attachmentCount, 1);

  const busyPolicy = await refused(root.ram.deletePolicy(
    new ram.DeletePolicyRequest({ policyName: 'invokers' })));
  assert.match(busyPolicy.code, /^DeleteConflict\./);
  const busyUser = await refused(root.ram.deleteUser(
    new ram.DeleteUserRequest({ userName: 'ada' })));
  assert.match(busyUser.code, /^DeleteConflict\./);

  await root.ram.detachPolicyFromUser(new ram.DetachPolicyFromUserRequest(
    { policyType: 'Custom', policyName: 'invokers', userName: 'ada' }));
  await root.ram.deletePolicy(
    new ram.DeletePolicyRequest({ policyName: 'invokers' }));
  await root.ram.deleteAccessKey(new ram.DeleteAccessKeyRequest(
    { userName: 'ada', userAccessKeyId: key.accessKeyId }));
  const keyless = await refused(ada.sts.getCallerIdentity());
  assert.equal(keyless.code, 'InvalidAccessKeyId.NotFound');
  await root.ram.deleteUser(new ram.DeleteUserRequest({ userName: 'ada' }));
  for (const gone of [
    root.ram.getUser(new ram.GetUserRequest({ userName: 'ada' })),
    root.ram.getPolicy(new ram.GetPolicyRequest(
      { policyName: 'invokers', policyType: 'Custom' })),
  ]) {
    const error = await refused(gone);
    assert.match(error.code, /^EntityNotExist\.(User|Policy)$/);
    assert.equal(error.statusCode, 404);
  }
});

test('functions live and die, and every call is audited', async (t) => {
  const platform = await Platform.start(t);
  const root = clientsFor(platform);
  const { accountId, region } = platform.credentials;

  const made = await createFunction(root, pythonFunction(
    'greeter', helloPython, {
      description: 'greets',
      environmentVariables: { COLOUR: 'blue' },
    }));
  assert.equal(made.functionName, 'greeter');
  assert.equal(
    made.functionArn, `acs:fc:${region}:${accountId}:functions/greeter`);
  assert.equal(made.runtime, 'python3.12');
  assert.match(made.codeChecksum, /^\d+$/);
  assert.match(made.createdTime, /^\d{4}-\d\d-\d\dT/);
  const twice = await refused(createFunction(
    root, pythonFunction('greeter', helloPython)));
  assert.equal(twice.code, 'FunctionAlreadyExists');
  await createFunction(root, nativeFunction('native'));

  const first = await invoke(root, 'greeter', '{"name": "Ada"}');
  assert.equal(first.status, 200);
  assert.deepEqual(
    JSON.parse(first.body), { greeting: 'Hello, Ada, from Python.' });
  assert.match(first.log, /FC Invoke Start RequestId: 1-[0-9a-f-]+\n/);
  assert.match(first.log, /greeting Ada/);
  assert.match(first.log, /FC Invoke End RequestId: 1-[0-9a-f-]+/);
  assert.match(
    first.headers['x-fc-request-id'], /^1-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}$/);
  assert.equal(first.functionError, undefined);
  const second = await invoke(root, 'native', 'Bob');
  assert.equal(second.body, 'Hello, Bob, from C++.');
  assert.match(second.log, /greeting Bob/);

  const updated = (await root.fc.updateFunction(
    'greeter', new fc.UpdateFunctionRequest({
      body: new fc.UpdateFunctionInput({
        environmentVariables: { COLOUR: 'red' },
        code: new fc.InputCodeLocation(pythonFunction('greeter',
          'import os\ndef handler(event, context):\n' +
          '    return os.environ["COLOUR"] + context.function.name\n').code),
      }),
    }))).body;
  assert.notEqual(updated.codeChecksum, made.codeChecksum);
  assert.equal((await invoke(root, 'greeter')).body, 'redgreeter');
  const got = (await root.fc.getFunction(
    'greeter', new fc.GetFunctionRequest({}))).body;
  assert.deepEqual(got.environmentVariables, { COLOUR: 'red' });
  assert.equal(got.description, 'greets');
  assert.equal(got.createdTime, made.createdTime);

  const names = [];
  let nextToken;
  do {
    const page = (await root.fc.listFunctions(
      new fc.ListFunctionsRequest({ limit: 1, nextToken }))).body;
    assert.equal(page.functions.length, 1);
    names.push(page.functions[0].functionName);
    nextToken = page.nextToken || undefined;
  } while (nextToken);
  assert.deepEqual(names, ['greeter', 'native']);

  const tail = runWrit(['audit', 'tail', '--data', platform.data]);
  assert.equal(tail.status, 0, tail.stderr);
  const trail = tail.stdout.trim().split('\n').map((line) => JSON.parse(line));
  for (const operation of ['CreateFunction', 'InvokeFunction',
    'UpdateFunction']) {
    assert.ok(trail.some((record) => record.Operation === operation &&
      record.Principal === `acs:ram::${accountId}:root` &&
      record.Resource === made.functionArn &&
      record.SourceIp === '127.0.0.1' &&
      record.Verdict === 'ALLOW' && record.HttpStatus === 200),
    `${operation} is not in the audit trail:\n${tail.stdout}`);
  }
  const status = runWrit(['status', '--data', platform.data]);
  assert.equal(status.status, 0, status.stderr);
  for (const role of ['core', 'node', 'jail']) {
    assert.ok(status.stdout.includes(role), status.stdout);
  }

  for (const name of names) await root.fc.deleteFunction(name);
  const gone = await refused(root.fc.getFunction(
    'greeter', new fc.GetFunctionRequest({})));
  assert.equal(gone.code, 'FunctionNotFound');
  assert.equal(gone.statusCode, 404);
  assert.equal((await refused(invoke(root, 'greeter'))).code,
    'FunctionNotFound');
});

test('a permitted user invokes, everybody else is refused', async (t) => {
  const platform = await Platform.start(t);
  const root = clientsFor(platform);
  await createFunction(root, pythonFunction('greeter', helloPython));
  const ada = await createUser(platform, root, 'ada');
  const bob = await createUser(platform, root, 'bob');
  await attachNewPolicy(root, 'ada', 'invokers', invokeAll);

  assert.equal((await invoke(ada, 'greeter', '{}')).status, 200);

  const existing = await refused(invoke(bob, 'greeter', '{}'));
  assert.equal(existing.statusCode, 403);
  assert.equal(existing.code, 'AccessDenied');
  const detail = existing.accessDeniedDetail;
  assert.equal(detail.AuthAction, 'fc:InvokeFunction');
  assert.equal(detail.AuthPrincipalType, 'SubUser');
  assert.equal(detail.AuthPrincipalOwnerId, platform.credentials.accountId);
  assert.equal(detail.NoPermissionType, 'ImplicitDeny');
  const missing = await refused(invoke(bob, 'absence', '{}'));
  for (const member of ['statusCode', 'code', 'accessDeniedDetail']) {
    assert.deepEqual(missing[member], existing[member]);
  }
  assert.equal(
    missing.data?.Message?.replaceAll('absence', 'greeter'),
    existing.data?.Message);

  const notHers = await refused(ada.fc.getFunction(
    'greeter', new fc.GetFunctionRequest({})));
  assert.equal(notHers.accessDeniedDetail.AuthAction, 'fc:GetFunction');
  const notRam = await refused(bob.ram.createUser(
    new ram.CreateUserRequest({ userName: 'eve' })));
  assert.equal(notRam.code, 'NoPermission');
  assert.equal(notRam.statusCode, 403);
  assert.equal(notRam.accessDeniedDetail.AuthAction, 'ram:CreateUser');

  await attachNewPolicy(root, 'ada', 'not-from-here', statement(
    'Deny', 'fc:*', '*', { IpAddress: { 'acs:SourceIp': '127.0.0.1' } }));
  const denied = await refused(invoke(ada, 'greeter', '{}'));
  assert.equal(denied.accessDeniedDetail.NoPermissionType, 'ExplicitDeny');
  const { stdout } = runWrit(['audit', 'tail', '--data', platform.data]);
  for (const [name, verdict] of [
    ['bob', 'IMPLICIT_DENY'], ['ada', 'EXPLICIT_DENY']]) {
    assert.ok(stdout.split('\n').filter(Boolean)
      .map((line) => JSON.parse(line))
      .some((record) => record.Operation === 'InvokeFunction' &&
        record.Principal.endsWith(`:user/${name}`) &&
        record.Verdict === verdict && record.HttpStatus === 403),
    `the refusal of ${name} is not in the audit trail:\n${stdout}`);
  }
  await root.ram.detachPolicyFromUser(new ram.DetachPolicyFromUserRequest(
    { policyType: 'Custom', policyName: 'not-from-here', userName: 'ada' }));
  assert.equal((await invoke(ada, 'greeter', '{}')).status, 200);
});
