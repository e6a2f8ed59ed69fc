import { Readable } from 'node:stream';
import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../../storage/names/room-names.ts';
import { readEventsById } from '../../storage/rooms/read-events.ts';
import { readHeroes } from '../../storage/rooms/read-heroes.ts';
import { readWireTexts } from '../../storage/rooms/read-wire-events.ts';
import { readAuthChain } from '../auth-chain.ts';
import { joinedServersOf } from '../joined-servers.ts';
import { readStateIdsAt } from '../state-at-event.ts';
import type { ReceivedMembership } from './receive-membership.ts';

export interface SendJoinOptions {
  /** Leave out members that the joining server can do without for now. */
  readonly omitMembers?: boolean;
  /** In the form of the operation's version 1: `[200, { ... }]`. */
  readonly asPair?: boolean;
}

/** So few members are told at once, which spares the other server a second request. */
const mostMembersTold = 30;
/** Events that are read and written at once. */
const eventsAtOnce = 500;

interface EventAtPosition {
  readonly eventId: string;
  readonly position: number;
}

/**
 * The reply to a join: the state before it and its auth chain, as JSON that is put together from what is stored while it
 * is sent. Rooms of any size cost the ids of their state in memory.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv2send_joinroomideventid
 */
export async function sendJoinReply(
  context: Context,
  joined: ReceivedMembership,
  { omitMembers = false, asPair = false }: SendJoinOptions,
): Promise<Readable> {
  const { room, eventId, pduJson } = joined;
  const event = (await readEventsById(context, [eventId])).get(eventId);
  if (!event) throw new Error(`the join ${eventId} was accepted and is not stored`);
  const whole = await readStateIdsAt(context, room, event, 'before');
  const memberCount = [...whole.keys()].filter(isMemberTuple).length;
  const isPartial = omitMembers && memberCount > mostMembersTold;
  const heroes = isPartial ? await readHeroes(context, room, event.position - 1) : [];
  const state: EventAtPosition[] = [];
  for (const [tuple, place] of whole) {
    if (isPartial && isMemberTuple(tuple) && !heroes.includes(place.position)) continue;
    state.push(place);
  }
  const own = await readEventsById(
    context,
    event.pdu.auth_events.map((id) => (typeof id === 'string' ? id : id[0])),
  );
  const chain = await readAuthChain(context, room, [...state, ...own.values()]);
  const told = new Set(state.map(({ position }) => position));
  const isRedundant = ({ position }: EventAtPosition) => omitMembers && told.has(position);
  const authChain = new Map<string, EventAtPosition>();
  for (const entry of [...chain, ...own.values()]) if (!isRedundant(entry)) authChain.set(entry.eventId, entry);
  const servers = isPartial ? [...(await joinedServersOf(context, room.roomId))] : undefined;
  const head = {
    origin: context.serverName,
    members_omitted: isPartial,
    ...(servers && { servers_in_room: servers }),
  };
  return Readable.from(writeReply());

  async function* writeReply(): AsyncGenerator<string> {
    yield `${asPair ? '[200,' : ''}${JSON.stringify(head).slice(0, -1)},"event":${pduJson}`;
    yield* writeEvents(context, room, 'state', state);
    yield* writeEvents(context, room, 'auth_chain', [...authChain.values()]);
    yield asPair ? '}]' : '}';
  }
}

function isMemberTuple(tuple: string): boolean {
  return /^(?:13\|m\.room\.member\||m\.room\.member\0)/.test(tuple);
}

async function* writeEvents(
  context: Context,
  room: RoomName,
  name: string,
  events: readonly EventAtPosition[],
): AsyncGenerator<string> {
  yield `,"${name}":[`;
  for (let start = 0; start < events.length; start += eventsAtOnce) {
    const positions = events.slice(start, start + eventsAtOnce).map(({ position }) => position);
    const texts = await readWireTexts(context, room, positions);
    yield `${start === 0 ? '' : ','}${texts.join(',')}`;
  }
  yield ']';
}
