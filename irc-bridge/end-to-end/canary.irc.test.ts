import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type HangingProxy, startHangingProxy } from '../testing/hanging-proxy.ts';
import { type BridgedWorld, type BridgeStatus, startBridgedWorld } from '../testing/start-bridged-world.ts';
import { ircdNames } from '../testing/start-ircd.ts';

let world: BridgedWorld;
/** Between the homeserver and the bridge, each way. */
let toBridge: HangingProxy;
let toHomeserver: HangingProxy;
before(async () => {
  world = await startBridgedWorld({
    network: { canary: { channel: '#canary', interval_ms: 500, alarm_ms: 5_000 } },
    async root({ homeserver, bridge }) {
      [toBridge, toHomeserver] = await Promise.all([startHangingProxy(bridge), startHangingProxy(homeserver)]);
      return {
        homeserver: { url: `http://127.0.0.1:${toHomeserver.port}`, server_name: 'test.example' },
        http: { port: bridge, url: `http://127.0.0.1:${toBridge.port}` },
        limits: { waiting_ms: 1_000, link_lifetime_ms: 1_000 },
      };
    },
  });
});
after(async () => {
  for (const proxy of [toBridge, toHomeserver]) proxy.setHanging(() => false);
  await world.stop();
  await Promise.all([toBridge.stop(), toHomeserver.stop()]);
});

/** Resolves when on both networks the directions are as told. */
async function untilSilent(matrixToIrc: boolean, ircToMatrix: boolean): Promise<BridgeStatus> {
  return world.untilStatus(({ networks }) =>
    networks.every(
      ({ canary }) =>
        canary?.matrix_to_irc.isSilent === matrixToIrc &&
        canary.irc_to_matrix.isSilent === ircToMatrix &&
        (matrixToIrc || canary.matrix_to_irc.roundTripMs !== undefined) &&
        (ircToMatrix || canary.irc_to_matrix.roundTripMs !== undefined),
    ),
  );
}

test('when one direction alone is silent, that one is named on both networks, and it heals by itself', async () => {
  await untilSilent(false, false);
  toBridge.setHanging((request) => request.includes('/transactions/'));
  await untilSilent(true, false);
  toBridge.setHanging(() => false);
  await untilSilent(false, false);
  // What comes from IRC has transaction ids of its own.
  toHomeserver.setHanging((request) => request.includes('/send/m.room.message/irc.'));
  await untilSilent(false, true);
  toHomeserver.setHanging(() => false);
  await untilSilent(false, false);
});

for (const name of ircdNames) {
  test(`a link to a file expires, and what waited for ${name} too long is reported to who said it`, async () => {
    const alice = await world.person(`alice${name}`);
    const bob = await world.irc(name, 'bob');
    await bob.join('#late');
    const { roomId } = await alice.client.joinRoom(`#irc_${name}_#late:test.example`);
    const { content_uri: url } = await alice.client.uploadContent('a text', { type: 'text/plain', name: 'a.txt' });
    await alice.say(roomId, { msgtype: 'm.file', body: 'a.txt', url });
    const link = /https?:\S+$/.exec(await bob.wait(/a\.txt: http/))?.[0] ?? '';
    assert.equal((await fetch(link.replace(/[^/.]+(?=\/a\.txt$)/, 'forged'))).status, 404);
    for (let status = 200; status !== 410; status = (await fetch(link)).status) assert.equal(status, 200);
    await world.ircds[name].kill();
    await world.untilStatus(({ networks }) => networks.some(({ id, isConnected }) => id === name && !isConnected));
    await alice.say(roomId, 'too late');
    const told = await alice.hear(/did not reach #late/, roomId);
    assert.match(String(told.getContent()['body']), new RegExp(`A message of @alice${name}:test\\.example`));
  });
}
