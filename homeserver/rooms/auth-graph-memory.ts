import type { StateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';

/** Rough memory of an event, its edges and its place in the two maps. */
const eventBytes = 400;

/**
 * The state events of a room with their auth events, and which of them are current: read when a resolution needs it, and
 * carried on while the room is in memory. An event is a number; its auth events are in one flat array.
 */
export class AuthGraphMemory {
  readonly #nodes = new Map<string, number>();
  readonly #eventIds: string[] = [];
  readonly #positions: number[] = [];
  readonly #firstEdge: number[] = [0];
  #edges = new Int32Array(1024);
  /** The whole current state: event ids by tuple. */
  readonly current = new Map<StateTuple, string>();

  get sizeBytes(): number {
    return this.#eventIds.length * eventBytes;
  }

  /** Auth events that are not here are left out: add an event after them. One that is here may get a new position. */
  add(eventId: string, position: number, authEventIds: readonly string[]): void {
    const known = this.#nodes.get(eventId);
    if (known !== undefined) {
      this.#positions[known] = position;
      return;
    }
    this.#nodes.set(eventId, this.#eventIds.length);
    this.#eventIds.push(eventId);
    this.#positions.push(position);
    let length = this.#firstEdge.at(-1) ?? 0;
    for (const authEventId of authEventIds) {
      const node = this.#nodes.get(authEventId);
      if (node === undefined) continue;
      if (length === this.#edges.length) this.#grow();
      this.#edges[length++] = node;
    }
    this.#firstEdge.push(length);
  }

  setCurrent(tuple: StateTuple, eventId: string | undefined): void {
    if (eventId === undefined) this.current.delete(tuple);
    else this.current.set(tuple, eventId);
  }

  positionOf(eventId: string): number | undefined {
    const node = this.#nodes.get(eventId);
    return node === undefined ? undefined : this.#positions[node];
  }

  authEventIds(eventId: string): string[] | undefined {
    const node = this.#nodes.get(eventId);
    if (node === undefined) return undefined;
    const ids: string[] = [];
    for (let edge = this.#firstEdge[node] as number; edge < (this.#firstEdge[node + 1] as number); edge++) {
      ids.push(this.#eventIds[this.#edges[edge] as number] as string);
    }
    return ids;
  }

  /** Events and everything in their auth chains. */
  withAuthChains(eventIds: Iterable<string>): Set<string> {
    const marked = this.mark(eventIds, true);
    const found = new Set<string>();
    for (let node = 0; node < marked.length; node++) {
      if (marked[node] === 1) found.add(this.#eventIds[node] as string);
    }
    return found;
  }

  /** A byte for each event: 1 for what is in the auth chain of one of the given, and with `inclusive` for those themselves. */
  mark(eventIds: Iterable<string>, inclusive: boolean): Uint8Array {
    const marked = new Uint8Array(this.#eventIds.length);
    const left: number[] = [];
    const reach = (node: number) => {
      if (marked[node] === 1) return;
      marked[node] = 1;
      left.push(node);
    };
    for (const eventId of eventIds) {
      const node = this.#nodes.get(eventId);
      if (node === undefined) continue;
      if (inclusive) reach(node);
      else this.#forEachAuthEvent(node, reach);
    }
    for (let node = left.pop(); node !== undefined; node = left.pop()) this.#forEachAuthEvent(node, reach);
    return marked;
  }

  isMarked(marked: Uint8Array, eventId: string): boolean {
    const node = this.#nodes.get(eventId);
    return node !== undefined && marked[node] === 1;
  }

  #forEachAuthEvent(node: number, visit: (authNode: number) => void): void {
    for (let edge = this.#firstEdge[node] as number; edge < (this.#firstEdge[node + 1] as number); edge++) {
      visit(this.#edges[edge] as number);
    }
  }

  #grow(): void {
    const grown = new Int32Array(this.#edges.length * 2);
    grown.set(this.#edges);
    this.#edges = grown;
  }
}
