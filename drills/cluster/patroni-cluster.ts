import { chmod, chown, mkdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { formatPatroniFiles } from '@holdfast/homeserver/command-line/deploy/patroni-files.ts';
import {
  formatDatabaseUrl,
  nameMachines,
  type PatroniPlan,
} from '@holdfast/homeserver/command-line/deploy/patroni-plan.ts';
import { chooseFreePort } from '@holdfast/homeserver/platform/embedded-postgres/launch-postmaster.ts';
import { sendRequest } from '../load/send-request.ts';
import type { DrillPostgres } from './drill-postgres.ts';
import { findPatroni, type PatroniPrograms } from './find-patroni.ts';
import { type MachineNetwork, makeMachineNetwork } from './machine-network.ts';
import { PatroniMachine } from './patroni-machine.ts';

const machineCount = 3;
const startTimeoutMs = 120_000;
const restApiPassword = 'drill-rest-api';
const secrets = {
  ...{ superuser: 'drill-superuser', replication: 'drill-replication' },
  ...{ holdfast: 'drill-holdfast', restApi: restApiPassword },
};

/** PostgreSQL on three machines, each with a network namespace, from the very files that `holdfast deploy patroni` writes. */
export interface PatroniCluster extends DrillPostgres {
  readonly machines: readonly PatroniMachine[];
  readonly superuserUrl: string;
  /** The settings that Holdfast is given. */
  readonly holdfastFile: string;
  findPrimary(): Promise<PatroniMachine | undefined>;
  /** Resolves when there is a primary other than `former`, and with which. */
  untilPrimary(former: PatroniMachine | undefined, timeoutMs: number): Promise<PatroniMachine>;
  /** Resolves when every machine is well: a primary, and all others replicas that stream. With how long it took, in ms. */
  untilWhole(timeoutMs: number): Promise<number>;
  /** A planned change of the primary. */
  switchOver(from: PatroniMachine): Promise<void>;
  /** Nothing passes any more between a machine and the others; clients reach all of them. */
  cutOff(machine: PatroniMachine): void;
  mendNetwork(): void;
}

export async function startPatroniCluster(folder: string, slotKeepMebibytes: number): Promise<PatroniCluster> {
  const programs = await findPatroni();
  const network = makeMachineNetwork(machineCount);
  const plan = await makePlan(folder, programs, slotKeepMebibytes, network);
  const files = formatPatroniFiles(plan);
  await installFiles(plan, files, programs);
  const machines = plan.machines.map(
    ({ name, address }, index) =>
      new PatroniMachine({
        ...{ name, programs, logFolder: folder, home: join(plan.dataFolder, name), enter: network.enter(index) },
        url: `http://${address}:${plan.ports.patroni}`,
      }),
  );
  for (const machine of machines) machine.startEtcd();
  for (const machine of machines) machine.startPatroni();
  const url = formatDatabaseUrl(plan);
  const cluster: PatroniCluster = {
    ...{ url, machines, holdfastFile: files.get('holdfast.yaml') ?? '' },
    superuserUrl: url.replace(`holdfast:${secrets.holdfast}@`, `postgres:${secrets.superuser}@`),
    ...observe(machines),
    switchOver: (from) => switchOver(from),
    cutOff: (machine) => network.cutOff(machines.indexOf(machine)),
    mendNetwork: () => network.mend(),
    async killPostmaster() {
      process.kill((await (await cluster.untilPrimary(undefined, startTimeoutMs)).postmasterPid()) || 0, 'SIGKILL');
    },
    async stop() {
      network.mend();
      await Promise.all(machines.map((machine) => machine.stop()));
      network.remove();
    },
  };
  try {
    await cluster.untilWhole(startTimeoutMs);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

async function makePlan(
  folder: string,
  programs: PatroniPrograms,
  slotKeepMebibytes: number,
  { addresses, range }: MachineNetwork,
): Promise<PatroniPlan> {
  const ports: number[] = [];
  while (ports.length < 4) ports.push(await chooseFreePort(undefined));
  const [postgres = 0, patroni = 0, etcd = 0, etcdPeers = 0] = ports;
  const [dataFolder, archiveFolder] = [join(await realpath(folder), 'db'), join(await realpath(folder), 'archive')];
  return {
    machines: nameMachines(addresses),
    ports: { postgres, patroni, etcd, etcdPeers },
    ...{ dataFolder, archiveFolder, clients: [range], secrets, slotKeepMebibytes },
    binFolder: programs.binFolder,
    // No machine here has one.
    watchdog: 'off',
  };
}

/** What install.sh does on a machine. */
async function installFiles(plan: PatroniPlan, files: ReadonlyMap<string, string>, { user }: PatroniPrograms) {
  const own = async (path: string, mode: number) => {
    await chown(path, user.uid, user.gid);
    await chmod(path, mode);
  };
  const folders = plan.machines.flatMap(({ name }) => [
    join(plan.dataFolder, name),
    join(plan.dataFolder, name, 'etcd'),
  ]);
  for (const path of [plan.dataFolder, plan.archiveFolder, join(plan.archiveFolder, 'wal'), ...folders]) {
    await mkdir(path, { recursive: true });
    await own(path, 0o700);
  }
  const marker = join(plan.archiveFolder, 'holdfast-backups');
  await writeFile(marker, '');
  await own(marker, 0o600);
  for (const [path, text] of files) {
    if (!/\.(yml|sh)$/.test(path)) continue;
    await writeFile(join(plan.dataFolder, path), letDrillIn(text, plan.clients));
    await own(join(plan.dataFolder, path), 0o600);
  }
}

/** A drill acts as the database's administrator from outside of the machines, which nobody else may. */
function letDrillIn(text: string, clients: readonly string[]): string {
  const own = clients.map((network) => `$1host all all ${network} scram-sha-256`);
  return text.replace(/^( *- )host all all 127\.0\.0\.1.*$/m, ['$&', ...own].join('\n'));
}

function observe(machines: readonly PatroniMachine[]) {
  const findPrimary = async () => {
    const answers = await Promise.all(machines.map((machine) => machine.is('primary')));
    return machines[answers.indexOf(true)];
  };
  return {
    findPrimary,
    async untilPrimary(former: PatroniMachine | undefined, timeoutMs: number): Promise<PatroniMachine> {
      const others = machines.filter((machine) => machine !== former);
      const untilMs = performance.now() + timeoutMs;
      while (performance.now() < untilMs) {
        const answers = await Promise.all(others.map((machine) => machine.is('primary')));
        const found = others[answers.indexOf(true)];
        if (found) return found;
        await wait(50);
      }
      throw new Error(`no other machine became primary within ${timeoutMs / 1_000} s`);
    },
    async untilWhole(timeoutMs: number): Promise<number> {
      const startMs = performance.now();
      while (performance.now() - startMs < timeoutMs) {
        const primary = await findPrimary();
        const states = await readStates(primary);
        if (
          states.length === machines.length &&
          states.every((state) => state === 'running' || state === 'streaming')
        ) {
          return performance.now() - startMs;
        }
        await wait(200);
      }
      throw new Error(`the machines of PostgreSQL were not all well within ${timeoutMs / 1_000} s`);
    },
  };
}

/** As Patroni reports them: `running` for the primary, `streaming` for its replicas. */
async function readStates(primary: PatroniMachine | undefined): Promise<string[]> {
  if (!primary) return [];
  const reply = await sendRequest(`${primary.url}/cluster`, 'GET', { timeoutMs: 2_000 }).catch(() => undefined);
  const members = (reply?.body as { members?: { role: string; state: string }[] } | undefined)?.members ?? [];
  return members.map(({ role, state }) => (role === 'leader' || state === 'streaming' ? state : `not ${state}`));
}

async function switchOver(from: PatroniMachine): Promise<void> {
  const reply = await fetch(`${from.url}/switchover`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`patroni:${restApiPassword}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ leader: from.name }),
    signal: AbortSignal.timeout(startTimeoutMs),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`Patroni refused to change the primary: ${reply.status} ${text}`);
}
