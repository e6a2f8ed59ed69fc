import { matchesEventFilter, matchesRoom } from '@holdfast/protocol/filters/event-filter.ts';
import { readPushRules } from '../accounts/push-rules.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import {
  readAccountDataChanges,
  readPushRuleChange,
  type StoredAccountData,
} from '../storage/sync/read-account-data-changes.ts';
import { type SyncRun, sinceIn } from './sync-run.ts';

/** Account data as events, as JSON. */
export interface CollectedAccountData {
  readonly global: readonly string[];
  /** By room id. */
  readonly rooms: ReadonlyMap<string, readonly string[]>;
}

const nothing: CollectedAccountData = { global: [], rooms: new Map() };

/**
 * Global and room account data that changed, push rules and tags included; in an initial sync all of it.
 * From memory, or two queries. https://spec.matrix.org/v1.19/client-server-api/#client-config
 */
export async function collectAccountData(run: SyncRun): Promise<CollectedAccountData> {
  const changes = run.digest ? (run.digest.accountData.get(run.user.userId) ?? []) : await readChanges(run);
  if (changes.length === 0) return nothing;
  const newest = new Map<string, StoredAccountData>();
  for (const change of changes) newest.set(`${change.roomId ?? ''} ${change.type}`, change);
  const { accountData: globalFilter, room: roomFilter } = run.request.filter;
  const global: string[] = [];
  const rooms = new Map<string, string[]>();
  for (const { roomId, type, contentJson } of newest.values()) {
    const text = `{"content":${contentJson},"type":${JSON.stringify(type)}}`;
    if (roomId === undefined) {
      if (matchesEventFilter(globalFilter, { type })) global.push(text);
      continue;
    }
    if (!matchesRoom(roomFilter, roomId) || !matchesEventFilter(roomFilter.accountData, { type }, roomId)) continue;
    const known = rooms.get(roomId);
    if (known) known.push(text);
    else rooms.set(roomId, [text]);
  }
  return { global, rooms };
}

async function readChanges(run: SyncRun): Promise<StoredAccountData[]> {
  const { context, user } = run;
  const since = sinceIn(run, shardOfUser(context, user.userId));
  const [changes, rules] = await Promise.all([
    readAccountDataChanges(context, user.userId, since),
    readPushRuleChange(context, user.userId),
  ]);
  if (since !== undefined && (rules === undefined || rules.position <= since)) return changes;
  const contentJson = JSON.stringify({ global: await readPushRules(context, user.userId) });
  return [...changes, { type: 'm.push_rules', contentJson }];
}
