// SPDX-License-Identifier: Apache-2.0
// Requests made by hand, for what the clients would never send: an own signer
// whose every part a test can change, over https.
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';

const encode = (text) => encodeURIComponent(text)
  .replace(/[!'()*]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());
const sha256 = (bytes) =>
  crypto.createHash('sha256').update(bytes).digest('hex');

// Makes a signed request of the platform: {method, path, headers, body}.
//
// call     {method, path, query, action, version, body, headers}
// changes  {key, date, nonce, unsigned: true}
export function sign(platform, call, changes = {}) {
  const { credentials } = platform;
  const key = changes.key ?? credentials;
  const method = call.method ?? 'POST';
  const path = call.path ?? '/';
  const body = Buffer.from(call.body ?? '');
  const headers = {
    host: new URL(credentials.endpoint).host,
    'x-acs-action': call.action,
    'x-acs-version': call.version,
    'x-acs-date': changes.date ??
      new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    'x-acs-signature-nonce':
      changes.nonce ?? crypto.randomBytes(16).toString('hex'),
    'x-acs-content-sha256': sha256(body),
    ...(call.headers ?? {}),
  };
  const query = Object.entries(call.query ?? {})
    .map(([name, value]) => [encode(name), encode(value)])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map((pair) => pair.join('=')).join('&');
  const names = Object.keys(headers).sort();
  const canonical = [
    method, path, query, names.map((n) => `${n}:${headers[n]}\n`).join(''),
    names.join(';'), headers['x-acs-content-sha256']].join('\n');
  const signature = crypto.createHmac('sha256', key.accessKeySecret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`).digest('hex');
  if (!changes.unsigned) {
    headers.authorization = `ACS3-HMAC-SHA256 Credential=${key.accessKeyId},` +
      `SignedHeaders=${names.join(';')},Signature=${signature}`;
  }
  return { method, path: query ? `${path}?${query}` : path, headers, body };
}

// Sends a request to the platform. Returns {status, headers, body, json}.
export function send(platform, request, options = {}) {
  const { credentials, port } = platform;
  return new Promise((resolve, reject) => {
    const outgoing = https.request({
      host: '127.0.0.1', port, method: request.method ?? 'GET',
      path: request.path, headers: request.headers ?? {},
      ca: fs.readFileSync(credentials.caCertificate), agent: false,
      timeout: 20000, ...options,
    }, (incoming) => {
      const chunks = [];
      incoming.on('data', (chunk) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const body = Buffer.concat(chunks);
        let json;
        try {
          json = JSON.parse(body.toString());
        } catch {
          json = undefined;
        }
        resolve({
          status: incoming.statusCode, headers: incoming.headers, body, json,
        });
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('timed out')));
    outgoing.on('error', reject);
    outgoing.end(request.body);
  });
}

export const call = {
  whoAmI: { action: 'GetCallerIdentity', version: '2015-04-01' },
  createUser: (UserName) => ({
    action: 'CreateUser', version: '2015-05-01', query: { UserName },
  }),
  createPolicy: (PolicyName, PolicyDocument) => ({
    action: 'CreatePolicy', version: '2015-05-01',
    query: { PolicyName, PolicyDocument },
  }),
  listFunctions: {
    method: 'GET', path: '/2023-03-30/functions', action: 'ListFunctions',
    version: '2023-03-30',
  },
  invoke: (name, body, headers = {}) => ({
    path: `/2023-03-30/functions/${name}/invocations`,
    action: 'InvokeFunction', version: '2023-03-30', body, headers,
  }),
};
