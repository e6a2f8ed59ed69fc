import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { makeAuthority } from '@holdfast/conformance/federated-servers/make-authority.ts';
import { type Link, openLink } from '@holdfast/conformance/federated-servers/open-link.ts';
import { findEmbeddedPostgres } from '@holdfast/homeserver/platform/embedded-postgres/find-embedded-postgres.ts';
import { chooseFreePort } from '@holdfast/homeserver/platform/embedded-postgres/launch-postmaster.ts';
import { type StubAppservice, startStubAppservice } from '../appservices/stub-appservice.ts';
import { metricsToken, startDrillMonitor } from '../cluster/drill-monitor.ts';
import { type FakeClock, prepareFakeClock } from '../cluster/fake-clock.ts';
import type { FakePager } from '../cluster/fake-pager.ts';
import { HomeserverProcess } from '../cluster/homeserver-process.ts';
import { type Cluster, startCluster } from '../cluster/start-cluster.ts';

const processCount = 3;
export const shardCount = 3;
const balanceEveryMs = 1_000;
const answerTimeoutMs = 1_000;

/** A server of several processes with all that is around it. */
export interface SoakWorld {
  readonly folder: string;
  readonly cluster: Cluster;
  /** Another Holdfast, with its own PostgreSQL; strangers to each other. */
  readonly other: HomeserverProcess;
  /** As in user ids. */
  readonly serverNames: { readonly cluster: string; readonly other: string };
  readonly service: StubAppservice;
  readonly pager: FakePager;
  /** Nothing passes between the two servers any more, until mend(). */
  cut(): void;
  mend(): void;
  /** Steps the wall clock of the last process; undefined where that cannot be done here. */
  readonly stepClock: ((seconds: number) => Promise<void>) | undefined;
  /** All that runs, as it is now. */
  programs(): { readonly name: string; readonly pid: number }[];
  stop(): Promise<void>;
}

type Closers = (() => Promise<unknown> | void)[];

/** Starts all of it; what cannot be had on this machine is said. */
export async function startSoakWorld(folder: string, say: (text: string) => void): Promise<SoakWorld> {
  const closers: Closers = [];
  const stop = async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    return await startAll(folder, { closers, stop, say });
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(
  folder: string,
  { closers, stop, say }: { closers: Closers; stop(): Promise<void>; say(text: string): void },
): Promise<SoakWorld> {
  const services = join(folder, 'appservices');
  for (const each of [services, join(folder, 'media'), join(folder, 'other')]) await mkdir(each, { mode: 0o711 });
  const service = await startStubAppservice('soak', services);
  closers.push(() => service.stop());
  const links = [await openLink(), await openLink()] as const;
  for (const link of links) closers.push(() => link.close());
  const serverNames = { cluster: `localhost:${links[0].port}`, other: `localhost:${links[1].port}` };
  const federation = await describeFederation(folder);
  const clock = await prepareClock(folder, say);
  const cluster = await startCluster({
    ...{ folder, shardCount },
    environment: {
      ...federation.shared,
      ...{ HOLDFAST_SERVER_NAME: serverNames.cluster, HOLDFAST_MEDIA_STORE_PATH: join(folder, 'media') },
      ...{ HOLDFAST_APPLICATION_SERVICES_FOLDER: services, HOLDFAST_METRICS_TOKEN: metricsToken },
    },
    environmentOf: (index) => ({
      HOLDFAST_TLS_PORT: String(federation.tlsPorts[index]),
      ...(index === processCount - 1 && clock?.environment),
    }),
  });
  closers.push(() => cluster.stop());
  const other = await startOther(folder, serverNames.other, federation);
  closers.push(() => endOther(other, join(folder, 'other')));
  links[1].setTarget(federation.tlsPorts.at(-1) ?? 0);
  closers.push(balance(cluster, links[0], federation.tlsPorts));
  const monitor = await startDrillMonitor({
    ...{ folder, dataFolder: folder, registrations: services, serverName: serverNames.cluster },
    databaseUrl: cluster.postgres.url,
    processes: cluster.processes.map(({ baseUrl }) => baseUrl),
    environment: {
      HOLDFAST_HTTP_PORT: new URL(cluster.processes[0]?.baseUrl ?? '').port,
      HOLDFAST_MEDIA_STORE_PATH: join(folder, 'media'),
    },
  });
  closers.push(() => monitor.kill());
  return {
    ...{ folder, cluster, other, serverNames, service, pager: monitor.pager, stop, stepClock: clock?.step },
    cut: () => links.forEach((link) => link.cut()),
    mend: () => links.forEach((link) => link.mend()),
    programs: () => [
      ...[...cluster.processes, other].filter(({ isRunning }) => isRunning),
      ...(monitor.isRunning() ? [{ name: 'monitor', pid: monitor.pid }] : []),
    ],
  };
}

interface Federation {
  readonly shared: Readonly<Record<string, string>>;
  /** Of the cluster's processes, and then of the other server. */
  readonly tlsPorts: readonly number[];
}

async function describeFederation(folder: string): Promise<Federation> {
  const authority = await makeAuthority(join(folder, 'certificates'));
  const { certificate, key } = await authority.issue('soak');
  const tlsPorts = new Set<number>();
  while (tlsPorts.size < processCount + 1) tlsPorts.add(await chooseFreePort(undefined));
  const shared = {
    ...{ HOLDFAST_TLS_CERTIFICATE: certificate, HOLDFAST_TLS_KEY: key },
    HOLDFAST_FEDERATION_CA_FILE: authority.certificate,
    HOLDFAST_FEDERATION_PRIVATE_ADDRESSES: '127.0.0.0/8,::1/128',
    HOLDFAST_FEDERATION_KEY_SERVERS: '',
  };
  return { shared, tlsPorts: [...tlsPorts] };
}

async function prepareClock(folder: string, say: (text: string) => void): Promise<FakeClock | undefined> {
  try {
    return await prepareFakeClock(folder);
  } catch (error) {
    say(`no clock will be stepped: ${(error as Error).message}`);
    return undefined;
  }
}

function startOther(folder: string, serverName: string, { shared, tlsPorts }: Federation): Promise<HomeserverProcess> {
  const environment = {
    ...shared,
    ...{ HOLDFAST_DATA_DIR: join(folder, 'other'), HOLDFAST_SERVER_NAME: serverName, HOLDFAST_LOG_FORMAT: 'json' },
    ...{ HOLDFAST_REGISTRATION_MODE: 'open', HOLDFAST_RATE_LIMITS_ENABLED: 'false' },
    ...{ HOLDFAST_PASSWORD_MEMORY_KIB: '1024', HOLDFAST_PASSWORD_ITERATIONS: '1' },
    HOLDFAST_TLS_PORT: String(tlsPorts.at(-1)),
  };
  return HomeserverProcess.start({ name: 'other-server', environment, logFile: join(folder, 'other-server.log') });
}

/** One that was killed leaves its PostgreSQL running. */
async function endOther(other: HomeserverProcess, dataDir: string): Promise<void> {
  await other.stop();
  const pid = (await findEmbeddedPostgres(dataDir).catch(() => undefined))?.pid;
  if (pid !== undefined) process.kill(pid, 'SIGQUIT');
}

/** As a load balancer does: other servers' new connections go to a process that answers. */
function balance({ processes }: Cluster, link: Link & { setTarget(port: number): void }, tlsPorts: readonly number[]) {
  let last = 0;
  const choose = async () => {
    for (let step = 0; step < processes.length; step++) {
      const index = (last + step) % processes.length;
      const url = `${processes[index]?.baseUrl}/health/live`;
      const isThere = await fetch(url, { signal: AbortSignal.timeout(answerTimeoutMs) }).then(
        ({ ok }) => ok,
        () => false,
      );
      if (!isThere) continue;
      last = index;
      link.setTarget(tlsPorts[index] ?? 0);
      return;
    }
  };
  link.setTarget(tlsPorts[0] ?? 0);
  const timer = setInterval(() => void choose(), balanceEveryMs);
  return () => clearInterval(timer);
}
