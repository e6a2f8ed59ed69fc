import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incident } from '../decide/incident.ts';
import { rules } from '../decide/rules.ts';
import { isSilenced } from '../escalation/maintenance-window.ts';
import { parseOperatorRequest } from '../escalation/operator-request.ts';
import { emptyMonitorState } from '../storage/monitor-state.ts';
import { applyRequest } from './apply-request.ts';

const hourMs = 3_600_000;
const nowMs = Date.UTC(2026, 11, 1);
const people = ['anna'];

function ask(changed: object, state = emptyMonitorState, atMs = nowMs) {
  const wanted = { kind: 'plan-maintenance', by: '@op:example.org', rules: ['database-down'], reason: 'new disks' };
  const span = { from_ms: nowMs + hourMs, to_ms: nowMs + 2 * hourMs };
  const request = parseOperatorRequest(JSON.stringify({ ...wanted, ...span, ...changed }));
  assert.ok(request && request.kind !== 'acknowledge', JSON.stringify(changed));
  return applyRequest(state, request, { atMs, people });
}

const incident = (cause: string, losesData = false): Incident => {
  const open = { id: 'one', openedMs: 0, severity: 'page', headline: 'x', symptoms: [] } as const;
  return { ...open, cause, losesData };
};

test('planned maintenance silences what it names, between its times only, and stands on the timeline', () => {
  const { silences, timeline } = ask({});
  const during = nowMs + 1.5 * hourMs;
  assert.equal(isSilenced(incident('database-down'), silences, nowMs + hourMs - 1), false);
  assert.equal(isSilenced(incident('database-down'), silences, during), true);
  assert.equal(isSilenced(incident('disk-filling /x'), silences, during), false);
  assert.equal(isSilenced(incident('database-down'), silences, nowMs + 2 * hourMs), false);
  assert.equal(
    timeline.at(-1)?.text,
    '@op:example.org plans maintenance from 2026-12-01T01:00:00.000Z until 2026-12-01T02:00:00.000Z, during which ' +
      'database-down wakes nobody: new disks',
  );
});

test('maintenance of everything silences all but the loss of data, which nobody can silence by name either', () => {
  const { silences, timeline } = ask({ rules: [] });
  const during = nowMs + 1.5 * hourMs;
  for (const { name, losesData } of rules) {
    assert.equal(isSilenced(incident(name, losesData), silences, during), !losesData, name);
  }
  assert.match(timeline.at(-1)?.text ?? '', /only the loss of data wakes anybody: new disks/);
  for (const { name } of rules.filter(({ losesData }) => losesData)) {
    const refused = ask({ rules: ['database-down', name] });
    assert.deepEqual(refused.silences, []);
    assert.match(refused.timeline.at(-1)?.text ?? '', new RegExp(`cannot plan maintenance: ${name} means`));
  }
});

test('maintenance that makes no sense is refused with why, and there are not more than can be looked through', () => {
  for (const [changed, why] of [
    [{ rules: ['database-donw'] }, /there is no alert database-donw/],
    [{ to_ms: nowMs + hourMs }, /it would end before it begins/],
    [{ from_ms: nowMs - 2 * hourMs, to_ms: nowMs - hourMs }, /it would be over already/],
    [{ to_ms: nowMs + 200 * hourMs }, /more than a week/],
  ] as const) {
    const { silences, timeline } = ask(changed);
    assert.deepEqual(silences, []);
    assert.match(timeline.at(-1)?.text ?? '', why);
  }
  let state = emptyMonitorState;
  for (let count = 0; count < 101; count++) state = ask({}, state);
  assert.equal(state.silences.length, 100);
  assert.equal(new Set(state.silences.map(({ id }) => id)).size, 100);
  assert.match(state.timeline.at(-1)?.text ?? '', /100 are planned already/);
  const later = ask({ from_ms: nowMs, to_ms: nowMs + 4 * hourMs }, state, nowMs + 3 * hourMs);
  assert.equal(later.silences.length, 1, 'what is over makes place');
});

test('maintenance is taken away by its id, and what is no request is none', () => {
  const planned = ask({});
  const end = { kind: 'end-silence', by: 'command line: root', id: planned.silences[0]?.id ?? '' } as const;
  const { silences, timeline } = applyRequest(planned, end, { atMs: nowMs, people });
  assert.deepEqual([silences, timeline.at(-1)?.text], [[], 'command line: root ends: database-down']);
  for (const wrong of [
    { reason: '' },
    { from_ms: '7' },
    { to_ms: null },
    { rules: 'all' },
    { rules: [7] },
    { by: '' },
  ]) {
    const wanted = { kind: 'plan-maintenance', by: 'x', rules: [], reason: 'x', from_ms: 1, to_ms: 2, ...wrong };
    assert.equal(parseOperatorRequest(JSON.stringify(wanted)), undefined, JSON.stringify(wrong));
  }
});
