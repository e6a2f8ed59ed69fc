import type { Clock } from '@holdfast/effects/clock.ts';
import { startDeadline, withDeadline } from '@holdfast/effects/deadline.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import type { OperatorRequest } from '../escalation/operator-request.ts';
import type { MonitorTime } from '../platform/monitor-time.ts';
import { isLeader } from '../storage/choose-leader.ts';
import { fixSecret, readState, releaseLease, takeLease, writeState } from '../storage/lease-and-state.ts';
import { emptyMonitorState, type MonitorState } from '../storage/monitor-state.ts';
import { type MonitorSql, migrateMonitorDatabase } from '../storage/open-monitor-database.ts';
import { takeOperatorRequests } from '../storage/operator-requests.ts';
import { readStateFile, writeStateFile } from '../storage/state-file.ts';

export interface LeadershipParts {
  readonly sql: MonitorSql;
  readonly stateFile: string;
  /** Of this monitor among several. */
  readonly ownName: string;
  readonly peers: readonly string[];
  readonly send: SendRequest;
  readonly clock: Clock;
  readonly time: MonitorTime;
  readonly log: Log;
}

/** Who of several monitors pages, and what the one that does remembers: in the database, and on disk besides. */
export interface Leadership {
  /** Whether this one is it, now. */
  renew(): Promise<boolean>;
  readonly isLeader: boolean;
  /** Signs the links in pages: the database's, where it could be read. */
  readonly secret: string;
  /** What administrators asked for; nothing while the database is away. */
  takeRequests(): Promise<readonly OperatorRequest[]>;
  load(): Promise<MonitorState>;
  save(state: MonitorState): Promise<void>;
  release(): Promise<void>;
}

const leaseMs = 20_000;
const databaseTimeoutMs = 3_000;
const peerTimeoutMs = 2_000;

export function openLeadership(parts: LeadershipParts, firstSecret: string): Leadership {
  const { sql, stateFile, ownName, clock, time, log } = parts;
  const state = {
    isLeader: false,
    secret: firstSecret,
    isReady: false,
    lastOwner: undefined as string | undefined,
    isAway: false,
  };
  let answeredMs = clock.monotonicMs();
  const askDatabase = <Answer>(work: () => Promise<Answer>) =>
    withDeadline(work(), databaseTimeoutMs, 'asking the database');
  const takeOwner = async (): Promise<string> => {
    if (!state.isReady) {
      await migrateMonitorDatabase(sql);
      state.secret = await fixSecret(sql, firstSecret);
      state.isReady = true;
    }
    const { owner, databaseMs } = await takeLease(sql, ownName, leaseMs);
    time.correct(databaseMs);
    return owner;
  };
  return {
    get isLeader() {
      return state.isLeader;
    },
    get secret() {
      return state.secret;
    },
    async renew() {
      const owner = await askDatabase(takeOwner).catch(() => undefined);
      // What it does not answer now is not asked again before the next round, which would come late by it.
      state.isAway = owner === undefined;
      if (owner !== undefined) {
        answeredMs = clock.monotonicMs();
        state.lastOwner = owner;
      }
      const peers = owner === undefined ? await askPeers(parts) : [];
      const silentForMs = clock.monotonicMs() - answeredMs;
      state.isLeader = isLeader({ owner, lastOwner: state.lastOwner, silentForMs, ownName, peers });
      return state.isLeader;
    },
    takeRequests: () =>
      state.isReady && !state.isAway
        ? askDatabase(() => takeOperatorRequests(sql)).catch(() => [])
        : Promise.resolve([]),
    async load() {
      const [stored, onDisk] = await Promise.all([
        askDatabase(() => readState(sql)).catch(() => undefined),
        readStateFile(stateFile),
      ]);
      const known = [stored, onDisk].filter((each) => each !== undefined);
      return known.sort((a, b) => b.savedMs - a.savedMs)[0] ?? emptyMonitorState;
    },
    async save(next) {
      const results = await Promise.allSettled([
        state.isAway ? Promise.reject(new Error('it is away')) : askDatabase(() => writeState(sql, ownName, next)),
        withDeadline(writeStateFile(stateFile, next), databaseTimeoutMs, 'writing the state'),
      ]);
      if (results.every(({ status }) => status === 'rejected')) {
        log.error({}, 'neither the database nor the disk keeps what this monitor knows');
      }
    },
    async release() {
      if (state.isLeader) await askDatabase(() => releaseLease(sql, ownName)).catch(() => {});
      state.isLeader = false;
    },
  };
}

/** The other monitors that answer, and which of them says that it pages. */
async function askPeers({ peers, send, clock }: LeadershipParts) {
  const answers = await Promise.all(
    peers.map(async (url) => {
      const deadline = startDeadline(peerTimeoutMs, `asking ${url}`, { clock });
      try {
        const { body } = await send({ method: 'GET', url: `${url.replace(/\/$/, '')}/leader` }, deadline);
        const { name, isLeader: leads } = JSON.parse(body) as { name?: unknown; isLeader?: unknown };
        return typeof name === 'string' ? { name, isLeader: leads === true } : undefined;
      } catch {
        return undefined;
      } finally {
        deadline.finish();
      }
    }),
  );
  return answers.filter((each) => each !== undefined);
}
