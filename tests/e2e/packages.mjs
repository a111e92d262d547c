// SPDX-License-Identifier: Apache-2.0
// Code packages for tests: ZIP archives with stored (uncompressed) entries.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

import { examplesBuilt, repository } from './platform.mjs';

const crcTable = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc32(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = crcTable[(c ^ byte) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

// files: {name: text or Buffer}; every file is executable. Returns a Buffer.
export function zip(files) {
  const locals = [];
  const entries = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const nameBytes = Buffer.from(name);
    const data = Buffer.from(content);
    const packed = zlib.deflateRawSync(data);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt16LE(8, 4); // deflate
    common.writeUInt16LE(0x5c21, 8); // date: 2026-01-01
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    locals.push(Buffer.from('PK\x03\x04'), common, nameBytes, packed);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((0o100755 << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    entries.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), common, tail,
      nameBytes);
    offset += 4 + common.length + nameBytes.length + packed.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(18);
  const count = Object.keys(files).length;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end]);
}

// CreateFunctionInput of a Python function whose file index.py is `source`.
export function pythonFunction(functionName, source, changes = {}) {
  return {
    functionName, runtime: 'python3.12', handler: 'index.handler',
    memorySize: 128, timeout: 5,
    code: { zipFile: zip({ 'index.py': source }).toString('base64') },
    ...changes,
  };
}

// CreateFunctionInput of the native function of the examples.
export function nativeFunction(functionName, changes = {}) {
  const bootstrap = fs.readFileSync(path.join(examplesBuilt, 'bootstrap'));
  return {
    functionName, runtime: 'custom', handler: 'bootstrap', memorySize: 128,
    timeout: 5, code: { zipFile: zip({ bootstrap }).toString('base64') },
    ...changes,
  };
}

export const helloPython = fs.readFileSync(
  path.join(repository, 'examples/functions/hello_python/index.py'), 'utf8');
