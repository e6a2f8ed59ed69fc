import { encodeSyncToken } from '@holdfast/protocol/sync-tokens/sync-token.ts';
import type { Context } from '../platform/context.ts';
import type { LogEntry } from '../platform/shard-log/log-entry.ts';
import { readIgnoredUsers } from '../storage/sync/read-account-data-changes.ts';
import { findCandidateRooms } from './candidate-rooms.ts';
import { collectMessages } from './collect-messages.ts';
import { type CollectedReply, collectReply } from './collect-reply.ts';
import { digestRange, type RangeDigest } from './digest-range.ts';
import { type SyncHub, syncHubOf } from './sync-hub.ts';
import type { SyncRequest } from './sync-request.ts';
import type { SyncRun } from './sync-run.ts';
import { waitForPositions } from './wait-for-positions.ts';

/** Sorting more entries at once would hold the process up; the tables find the few that matter by index. */
const mostEntries = 10_000;

/**
 * Answers a call of /sync: with what happened since the client's token, at once if there is anything, otherwise as soon
 * as something comes or the time is over. The reply is JSON text. Throws M_INVALID_PARAM for a token that is none, and
 * M_LIMIT_EXCEEDED when too many calls wait.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export async function answerSync(context: Context, request: SyncRequest): Promise<string> {
  const hub = syncHubOf(context);
  const endMs = context.clock.monotonicMs() + request.timeoutMs;
  if (request.since) await waitForPositions(context, request.since, request.signal);
  if (request.filter.room.state.lazyLoadMembers) hub.sentMembers.begin(request, request.since);
  let since = request.since;
  const known = since && request.timeoutMs > 0 ? hub.users.peek(request.userId) : undefined;
  if (known) await hub.waiting.waitForRound(known);
  for (;;) {
    const { run, seenNews, wasSettled } = await beginRun(context, hub, request, since);
    const startedMs = context.clock.monotonicMs();
    const messages = collectMessages(run);
    const reply = messages ?? (await look(run));
    const source = messages ? 'messages' : run.digest ? 'memory' : 'tables';
    hub.metrics.observe(source, context.clock.monotonicMs() - startedMs);
    const leftMs = endMs - context.clock.monotonicMs();
    if (!reply.isEmpty || request.since === undefined || request.fullState || leftMs <= 0) {
      hub.waiting.noteAnswer(run.user);
      return reply.text;
    }
    const end = await hub.waiting.wait(run.user, seenNews, leftMs, request.signal);
    since = run.range.to;
    if (end === 'news' || run.user.news !== seenNews || run.user.dropped) continue;
    if (!wasSettled || !hub.isSettled) continue;
    // Nothing came for the user up to this very moment.
    return `{"next_batch":"${encodeSyncToken(newestPositions(context, since))}",${reply.keyCounts}}`;
  }
}

function look(run: SyncRun): Promise<CollectedReply> {
  return run.digest ? collectReply(run) : run.hub.tableLooks.run(() => collectReply(run));
}

interface BegunRun {
  readonly run: SyncRun;
  /** `user.news` at the end of the range: when it has grown, there is more. */
  readonly seenNews: number;
  /** Everything up to the end of the range had been told to those whom it concerns. */
  readonly wasSettled: boolean;
}

/** Fixes the range of a look and what is in memory of it, all at one moment. */
async function beginRun(
  context: Context,
  hub: SyncHub,
  request: SyncRequest,
  since: readonly number[] | undefined,
): Promise<BegunRun> {
  const { userId } = request;
  for (;;) {
    const user = await hub.users.get(userId);
    await waitForPositions(context, user.positions, request.signal);
    const ignored = await hub.ignored.get(userId, () => readIgnoredUsers(context, userId));
    if (user.dropped) continue;
    const to = newestPositions(context, since ?? []);
    const range = { since, to };
    const reader = { ...request, nowMs: context.clock.wallMs() };
    const digest = since && digestInMemory(context, hub, request, since);
    const candidates = findCandidateRooms(user, request, range, digest);
    const run = { context, hub, user, request, range, reader, digest, candidates, ignored };
    return { run, seenNews: user.news, wasSettled: hub.isSettled };
  }
}

/** Positions by shard that this process has seen, and nowhere less than `atLeast`. */
function newestPositions({ shardLog }: Context, atLeast: readonly number[]): number[] {
  return shardLog.tail.positions().map((position, shard) => Math.max(position, atLeast[shard] ?? 0));
}

/** The range from `since` up to now, when this process has all of it in memory. */
function digestInMemory(
  context: Context,
  hub: SyncHub,
  request: SyncRequest,
  since: readonly number[],
): RangeDigest | undefined {
  // The federation format shows what the log's entries do not carry, and whole state is in the tables alone.
  if (request.filter.eventFormat === 'federation' || request.fullState) return undefined;
  const key = since.join(' ');
  const known = hub.digests.get(key);
  if (known) return known;
  const all: LogEntry[] = [];
  const { tail } = context.shardLog;
  const behind = tail.positions().reduce((sum, position, shard) => sum + position - (since[shard] ?? 0), 0);
  if (behind > mostEntries) return undefined;
  for (const shard of tail.positions().keys()) {
    const after = since[shard] ?? 0;
    if (after < (hub.followedFrom[shard] ?? 0)) return undefined;
    const entries = tail.entriesAfter(shard, after);
    if (!entries) return undefined;
    for (const entry of entries) all.push(entry);
  }
  const digest = digestRange(all);
  hub.digests.set(key, digest);
  return digest;
}
