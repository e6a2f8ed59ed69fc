import { type AuthGraph, buildAuthGraph, spreadToAuthEvents, spreadToReferencingEvents } from './auth-graph.ts';
import type { ResolutionInput } from './resolution-input.ts';
import type { SeparatedState } from './separate-conflicts.ts';
import type { StateMap } from './state-map.ts';
import type { StepCounter } from './step-counter.ts';

/**
 * The conflicted events, the auth difference, and from room version 12 on the conflicted state subgraph.
 * https://spec.matrix.org/v1.19/rooms/v12/#definitions
 */
export function* findFullConflictedSet(
  input: ResolutionInput,
  { conflicted }: SeparatedState,
  steps: StepCounter,
): Generator<void, Set<string>> {
  const graph = yield* buildAuthGraph(input, eventIdsOf(input.stateSets), steps);
  const result = new Set<string>();
  for (const eventIds of conflicted.values()) for (const eventId of eventIds) result.add(eventId);
  const conflictedIds = [...result];
  yield* addAuthDifference(graph, input, result, steps);
  if (input.rules.stateResolution === 'v2.1') yield* addConflictedSubgraph(graph, conflictedIds, result, steps);
  return result;
}

function* eventIdsOf(stateSets: readonly StateMap[]): Generator<string> {
  for (const states of stateSets) yield* states.values();
}

/** Adds what is in the auth chain of some states but not of all. */
function* addAuthDifference(
  graph: AuthGraph,
  { stateSets, agreed }: Pick<ResolutionInput, 'stateSets' | 'agreed'>,
  result: Set<string>,
  steps: StepCounter,
): Generator<void, void> {
  const { nodes, eventIds, firstEdge, edges } = graph;
  const width = Math.ceil(stateSets.length / 32);
  const chains = new Uint32Array(eventIds.length * width);
  for (const [index, states] of stateSets.entries()) {
    for (const eventId of states.values()) {
      if (steps.spend(1)) yield;
      // An event is not part of its own auth chain, so the chain begins with its auth events.
      const node = nodes.get(eventId) as number;
      for (let edge = firstEdge[node] as number; edge < (firstEdge[node + 1] as number); edge++) {
        const word = (edges[edge] as number) * width + (index >> 5);
        chains[word] = (chains[word] as number) | (1 << (index & 31));
      }
    }
  }
  yield* spreadToAuthEvents(graph, chains, width, steps);
  for (const [node, eventId] of eventIds.entries()) {
    if (steps.spend(1)) yield;
    const count = countBits(chains, node * width, width);
    if (count > 0 && count < stateSets.length && !agreed?.isInAuthChain(eventId)) result.add(eventId);
  }
}

/** Adds every event on a path of auth events from one conflicted event to another. */
function* addConflictedSubgraph(
  graph: AuthGraph,
  conflictedIds: readonly string[],
  result: Set<string>,
  steps: StepCounter,
): Generator<void, void> {
  const { nodes, eventIds } = graph;
  const isBehindConflict = new Uint32Array(eventIds.length);
  for (const eventId of conflictedIds) isBehindConflict[nodes.get(eventId) as number] = 1;
  const leadsToConflict = isBehindConflict.slice();
  yield* spreadToAuthEvents(graph, isBehindConflict, 1, steps);
  yield* spreadToReferencingEvents(graph, leadsToConflict, steps);
  for (const [node, eventId] of eventIds.entries()) {
    if (steps.spend(1)) yield;
    if (isBehindConflict[node] === 1 && leadsToConflict[node] === 1) result.add(eventId);
  }
}

function countBits(words: Uint32Array, first: number, width: number): number {
  let count = 0;
  for (let index = first; index < first + width; index++) {
    for (let rest = words[index] as number; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count += 1;
  }
  return count;
}
