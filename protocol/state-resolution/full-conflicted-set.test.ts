import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type RoomVersionRules, roomVersionRules } from '../room-versions/room-version.ts';
import { findFullConflictedSet } from './full-conflicted-set.ts';
import { separateConflicts } from './separate-conflicts.ts';
import type { StateMap } from './state-map.ts';
import { createStepCounter } from './step-counter.ts';

/** Auth events by event id, and state sets over them. */
interface Graph {
  readonly authEvents: ReadonlyMap<string, readonly string[]>;
  readonly stateSets: readonly StateMap[];
}

/** Any graph without cycles: an event's auth events are among those before it. */
const graphs: fc.Arbitrary<Graph> = fc
  .record({
    edges: fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 2, maxLength: 24 }),
    sets: fc.array(fc.array(fc.tuple(fc.nat(5), fc.nat()), { maxLength: 8 }), { minLength: 2, maxLength: 40 }),
  })
  .map(({ edges, sets }) => ({
    authEvents: new Map(
      edges.map((targets, index) => [`$${index}`, index === 0 ? [] : targets.map((target) => `$${target % index}`)]),
    ),
    stateSets: sets.map((entries) => new Map(entries.map(([key, event]) => [`${key}`, `$${event % edges.length}`]))),
  }));

for (const version of ['11', '12']) {
  test(`the full conflicted set of version ${version} is what its definition says, for any graph`, () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        assert.deepEqual(findByAlgorithm(graph, version), findByDefinition(graph, version));
      }),
      { numRuns: 500 },
    );
  });
}

test('a cycle of forged event ids ends, and gives the same set in any order', () => {
  const authEvents = new Map([
    ['$a', ['$b']],
    ['$b', ['$c']],
    ['$c', ['$a']],
    ['$d', ['$a']],
  ]);
  const stateSets = [new Map([['x', '$d']]), new Map([['x', '$b']]), new Map([['y', '$c']])];
  const expected = findByDefinition({ authEvents, stateSets }, '12');
  assert.deepEqual(findByAlgorithm({ authEvents, stateSets }, '12'), expected);
  assert.deepEqual(findByAlgorithm({ authEvents, stateSets: stateSets.toReversed() }, '12'), expected);
});

function findByAlgorithm({ authEvents, stateSets }: Graph, version: string): string[] {
  const input = {
    rules: roomVersionRules(version) as RoomVersionRules,
    stateSets,
    getEvent: () => undefined,
    getAuthEventIds: (eventId: string) => authEvents.get(eventId),
    verifySignature: () => false,
  };
  const steps = createStepCounter(1_000_000);
  const separated = runToEnd(separateConflicts(stateSets, true, steps));
  return [...runToEnd(findFullConflictedSet(input, separated, steps))].sort();
}

function runToEnd<Result>(slices: Generator<void, Result>): Result {
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
  }
}

/** As the specification words it, with sets and no thought of speed. */
function findByDefinition({ authEvents, stateSets }: Graph, version: string): string[] {
  const conflicted = new Set<string>();
  for (const tuple of new Set(stateSets.flatMap((state) => [...state.keys()]))) {
    const values = stateSets.map((state) => state.get(tuple));
    if (values.every((value) => value === values[0])) continue;
    for (const value of values) if (value !== undefined) conflicted.add(value);
  }
  const chains = stateSets.map((state) => {
    return new Set([...state.values()].flatMap((eventId) => [...authChain(authEvents, eventId)]));
  });
  const union = new Set(chains.flatMap((chain) => [...chain]));
  const difference = [...union].filter((eventId) => !chains.every((chain) => chain.has(eventId)));
  const subgraph = [...authEvents.keys()].filter((eventId) => {
    const isBehind = [...conflicted].some((from) => authChain(authEvents, from).has(eventId));
    const leads = [...conflicted].some((to) => authChain(authEvents, eventId).has(to));
    return isBehind && leads;
  });
  return [...new Set([...conflicted, ...difference, ...(version === '12' ? subgraph : [])])].sort();
}

function authChain(authEvents: Graph['authEvents'], eventId: string): Set<string> {
  const chain = new Set<string>();
  const toVisit = [...(authEvents.get(eventId) ?? [])];
  for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
    if (chain.has(next)) continue;
    chain.add(next);
    toVisit.push(...(authEvents.get(next) ?? []));
  }
  return chain;
}
