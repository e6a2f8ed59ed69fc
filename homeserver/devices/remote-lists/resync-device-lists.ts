import type { Context } from '../../platform/context.ts';
import { forgetOldest } from '../../platform/forget-oldest.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { readStaleDeviceLists } from '../../storage/devices/read-remote-device-lists.ts';
import { fetchDeviceList } from './fetch-device-list.ts';
import { dropDeviceLists } from './mark-device-lists.ts';

const lookEveryMs = 30_000;
/** After an entry that tells of a list; further ones of the same time are done together. */
const lookSoonMs = 50;
const usersAtOnce = 500;
const serversAtOnce = 8;
const askTimeoutMs = 20_000;
const firstPauseMs = 5_000;
const longestPauseMs = 10 * 60_000;
const maxPausedServers = 10_000;

interface Pause {
  readonly untilMs: number;
  readonly lengthMs: number;
}

/**
 * Asks other servers for the device lists of which this process's shards have stale copies. Which ones those are stands
 * in the database, so whoever owns the shard next goes on.
 */
export class DeviceListResync {
  readonly #context: Context;
  /** Servers that could not be asked lately. */
  readonly #paused = new Map<string, Pause>();
  readonly #unsubscribe: () => void;
  #timer: { cancel(): void };
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #staleLists = 0;
  #closed = false;

  constructor(context: Context) {
    this.#context = context;
    this.#timer = this.#schedule(lookEveryMs);
    const isRemote = (userId: string) => !userId.endsWith(`:${context.serverName}`);
    this.#unsubscribe = context.shardLog.tail.subscribe((shard, entries) => {
      const isNews = entries.some(({ kind, body }) => kind === 'device-list' && isRemote(body.userId));
      if (isNews && context.shardLog.ownedShards().includes(shard)) this.#lookSoon();
    });
  }

  get pausedServers(): number {
    return this.#paused.size;
  }

  /** Lists that had to be asked for at the last look. */
  get staleLists(): number {
    return this.#staleLists;
  }

  /** The server was heard of: it is worth asking again. */
  heardOf(server: string): void {
    if (this.#paused.delete(server)) this.#lookSoon();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer.cancel();
    this.#unsubscribe();
    await this.#looking;
  }

  #schedule(ms: number): { cancel(): void } {
    return this.#context.clock.startTimer(ms, () => this.#look());
  }

  #lookSoon(): void {
    if (this.#looking) this.#lookAgain = true;
    else if (!this.#closed) {
      this.#timer.cancel();
      this.#timer = this.#schedule(lookSoonMs);
    }
  }

  #look(): void {
    this.#lookAgain = false;
    this.#looking = this.#askStale()
      .catch((error: unknown) => this.#context.log.warn({ err: error }, 'stale device lists could not be asked for'))
      .finally(() => {
        this.#looking = undefined;
        if (!this.#closed) this.#timer = this.#schedule(this.#lookAgain ? lookSoonMs : lookEveryMs);
      });
  }

  async #askStale(): Promise<void> {
    const { database, shardLog, clock } = this.#context;
    const shards = shardLog.ownedShards();
    if (shards.length === 0) return;
    const nowMs = clock.monotonicMs();
    const paused = [...this.#paused].filter(([, { untilMs }]) => untilMs > nowMs).map(([server]) => server);
    const stale = await readStaleDeviceLists(database, shards, paused, usersAtOnce);
    this.#staleLists = stale.length;
    const byServer = [...Map.groupBy(stale, ({ server }) => server)];
    await Promise.all(
      Array.from({ length: serversAtOnce }, async () => {
        for (let next = byServer.pop(); next && !this.#closed; next = byServer.pop()) {
          const [server, lists] = next;
          await this.#askServerFor(
            server,
            lists.map(({ userId }) => userId),
          );
        }
      }),
    );
    if (stale.length === usersAtOnce) this.#lookAgain = true;
  }

  async #askServerFor(server: string, userIds: readonly string[]): Promise<void> {
    for (const userId of userIds) {
      if (this.#closed) return;
      try {
        await fetchDeviceList(this.#context, userId, { timeoutMs: askTimeoutMs, isAnswer: false });
        this.#paused.delete(server);
      } catch (error) {
        if (!(error instanceof RemoteServerError)) throw error;
        this.#context.log.debug({ userId, problem: error.message }, 'a device list could not be had');
        // It says that there is no such user, or nothing that could be understood: the next to ask for keys asks anew.
        if (error.kind === 'refused' && isFinal(error.status)) await dropDeviceLists(this.#context, [userId]);
        else return this.#pause(server);
      }
    }
  }

  #pause(server: string): void {
    const lengthMs = Math.min((this.#paused.get(server)?.lengthMs ?? firstPauseMs / 2) * 2, longestPauseMs);
    this.#paused.set(server, { lengthMs, untilMs: this.#context.clock.monotonicMs() + lengthMs });
    forgetOldest(this.#paused, maxPausedServers);
    // Others' turn comes with the regular look; this one's own is exact while nothing else happens.
    if (lengthMs < lookEveryMs && !this.#closed) this.#context.clock.startTimer(lengthMs + 1, () => this.#lookSoon());
  }
}

/** Statuses that another question would meet too. */
function isFinal(status: number | undefined): boolean {
  return status === 400 || status === 403 || status === 404;
}

const resyncs = new WeakMap<Context, DeviceListResync>();

/** Begins to keep copies of device lists up to date. */
export function startDeviceListResync(context: Context): DeviceListResync {
  const resync = new DeviceListResync(context);
  resyncs.set(context, resync);
  return resync;
}

/** Another server says something of a user's devices. */
export function deviceListServerHeard(context: Context, server: string): void {
  resyncs.get(context)?.heardOf(server);
}
