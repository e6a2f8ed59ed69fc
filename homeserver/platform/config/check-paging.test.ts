import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPaging } from './check-paging.ts';

const sound = {
  notifiers: {
    phone: { kind: 'voice', account: 'AC1', token: 't', from: '+1' },
    mail: { kind: 'smtp', host: 'mail.example.org', from: 'holdfast@example.org' },
    chat: { kind: 'slack' },
  },
  people: {
    anna: {
      reach: [
        { notifier: 'phone', address: '+49' },
        { notifier: 'mail', address: 'a@b.example', second: true },
      ],
    },
    ben: { name: 'Ben', reach: [{ notifier: 'phone', address: '+44' }] },
  },
  team: [{ notifier: 'chat', address: 'https://hooks.slack.com/services/x' }],
  roster: {
    ...{ time_zone: 'Europe/Berlin', people: ['anna', 'ben'], start: '2026-01-05', hand_over: '09:00', every_days: 7 },
    overrides: [{ person: 'ben', from: '2026-12-24T18:00:00+01:00', to: '2026-12-26T18:00:00+01:00' }],
  },
  escalation: { next_person_after_ms: 180_000 },
  maintenance: [
    { from: '2026-12-24T00:00:00Z', to: '2026-12-25T00:00:00Z', rules: ['database-down'], reason: 'upgrade' },
  ],
};

test('a sound section has nothing wrong, and none at all neither', () => {
  assert.equal(checkPaging(sound), undefined);
  assert.equal(checkPaging(undefined), undefined);
  assert.equal(checkPaging({}), undefined);
});

const wrong: readonly (readonly [says: string, changed: object, expected: RegExp])[] = [
  [
    'maintenance without a reason',
    { maintenance: [{ from: '2026-12-24T00:00:00Z', to: '2026-12-25T00:00:00Z' }] },
    /maintenance.*reason/,
  ],
  [
    'maintenance without a zone',
    { maintenance: [{ from: '2026-12-24', to: '2026-12-25', reason: 'x' }] },
    /maintenance/,
  ],
  ['an unknown key', { peopel: {} }, /peopel/],
  ['an unknown kind', { notifiers: { phone: { kind: 'pigeon' } } }, /notifiers\.phone\.kind/],
  ['a notifier without what it needs', { notifiers: { phone: { kind: 'voice' } } }, /notifiers\.phone.*account/],
  ['a key of another kind', { notifiers: { chat: { kind: 'slack', host: 'x' } } }, /notifiers\.chat.*host/],
  [
    'a person over a notifier that is not there',
    { people: { anna: { reach: [{ notifier: 'fax', address: '1' }] } }, roster: undefined },
    /`fax`.*no such notifier/,
  ],
  ['a person whom nothing reaches', { people: { anna: { reach: [] } } }, /people\.anna\.reach/],
  ['a team over a notifier that is not there', { team: [{ notifier: 'fax', address: '1' }] }, /team.*`fax`/],
  ['somebody unknown on duty', { roster: { ...sound.roster, people: ['cem'] } }, /`cem`.*not among/],
  [
    'somebody unknown who stands in',
    { roster: { ...sound.roster, overrides: [{ ...sound.roster.overrides[0], person: 'cem' }] } },
    /`cem`/,
  ],
  ['a place without clocks', { roster: { ...sound.roster, time_zone: 'Mars/Olympus' } }, /time_zone/],
  ['a day that is not', { roster: { ...sound.roster, start: '2026-13-41' } }, /start/],
  ['a time that is not', { roster: { ...sound.roster, hand_over: '25:00' } }, /hand_over/],
  [
    'a time without a zone',
    { roster: { ...sound.roster, overrides: [{ person: 'ben', from: '2026-12-24', to: '2026-12-25' }] } },
    /overrides/,
  ],
  [
    'an end before its beginning',
    {
      roster: {
        ...sound.roster,
        overrides: [{ person: 'ben', from: '2026-12-24T00:00:00Z', to: '2026-12-23T00:00:00Z' }],
      },
    },
    /ends before/,
  ],
];

for (const [says, changed, expected] of wrong) {
  test(`${says} is told, with its place`, () => {
    assert.match(checkPaging({ ...sound, ...changed }) ?? 'nothing is wrong', expected);
  });
}

test('no secret is told', () => {
  const said = checkPaging({
    ...sound,
    notifiers: { phone: { kind: 'voice', account: 'AC1', token: 'hush', from: 7 } },
  });
  assert.doesNotMatch(said ?? '', /hush/);
});
