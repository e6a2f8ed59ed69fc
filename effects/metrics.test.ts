import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from './metrics.ts';

const bare = { processMetrics: false };

test('two registries share nothing', async () => {
  const [first, second] = [createMetrics(bare), createMetrics(bare)];
  first.counter({ name: 'holdfast_a_total', help: 'A' }).add({});
  second.counter({ name: 'holdfast_a_total', help: 'A' }).add({}, 5);
  assert.match((await first.expose()).body, /^holdfast_a_total 1$/m);
  assert.match((await second.expose()).body, /^holdfast_a_total 5$/m);
});

test('label sets beyond the bound are counted together as other', async () => {
  const metrics = createMetrics(bare);
  const counter = metrics.counter({ name: 'holdfast_b_total', help: 'B', labels: ['server'], maxSeries: 2 });
  for (const server of ['a', 'b', 'c', 'd', 'a']) counter.add({ server });
  const { body } = await metrics.expose();
  assert.match(body, /^holdfast_b_total\{server="a"\} 2$/m);
  assert.match(body, /^holdfast_b_total\{server="b"\} 1$/m);
  assert.match(body, /^holdfast_b_total\{server="other"\} 2$/m);
  assert.doesNotMatch(body, /server="[cd]"/);
});

test('an observed gauge is read when it is asked for and absent while it is not known', async () => {
  const metrics = createMetrics(bare);
  let value: number | undefined;
  metrics.observedGauge({ name: 'holdfast_c_bytes', help: 'C', read: () => value });
  assert.doesNotMatch((await metrics.expose()).body, /^holdfast_c_bytes \d/m);
  value = 3;
  assert.match((await metrics.expose()).body, /^holdfast_c_bytes 3$/m);
  value = undefined;
  assert.doesNotMatch((await metrics.expose()).body, /^holdfast_c_bytes \d/m);
});

test('a gauge that is removed is absent until it is set again', async () => {
  const metrics = createMetrics(bare);
  const gauge = metrics.gauge({ name: 'holdfast_e_waiting', help: 'E', labels: ['service'] });
  gauge.set({ service: 'a' }, 1);
  gauge.set({ service: 'b' }, 2);
  gauge.remove({ service: 'a' });
  assert.match((await metrics.expose()).body, /^holdfast_e_waiting\{service="b"\} 2$/m);
  assert.doesNotMatch((await metrics.expose()).body, /service="a"/);
  gauge.set({ service: 'a' }, 3);
  assert.match((await metrics.expose()).body, /^holdfast_e_waiting\{service="a"\} 3$/m);
});

test('a series that is removed makes room for another one', async () => {
  const metrics = createMetrics(bare);
  const gauge = metrics.gauge({ name: 'holdfast_f_waiting', help: 'F', labels: ['server'], maxSeries: 1 });
  for (const server of ['a', 'b', 'c']) {
    gauge.set({ server }, 1);
    assert.match((await metrics.expose()).body, new RegExp(`^holdfast_f_waiting\\{server="${server}"\\} 1$`, 'm'));
    gauge.remove({ server });
  }
});

test('a histogram counts into its buckets', async () => {
  const metrics = createMetrics(bare);
  const histogram = metrics.histogram({ name: 'holdfast_d_seconds', help: 'D', labels: ['step'], buckets: [1, 2] });
  histogram.observe({ step: 'x' }, 1.5);
  const { body } = await metrics.expose();
  assert.match(body, /holdfast_d_seconds_bucket\{le="1",step="x"\} 0/);
  assert.match(body, /holdfast_d_seconds_bucket\{le="2",step="x"\} 1/);
});

test('the process measures its memory and the delay of its event loop', async () => {
  const metrics = createMetrics();
  const { body, contentType } = await metrics.expose();
  metrics.close();
  assert.match(body, /^process_resident_memory_bytes \d+/m);
  assert.match(body, /^holdfast_event_loop_delay_seconds_count \d+/m);
  assert.match(contentType, /^text\/plain/);
});
