import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import type { Context } from '../../platform/context.ts';
import { makeManualClock } from '../../testing/make-manual-clock.ts';
import { startTestContext, type TestContext } from '../../testing/start-test-context.ts';
import { backOffsOf } from './back-offs.ts';
import { shareBackOffs } from './share-back-offs.ts';

let started: TestContext;

before(async () => {
  started = await startTestContext();
});
after(() => started.stop());

/** A process of its own as far as back-offs are concerned, with a clock that the test moves. */
function makeProcess() {
  const clock = makeManualClock();
  const context: Context = { ...started.context, clock, metrics: createMetrics({ processMetrics: false }) };
  const backOffs = backOffsOf.of(context);
  const shared = shareBackOffs(context);
  /** Lets rounds pass until something is as it should be. */
  const until = async (isSo: () => boolean) => {
    for (let turn = 0; turn < 2_000 && !isSo(); turn++) {
      clock.advance(2_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(isSo());
  };
  return { backOffs, shared, until };
}

test('a back-off survives a restart, and ends everywhere when one process hears from the server', async () => {
  const first = makeProcess();
  first.backOffs.failed('gone.test', 'its certificate has expired');
  first.backOffs.failed('other.test', 'nothing listens there');
  await first.shared.close();

  const [second, third] = [makeProcess(), makeProcess()];
  for (const process of [second, third]) await process.until(() => process.backOffs.size === 2);
  assert.equal(second.backOffs.status('gone.test')?.lastError, 'its certificate has expired');
  second.backOffs.heard('gone.test');
  await second.shared.close();
  await third.until(() => third.backOffs.status('gone.test') === undefined);
  assert.ok(third.backOffs.status('other.test'));
  await third.shared.close();

  const fourth = makeProcess();
  await fourth.until(() => fourth.backOffs.size > 0);
  assert.equal(fourth.backOffs.status('gone.test'), undefined);
  await fourth.shared.close();
});
