import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { supportedRoomVersions } from '@holdfast/protocol/room-versions/room-version.ts';
import type { ResolutionInput } from '@holdfast/protocol/state-resolution/resolution-input.ts';
import { resolveState } from '@holdfast/protocol/state-resolution/resolve-state.ts';
import type { StateMap } from '@holdfast/protocol/state-resolution/state-map.ts';
import { createRandom } from './random.ts';
import { runSimulation, type SimulationResult } from './run-simulation.ts';
import { plantedFault, plantedFaultNames, soundBehaviour } from './server-behaviour.ts';

const seeds = Array.from({ length: 36 }, (_, index) => index + 1);

test('servers agree after the storm, in every room version', () => {
  const results = seeds.map((seed) => runSimulation(seed));
  for (const { seed, divergence } of results) assert.equal(divergence, undefined, `seed ${seed}`);
  const versions = new Set(results.map(({ roomVersion }) => roomVersion));
  assert.deepEqual(versions, new Set(supportedRoomVersions()));
  // A simulation in which nothing goes wrong would prove nothing.
  assert.ok(sum(results, 'eventCount') > 1500);
  assert.ok(sum(results, 'rejectedCount') > 100);
  assert.ok(sum(results, 'softFailedCount') > 100);
});

test('a seed gives the same room twice, and another seed another one', () => {
  assert.deepEqual(runSimulation(7), runSimulation(7));
  assert.notEqual(runSimulation(7).fingerprint, runSimulation(19).fingerprint);
});

for (const name of plantedFaultNames()) {
  test(`the fault ${name}, planted in one server, makes the servers diverge`, () => {
    const isFound = seeds.some((seed) => runSimulation(seed, plantedFault(name)).divergence !== undefined);
    assert.ok(isFound);
  });
}

test('a server that leaves out of a resolution what all states agree on comes to the same state', () => {
  for (const seed of seeds.slice(0, 12)) {
    const { divergence } = runSimulation(seed, { ...soundBehaviour, resolve: resolveDifferences });
    assert.equal(divergence, undefined, `seed ${seed}`);
  }
});

test('the command prints the seed that diverged and how to run it again, and exits with 1', () => {
  const { status, stderr } = simulate('--seeds', '24', '--seed', '1', '--plant-fault', 'broken-tie-break');
  assert.equal(status, 1);
  const again = /--seeds 1 --seed (\d+) --plant-fault broken-tie-break/.exec(stderr);
  assert.ok(again?.[1]);
  const repeated = simulate('--seeds', '1', '--seed', again[1], '--plant-fault', 'broken-tie-break');
  assert.equal(repeated.stderr, stderr);
});

test('the command exits with 0 where all seeds agree, and with 2 for arguments that make no sense', () => {
  assert.equal(simulate('--seeds', '2', '--seed', '5').status, 0);
  assert.equal(simulate('--seeds', 'many').status, 2);
  assert.equal(simulate('--plant-fault', 'constructor').status, 2);
  assert.equal(simulate('--unknown').status, 2);
});

test('random numbers stay in their range and shuffling loses nothing', () => {
  const random = createRandom(42);
  const drawn = Array.from({ length: 1000 }, () => random.integer(10));
  assert.deepEqual(new Set(drawn), new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  const shuffled = random.shuffle(drawn);
  assert.notDeepEqual(shuffled, drawn);
  const ascending = (left: number, right: number) => left - right;
  assert.deepEqual(shuffled.sort(ascending), drawn.toSorted(ascending));
  assert.equal(random.pick([]), undefined);
});

function resolveDifferences(input: ResolutionInput): StateMap {
  const [first = new Map<string, string>(), ...others] = input.stateSets;
  const agreed = new Map([...first].filter(([tuple, eventId]) => others.every((set) => set.get(tuple) === eventId)));
  const authEventIds = (eventId: string) => input.getEvent(eventId)?.pdu.auth_events.map(referencedEventId) ?? [];
  const chain = new Set<string>();
  const left = [...agreed.values()].flatMap(authEventIds);
  for (let eventId = left.pop(); eventId !== undefined; eventId = left.pop()) {
    if (!chain.has(eventId)) left.push(...authEventIds(eventId));
    chain.add(eventId);
  }
  const resolved = resolveState({
    ...input,
    stateSets: input.stateSets.map((set) => new Map([...set].filter(([tuple]) => !agreed.has(tuple)))),
    agreed: { getEventId: (tuple) => agreed.get(tuple), isInAuthChain: (eventId) => chain.has(eventId) },
  });
  return new Map([...agreed, ...resolved]);
}

function simulate(...args: string[]): { status: number | null; stderr: string } {
  const script = fileURLToPath(new URL('simulate.ts', import.meta.url));
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
}

function sum(results: readonly SimulationResult[], key: 'eventCount' | 'rejectedCount' | 'softFailedCount'): number {
  return results.reduce((total, result) => total + result[key], 0);
}
