import { setTimeout as wait } from 'node:timers/promises';
import { decodeSyncToken } from '@holdfast/protocol/sync-tokens/sync-token.ts';
import type { Observation, SeenEvent } from '../checker/history.ts';
import type { DrillUser } from './populate.ts';
import { messagesIn, readMessages } from './read-room.ts';
import { sendRequest } from './send-request.ts';

export interface FollowerOptions {
  readonly name: string;
  readonly user: DrillUser;
  /** The first is its own; the others are asked when that one fails. */
  readonly baseUrls: readonly string[];
  /** Goes to the next process after every sync, with the token that it got. */
  readonly wanders: boolean;
}

export interface Follower {
  /** When each body was first seen; times are of performance.now(). */
  readonly firstSeenMs: ReadonlyMap<string, number>;
  readonly tokensGoneBack: readonly string[];
  readonly serverErrors: readonly string[];
  readonly failedSyncs: () => number;
  /** Follows until it has come to these positions, or `timeoutMs` are over, and tells what it has seen. */
  finish(positions: readonly number[], timeoutMs: number): Promise<Observation[]>;
}

interface SyncReply {
  readonly next_batch: string;
  readonly rooms?: {
    readonly join?: Record<
      string,
      { timeline?: { events: Parameters<typeof messagesIn>[0]; limited?: boolean; prev_batch?: string } }
    >;
  };
}

const filter = JSON.stringify({
  presence: { not_types: ['*'] },
  account_data: { not_types: ['*'] },
  room: { timeline: { limit: 200 }, ephemeral: { not_types: ['*'] }, state: { lazy_load_members: true } },
});
const longPollMs = 1_500;
const syncTimeoutMs = 4_000;
const pauseAfterFailureMs = 100;

/** Begins to follow all rooms of a user by /sync; resolves after the first sync, which is not counted. */
export async function startFollower(options: FollowerOptions): Promise<Follower> {
  const state = new FollowerState(options);
  while (state.since === undefined) await state.syncOnce();
  let finishAt: readonly number[] | undefined;
  let endMs = Number.POSITIVE_INFINITY;
  const following = (async () => {
    while (performance.now() < endMs && !(finishAt && state.hasReached(finishAt))) await state.syncOnce();
  })();
  return {
    firstSeenMs: state.firstSeenMs,
    tokensGoneBack: state.tokensGoneBack,
    serverErrors: state.serverErrors,
    failedSyncs: () => state.failedSyncs,
    async finish(positions, timeoutMs) {
      finishAt = positions;
      endMs = performance.now() + timeoutMs;
      await following;
      const complete = state.hasReached(positions);
      return [...state.seen].map(([roomId, events]) => ({ reader: options.name, roomId, events, complete }));
    },
  };
}

class FollowerState {
  readonly seen = new Map<string, SeenEvent[]>();
  readonly firstSeenMs = new Map<string, number>();
  readonly tokensGoneBack: string[] = [];
  readonly serverErrors: string[] = [];
  failedSyncs = 0;
  since: string | undefined;
  readonly #options: FollowerOptions;
  #process = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  hasReached(positions: readonly number[]): boolean {
    const reached = decodeSyncToken(this.since ?? '') ?? [];
    return positions.every((position, shard) => (reached[shard] ?? 0) >= position);
  }

  async syncOnce(): Promise<void> {
    const { baseUrls, user, wanders } = this.#options;
    const baseUrl = baseUrls[this.#process % baseUrls.length] as string;
    const query = new URLSearchParams({ filter, timeout: String(longPollMs), set_presence: 'offline' });
    if (this.since !== undefined) query.set('since', this.since);
    try {
      const url = `${baseUrl}/_matrix/client/v3/sync?${query.toString()}`;
      const { status, body } = await sendRequest(url, 'GET', { token: user.token, timeoutMs: syncTimeoutMs });
      if (status === 500) this.serverErrors.push(`${this.#options.name}: ${JSON.stringify(body)}`);
      if (status !== 200) throw new Error(`/sync: ${status} ${JSON.stringify(body)}`);
      await this.#take(baseUrl, body as SyncReply);
      this.#process = wanders ? this.#process + 1 : 0;
    } catch {
      this.failedSyncs++;
      this.#process++;
      await wait(pauseAfterFailureMs);
    }
  }

  async #take(baseUrl: string, reply: SyncReply): Promise<void> {
    const before = this.since;
    const news: [string, SeenEvent[]][] = [];
    for (const [roomId, { timeline }] of Object.entries(reply.rooms?.join ?? {})) {
      if (!timeline || before === undefined) continue;
      const gap = timeline.limited ? await this.#readGap(baseUrl, roomId, before, timeline.prev_batch ?? '') : [];
      news.push([roomId, [...gap, ...messagesIn(timeline.events)]]);
    }
    this.#noteToken(reply.next_batch);
    const nowMs = performance.now();
    for (const [roomId, events] of news) {
      const known = this.seen.get(roomId) ?? [];
      known.push(...events);
      this.seen.set(roomId, known);
      for (const { body } of events) if (!this.firstSeenMs.has(body)) this.firstSeenMs.set(body, nowMs);
    }
  }

  async #readGap(baseUrl: string, roomId: string, since: string, prevBatch: string): Promise<SeenEvent[]> {
    const range = { dir: 'b', from: prevBatch, to: since } as const;
    return (await readMessages(baseUrl, roomId, this.#options.user, range)).toReversed();
  }

  #noteToken(next: string): void {
    const [was, is] = [decodeSyncToken(this.since ?? ''), decodeSyncToken(next)];
    if (!is) throw new Error(`not a token: ${next}`);
    if (was?.some((position, shard) => (is[shard] ?? 0) < position))
      this.tokensGoneBack.push(`${this.since} to ${next}`);
    this.since = next;
  }
}
