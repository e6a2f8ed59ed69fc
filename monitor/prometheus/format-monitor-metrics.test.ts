import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide, emptyDecisionState } from '../decide/decide.ts';
import { rules } from '../decide/rules.ts';
import { parseMetrics } from '../observe/parse-metrics.ts';
import { observe, soundValues } from '../testing/sound-observations.ts';
import { formatMonitorMetrics, monitorMetrics } from './format-monitor-metrics.ts';

test('what the monitor knows is told in Prometheus’s form, whatever stands in names', () => {
  const [volume] = soundValues.volumes;
  const odd = { ...volume!, path: '/with "quotes" \\ and\nlines', isReadOnly: true };
  let state = emptyDecisionState;
  for (const atMs of [0, 5_000, 60_000]) state = decide(state, observe(atMs, { volumes: [odd] }), rules).state;
  const text = formatMonitorMetrics({
    ...{ isLeader: true, roundAgeMs: 1_500, unanswered: 2, decision: state },
    observations: observe(60_000, { volumes: [odd] }),
  });
  const samples = parseMetrics(text);
  const find = (name: string) => samples.filter((sample) => sample.name === name);
  assert.deepEqual(
    find('holdfast_monitor_alert').map(({ labels, value }) => [labels['rule'], labels['severity'], value]),
    [['volume-read-only', 'page', 1]],
  );
  assert.equal(find('holdfast_monitor_volume_available_bytes')[0]?.labels['path'], odd.path);
  assert.equal(find('holdfast_monitor_round_age_seconds')[0]?.value, 1.5);
  // Of a server that is well every metric has a value.
  for (const { name } of monitorMetrics) assert.ok(find(name).length > 0, name);
});
