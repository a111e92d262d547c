// SPDX-License-Identifier: Apache-2.0
//
// Asks a sidecar what may be done. The messages are read from the .proto when
// the program starts: nothing is generated.
import fs from 'node:fs';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

function credentialsOf(target, { ca, certificate, key, tokenFile }) {
  if (ca) {
    return grpc.credentials.createSsl(
        fs.readFileSync(ca), key ? fs.readFileSync(key) : null,
        certificate ? fs.readFileSync(certificate) : null);
  }
  if (tokenFile && !target.startsWith('unix:')) {
    throw new Error('a token goes over TLS or a Unix socket only');
  }
  return grpc.credentials.createInsecure();
}

// The one place that says yes.
const isAllow = (answer) => answer?.verdict === 'VERDICT_ALLOW';

// Whatever is not plainly an allow is a deny: an error, a deadline that passed,
// an answer that this program does not know.
export class Authorizer {
  // protoRoot  the folder with writ/authz/v1
  // target     `unix:/path` or `127.0.0.1:50051`
  // options    ca: a PEM file, speak TLS and believe these authorities;
  //            certificate, key: mutual TLS; tokenFile; deadlineMs;
  //            whyNot: gets a line for the log when there was no decision
  constructor(protoRoot, target, options = {}) {
    const definition = loader.loadSync(
        'writ/authz/v1/authorization.proto',
        { includeDirs: [protoRoot], enums: String, longs: String,
          keepCase: true });
    const { Authorization } =
        grpc.loadPackageDefinition(definition).writ.authz.v1;
    this.client = new Authorization(target, credentialsOf(target, options),
        // A sidecar stands beside its askers, never behind a proxy.
        { 'grpc.enable_http_proxy': 0 });
    this.metadata = new grpc.Metadata();
    if (options.tokenFile) {
      const token = fs.readFileSync(options.tokenFile, 'ascii').trim();
      this.metadata.set('authorization', `Bearer ${token}`);
    }
    this.deadlineMs = options.deadlineMs ?? 1000;
    this.whyNot = options.whyNot ?? (() => {});
  }

  close() {
    this.client.close();
  }

  // Whether this may be done; `request` is a CheckRequest, as in
  // {principal: {name}, action, resources: [name], context: [{key, values}]}.
  async allows(request) {
    return isAllow(await this.#call('Check', request));
  }

  // The same for up to 1,000 requests in one call, decided at one revision.
  async allowsEach(requests) {
    const answers = await this.#call('BatchCheck', { checks: requests });
    if (answers && answers.results?.length !== requests.length) {
      this.whyNot('no decision: not one answer for each check');
      return requests.map(() => false);
    }
    return requests.map((_, i) => {
      const result = answers?.results[i];
      if (result?.error_code) {
        this.whyNot(`no decision: status ${result.error_code}: ` +
                    `${result.error_message}`);
        return false;
      }
      return isAllow(result?.answer);
    });
  }

  #call(method, request) {
    const deadline = new Date(Date.now() + this.deadlineMs);
    return new Promise((resolve) => {
      this.client[method](request, this.metadata, { deadline },
          (error, answer) => {
            if (error) {
              this.whyNot(`no decision: ${grpc.status[error.code]}: ` +
                          `${error.details}`);
            }
            resolve(error ? undefined : answer);
          });
    });
  }
}
