import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Incident, IncidentChange } from '../decide/incident.ts';
import { rules } from '../decide/rules.ts';
import { observe } from '../testing/sound-observations.ts';
import {
  type ComponentName,
  componentNames,
  componentStates,
  effects,
  listEffects,
  listWatched,
} from './components.ts';
import { formatStatusPages } from './format-status-pages.ts';
import { choosePublicFacts, type StatusFacts } from './public-facts.ts';

const atMs = Date.parse('2017-05-12T02:50:00Z');
const minuteMs = 60_000;
const id = '20170512T025000-process-silent-10-1-2-4-8008';
const incident: Incident = {
  ...{ id, openedMs: atMs, severity: 'page', losesData: false, cause: 'database-down' },
  headline: 'no primary has answered for 9 s: connect ECONNREFUSED 10.1.2.3:5432',
  symptoms: [
    { key: 'process-silent 10.1.2.4:8008', summary: '10.1.2.4:8008 has not answered', severity: 'page' },
    { key: 'process-silent 10.1.2.5:8008', summary: '10.1.2.5:8008 has not answered', severity: 'page' },
  ],
};
const change = (kind: IncidentChange['kind'], text: string, also: Partial<IncidentChange> = {}): IncidentChange => {
  return { atMs, incident: id, kind, text, ...also };
};
const timeline: IncidentChange[] = [
  change('opened', '10.1.2.4:8008 has not answered', { key: 'process-silent 10.1.2.4:8008', severity: 'page' }),
  change('told', 'anna is called (first)', { atMs: atMs + 1 }),
  change('explained', incident.headline, { atMs: atMs + 2, key: 'database-down' }),
  change('grew', 'also: 10.1.2.5', { atMs: atMs + 3, key: 'process-silent 10.1.2.5:8008', severity: 'page' }),
  change('grew', 'also: 10.1.2.6', { atMs: atMs + 3, key: 'process-silent 10.1.2.6:8008', severity: 'page' }),
  change('noted', 'A <disk> is being replaced\u000b', { atMs: atMs + minuteMs }),
];
const watched: ComponentName[] = ['messages', 'federation', 'calls', 'safekeeping'];
const facts: StatusFacts = { serverName: '<b>&example', atMs, incidents: [incident], timeline, watched };
const over: StatusFacts = {
  ...{ ...facts, incidents: [] },
  timeline: [...timeline, change('closed', 'well', { atMs: atMs + 12 * minuteMs, key: 'database-down' })],
};

test('every rule says what it means for those who use the server, and no other one does', () => {
  assert.deepEqual(Object.keys(effects).toSorted(), rules.map(({ name }) => name).toSorted());
  for (const [rule, all] of Object.entries(effects)) {
    assert.equal(all.length > 0, rule !== 'source-unseen', rule);
  }
});

test('each alert disturbs what it is about', () => {
  const cases: [key: string, severity: 'page' | 'warning', expected: Record<string, string>][] = [
    ['database-down', 'page', { messages: 'down', files: 'down', federation: 'down', bridges: 'down' }],
    ['turn-failing turn:a', 'page', { calls: 'down' }],
    ['turn-failing turn:a', 'warning', { calls: 'disturbed' }],
    [
      'volume-read-only database, media at /data',
      'page',
      { messages: 'down', files: 'down', safekeeping: 'disturbed' },
    ],
    ['volume-read-only backups at /database', 'page', { safekeeping: 'disturbed' }],
    ['disk-filling media at /media', 'warning', { files: 'works', safekeeping: 'disturbed' }],
    ['source-unseen turn', 'page', { calls: 'unknown' }],
    ['backup-too-old', 'page', { safekeeping: 'disturbed' }],
    ['a rule of another version', 'page', {}],
  ];
  for (const [key, severity, expected] of cases) {
    assert.deepEqual(Object.fromEntries(listEffects(key, severity)), expected, `${key} ${severity}`);
  }
});

test('only what is looked at is on the page, and bridges only where there is one', () => {
  assert.deepEqual(listWatched(observe(atMs)), componentNames);
  assert.ok(!listWatched(observe(atMs, { bridges: [] })).includes('bridges'));
  assert.deepEqual(listWatched({ atMs, sources: { reachability: { kind: 'failed', why: 'x', forMs: 1 } } }), [
    'federation',
  ]);
});

test('the worst of what is open is the state of each component', () => {
  const states = (found: Incident[]) =>
    Object.fromEntries(
      choosePublicFacts({ ...facts, incidents: found }).components.map((each) => [each.name, each.state]),
    );
  assert.deepEqual(states([]), { messages: 'works', federation: 'works', calls: 'works', safekeeping: 'works' });
  assert.deepEqual(states([incident]), { messages: 'down', federation: 'down', calls: 'works', safekeeping: 'works' });
  const slow: Incident = { ...incident, id: 'slow', severity: 'warning', cause: 'event-loop-slow hs1', symptoms: [] };
  assert.equal(states([slow])['messages'], 'disturbed');
  assert.equal(states([{ ...slow, severity: 'notice' }])['messages'], 'works');
  assert.equal(componentStates.at(-1), 'down');
});

test('what happened is told for each incident, those that go on first, and then the newest', () => {
  const [shown, ...none] = choosePublicFacts(facts).incidents;
  assert.deepEqual(none, []);
  assert.equal(choosePublicFacts(facts).verdict, 'Disturbed');
  assert.deepEqual([shown?.title, shown?.isOpen, shown?.openedMs], ['The database is down', true, atMs]);
  assert.deepEqual(shown?.affected, ['messages', 'files', 'federation', 'bridges']);
  assert.deepEqual(
    shown?.entries.map(({ text }) => text),
    [
      'A <disk> is being replaced\u000b',
      'Also: A process does not answer',
      'The cause is known: The database is down',
      'A process does not answer',
    ],
  );
  const later = change('opened', 'x', { incident: 'later', atMs: atMs + 99 * minuteMs, key: 'turn-failing turn:a' });
  const both = choosePublicFacts({ ...facts, timeline: [...timeline, later] }).incidents;
  assert.deepEqual(
    both.map(({ title }) => title),
    ['The database is down', 'A TURN server does not answer'],
  );
  const [done] = choosePublicFacts(over).incidents;
  assert.deepEqual([done?.title, done?.isOpen, done?.closedMs], ['The database is down', false, atMs + 12 * minuteMs]);
  assert.match(formatStatusPages(choosePublicFacts(over)).html, /Over<\/strong> after 12 min/);
});

test('what never was more than a notice is nobody’s business, until it gets worse or somebody writes of it', () => {
  const opened = change('opened', 'x', { key: 'clock-unkept hs1', severity: 'notice' });
  const notices = (changes: IncidentChange[]) =>
    choosePublicFacts({ ...facts, incidents: [], timeline: changes }).incidents.length;
  assert.equal(notices([opened, change('closed', 'x', { key: 'clock-unkept hs1' })]), 0);
  assert.equal(notices([opened, change('worsened', 'now a warning')]), 1);
  assert.equal(notices([opened, change('noted', 'We know')]), 1);
  assert.equal(notices([change('rostered', 'ben stands in', { incident: '' })]), 0);
});

test('nobody sees addresses, people, or markup that is not ours', () => {
  for (const each of [choosePublicFacts(facts), choosePublicFacts(over)]) {
    const { html, feed, facts: json } = formatStatusPages(each);
    for (const text of [html, feed, json]) {
      assert.doesNotMatch(text, /10[.-]1[.-]2|anna/);
      assert.match(text, /The database is down/);
    }
    assert.doesNotMatch(html + feed, /<b>|<disk>/);
  }
});

test('the page allows its own style and nothing else, and says in words what works', () => {
  const { html } = formatStatusPages(choosePublicFacts(facts));
  const [, style = ''] = /<style>([^<]*)<\/style>/.exec(html) ?? [];
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`;
  assert.ok(html.includes(policy));
  assert.doesNotMatch(html, /<script|\ssrc=|\sstyle=|\son\w+=|https?:/);
  assert.match(html, /Messages.*>Does not work/);
  assert.match(html, /Calls.*>Works/);
});

test('each entry of the feed has an id of its own, which stays while the timeline goes on and its beginning is dropped', () => {
  const idsOf = (changes: readonly IncidentChange[]) => {
    const { feed } = formatStatusPages(choosePublicFacts({ ...facts, timeline: changes }));
    return [...feed.matchAll(/<entry><id>([^<]*)/g)].map(([, each]) => each ?? '');
  };
  const before = idsOf(timeline);
  assert.equal(new Set(before).size, 4);
  const start = 'tag:&lt;b&gt;&amp;example,2026:incidents/20170512T025000-process-silent/';
  for (const each of before) assert.ok(each.startsWith(start), each);
  const later = idsOf([
    ...timeline.slice(1),
    change('closed', 'well', { atMs: atMs + 2 * minuteMs, key: 'database-down' }),
  ]);
  assert.deepEqual(later.slice(1).toSorted(), before.slice(0, -1).toSorted());
});

test('the feed has no character that XML cannot hold, and reads the same until something happens', () => {
  const { feed } = formatStatusPages(choosePublicFacts(facts));
  assert.ok(!feed.includes('\u000b'));
  assert.equal(feed, formatStatusPages(choosePublicFacts({ ...facts, atMs: atMs + minuteMs })).feed);
});

test('a timeline of any length makes pages of bounded size', () => {
  const many = Array.from({ length: 500 }, (_, number) =>
    change('noted', `${number}${'"'.repeat(2_000)}`, { incident: `${number % 25}`, atMs: atMs + number }),
  );
  const { html, feed, facts: json } = formatStatusPages(choosePublicFacts({ ...facts, timeline: many }));
  assert.ok(html.length > 1_000_000);
  for (const text of [html, feed, json]) assert.ok(Buffer.byteLength(text) < 2 * 1024 * 1024);
  assert.equal([...feed.matchAll(/<entry>/g)].length, 100);
});
