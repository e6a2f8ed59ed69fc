import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incident, IncidentChange } from '../decide/incident.ts';
import { rules } from '../decide/rules.ts';
import { judgeComponents, noticedRules } from './components.ts';
import { formatStatusPages } from './format-status-pages.ts';
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
const bridge: Incident = {
  ...{ id: '20170505T083000-bridge-silent-irc', openedMs: atMs - 9e6, severity: 'warning', losesData: false },
  ...{ cause: 'bridge-silent irc from Matrix', headline: 'nothing has come through irc', symptoms: [] },
};
const change = (afterMs: number, of: Incident, kind: IncidentChange['kind'], more: Partial<IncidentChange> = {}) => {
  return { atMs: of.openedMs + afterMs, incident: of.id, kind, text: of.headline, key: of.cause, ...more };
};
const timeline: IncidentChange[] = [
  change(0, bridge, 'opened'),
  change(5_000, bridge, 'closed'),
  change(0, incident, 'opened'),
  { atMs: atMs + 1, incident: incident.id, kind: 'told', text: 'anna is called (first)' },
  change(2, incident, 'grew', { text: '10.1.2.4', key: 'process-silent 10.1.2.4:8008' }),
  { atMs: atMs + 3, incident: incident.id, kind: 'noted', text: 'We are <moving> to another machine' },
];
const facts = { serverName: '<b>&example', atMs: atMs + 4, incidents: [incident], timeline };

test('what is open comes first, what is over after it, each with what happened, the newest first', () => {
  const shown = choosePublicFacts(facts);
  assert.equal(shown.verdict, 'Disturbed');
  assert.deepEqual(
    shown.incidents.map(({ title, isOpen, also, closedMs, entries }) => {
      return { title, isOpen, also, closedMs, said: entries.map(({ text }) => text) };
    }),
    [
      {
        ...{ title: 'The database is down', isOpen: true, also: ['A process does not answer'], closedMs: undefined },
        said: ['We are <moving> to another machine', 'Also: A process does not answer', 'The database is down'],
      },
      {
        ...{ title: 'A bridge is silent in one direction', isOpen: false, also: [], closedMs: bridge.openedMs + 5_000 },
        said: ['All is well again: A bridge is silent in one direction', 'A bridge is silent in one direction'],
      },
    ],
  );
  const over = choosePublicFacts({
    ...facts,
    incidents: [],
    timeline: [...timeline, change(9_000, incident, 'closed')],
  });
  assert.equal(over.verdict, 'All is well');
  assert.deepEqual(
    over.incidents.map(({ isOpen }) => isOpen),
    [false, false],
  );
});

test('what works is told by what people use, from the rules whose alerts are open', () => {
  const stateOf = (open: readonly Incident[], name: string) =>
    choosePublicFacts({ ...facts, incidents: open }).components.find((each) => each.name === name)?.state;
  assert.equal(stateOf([incident], 'Messages'), 'Does not work as it should');
  assert.equal(stateOf([incident], 'Calls'), 'Works');
  assert.equal(stateOf([bridge], 'Bridges'), 'May be slow or incomplete');
  assert.equal(stateOf([bridge], 'Messages'), 'Works');
  assert.ok(judgeComponents([{ rule: 'backup-too-old', severity: 'page' }]).every(({ state }) => state === 'Works'));
  const known = new Set(rules.map(({ name }) => name));
  assert.deepEqual(
    noticedRules.filter((name) => !known.has(name)),
    [],
  );
});

test('a notice is nobody else’s business', () => {
  const notice = { ...bridge, cause: 'clock-unkept this machine', severity: 'notice' as const };
  const own = [change(0, notice, 'opened'), change(9, notice, 'closed')];
  assert.equal(choosePublicFacts({ ...facts, incidents: [notice], timeline: own.slice(0, 1) }).verdict, 'All is well');
  assert.deepEqual(choosePublicFacts({ ...facts, incidents: [notice], timeline: own.slice(0, 1) }).incidents, []);
});

test('no address, machine, person or markup gets out', () => {
  const { html, feed, facts: json } = formatStatusPages(choosePublicFacts(facts));
  for (const text of [html, feed, json]) {
    assert.doesNotMatch(text, /10[.-]1[.-]2|anna/);
    assert.match(text, /The database is down/);
  }
  for (const text of [html, feed]) assert.doesNotMatch(text, /<b>&|<moving>/);
});

test('the page needs nothing beside itself, and its policy allows its own style alone', () => {
  const { html } = formatStatusPages(choosePublicFacts(facts));
  assert.match(
    html,
    /Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-[\w+/]+=&#39;;/,
  );
  assert.doesNotMatch(html, /<script|src=|https?:/);
});

test('each entry of the feed has an id of its own, which stays when others come and go', () => {
  const idsOf = (given: typeof facts) => {
    const { feed } = formatStatusPages(choosePublicFacts(given));
    return [...feed.matchAll(/<entry><id>([^<]*)/g)].map(([, id]) => id);
  };
  const ids = idsOf(facts);
  assert.equal(new Set(ids).size, 5);
  const later = idsOf({ ...facts, incidents: [], timeline: [...timeline, change(9_000, incident, 'closed')] });
  assert.deepEqual(later.slice(1), ids);
});

test('a timeline of any length makes a page of bounded size', () => {
  const many = Array.from({ length: 500 }, (_, index) => ({
    ...change(index, { ...incident, id: `incident-${index}` }, index % 2 ? 'closed' : 'noted'),
    text: 'x'.repeat(1_000),
  }));
  const one = Array.from({ length: 500 }, (_, index) => change(index, incident, 'noted', { text: 'y'.repeat(1_000) }));
  for (const given of [many, one]) {
    const pages = formatStatusPages(choosePublicFacts({ ...facts, timeline: given }));
    for (const text of Object.values(pages)) assert.ok(text.length < 300_000, String(text.length));
  }
});
