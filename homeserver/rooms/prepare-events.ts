import { selectAuthEvents, type UnplacedPdu } from '@holdfast/protocol/authorization/select-auth-events.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import { cachedNameId, internNames } from '../storage/names/intern-names.ts';
import type { HotRoom } from './hot-room.ts';
import { loadMembers } from './load-hot-room.ts';
import { prepareNotice } from './notice-event.ts';
import { followPushRules, hasFollowedPushRules, readJoinersPushRules } from './own-push-rules.ts';

/**
 * Loads what authorising, counting and storing events looks at and is not in memory. For a hot room and known users:
 * nothing.
 */
export async function prepareEvents(shard: OwnedShard, room: HotRoom, events: readonly UnplacedPdu[]): Promise<void> {
  if (events.every((event) => isPrepared(shard, room, event))) return;
  const users = new Set<string>();
  const names = new Set<string>();
  for (const event of events) {
    const { type, sender, state_key: stateKey } = event;
    for (const [authType, authKey] of selectAuthEvents(room.rules, event)) {
      if (authType === 'm.room.member') users.add(authKey);
    }
    if (type === 'm.room.member') users.add(stateKey ?? '');
    users.add(sender);
    names.add(type).add(sender);
    if (stateKey !== undefined) names.add(stateKey);
  }
  await Promise.all([loadMembers(shard.context, room, users), followPushRules(shard.context, room)]);
  if ([...names].some((name) => cachedNameId(shard.context, name) === undefined)) {
    await internNames(shard.context, names);
  }
  for (const event of events) await prepareNotice(shard.context, room, event);
  const joiners = events.filter(({ type, content }) => type === 'm.room.member' && content['membership'] === 'join');
  if (joiners.length === 0) return;
  await readJoinersPushRules(
    shard.context,
    room,
    joiners.map(({ state_key: stateKey = '' }) => stateKey),
  );
}

/** A message of a known member that names nobody, in a room that is up to date: the common case looks nothing up. */
function isPrepared(shard: OwnedShard, room: HotRoom, { type, sender, state_key, content }: UnplacedPdu): boolean {
  return (
    state_key === undefined &&
    !Object.hasOwn(content, 'm.mentions') &&
    !Object.hasOwn(content, 'm.relates_to') &&
    room.isMemberLoaded(sender) &&
    cachedNameId(shard.context, type) !== undefined &&
    cachedNameId(shard.context, sender) !== undefined &&
    hasFollowedPushRules(shard.context, room)
  );
}
