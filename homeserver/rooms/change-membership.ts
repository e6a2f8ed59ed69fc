import { joinRuleOf } from '@holdfast/protocol/authorization/auth-state.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import { appendEvents, prepareToAppend } from './append-events.ts';
import type { EventIntent } from './event-intent.ts';
import { findAuthorisingUser } from './find-authorising-user.ts';
import { type HotRoom, membershipIn } from './hot-room.ts';
import { loadMembers } from './hot-rooms.ts';
import { type EventResult, type RoomCommandInput, roomCommand, submitToRoom } from './room-command.ts';

/** What somebody wants to do to a membership, in the words of the client API's operations. */
export type MembershipAction = 'join' | 'invite' | 'knock' | 'leave' | 'kick' | 'ban' | 'unban' | 'update';

interface MembershipInput extends RoomCommandInput {
  readonly action: MembershipAction;
  readonly sender: string;
  readonly target: string;
  /** Members of the event's content beside `membership`: profile, reason, is_direct. */
  readonly content: JsonObject;
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
} as const satisfies Record<MembershipAction, string>;

export const changeMembershipCommand = roomCommand<MembershipInput>('change-membership', async (shard, room, input) => {
  await loadMembers(shard.context, room, [input.sender, input.target]);
  const current = room.get('m.room.member', input.target);
  const before = current ? membershipIn(current.pdu) : undefined;
  if (current && isAlreadySo(input, before)) return { result: { eventId: current.eventId } };
  checkAction(input, before);
  const intent = await membershipIntent(shard, room, input);
  await prepareToAppend(shard, room, [intent]);
  const { events, committed } = appendEvents(shard, room, [intent], { identity: input.identity });
  return { result: { eventId: events[0]?.eventId ?? '' }, committed };
});

/** Joining where one has joined, leaving what one has left: done already, without an event. */
function isAlreadySo({ action }: MembershipInput, before: string | undefined): boolean {
  return (action === 'join' && before === 'join') || (action === 'leave' && before === 'leave');
}

/** What the operation means beyond what the authorisation rules say. */
function checkAction({ action, target }: MembershipInput, before: string | undefined): void {
  const refuse = (message: string) => new MatrixError('M_FORBIDDEN', message);
  if (action === 'leave' && (before === undefined || before === 'ban')) throw refuse('You are not in this room');
  if (action === 'kick' && before !== 'join' && before !== 'invite' && before !== 'knock') {
    throw refuse(`${target} is not in this room`);
  }
  if (action === 'unban' && before !== 'ban') throw refuse(`${target} is not banned from this room`);
  if (action === 'invite' && before === 'join') throw refuse(`${target} is already in the room`);
  if (action === 'update' && before !== 'join') throw refuse('You are not in this room');
}

async function membershipIntent(shard: OwnedShard, room: HotRoom, input: MembershipInput): Promise<EventIntent> {
  const content: JsonObject = { ...input.content, membership: membershipOfAction[input.action] };
  if (input.action === 'join') {
    const authorisingUser = await authorisingUserOf(shard, room, input.target);
    if (authorisingUser !== undefined) content['join_authorised_via_users_server'] = authorisingUser;
  }
  return {
    type: 'm.room.member',
    sender: input.sender,
    stateKey: input.target,
    content,
    originServerTs: input.originServerTs,
  };
}

/** For restricted rooms: a joined user who may invite, when the one who joins meets a condition. */
async function authorisingUserOf(shard: OwnedShard, room: HotRoom, userId: string): Promise<string | undefined> {
  const joinRule = joinRuleOf(room);
  const isRestricted =
    (joinRule === 'restricted' && room.rules.restrictedJoins) ||
    (joinRule === 'knock_restricted' && room.rules.knockRestricted);
  const membership = membershipIn(room.get('m.room.member', userId)?.pdu);
  if (!isRestricted || membership === 'invite' || membership === 'join') return undefined;
  return await findAuthorisingUser(shard.context, room, userId);
}

export interface MembershipRequest {
  readonly roomId: string;
  readonly action: MembershipAction;
  /** Who does it. */
  readonly sender: string;
  /** To whom; the sender for join, knock and leave. */
  readonly target: string;
  readonly content?: JsonObject;
}

/**
 * Joins, invites, knocks, leaves, kicks, bans or unbans. Returns the member event's id, an existing one when nothing
 * had to change. Throws M_FORBIDDEN.
 * https://spec.matrix.org/v1.19/client-server-api/#room-membership
 */
export async function changeMembership(context: Context, request: MembershipRequest): Promise<EventResult> {
  const { roomId, action, sender, target, content = {} } = request;
  return await submitToRoom(context, changeMembershipCommand, {
    roomId,
    action,
    sender,
    target,
    content,
    identity: context.random.uuid(),
    originServerTs: context.clock.wallMs(),
  });
}
