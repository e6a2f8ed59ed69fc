import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkVolumes } from './check-volumes.ts';
import { loadConfig } from './load-config.ts';

const sound = [
  { path: '/', holds: 'system' },
  { path: '/srv/pg', holds: 'database', exporter: 'http://10.0.0.11:9100/metrics' },
];

test('volumes are a list of folders with what they hold, from the environment as JSON', () => {
  assert.equal(checkVolumes(sound), undefined);
  const load = (volumes: string) => loadConfig({ environment: { HOLDFAST_MONITOR_VOLUMES: volumes } }).config;
  assert.deepEqual(load(JSON.stringify(sound)).monitor.volumes, sound);
  assert.throws(() => load('/srv'), /HOLDFAST_MONITOR_VOLUMES: must be a list of objects as JSON/);
  assert.throws(() => load('[{"path":"/srv"}]'), /holds/);
});

test('what cannot be watched is refused, and it is said which of them', () => {
  for (const [volume, why] of [
    [{ path: 'srv', holds: 'media' }, /\(0 path\)/],
    [{ path: '/srv', holds: '' }, /\(0 holds\)/],
    [{ path: '/srv', holds: 'media', exporter: '10.0.0.11:9100' }, /\(0 exporter\)/],
    [{ path: '/srv', holds: 'media', mounted: true }, /\(0\).*additional/],
  ] as const) {
    assert.match(checkVolumes([volume]) ?? '', why);
  }
});
