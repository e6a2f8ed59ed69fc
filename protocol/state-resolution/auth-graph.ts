import { type ResolutionInput, requireAuthEventIds } from './resolution-input.ts';
import type { StepCounter } from './step-counter.ts';

/**
 * The auth events behind a room's state as numbers: node n is `eventIds[n]`, and its auth events are
 * `edges[firstEdge[n]]` up to `edges[firstEdge[n + 1]]`. Chains of tens of thousands of events are walked in
 * milliseconds.
 */
export interface AuthGraph {
  readonly eventIds: readonly string[];
  readonly nodes: ReadonlyMap<string, number>;
  readonly firstEdge: Uint32Array;
  readonly edges: Uint32Array;
  /** Every node, each before its auth events. Nodes of a cycle, which only forged event ids can form, come last. */
  readonly order: Uint32Array;
  readonly isAcyclic: boolean;
}

/** Reads the auth chains of events, the events themselves included. */
export function* buildAuthGraph(
  input: ResolutionInput,
  startIds: Iterable<string>,
  steps: StepCounter,
): Generator<void, AuthGraph> {
  const nodes = new Map<string, number>();
  const eventIds: string[] = [];
  const edgeList: number[] = [];
  const edgeStarts: number[] = [0];
  const nodeOf = (eventId: string): number => {
    const known = nodes.get(eventId);
    if (known !== undefined) return known;
    nodes.set(eventId, eventIds.length);
    return eventIds.push(eventId) - 1;
  };
  for (const eventId of startIds) {
    if (steps.spend(1)) yield;
    nodeOf(eventId);
  }
  // `eventIds` grows while it is walked: an auth event that is met for the first time comes after all known ones.
  for (let node = 0; node < eventIds.length; node++) {
    if (steps.spend(4)) yield;
    for (const authEventId of requireAuthEventIds(input, eventIds[node] as string)) edgeList.push(nodeOf(authEventId));
    edgeStarts.push(edgeList.length);
  }
  const firstEdge = new Uint32Array(edgeStarts);
  const edges = new Uint32Array(edgeList);
  const { order, isAcyclic } = yield* orderTopologically(eventIds.length, firstEdge, edges, steps);
  return { eventIds, nodes, firstEdge, edges, order, isAcyclic };
}

/** Kahn's algorithm. */
function* orderTopologically(
  count: number,
  firstEdge: Uint32Array,
  edges: Uint32Array,
  steps: StepCounter,
): Generator<void, { order: Uint32Array; isAcyclic: boolean }> {
  const order = new Uint32Array(count);
  const referenceCounts = new Uint32Array(count);
  const isOrdered = new Uint8Array(count);
  let length = 0;
  const append = (node: number): void => {
    isOrdered[node] = 1;
    order[length++] = node;
  };
  for (const target of edges) referenceCounts[target] = (referenceCounts[target] as number) + 1;
  for (let node = 0; node < count; node++) if (referenceCounts[node] === 0) append(node);
  for (let index = 0; index < length; index++) {
    if (steps.spend(1)) yield;
    const node = order[index] as number;
    for (let edge = firstEdge[node] as number; edge < (firstEdge[node + 1] as number); edge++) {
      const target = edges[edge] as number;
      referenceCounts[target] = (referenceCounts[target] as number) - 1;
      if (referenceCounts[target] === 0) append(target);
    }
  }
  const isAcyclic = length === count;
  for (let node = 0; node < count && length < count; node++) if (isOrdered[node] === 0) append(node);
  return { order, isAcyclic };
}

/**
 * Spreads bits along `auth_events`: afterwards each node has the bits of everything that leads to it. `bits` holds
 * `width` words a node.
 */
export function* spreadToAuthEvents(
  graph: AuthGraph,
  bits: Uint32Array,
  width: number,
  steps: StepCounter,
): Generator<void, void> {
  const { order, firstEdge, edges } = graph;
  let changed: boolean;
  do {
    changed = false;
    for (const node of order) {
      if (steps.spend(1)) yield;
      for (let edge = firstEdge[node] as number; edge < (firstEdge[node + 1] as number); edge++) {
        if (copyBits(bits, node * width, (edges[edge] as number) * width, width)) changed = true;
      }
    }
    // A graph without cycles is done after one pass, because of its order.
  } while (changed && !graph.isAcyclic);
}

/** Spreads one bit against `auth_events`: afterwards it is set for each node from which a set one can be reached. */
export function* spreadToReferencingEvents(
  graph: AuthGraph,
  bits: Uint32Array,
  steps: StepCounter,
): Generator<void, void> {
  const { order, firstEdge, edges } = graph;
  let changed: boolean;
  do {
    changed = false;
    for (let index = order.length - 1; index >= 0; index--) {
      if (steps.spend(1)) yield;
      const node = order[index] as number;
      for (let edge = firstEdge[node] as number; edge < (firstEdge[node + 1] as number); edge++) {
        if (copyBits(bits, edges[edge] as number, node, 1)) changed = true;
      }
    }
  } while (changed && !graph.isAcyclic);
}

function copyBits(bits: Uint32Array, from: number, to: number, width: number): boolean {
  let changed = false;
  for (let word = 0; word < width; word++) {
    const before = bits[to + word] as number;
    const after = (before | (bits[from + word] as number)) >>> 0;
    if (after === before) continue;
    bits[to + word] = after;
    changed = true;
  }
  return changed;
}
