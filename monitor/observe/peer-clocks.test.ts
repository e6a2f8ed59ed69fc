import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeManualClock } from '@holdfast/homeserver/testing/make-manual-clock.ts';
import { openPeerClocks } from './peer-clocks.ts';

test('the clock of another monitor’s machine is compared with ours, less what the way of the answer explains', async () => {
  const clock = makeManualClock();
  let aheadMs = 0;
  let isAway = false;
  const read = openPeerClocks({
    ...{ peers: ['http://m2:8009/'], clock },
    async send({ url }) {
      assert.equal(url, 'http://m2:8009/leader');
      if (isAway) throw new Error('away');
      clock.advance(40);
      const body = JSON.stringify({ name: 'm2', isLeader: false, wallMs: clock.wallMs() + aheadMs });
      clock.advance(60);
      return { status: 200, header: () => null, body };
    },
  });
  const look = async () => {
    clock.advance(30_000);
    read();
    await new Promise(setImmediate);
    return [...read()];
  };
  assert.deepEqual(await look(), [['m2:8009', 0]]);
  aheadMs = 540_000;
  assert.deepEqual(await look(), [['m2:8009', 539_940]]);
  aheadMs = -540_000;
  assert.deepEqual(await look(), [['m2:8009', -539_960]]);
  isAway = true;
  assert.deepEqual(await look(), []);
});
