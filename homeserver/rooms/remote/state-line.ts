import type { AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { type StateTuple, stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { Write } from '../../platform/shard-log/batch.ts';
import type { OwnedShard } from '../../platform/shard-log/command.ts';
import { internNames } from '../../storage/names/intern-names.ts';
import type { RoomName } from '../../storage/names/room-names.ts';
import type { StoredEvent } from '../../storage/rooms/event-row.ts';
import { membershipCode } from '../../storage/rooms/membership-codes.ts';
import { readEventsAt } from '../../storage/rooms/read-events.ts';
import { readStateSince, type StateNumbers } from '../../storage/rooms/read-partial-events.ts';
import type { StateFrom } from '../../storage/rooms/state-from.ts';
import { rewriteStateAfter } from '../../storage/rooms/write-judged-again.ts';

interface Line {
  readonly numbers: StateNumbers;
  readonly changes: readonly StateFrom[];
}

/** The pieces of a room's state since a position, as they are stored and as they are put right. */
export class StateLine {
  readonly #shard: OwnedShard;
  readonly #room: RoomName;
  readonly #since: number;
  readonly #lines = new Map<StateTuple, Line>();
  readonly #events = new Map<number, StoredEvent>();
  readonly #changed = new Set<StateTuple>();

  constructor(shard: OwnedShard, room: RoomName, since: number) {
    this.#shard = shard;
    this.#room = room;
    this.#since = since;
  }

  /** Reads pieces of state; only those can be asked for. Two queries, none for those that are here. */
  async load(pieces: Iterable<readonly [type: string, stateKey: string]>): Promise<void> {
    const { context } = this.#shard;
    const wanted = new Map<StateTuple, readonly [string, string]>();
    for (const [type, key] of pieces) {
      const tuple = stateTuple(type, key);
      if (!this.#lines.has(tuple)) wanted.set(tuple, [type, key]);
    }
    if (wanted.size === 0) return;
    const names = await internNames(context, [...wanted.values()].flat());
    const numbersOf = ([type, key]: readonly [string, string]) => [names.get(type) ?? 0, names.get(key) ?? 0] as const;
    const read = await readStateSince(context, this.#room, [...wanted.values()].map(numbersOf), this.#since);
    for (const [tuple, piece] of wanted) {
      const numbers = numbersOf(piece);
      this.#lines.set(tuple, { numbers, changes: read.get(numbers.join(' ')) ?? [] });
    }
    const positions = [...read.values()].flat().flatMap(({ event }) => event ?? []);
    const unknown = positions.filter((position) => !this.#events.has(position));
    for (const [position, event] of await readEventsAt(context, this.#room.shard, unknown)) {
      this.#events.set(position, event);
    }
  }

  /** The state after a position. */
  stateAfter(position: number): AuthState {
    return {
      get: (type, stateKey) => {
        const changes = this.#lines.get(stateTuple(type, stateKey))?.changes ?? [];
        const event = changes.findLast(({ from }) => from <= position)?.event;
        return event === null || event === undefined ? undefined : this.#events.get(event);
      },
    };
  }

  /** The event never was part of the state. */
  takeOut({ pdu, position }: StoredEvent): void {
    this.#change(pdu.type, pdu.state_key ?? '', (changes) => changes.filter(({ event }) => event !== position));
  }

  /** The event was part of the state from a position on, unless another one was. */
  putIn(event: StoredEvent, from: number): void {
    this.#events.set(event.position, event);
    this.#change(event.pdu.type, event.pdu.state_key ?? '', (changes) => {
      if (changes.some((change) => change.from === from)) return changes;
      return [...changes, { from, event: event.position }].sort((one, other) => one.from - other.from);
    });
  }

  /** `now`: a position at which what happens from Infinity on happens. */
  writes(now: number): Write[] {
    return [...this.#changed].flatMap((tuple) => {
      const line = this.#lines.get(tuple);
      if (!line) return [];
      const [type, stateKey] = line.numbers;
      const span = { shard: this.#shard.id, room: this.#room.id, type, stateKey };
      const rewritten = line.changes.map(({ from, event }) => ({
        from: Math.min(from, now),
        event,
        membership: this.#membership(event),
      }));
      return rewriteStateAfter(span, this.#since, rewritten);
    });
  }

  #change(type: string, stateKey: string, change: (changes: readonly StateFrom[]) => readonly StateFrom[]): void {
    const tuple = stateTuple(type, stateKey);
    const line = this.#lines.get(tuple);
    if (!line) throw new Error(`${type} of ${this.#room.roomId} was not loaded`);
    this.#lines.set(tuple, { ...line, changes: change(line.changes) });
    this.#changed.add(tuple);
  }

  #membership(event: number | null): number | null {
    const pdu = event === null ? undefined : this.#events.get(event)?.pdu;
    return pdu?.type === 'm.room.member' ? membershipCode(pdu.content['membership']) : null;
  }
}
