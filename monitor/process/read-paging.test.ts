import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPaging } from '@holdfast/homeserver/platform/config/check-paging.ts';
import { makeManualClock } from '@holdfast/homeserver/testing/make-manual-clock.ts';
import type { PagingSettings } from '../configuration/monitor-settings.ts';
import { defaultPolicy } from '../escalation/escalation-policy.ts';
import { sendRequest } from '../platform/send-request.ts';
import { buildWays } from './build-ways.ts';
import { readOnDuty, readPolicy, readWindows } from './read-paging.ts';

const paging: PagingSettings = {
  notifiers: {
    ...{ mail: { kind: 'smtp', host: 'a', from: 'b' }, text: { kind: 'sms', account: 'a', token: 'b', from: 'c' } },
    ...{
      call: { kind: 'voice', account: 'a', token: 'b', from: 'c' },
      push: { kind: 'ntfy', url: 'https://n.example' },
    },
    ...{ chat: { kind: 'slack' }, room: { kind: 'matrix', url: 'https://m.example', access_token: 'x' } },
    ...{ hook: { kind: 'webhook' }, duty: { kind: 'pagerduty' }, prometheus: { kind: 'alertmanager' } },
  },
  people: {
    anna: {
      reach: [
        { notifier: 'call', address: '+1' },
        { notifier: 'push', address: 'anna', second: true },
      ],
    },
    ben: { reach: [{ notifier: 'mail', address: 'ben@example.org' }] },
  },
  team: [{ notifier: 'chat', address: 'https://hooks.example' }],
  roster: { time_zone: 'Europe/Berlin', people: ['anna', 'ben'], start: '2026-01-05' },
  escalation: { next_person_after_ms: 60_000, repeat_every_ms: 120_000 },
  maintenance: [{ from: '2026-12-24T00:00:00Z', to: '2026-12-25T00:00:00Z', reason: 'upgrade' }],
};

test('what the configuration takes is what the monitor makes its notifiers of, every kind of them', () => {
  assert.equal(checkPaging(paging), undefined);
  const ways = buildWays(paging, { send: sendRequest, clock: makeManualClock() });
  assert.deepEqual(
    ways.all.map(({ whom, way }) => `${whom} ${way.name}`),
    ['anna call', 'anna push', 'ben mail', 'the team chat'],
  );
});

test('a person is reached over the first provider, the second one or all; without a second one the first is both', () => {
  const { ofPerson } = buildWays(paging, { send: sendRequest, clock: makeManualClock() });
  const names = (person: string, ways: 'first' | 'second' | 'all') => ofPerson(person, ways).map(({ name }) => name);
  assert.deepEqual(
    [names('anna', 'first'), names('anna', 'second'), names('anna', 'all')],
    [['call'], ['push'], ['call', 'push']],
  );
  assert.deepEqual([names('ben', 'first'), names('ben', 'second')], [['mail'], ['mail']]);
  assert.deepEqual(names('nobody', 'all'), []);
});

test('times that are given replace the defaults, and steps stay in the order of their times', () => {
  const { steps, repeatEveryMs, acknowledgementLastsMs } = readPolicy(paging);
  assert.deepEqual(
    steps.map(({ afterMs }) => afterMs),
    [10_000, 60_000, 120_000, 420_000, 540_000],
  );
  assert.equal(steps[1]?.whom, 'next');
  assert.deepEqual([repeatEveryMs, acknowledgementLastsMs], [120_000, defaultPolicy.acknowledgementLastsMs]);
});

test('duty follows the roster; without one everybody is on it', () => {
  assert.deepEqual(readOnDuty(paging, [], Date.parse('2026-01-12T12:00:00Z')), ['ben', 'anna']);
  const { roster: _, ...without } = paging;
  assert.deepEqual(readOnDuty(without, [], 0), ['anna', 'ben']);
});

test('planned work is read with its times, and expects everything when it names no rules', () => {
  const [window] = readWindows(paging);
  assert.deepEqual([window?.fromMs, window?.rules], [Date.parse('2026-12-24T00:00:00Z'), []]);
});
