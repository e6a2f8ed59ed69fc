import type { IdentifiedPdu } from '@holdfast/protocol/events/pdu.ts';
import { stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { Write } from '../../platform/shard-log/batch.ts';
import type { OwnedShard } from '../../platform/shard-log/command.ts';
import type { RoomName } from '../../storage/names/room-names.ts';
import { insertForkEvent, insertForkState } from '../../storage/rooms/write-fork-states.ts';
import { nameId } from '../draft-writes.ts';
import type { ParsedEvent } from '../received-event.ts';
import type { HistoryState } from './history-stretch.ts';

/** What a branch changed, beside the state at its base. */
interface BranchChange {
  readonly type: string;
  readonly stateKey: string;
  readonly event: IdentifiedPdu;
  readonly position: number;
}

/** The state after an event: that of the timeline at `base`, with what a branch changed. */
export interface BranchPlace {
  readonly base: number;
  /** Names the changes; null: none. */
  readonly stateSet: number | null;
  readonly changes: ReadonlyMap<string, BranchChange>;
}

const noChanges: ReadonlyMap<string, BranchChange> = new Map();

/**
 * Which events of a stretch of history stand on branches, so that the state at them is another one than the timeline's
 * there. Where branches of different state meet, the timeline's state stands for the resolved one.
 */
export class StretchForks {
  readonly #state: HistoryState;
  readonly #placeAfter = new Map<string, BranchPlace>();
  readonly #forked = new Map<number, BranchPlace>();

  constructor(state: HistoryState) {
    this.#state = state;
  }

  /** The branch that an event goes on; undefined: it comes after the timeline's state. Ask before `note`. */
  branchOf(event: ParsedEvent): BranchPlace | undefined {
    const before = [...event.prevEventIds].flatMap((eventId) => this.#placeAfter.get(eventId) ?? []);
    const [first] = before;
    if (!first || before.length < event.prevEventIds.size) return undefined;
    if (!before.every((place) => this.#isSame(place, first))) return undefined;
    return this.#isTimeline(first) ? undefined : first;
  }

  /** What a state event of a branch took the place of. */
  replacedOn(branch: BranchPlace, type: string, stateKey: string): IdentifiedPdu | undefined {
    const changed = branch.changes.get(stateTuple(type, stateKey));
    return changed ? changed.event : this.#state.getAt(type, stateKey, branch.base);
  }

  /** The event has its place; `branch` as branchOf said. */
  note(event: ParsedEvent, position: number, branch: BranchPlace | undefined, isRejected: boolean): void {
    const after = this.#after(event, position, branch, isRejected);
    this.#placeAfter.set(event.eventId, after);
    if (branch) this.#forked.set(position, after);
  }

  /** The rows that say where the state at the events of branches is. */
  writes(shard: OwnedShard, room: RoomName): Write[] {
    return [...this.#forked].flatMap(([position, { base, stateSet, changes }]) => {
      const event = insertForkEvent(room.id, position, { base, stateSet, parentSet: null });
      if (stateSet !== position) return [event];
      const states = [...changes.values()].map((change) =>
        insertForkState({
          ...{ room: room.id, stateSet, event: change.position },
          type: nameId(shard, change.type),
          stateKey: nameId(shard, change.stateKey),
        }),
      );
      return [event, ...states];
    });
  }

  #after(event: ParsedEvent, position: number, branch: BranchPlace | undefined, isRejected: boolean): BranchPlace {
    if (!branch) return { base: position, stateSet: null, changes: noChanges };
    const { type, state_key: stateKey } = event.pdu;
    if (stateKey === undefined || isRejected) return branch;
    const changes = new Map(branch.changes).set(stateTuple(type, stateKey), { type, stateKey, event, position });
    return { base: branch.base, stateSet: position, changes };
  }

  /** The timeline's state is still what it was at the place. */
  #isTimeline({ base, stateSet }: BranchPlace): boolean {
    return stateSet === null && this.#state.lastChange <= base;
  }

  #isSame(one: BranchPlace, other: BranchPlace): boolean {
    if (one.stateSet !== other.stateSet) return false;
    return one.base === other.base || this.#state.lastChangeAt(one.base) === this.#state.lastChangeAt(other.base);
  }
}
