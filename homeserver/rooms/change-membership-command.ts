import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import { internNames } from '../storage/names/intern-names.ts';
import { appendEvents, decisionOf, prepareToAppend } from './append-events.ts';
import type { EventIntent } from './event-intent.ts';
import { findAuthorisingUser, isRestrictedFor } from './find-authorising-user.ts';
import { type HotRoom, membershipIn, type StateEntry } from './hot-room.ts';
import { loadMembers } from './load-hot-room.ts';
import { readJoinersPushRules } from './own-push-rules.ts';
import { checkJoined, notInRoom, type RoomCommandInput, roomCommand } from './room-command.ts';
import { isSameContent } from './same-content.ts';
import { type ThirdPartySigned, thirdPartyInviteIntent } from './third-party-invite.ts';

/**
 * What somebody wants to do to a membership, in the words of the client API's operations. `update` changes what one's
 * join says; `put` is whatever the membership in the given content means, as with a state event set directly.
 */
export type MembershipAction = 'join' | 'invite' | 'knock' | 'leave' | 'kick' | 'ban' | 'unban' | 'update' | 'put';
type ResolvedAction = Exclude<MembershipAction, 'put'>;

export interface MembershipInput extends RoomCommandInput {
  readonly action: MembershipAction;
  readonly sender: string;
  readonly target: string;
  /** Of the event: profile, reason, is_direct; `membership` counts only for `put`. */
  readonly content: JsonObject;
  readonly thirdPartySigned?: ThirdPartySigned;
  readonly originServerTs: number;
}

const membershipOfAction = {
  join: 'join',
  invite: 'invite',
  knock: 'knock',
  leave: 'leave',
  kick: 'leave',
  ban: 'ban',
  unban: 'leave',
  update: 'join',
} as const satisfies Record<ResolvedAction, string>;

export const changeMembershipCommand = roomCommand<MembershipInput>(
  'change-membership',
  async (shard, room, input, identityHash) => {
    await loadMembers(shard.context, room, [input.sender, input.target]);
    const current = room.get('m.room.member', input.target);
    const before = current ? membershipIn(current.pdu) : undefined;
    const action = resolveAction(input, before);
    if (input.sender !== input.target) checkJoined(room, input.sender);
    if (current && isAlreadySo(action, before)) return { result: { eventId: current.eventId } };
    checkAction(action, input.target, before);
    const intents = await membershipIntents(shard, room, input, action);
    const last = intents.at(-1) as EventIntent;
    if (current && intents.length === 1 && saysTheSame(current, last)) return { result: { eventId: current.eventId } };
    await prepareToAppend(shard, room, intents);
    return decisionOf(appendEvents(shard, room, intents, { identityHash }));
  },
  ({ context }, room, { sender, target, action }) =>
    Promise.all([
      loadMembers(context, room, [sender, target]),
      internNames(context, [sender, target, 'm.room.member']),
      action === 'join' && readJoinersPushRules(context, room, [target]),
    ]),
);

function resolveAction({ action, content, sender, target }: MembershipInput, before: string | undefined) {
  if (action !== 'put') return action;
  switch (content['membership']) {
    case 'join':
      return before === 'join' ? 'update' : 'join';
    case 'leave':
      if (sender === target) return 'leave';
      return before === 'ban' ? 'unban' : 'kick';
    case 'invite':
    case 'knock':
    case 'ban':
      return content['membership'];
    default:
      throw new MatrixError('M_BAD_JSON', 'The membership must be one of join, invite, knock, leave and ban');
  }
}

/** Joining where one has joined, leaving what one has left: done already, without an event. */
function isAlreadySo(action: ResolvedAction, before: string | undefined): boolean {
  return (action === 'join' && before === 'join') || (action === 'leave' && before === 'leave');
}

function saysTheSame(current: StateEntry, intent: EventIntent): boolean {
  const { sender, content } = current.pdu;
  return sender === intent.sender && isSameContent(content, intent.content);
}

/** What the operation means beyond what the authorisation rules say. */
function checkAction(action: ResolvedAction, target: string, before: string | undefined): void {
  const refuse = (message: string) => new MatrixError('M_FORBIDDEN', message);
  if (action === 'leave' && (before === undefined || before === 'ban')) throw notInRoom();
  if (action === 'kick' && before !== 'join' && before !== 'invite' && before !== 'knock') {
    throw refuse(`${target} is not in this room`);
  }
  if (action === 'unban' && before !== 'ban') throw refuse(`${target} is not banned from this room`);
  if (action === 'invite' && before === 'join') throw refuse(`${target} is already in the room`);
  if (action === 'update' && before !== 'join') throw notInRoom();
}

/** The member event; when a third-party invitation is redeemed, behind the invitation that it turns into. */
async function membershipIntents(
  shard: OwnedShard,
  room: HotRoom,
  input: MembershipInput,
  action: ResolvedAction,
): Promise<EventIntent[]> {
  const { sender, target, originServerTs, thirdPartySigned } = input;
  const content: JsonObject = { ...input.content, membership: membershipOfAction[action] };
  // Only this server may say on whose authority it lets somebody in.
  delete content['join_authorised_via_users_server'];
  const intent = { type: 'm.room.member', sender, stateKey: target, content, originServerTs };
  if (action !== 'join') return [intent];
  const isInvited = membershipIn(room.get('m.room.member', target)?.pdu) === 'invite';
  if (thirdPartySigned && !isInvited) {
    return [await thirdPartyInviteIntent(shard.context, room, thirdPartySigned, intent), intent];
  }
  const authorisingUser = isRestrictedFor(room, target)
    ? await findAuthorisingUser(shard.context, room, target)
    : undefined;
  if (authorisingUser !== undefined) content['join_authorised_via_users_server'] = authorisingUser;
  return [intent];
}
