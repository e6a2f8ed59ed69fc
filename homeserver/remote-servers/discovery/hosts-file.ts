import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';

const path = process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';
const largestBytes = 1024 * 1024;

type Hosts = ReadonlyMap<string, readonly string[]>;

let read: { readonly version: string; readonly hosts: Hosts } | undefined;

/** The machine's own names, lower-case, with their addresses. Read again when the file has changed. */
export async function readHostsFile(): Promise<Hosts> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    const version = `${mtimeMs} ${size} ${ino}`;
    if (read?.version !== version) {
      read = { version, hosts: size > largestBytes ? new Map() : parseHosts(await readFile(path, 'utf8')) };
    }
    return read.hosts;
  } catch {
    return new Map();
  }
}

export function parseHosts(text: string): Hosts {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!isIP(address)) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      hosts.set(key, [...(hosts.get(key) ?? []), address]);
    }
  }
  return hosts;
}
