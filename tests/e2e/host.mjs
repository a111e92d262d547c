// SPDX-License-Identifier: Apache-2.0
// What a run of the platform could leave behind on the host: mounts, cgroups,
// listening sockets, processes. Taken before and after, and compared.
import fs from 'node:fs';
import path from 'node:path';

// The uids of the roles and of the instances.
const FIRST_UID_OF_OURS = 1899990000;

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return ''; // gone since it was listed
  }
}

function list(directory) {
  try {
    return fs.readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function link(file) {
  try {
    return fs.readlinkSync(file);
  } catch {
    return '';
  }
}

// Our processes: their program lies in `binaries`, or their user or cgroup is
// one that only the platform gives out.
export function ownProcesses(binaries) {
  const found = [];
  for (const { name: pid } of list('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const program = link(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
    const uid = Number(
      /^Uid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
    const ours = path.dirname(program) === binaries ||
      uid >= FIRST_UID_OF_OURS ||
      /:\/(.*\/)?writ-/m.test(read(`/proc/${pid}/cgroup`));
    if (!ours) continue;
    const stat = read(`/proc/${pid}/stat`);
    if (stat === '') continue;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    found.push({
      pid: Number(pid), parent: Number(fields[1]), started: fields[19], uid,
      name: path.basename(program),
      command: read(`/proc/${pid}/cmdline`).split('\0').filter(Boolean),
    });
  }
  return found;
}

function cgroupsOfOurs(directory = '/sys/fs/cgroup', depth = 0, found = []) {
  for (const entry of list(directory)) {
    if (!entry.isDirectory()) continue;
    const child = path.join(directory, entry.name);
    if (entry.name.startsWith('writ-')) found.push(child);
    else if (depth < 6) cgroupsOfOurs(child, depth + 1, found);
  }
  return found;
}

// Listening TCP sockets by inode, as `address:port` in hexadecimal.
function listeningSockets() {
  const found = new Map();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of read(table).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === '0A') found.set(fields[9], fields[1]);
    }
  }
  return found;
}

// The program of a process that holds the socket, or '' when nobody does.
function holderOf(inode) {
  for (const { name: pid } of list('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const { name: descriptor } of list(`/proc/${pid}/fd`)) {
      if (link(`/proc/${pid}/fd/${descriptor}`) === `socket:[${inode}]`) {
        return link(`/proc/${pid}/exe`);
      }
    }
  }
  return '';
}

export function snapshotHost(binaries) {
  return {
    binaries,
    mounts: new Set(read('/proc/self/mountinfo').split('\n')
      .map((line) => line.split(' ').slice(2, 5).join(' '))),
    cgroups: new Set(cgroupsOfOurs()),
    sockets: listeningSockets(),
    processes: new Set(ownProcesses(binaries).map(
      ({ pid, started, name }) => `${pid} ${started} ${name}`)),
  };
}

// Returns sentences about what is there now and was not before, or the
// reverse. A socket counts unless a program that is not ours holds it: others
// on the machine may open and close theirs.
export function difference(before, now) {
  const found = [];
  for (const kind of ['mounts', 'cgroups', 'processes']) {
    for (const item of now[kind]) {
      if (!before[kind].has(item)) found.push(`new in ${kind}: ${item}`);
    }
  }
  for (const item of before.mounts) {
    if (!now.mounts.has(item)) found.push(`gone from mounts: ${item}`);
  }
  for (const [inode, address] of now.sockets) {
    if (before.sockets.has(inode)) continue;
    const holder = holderOf(inode);
    if (holder === '' || path.dirname(holder) === now.binaries) {
      found.push(`new listening socket: ${address} ${holder}`);
    }
  }
  return found;
}
