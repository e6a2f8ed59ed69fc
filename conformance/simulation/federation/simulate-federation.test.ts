import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runFederationSeed } from './run-federation-seed.ts';
import { type SimulatedServers, startSimulatedServers } from './simulated-servers.ts';

let simulated: SimulatedServers;
before(async () => {
  simulated = await startSimulatedServers();
});
after(() => simulated.stop());

// One of them has a server that goes on from an old copy of its database.
for (const seed of [7, 8, 11]) {
  test(`seed ${seed}: homeservers agree after faults of the network, forgeries and forks`, async () => {
    const result = await runFederationSeed(simulated, seed);
    assert.equal(result.divergence, undefined);
    assert.ok(result.events > 20, `${result.events} events`);
  });
}
