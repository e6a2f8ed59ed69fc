import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeIncidents } from './judge-incidents.ts';

const incident = {
  ...{ id: 'one', severity: 'page', headline: 'the disk fills', opened_ts: 5, loses_data: false },
  ...{ rule: 'disk-filling', rules: ['disk-filling'], symptoms: ['no primary'], told: ['anna'] },
  ...{ can_be_taken: true, taken_by: null },
};
const watching = { watches: true, saved_ts: 9, incidents: [incident] };

test('what the monitor calls somebody for is critical, with who was called, what comes with it and its guide', () => {
  const [problem, ...others] = judgeIncidents(watching);
  assert.deepEqual(others, []);
  assert.deepEqual([problem?.severity, problem?.what, problem?.page], ['critical', 'the disk fills', '/admin/alerts']);
  assert.match(problem?.remedy ?? '', /Called: anna.*no primary.*alerts\/disk-filling\.md/);
});

test('who has taken an incident is named, and data that is being lost is critical whatever the severity', () => {
  const taken = { ...incident, severity: 'warning', loses_data: true, taken_by: '@ben:a.example' };
  const [problem] = judgeIncidents({ ...watching, incidents: [taken] });
  assert.equal(problem?.severity, 'critical');
  assert.match(problem?.remedy ?? '', /Data is being lost\. @ben:a\.example has taken it/);
});

test('warnings are warnings, and what is for information only is no problem', () => {
  const incidents = ['warning', 'notice'].map((severity) => ({ ...incident, severity }));
  assert.deepEqual(
    judgeIncidents({ ...watching, incidents }).map(({ severity }) => severity),
    ['warning'],
  );
});

test('a monitor that went silent is a problem, and what it had open stays one; none that ever ran is not', () => {
  assert.deepEqual(
    judgeIncidents({ ...watching, watches: false }).map(({ what }) => what),
    ['the disk fills', 'No monitor watches this server now'],
  );
  assert.deepEqual(judgeIncidents(undefined), []);
});
