import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incident, IncidentChange } from '../decide/incident.ts';
import { formatFeed, formatStatusPage } from './format-status-page.ts';
import { choosePublicFacts } from './public-facts.ts';

const atMs = Date.parse('2017-05-12T02:50:00Z');
const incident: Incident = {
  ...{
    id: '20170512T025004-database-down',
    openedMs: atMs,
    severity: 'page',
    losesData: false,
    cause: 'database-down',
  },
  headline: 'no primary has answered for 9 s: connect ECONNREFUSED 10.1.2.3:5432',
  symptoms: [
    { key: 'process-silent 10.1.2.4:8008', summary: '10.1.2.4:8008 has not answered', severity: 'page' },
    { key: 'process-silent 10.1.2.5:8008', summary: '10.1.2.5:8008 has not answered', severity: 'page' },
  ],
};
const timeline: IncidentChange[] = [
  { atMs, incident: incident.id, kind: 'opened', text: incident.headline, key: 'database-down' },
  { atMs: atMs + 1, incident: incident.id, kind: 'told', text: 'anna is called (first)' },
  { atMs: atMs + 2, incident: incident.id, kind: 'grew', text: '10.1.2.4', key: 'process-silent 10.1.2.4:8008' },
  { atMs: atMs + 3, incident: incident.id, kind: 'closed', text: incident.headline, key: 'database-down' },
];
const facts = { serverName: '<b>&example', atMs, incidents: [incident], timeline };

test('everybody sees what is wrong and what happened, the newest first', () => {
  const shown = choosePublicFacts(facts);
  assert.equal(shown.verdict, 'Disturbed');
  assert.deepEqual(shown.incidents, [
    { openedMs: atMs, title: 'The database is down', also: ['A process does not answer'] },
  ]);
  assert.deepEqual(
    shown.entries.map(({ text }) => text),
    ['All is well again: The database is down', 'Also: A process does not answer', 'The database is down'],
  );
  assert.equal(choosePublicFacts({ ...facts, incidents: [] }).verdict, 'All is well');
});

test('nobody sees addresses, people, or markup that is not ours', () => {
  const shown = choosePublicFacts(facts);
  for (const text of [formatStatusPage(shown), formatFeed(shown)]) {
    assert.doesNotMatch(text, /10[.-]1[.-]2|anna|<b>/);
    assert.match(text, /The database is down/);
  }
});

test('each entry of the feed has an id of its own', () => {
  const ids = [...formatFeed(choosePublicFacts(facts)).matchAll(/<entry><id>([^<]*)/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, 3);
});
