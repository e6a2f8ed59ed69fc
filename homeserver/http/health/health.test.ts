import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { startTestHomeserver, type TestHomeserver } from '../../testing/start-test-homeserver.ts';
import { startMetricsServer } from './start-metrics-server.ts';

let homeserver: TestHomeserver;
before(async () => {
  homeserver = await startTestHomeserver({ config: { 'metrics.token': 'secret' } });
});
after(() => homeserver.stop());

const get = (path: string, headers: Record<string, string> = {}) => fetch(homeserver.baseUrl + path, { headers });

test('a process that runs is live and ready, and a probe moves no position', async () => {
  const before = homeserver.context.shardLog.tail.position(0);
  assert.equal((await get('/health/live')).status, 200);
  const reply = await get('/health/ready');
  const readiness = (await reply.json()) as { ready: boolean; writes: boolean };
  assert.deepEqual([reply.status, readiness.ready, readiness.writes], [200, true, true]);
  assert.equal(homeserver.context.shardLog.tail.position(0), before);
});

test('a process whose shard cannot be written is live and not ready', async () => {
  const other = await startTestHomeserver();
  try {
    // Held by a process that does not exist, for longer than anybody waits.
    await other.context.database`
      UPDATE shard SET owner = gen_random_uuid(), epoch = epoch + 1, lease_until = 'infinity'`;
    const reply = await fetch(`${other.baseUrl}/health/ready`);
    assert.equal(reply.status, 503);
    assert.equal(((await reply.json()) as { writes: boolean }).writes, false);
    assert.equal((await fetch(`${other.baseUrl}/health/live`)).status, 200);
  } finally {
    await other.stop();
  }
});

test('metrics are told to whoever has the token, and to nobody else', async () => {
  assert.equal((await get('/metrics')).status, 403);
  const reply = await get('/metrics', { authorization: 'Bearer secret' });
  assert.match(await reply.text(), /holdfast_http_replies_total/);
});

test('a port of their own serves metrics without a token, and nothing else', async () => {
  const metrics = createMetrics({ processMetrics: false });
  metrics.counter({ name: 'holdfast_test_total', help: 'For this test.' }).add({});
  const server = await startMetricsServer(metrics, { port: 0, bind: '127.0.0.1' });
  const base = `http://127.0.0.1:${server.port}`;
  assert.match(await (await fetch(`${base}/metrics`)).text(), /holdfast_test_total 1/);
  assert.equal((await fetch(`${base}/other`)).status, 404);
  await server.close();
});
