import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../platform/config/config.ts';
import { type Finding, ok } from './finding.ts';
import { judgeHook, judgeLentAddresses, judgeMount, judgeRoutes, judgeTimeSource, judgeUnit } from './judge-restart.ts';

const programTimeoutMs = 3_000;
const maxOutputBytes = 1024 * 1024;
/** Programs in these run when the network comes up or goes down, with whatever PATH their caller has. */
export const hookFolders: readonly string[] = [
  ...['/etc/network/if-up.d', '/etc/network/if-down.d', '/etc/network/if-pre-up.d', '/etc/network/if-post-down.d'],
  ...[
    '/etc/networkd-dispatcher/routable.d',
    '/etc/networkd-dispatcher/configured.d',
    '/etc/NetworkManager/dispatcher.d',
  ],
  ...['/etc/dhcp/dhclient-enter-hooks.d', '/etc/dhcp/dhclient-exit-hooks.d'],
];
const mostHooks = 200;

/** What has to be right for this machine to serve again after a restart, before it is needed. */
export async function checkRestart({ dataDir }: Config): Promise<Finding[]> {
  const [routes, addresses, time, unit, mounts, table, hooks] = await Promise.all([
    readText('/proc/net/route'),
    askProgram('ip', ['-json', 'address', 'show']),
    askProgram('timedatectl', ['show', '--property=NTPSynchronized', '--value']),
    askProgram('systemctl', ['is-enabled', 'holdfast.service']),
    readText('/proc/self/mounts'),
    readText('/etc/fstab'),
    readHooks(),
  ]);
  const findings = [
    ...judgeRoutes(routes),
    ...judgeLentAddresses(addresses),
    ...judgeTimeSource(time),
    ...judgeUnit(unit),
    ...judgeMount({ folder: dataDir, mounts, table }),
    ...hooks.flatMap(({ path, text }) => judgeHook(path, text)),
  ];
  const isWell = findings.every(({ verdict }) => verdict === 'ok');
  return isWell ? [...findings, ok(`${hooks.length} hooks of the network name their programs in full`)] : findings;
}

function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

async function readHooks(): Promise<{ readonly path: string; readonly text: string }[]> {
  const found: { path: string; text: string }[] = [];
  for (const folder of hookFolders) {
    for (const name of await readdir(folder).catch(() => [])) {
      const text = await readText(join(folder, name));
      if (text?.startsWith('#!') && found.length < mostHooks) found.push({ path: join(folder, name), text });
    }
  }
  return found;
}

/** What a program of the system prints, also when it ends with an error; undefined where it is not there or hangs. */
function askProgram(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: programTimeoutMs, maxBuffer: maxOutputBytes };
    execFile(program, [...args], options, (error, output) =>
      resolve(error && output === '' ? undefined : output.trim()),
    );
  });
}
