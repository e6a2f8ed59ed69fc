import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@holdfast/effects/random.ts';
import { makeManualClock } from '../../testing/make-manual-clock.ts';
import { BackOffs } from './back-offs.ts';

function makeBackOffs(fraction = 0.5) {
  const clock = makeManualClock();
  return { clock, backOffs: new BackOffs({ clock, random: { ...systemRandom, fraction: () => fraction } }) };
}

test('a server is left alone for a fortieth of the time for which it fails, five seconds to an hour', () => {
  const { clock, backOffs } = makeBackOffs();
  const fail = () => {
    backOffs.failed('gone.test', 'nothing listens there');
    return backOffs.status('gone.test')?.retryInMs;
  };
  assert.equal(fail(), 5_000);
  clock.advance(60_000);
  assert.equal(fail(), 5_000);
  clock.advance(840_000);
  assert.equal(fail(), 22_500, 'after a quarter of an hour');
  clock.advance(10 * 86_400_000);
  assert.equal(fail(), 3_600_000);
  assert.equal(backOffs.status('gone.test')?.lastError, 'nothing listens there');
});

test('not all servers are asked again at the same moment', () => {
  for (const [fraction, expectedMs] of [
    [0, 3_750],
    [1, 6_250],
  ] as const) {
    const { backOffs } = makeBackOffs(fraction);
    backOffs.failed('gone.test', '');
    assert.equal(backOffs.status('gone.test')?.retryInMs, expectedMs);
  }
});

test('one attempt at a time is made to a failing server', () => {
  const { clock, backOffs } = makeBackOffs();
  backOffs.failed('gone.test', '');
  clock.advance(5_000);
  assert.equal(backOffs.status('gone.test')?.retryInMs, 0);
  backOffs.startProbe('gone.test');
  assert.ok((backOffs.status('gone.test')?.retryInMs ?? 0) > 0);
  backOffs.endProbe('gone.test');
  assert.equal(backOffs.status('gone.test')?.retryInMs, 0);
});

test('who is heard from is well again, and those who wait for it are told once', () => {
  const { backOffs } = makeBackOffs();
  const told: string[] = [];
  const stop = backOffs.onHeard((serverName) => told.push(serverName));
  backOffs.failed('back.test', '');
  backOffs.heard('back.test');
  backOffs.heard('back.test');
  assert.deepEqual([told, backOffs.status('back.test'), backOffs.size], [['back.test'], undefined, 0]);
  stop();
  backOffs.failed('back.test', '');
  backOffs.heard('back.test');
  assert.equal(told.length, 1);
});

test('what has changed here is not overwritten by what others knew before', () => {
  const { backOffs } = makeBackOffs();
  backOffs.failed('one.test', 'mine');
  backOffs.learn('one.test', undefined);
  assert.equal(backOffs.status('one.test')?.lastError, 'mine');
  assert.deepEqual([...backOffs.takeUnsaved().keys()], ['one.test']);
  backOffs.learn('one.test', undefined);
  assert.equal(backOffs.status('one.test'), undefined);
  assert.equal(backOffs.takeUnsaved().size, 0, 'what was learnt is not written again');
  backOffs.learn('two.test', { failingForMs: 10_000, retryInMs: 7_000, lastError: 'theirs' });
  assert.deepEqual(backOffs.status('two.test'), { failingForMs: 10_000, retryInMs: 7_000, lastError: 'theirs' });
});
