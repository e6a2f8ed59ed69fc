import assert from 'node:assert/strict';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { loadConfig } from './config/load-config.ts';
import type { PlatformContext } from './platform-context.ts';
import { startVolumeWatch } from './watch-volumes.ts';

test('what an ordinary user may still write is told, and nothing of a folder that is not there', async () => {
  const dataDir = await makeTestFolder();
  const { config } = loadConfig({
    environment: { HOLDFAST_DATA_DIR: dataDir, HOLDFAST_MEDIA_STORE_PATH: join(dataDir, 'missing') },
  });
  const metrics = createMetrics({ processMetrics: false });
  // Each folder is looked at once, and then waited for without end.
  let looks = 0;
  const looked = Promise.withResolvers<void>();
  const clock = {
    sleep: (_ms: number, signal: AbortSignal) => {
      if (++looks === 2) looked.resolve();
      return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    },
  };
  const stop = startVolumeWatch({ config, clock, metrics } as unknown as PlatformContext);
  await looked.promise;
  const { body } = await metrics.expose();
  const { blocks, bsize } = await statfs(dataDir);
  assert.match(body, new RegExp(`^holdfast_volume_size_bytes{holds="database"} ${blocks * bsize}$`, 'm'));
  assert.match(body, /^holdfast_volume_available_bytes{holds="database"} [1-9]/m);
  assert.ok(!body.includes('holds="media"'));
  await stop();
});
