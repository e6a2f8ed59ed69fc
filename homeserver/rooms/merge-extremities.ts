import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import { buildEvent } from '@holdfast/protocol/events/build-event.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import { eventReference } from './event-reference.ts';
import type { Extremity, HotRoom } from './hot-room.ts';
import { negativePositions } from './negative-positions.ts';
import { loadPolicy } from './policy-servers/policy-server-of-room.ts';
import { prepareEvents } from './prepare-events.ts';
import { receiveWithState } from './receive-on-fork.ts';
import { type ParsedEvent, parseReceivedEvent } from './received-event.ts';
import { resolveRoomState } from './resolve-room-state.ts';
import { roomGraphMetrics } from './room-graph-metrics.ts';
import { RoomReceiver } from './room-receiver.ts';
import { loadStateView, type StateBefore } from './state-before-event.ts';
import { distinctStates } from './state-overrides.ts';

/** The most events that an event may come after. https://spec.matrix.org/v1.19/rooms/v12/#event-format */
export const maxPrevEvents = 20;
const dummyType = 'org.matrix.dummy_event';

/**
 * Sends events of no content that come after as many forward extremities as an event may, until at most `target` are
 * left: a room whose branches nobody merges costs every server more with each of them. Gives the commit of the last one;
 * undefined where none was needed, or the sender, who must be a user of this server, may not send them. Under the
 * room's key.
 */
export async function mergeExtremities(
  shard: OwnedShard,
  room: HotRoom,
  sender: string,
  target: number,
  reason: 'local-event' | 'received',
): Promise<Promise<void> | undefined> {
  if (room.extremities.length <= target) return undefined;
  // Nothing is asked of a policy server under the room's key, and without its signature nobody would take the event.
  if ((await loadPolicy(shard.context, room))?.server) return undefined;
  await shard.remember(negativePositions).loaded();
  const pdu = { type: dummyType, sender, content: {} };
  await prepareEvents(shard, room, [pdu]);
  const receiver = new RoomReceiver(shard, room);
  while (room.extremities.length > target) {
    const merged = nearestExtremities(room);
    const before: StateBefore = { overrides: await stateAfterAll(shard, room, merged), place: undefined };
    const event = await buildDummy(shard, room, sender, merged, before);
    await receiver.loadReferences([event]);
    const { verdict } = await receiveWithState(receiver, event, {
      before,
      isJudgedByCurrentState: true,
      findSuperseded: () => Promise.resolve(event.prevEventIds),
      alsoWrite: () => [],
    });
    receiver.flush();
    if (verdict !== 'accepted') break;
    roomGraphMetrics(shard.context).dummyEvents.add({ reason });
  }
  return receiver.committed;
}

/** Those whose state is nearest to the current one: what is allowed now is allowed there, most likely. */
function nearestExtremities(room: HotRoom): Extremity[] {
  return room.extremities.toSorted((a, b) => a.overrides.size - b.overrides.size).slice(0, maxPrevEvents);
}

async function stateAfterAll(shard: OwnedShard, room: HotRoom, extremities: readonly Extremity[]) {
  return await resolveRoomState(shard, room, distinctStates(extremities.map(({ overrides }) => overrides)));
}

async function buildDummy(
  shard: OwnedShard,
  room: HotRoom,
  sender: string,
  prevs: readonly Extremity[],
  before: StateBefore,
): Promise<ParsedEvent> {
  const { rules, roomId } = room;
  const { serverName, signingKey, random, clock } = shard.context;
  const pdu = { type: dummyType, sender, content: {} };
  const view = await loadStateView(shard, room, before.overrides, {
    eventId: '',
    roomId,
    pdu: { ...pdu, origin_server_ts: 0, depth: 0, prev_events: [], auth_events: [] },
  });
  const deepest = prevs.reduce((depth, extremity) => Math.max(depth, extremity.depth), 0);
  const built = buildEvent(
    {
      ...pdu,
      roomId,
      originServerTs: clock.wallMs(),
      depth: Math.min(deepest + 1, Number.MAX_SAFE_INTEGER),
      prevEvents: prevs.map(({ reference }) => reference),
      authEvents: authEventsOf(room, view, pdu),
      eventId: rules.eventIds === 'server' ? `$${random.token(18)}:${serverName}` : undefined,
    },
    rules,
    { name: serverName, ...signingKey },
    cryptoPrimitives,
  );
  if (!built) throw new Error('an event could not be built');
  return parseReceivedEvent(roomId, built);
}

function authEventsOf({ rules }: HotRoom, view: AuthState, pdu: { type: string; sender: string; content: object }) {
  return selectAuthEvents(rules, { ...pdu, content: {} }).flatMap(([type, stateKey]) => {
    const entry = view.get(type, stateKey);
    return entry ? [eventReference(rules, entry.eventId, entry.pdu)] : [];
  });
}
