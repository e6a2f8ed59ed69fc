import { authorizeEvent } from '@holdfast/protocol/authorization/authorize-event.ts';
import { selectAuthEvents, type UnplacedPdu } from '@holdfast/protocol/authorization/select-auth-events.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { type BuiltEvent, buildEvent, type EventDraft } from '@holdfast/protocol/events/build-event.ts';
import { maximumEventBytes } from '@holdfast/protocol/events/check-event-size.ts';
import { needsPolicySignature } from '@holdfast/protocol/policy-servers/policy-server.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import type { Decision, OwnedShard } from '../platform/shard-log/command.ts';
import { appendDraft } from './append-draft.ts';
import { DraftRoom } from './draft-room.ts';
import type { EventOrigin } from './draft-writes.ts';
import type { EventIntent } from './event-intent.ts';
import { eventReference } from './event-reference.ts';
import type { HotRoom } from './hot-room.ts';
import { maxPrevEvents, mergeExtremities } from './merge-extremities.ts';
import { loadPolicy } from './policy-servers/policy-server-of-room.ts';
import type { UnsignedEvents } from './policy-servers/unsigned-events.ts';
import { prepareEvents } from './prepare-events.ts';
import { recentTransactions } from './recent-transactions.ts';
import type { RoomCommandResult } from './room-command.ts';

/** `identityHash` and `transaction` are those of the request that the last event answers. */
export interface AppendOptions extends EventOrigin {
  /** Further rows of the same transaction, given the position of the first event. */
  readonly alsoWrite?: (firstPosition: number, events: readonly BuiltEvent[]) => readonly Write[];
}

export interface AppendedEvents {
  readonly events: readonly BuiltEvent[];
  readonly committed?: Promise<void>;
  /** Present where nothing was appended, because the room's policy server has to sign the events first. */
  readonly unsigned?: UnsignedEvents;
}

/** Loads what authorising these events looks at and is not in memory. For a hot room and known users: nothing. */
export async function prepareToAppend(
  shard: OwnedShard,
  room: HotRoom,
  intents: readonly EventIntent[],
): Promise<void> {
  await prepareEvents(shard, room, intents.map(unplacedPdu));
  room.policy = await loadPolicy(shard.context, room);
  // With more, an event cannot come after all that there is.
  const [first] = intents;
  if (first && room.extremities.length > maxPrevEvents) {
    await mergeExtremities(shard, room, first.sender, maxPrevEvents, 'local-event');
  }
}

/**
 * Authorises, builds and appends events to a hot room, all or none, and changes the room's memory at once: the next
 * command builds on them before they are committed. In a room with a policy server they are only built. Throws M_FORBIDDEN or M_TOO_LARGE with nothing changed.
 */
export function appendEvents(
  shard: OwnedShard,
  room: HotRoom,
  intents: readonly EventIntent[],
  options: AppendOptions = {},
): AppendedEvents {
  const draft = new DraftRoom(shard, room);
  const events = intents.map((intent) => addLocalEvent(shard, draft, intent));
  if (room.policy?.server && events.some(({ pdu }) => needsPolicySignature(pdu))) {
    const { identityHash, transaction } = options;
    const origin = { ...(identityHash !== undefined && { identityHash }), ...(transaction && { transaction }) };
    const toSign = events.map(({ eventId, pduJson }) => ({ eventId, pduJson }));
    return { events, unsigned: { roomId: room.roomId, events: toSign, origin } };
  }
  const committed = appendDraft(shard, draft, {
    origin: options,
    ...(options.alsoWrite && { alsoWrite: options.alsoWrite(draft.firstPosition, events) }),
  });
  const last = draft.events.at(-1);
  if (options.identityHash !== undefined && last) {
    const { eventId } = last.event;
    shard.remember(recentTransactions).add(options.identityHash, last.position, { eventId, committed });
  }
  return { events, committed };
}

/** What a command answers that sends these events. */
export function decisionOf({ events, committed, unsigned }: AppendedEvents): Decision<RoomCommandResult> {
  const result = { eventId: events.at(-1)?.eventId ?? '', ...(unsigned && { unsigned }) };
  return { result, ...(committed && { committed }) };
}

/**
 * Builds an event of this server on top of a draft, which has it then. Its intent must have been prepared. Throws
 * M_FORBIDDEN or M_TOO_LARGE.
 */
export function addLocalEvent(shard: OwnedShard, draft: DraftRoom, intent: EventIntent): BuiltEvent {
  const { rules, roomId } = draft.room;
  const { serverName, signingKey, random } = shard.context;
  if (draft.extremities.length > maxPrevEvents) {
    throw new MatrixError('M_FORBIDDEN', 'The branches of this room cannot be merged by this user');
  }
  const authEntries = selectAuthEvents(rules, unplacedPdu(intent)).flatMap(
    ([type, stateKey]) => draft.get(type, stateKey) ?? [],
  );
  const eventDraft: EventDraft = {
    ...intent,
    roomId,
    depth: draft.nextDepth,
    prevEvents: draft.extremities.map(({ reference }) => reference),
    authEvents: authEntries.map(({ eventId, pdu }) => eventReference(rules, eventId, pdu)),
    eventId: rules.eventIds === 'server' ? `$${random.token(18)}:${serverName}` : undefined,
  };
  const built = buildEvent(eventDraft, rules, { name: serverName, ...signingKey }, cryptoPrimitives);
  if (!built) throw new Error('an event could not be built');
  if (Buffer.byteLength(built.pduJson) > maximumEventBytes) {
    throw new MatrixError('M_TOO_LARGE', 'The event is too large');
  }
  const verdict = authorizeEvent(rules, built, draft, cryptoPrimitives.verify);
  if (!verdict.allowed) throw new MatrixError('M_FORBIDDEN', verdict.reason);
  const auth = intent.stateKey === undefined ? undefined : authEntries.map(({ position }) => position);
  draft.addOrdinary(built, auth);
  return built;
}

function unplacedPdu({ type, sender, stateKey, content }: EventIntent): UnplacedPdu {
  return { type, sender, content, ...(stateKey !== undefined && { state_key: stateKey }) };
}
