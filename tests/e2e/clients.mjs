// SPDX-License-Identifier: Apache-2.0
// The unmodified npm clients, pointed at a platform of a test.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { repository } from './platform.mjs';

const require = createRequire(path.join(
  process.env.WRIT_NPM ?? path.join(repository, 'build/npm'), 'package.json'));

export const fc = require('@alicloud/fc20230330');
export const ram = require('@alicloud/ram20150501');
export const sts = require('@alicloud/sts20150401');
const { $OpenApiUtil } = require('@alicloud/openapi-core');
const { RuntimeOptions } = require('@darabonba/typescript');

const TIMEOUT_MS = 20000;

// Client configuration for an access key of the platform; `changes` replaces
// single members.
export function configuration(platform, key, changes = {}) {
  const { credentials } = platform;
  return new $OpenApiUtil.Config({
    accessKeyId: key?.accessKeyId ?? credentials.accessKeyId,
    accessKeySecret: key?.accessKeySecret ?? credentials.accessKeySecret,
    endpoint: new URL(credentials.endpoint).host,
    protocol: 'https',
    ca: fs.readFileSync(credentials.caCertificate, 'utf8'),
    regionId: credentials.region,
    readTimeout: TIMEOUT_MS,
    connectTimeout: TIMEOUT_MS,
    ...changes,
  });
}

// The three clients for one caller; without a key, for the root account.
export function clientsFor(platform, key = undefined, changes = {}) {
  const config = configuration(platform, key, changes);
  return {
    key,
    fc: new fc.default(config),
    ram: new ram.default(config),
    sts: new sts.default(config),
  };
}

async function readAll(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

// Invokes a function and asks for its log tail. Returns {status, headers,
// body, log, functionError}.
export async function invoke(clients, name, event = '') {
  const { Readable } = await import('node:stream');
  const answer = await clients.fc.invokeFunctionWithOptions(
    name,
    new fc.InvokeFunctionRequest({ body: Readable.from([Buffer.from(event)]) }),
    new fc.InvokeFunctionHeaders(
      { xFcInvocationType: 'Sync', xFcLogType: 'Tail' }),
    new RuntimeOptions(
      { readTimeout: TIMEOUT_MS, connectTimeout: TIMEOUT_MS }));
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: (await readAll(answer.body)).toString(),
    log: Buffer.from(answer.headers['x-fc-log-result'] ?? '', 'base64')
      .toString(),
    functionError: answer.headers['x-fc-error-type'],
  };
}

// Creates a RAM user with an access key. Returns the clients that use it.
export async function createUser(platform, root, userName) {
  await root.ram.createUser(new ram.CreateUserRequest({ userName }));
  const { body } = await root.ram.createAccessKey(
    new ram.CreateAccessKeyRequest({ userName }));
  return clientsFor(platform, body.accessKey);
}

// Creates a custom policy and attaches it to a user.
export async function attachNewPolicy(root, userName, policyName, document) {
  await root.ram.createPolicy(new ram.CreatePolicyRequest(
    { policyName, policyDocument: JSON.stringify(document) }));
  await root.ram.attachPolicyToUser(new ram.AttachPolicyToUserRequest(
    { policyType: 'Custom', policyName, userName }));
}

export function statement(effect, action, resource, condition = undefined) {
  return { Version: '1', Statement: [{
    Effect: effect, Action: action, Resource: resource,
    ...(condition ? { Condition: condition } : {}),
  }] };
}

export async function createFunction(root, input) {
  const { body } = await root.fc.createFunction(
    new fc.CreateFunctionRequest({
      body: new fc.CreateFunctionInput({
        ...input, code: new fc.InputCodeLocation(input.code),
      }),
    }));
  return body;
}

// Waits for a promise that must be refused; returns the client's error.
export async function refused(promise) {
  let answer;
  try {
    answer = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`was answered ${answer.status ?? answer.statusCode}, ` +
    'but should have been refused');
}
