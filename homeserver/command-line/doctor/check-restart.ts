import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../platform/config/config.ts';
import { listOtherFolders } from './check-data-folder.ts';
import { type Finding, ok } from './finding.ts';
import {
  databaseUnits,
  isDatabaseHere,
  judgeDatabaseUnits,
  judgeHook,
  judgeLentAddresses,
  judgeMount,
  judgeNeededRoutes,
  judgeRoutes,
  judgeSecretFile,
  judgeTimeSource,
  judgeTimeUnits,
  judgeUnit,
  judgeWatchdog,
  timeUnits,
} from './judge-restart.ts';

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

/** Those that must start with the machine, where they are there. */
const ownUnits = ['holdfast.service', 'holdfast-monitor.service', 'holdfast-irc-bridge.service'];

/** What has to be right for this machine to serve again after a restart, before it is needed. `file`: the configuration's. */
export async function checkRestart(config: Config, file: string | undefined): Promise<Finding[]> {
  const [routes, routes6, talkedRoutes, addresses, hooks] = await Promise.all([
    readText('/proc/net/route'),
    readText('/proc/net/ipv6_route'),
    config.monitor.routes.length > 0 ? askProgram('ip', ['-json', 'route', 'show']) : undefined,
    askProgram('ip', ['-json', 'address', 'show']),
    readHooks(),
  ]);
  const findings = [
    ...judgeRoutes(routes, routes6),
    ...judgeNeededRoutes(config.monitor.routes, talkedRoutes),
    ...judgeLentAddresses(addresses),
    ...judgeTimeSource(await askTimeKeeper()),
    ...(await checkUnits(config)),
    ...(await checkWatchdog()),
    ...(await checkMounts(config)),
    ...(await checkSecretFile(config, file)),
    ...hooks.flatMap(({ path, text }) => judgeHook(path, text)),
  ];
  const isWell = findings.every(({ verdict }) => verdict === 'ok');
  return isWell ? [...findings, ok(`${hooks.length} hooks of the network name their programs in full`)] : findings;
}

/** As timedatectl says it; chrony where there is no systemd. */
async function askTimeKeeper(): Promise<string | undefined> {
  const systemd = await askProgram('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  if (systemd === 'yes' || systemd === 'no') return systemd;
  const leap = (await askProgram('chronyc', ['-c', 'tracking']))?.split(',').at(-1);
  if (leap === undefined || leap === '') return undefined;
  return /not synch/i.test(leap) ? 'no' : 'yes';
}

async function checkUnits({ database }: Config): Promise<Finding[]> {
  const asked = [...ownUnits, ...databaseUnits, ...timeUnits];
  const answers = await Promise.all(asked.map((unit) => askProgram('systemctl', ['is-enabled', unit])));
  const told = new Map(asked.map((unit, index) => [unit, answers[index]]));
  const ownAddresses = Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []);
  return [
    ...ownUnits.flatMap((unit) => judgeUnit(told.get(unit), unit)),
    ...(isDatabaseHere(database.url, ownAddresses) ? judgeDatabaseUnits(told) : []),
    ...judgeTimeUnits(told),
  ];
}

async function checkWatchdog(): Promise<Finding[]> {
  const [unit, device, users] = await Promise.all([
    readText('/etc/systemd/system/holdfast-patroni.service'),
    stat('/dev/watchdog').catch(() => undefined),
    readText('/etc/passwd'),
  ]);
  const uid = /^postgres:[^:]*:(\d+):/m.exec(users ?? '')?.[1];
  return judgeWatchdog({ unit, device, postgresUid: uid === undefined ? undefined : Number(uid) });
}

async function checkMounts(config: Config): Promise<Finding[]> {
  const [mounts, table] = await Promise.all([readText('/proc/self/mounts'), readText('/etc/fstab')]);
  const folders = [config.dataDir, ...listOtherFolders(config).map(({ folder }) => folder)];
  return folders.flatMap((folder) => judgeMount({ folder, mounts, table }));
}

async function checkSecretFile({ database, metrics, monitor }: Config, file: string | undefined): Promise<Finding[]> {
  const hasSecrets = [database.url, metrics.token, monitor.paging, monitor.outsideSwitchUrl].some(
    (each) => each !== undefined,
  );
  if (file === undefined || !hasSecrets) return [];
  const mode = await stat(file).then(
    (found) => found.mode,
    () => undefined,
  );
  return judgeSecretFile(file, mode);
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
