import { matchesEventFilter } from '@holdfast/protocol/filters/event-filter.ts';
import { readPresenceInRooms, readPresenceOf, type StoredPresence } from '../storage/ephemeral/read-presence.ts';
import type { RangeDigest } from './digest-range.ts';
import { findSharers, joinedRooms } from './shared-rooms.ts';
import type { SyncRun } from './sync-run.ts';

const mostUsers = 500;
const mostNewcomers = 10_000;

/**
 * Presence of those who share a room with the user, as m.presence events as JSON: what changed, and in an initial sync
 * and of `newcomers`, who may share a room since the range began, whoever is not offline. From memory, or two
 * queries; the tables are asked once of newcomers of whom this process has heard nothing.
 * https://spec.matrix.org/v1.19/client-server-api/#presence
 */
export async function collectPresence(run: SyncRun, newcomers: readonly string[]): Promise<string[]> {
  const { context, request, ignored } = run;
  const { presence: filter } = request.filter;
  if (!context.config.presence.enabled || filter.notTypes?.('m.presence') || filter.types?.('m.presence') === false) {
    return [];
  }
  const changed = run.digest ? await presencesInMemory(run, run.digest.presences) : await readPresences(run);
  const told = new Set(changed.map(({ userId }) => userId));
  const untold = newcomers.filter((userId) => !told.has(userId)).slice(0, mostNewcomers);
  return [...changed, ...(await presencesOf(run, untold))]
    .filter(({ userId }) => !ignored.has(userId))
    .filter(({ userId }) => matchesEventFilter(filter, { type: 'm.presence', sender: userId }))
    .slice(0, filter.limit ?? mostUsers)
    .map((presence) => presenceText(presence, run.reader.nowMs));
}

async function presencesOf({ context, digest, hub }: SyncRun, userIds: readonly string[]): Promise<StoredPresence[]> {
  return digest ? await hub.presences.of(userIds) : await readPresenceOf(context, userIds, mostUsers);
}

async function readPresences(run: SyncRun): Promise<StoredPresence[]> {
  const rooms = await joinedRooms(run);
  const numbers = rooms.map(({ id }) => id);
  return await readPresenceInRooms(run.context, numbers, run.range.since, mostUsers);
}

async function presencesInMemory(run: SyncRun, presences: RangeDigest['presences']): Promise<StoredPresence[]> {
  if (presences.size === 0) return [];
  const sharers = await findSharers(run, new Set(presences.keys()));
  return [...presences.values()].filter(({ userId }) => sharers.has(userId));
}

/** https://spec.matrix.org/v1.19/client-server-api/#mpresence */
export function presenceText(presence: StoredPresence, nowMs: number): string {
  const { userId, state, statusMessage, lastActiveMs, currentlyActive } = presence;
  const content = {
    presence: state,
    last_active_ago: Math.max(0, nowMs - lastActiveMs),
    ...(state === 'online' && { currently_active: currentlyActive }),
    ...(statusMessage !== undefined && { status_msg: statusMessage }),
  };
  return `{"content":${JSON.stringify(content)},"sender":${JSON.stringify(userId)},"type":"m.presence"}`;
}
