import { matchesEventFilter, matchesRoom } from '@holdfast/protocol/filters/event-filter.ts';
import { defaultPushRules } from '@holdfast/protocol/push-rules/default-push-rules.ts';
import { mergePushRules, noPushRuleChanges } from '@holdfast/protocol/push-rules/push-rule-changes.ts';
import { positionInShard } from '@holdfast/protocol/sync-tokens/sync-token.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { readAccountDataChanges, type StoredAccountData } from '../storage/sync/read-account-data-changes.ts';
import { readOwnPushRules } from '../storage/sync/read-own-push-rules.ts';
import type { SyncRun } from './sync-run.ts';

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

async function readChanges({ context, hub, user, range }: SyncRun): Promise<StoredAccountData[]> {
  const { userId } = user;
  const since = range.since && positionInShard(range.since, shardOfUser(context, userId));
  const [changes, rules] = await Promise.all([
    readAccountDataChanges(context, userId, since),
    hub.pushRules.get(userId, () => readOwnPushRules(context, userId)),
  ]);
  if (since !== undefined && (rules === undefined || rules.position <= since)) return changes;
  const global = mergePushRules(defaultPushRules(userId), rules?.changes ?? noPushRuleChanges);
  return [...changes, { type: 'm.push_rules', contentJson: JSON.stringify({ global }) }];
}
