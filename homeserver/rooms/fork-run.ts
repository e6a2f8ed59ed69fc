import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import type { IdentifiedPdu } from '@holdfast/protocol/events/pdu.ts';
import { policyType } from '@holdfast/protocol/policy-servers/policy-server.ts';
import { type StateTuple, stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import { internNames } from '../storage/names/intern-names.ts';
import { removeBackwardExtremity } from '../storage/rooms/write-extremities.ts';
import type { Extremity } from './hot-room.ts';
import { loadStateEvents } from './load-state-events.ts';
import { loadChanges, namesIn, placementOf, type ResolvedChange } from './receive-on-fork.ts';
import type { ParsedEvent } from './received-event.ts';
import { resolveRoomState } from './resolve-room-state.ts';
import { roomGraphMetrics } from './room-graph-metrics.ts';
import type { RoomReceiver } from './room-receiver.ts';
import { isUserOfServer } from './server-of-user.ts';
import {
  changeOverride,
  haveSameStates,
  noOverrides,
  type Override,
  type Overrides,
  overrideWith,
} from './state-overrides.ts';

interface Branch {
  readonly eventId: string;
  readonly overrides: Overrides;
  /** The run's own copy, which it changes: copying a long branch's state for each event would cost more than all the rest. */
  readonly copy?: Map<StateTuple, Override>;
}

interface TakenEvent {
  readonly event: ParsedEvent;
  /** What it takes the place of in the state before it. */
  readonly replaced: string | undefined;
}

/**
 * Accepted events that follow the tips of branches, placed together: the room's current state is resolved once after the
 * last of them, which is when it changes, and not after each.
 *
 * An event is taken only if what it is judged by is the same whether the state is resolved before it or not: resolution
 * keeps what the states of all branches have, so where each has the current power levels, sender's membership and so on,
 * the resolved state has them. Where all branches lack one of them, resolution may bring one up from the auth chains.
 */
export class ForkRun {
  readonly #receiver: RoomReceiver;
  #taken: TakenEvent[] = [];
  /** Tips of the branches after the events taken; those have position 0. */
  #branches: readonly Branch[] = [];

  constructor(receiver: RoomReceiver) {
    this.#receiver = receiver;
  }

  get isEmpty(): boolean {
    return this.#taken.length === 0;
  }

  /** Judges an event and takes it, if it is accepted whatever the resolved state is. False: nothing was done. */
  take(event: ParsedEvent): boolean {
    const receiver = this.#receiver;
    const { room } = receiver;
    if (!this.#mayWait(event)) return false;
    if (this.isEmpty) {
      receiver.flush();
      this.#branches = room.extremities;
    }
    const branch = this.#branches.find(({ eventId }) => event.prevEventIds.has(eventId));
    if (!branch || event.prevEventIds.size !== 1 || this.#branches.length < 2) return false;
    if (!this.#isJudgedByAgreed(event)) return false;
    if (receiver.judge(event, room, true).verdict !== 'accepted') return false;
    const { type, state_key: stateKey } = event.pdu;
    let { overrides, copy } = branch;
    let replaced: string | undefined;
    if (stateKey !== undefined) {
      const current = room.get(type, stateKey);
      const override = overrides.get(stateTuple(type, stateKey));
      replaced = override ? override.event?.eventId : current?.eventId;
      copy ??= new Map(overrides);
      changeOverride(copy, ownOverride(event, 0), current);
      overrides = copy;
    }
    this.#taken.push({ event, replaced });
    const grown = { eventId: event.eventId, overrides, ...(copy && { copy }) };
    this.#branches = [...this.#branches.filter((other) => other !== branch), grown];
    receiver.noteAccepted(event);
    return true;
  }

  /** Resolves the current state, and gives the events that were taken their places in the room, all at once. */
  async place(): Promise<void> {
    if (this.isEmpty) return;
    const receiver = this.#receiver;
    const { room, shard } = receiver;
    const [taken, branches] = [this.#taken, this.#branches];
    this.#taken = [];
    const fresh = taken.flatMap(({ event }) => (event.pdu.state_key === undefined ? [] : event));
    const states = branches.map(({ overrides }) => overrides);
    const isResolved = haveSameStates(
      states,
      room.extremities.map(({ overrides }) => overrides),
    );
    const resolved = isResolved ? noOverrides : await resolveRoomState(shard, room, states, fresh);
    const changes = await loadChanges(receiver, fresh, resolved);
    const replaced = await this.#loadReplaced(taken);
    await internNames(shard.context, [
      ...namesIn(resolved),
      ...fresh.flatMap(({ pdu }) => [pdu.type, pdu.state_key ?? '']),
    ]);
    // From here on nothing is waited for: positions are those that come next.
    const first = shard.nextPosition;
    const positions = new Map(taken.map(({ event }, index) => [event.eventId, first + index]));
    const placed = changes.map((change): ResolvedChange => {
      return { ...change, afterPosition: positions.get(change.after?.eventId ?? '') ?? change.afterPosition };
    });
    let { extremities } = room;
    for (const [index, { event, replaced: replacedId }] of taken.entries()) {
      const position = first + index;
      const before = extremities.find(({ eventId }) => event.prevEventIds.has(eventId)) as Extremity;
      const { type, state_key: stateKey } = event.pdu;
      const after =
        stateKey === undefined
          ? before.overrides
          : overrideWith(before.overrides, ownOverride(event, position), room.get(type, stateKey));
      const fork = {
        before,
        replaced: replaced.get(replacedId ?? ''),
        after,
        others: extremities.filter((other) => other !== before),
        changes: index === taken.length - 1 ? placed : [],
      };
      const placement = placementOf(room, event, fork, position);
      receiver.addPlaced(event, placement, [removeBackwardExtremity(room.name.id, event.eventId)]);
      ({ extremities } = placement);
    }
    receiver.flush();
    roomGraphMetrics(shard.context).extremities.observe({}, room.extremities.length);
  }

  /** Whether nothing is lost if the event changes the room a moment later, and nothing but its judgement has to be looked up. */
  #mayWait(event: ParsedEvent): boolean {
    const { room, shard } = this.#receiver;
    const { type, state_key: stateKey } = event.pdu;
    if (room.isPartial || event.stateBefore || this.#receiver.known(event.eventId)) return false;
    if (type === 'm.room.redaction' || room.earlyRedactions.has(event.eventId)) return false;
    if (stateKey === undefined) return true;
    // What people here may see, and who may write, goes by the state at each position.
    if (type === 'm.room.member') return !isUserOfServer(stateKey, shard.context.serverName);
    return !immediateTypes.has(type);
  }

  /** Whether all branches have the current state in everything that the event is judged by. */
  #isJudgedByAgreed(event: ParsedEvent): boolean {
    const { room } = this.#receiver;
    const isCurrent = (tuple: string) => this.#branches.every(({ overrides }) => !overrides.has(tuple));
    const asked = [...selectAuthEvents(room.rules, event.pdu), ['m.room.create', ''] as const];
    const areAgreed = asked.every(
      ([type, stateKey]) => room.get(type, stateKey) !== undefined && isCurrent(stateTuple(type, stateKey)),
    );
    return areAgreed && isCurrent(stateTuple(policyType, ''));
  }

  async #loadReplaced(taken: readonly TakenEvent[]): Promise<Map<string, IdentifiedPdu>> {
    const { room, shard } = this.#receiver;
    const known = new Map<string, IdentifiedPdu>(taken.map(({ event }) => [event.eventId, event]));
    const overridden = room.extremities.flatMap(({ overrides }) =>
      taken.flatMap(({ event: { pdu } }) => {
        return pdu.state_key === undefined ? [] : (overrides.get(stateTuple(pdu.type, pdu.state_key))?.event ?? []);
      }),
    );
    for (const [eventId, event] of await loadStateEvents(shard, room, overridden)) known.set(eventId, event);
    for (const { event } of taken) {
      const { type, state_key: stateKey } = event.pdu;
      const current = stateKey === undefined ? undefined : room.get(type, stateKey);
      if (current) known.set(current.eventId, current);
    }
    return known;
  }
}

/** State that counts from its own position on. */
const immediateTypes: ReadonlySet<string> = new Set([
  'm.room.create',
  'm.room.history_visibility',
  'm.room.join_rules',
  'm.room.power_levels',
  'm.room.server_acl',
  policyType,
]);

function ownOverride({ eventId, pdu }: IdentifiedPdu, position: number): Override {
  return { type: pdu.type, stateKey: pdu.state_key ?? '', event: { eventId, position } };
}
