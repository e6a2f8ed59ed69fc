import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runFederationSeed } from './run-federation-seed.ts';
import { type SimulatedServers, startSimulatedServers } from './simulated-servers.ts';

let simulated: SimulatedServers;
before(async () => {
  simulated = await startSimulatedServers();
});
after(() => simulated.stop());

// In one of them a server goes on from an old copy of its database, in two the hostile server has an administrator, and in
// one of these nobody helps the servers to notice that the network is whole again.
for (const seed of [8, 11, 17]) {
  test(`seed ${seed}: homeservers agree after faults of the network, forgeries and forks`, async () => {
    const result = await runFederationSeed(simulated, seed);
    assert.equal(result.divergence, undefined);
    assert.ok(result.events > 20, `${result.events} events`);
  });
}
