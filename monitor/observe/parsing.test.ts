import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { createBadSince } from './bad-since.ts';
import { readCanaries, readServices } from './bridges.ts';
import { federationSource } from './federation.ts';
import { findMetric, histogramQuantile, parseMetrics } from './parse-metrics.ts';
import { parseAddressLives, parseRoutes } from './parse-network.ts';
import { addSample } from './sample-history.ts';

test('metrics are read with their labels, and what is none is left out', () => {
  const samples = parseMetrics('# HELP a b\na 1\nb{x="1",y="a\\"b\\nc"} 2.5 1700\nc NaN\n{} 3\nd{le="+Inf"} +Inf\n\n');
  assert.deepEqual(samples, [
    { name: 'a', labels: {}, value: 1 },
    { name: 'b', labels: { x: '1', y: 'a"b\nc' }, value: 2.5 },
    { name: 'd', labels: { le: '+Inf' }, value: Number.POSITIVE_INFINITY },
  ]);
  assert.equal(findMetric(samples, 'b', { x: '1' }), 2.5);
  assert.equal(findMetric(samples, 'b', { x: '2' }), undefined);
});

test('a percentile counts only what was added, also when the process began anew', () => {
  const at = (...counts: number[]) =>
    parseMetrics(counts.map((count, index) => `h_bucket{le="${['0.1', '1', '+Inf'][index]}"} ${count}`).join('\n'));
  assert.equal(histogramQuantile(at(5, 5, 5), at(5, 5, 5), 'h', 0.99), undefined);
  assert.equal(histogramQuantile(at(100, 100, 100), at(200, 201, 201), 'h', 0.5), 0.1);
  assert.equal(histogramQuantile(at(100, 100, 100), at(101, 110, 110), 'h', 0.99), 1);
  assert.equal(histogramQuantile(at(100, 100, 100), at(0, 9, 9), 'h', 0.99), 1);
  assert.equal(histogramQuantile(at(0, 0, 0), at(0, 0, 4), 'h', 0.99), 1);
});

test('routes are read as the kernel writes them, without those that are down', () => {
  const four = [
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'eth0\t0000020A\t00000000\t0001\t0\t0\t100\t0000FFFF\t0\t0\t0',
    'eth1\t0000030A\t00000000\t0000\t0\t0\t100\t0000FFFF\t0\t0\t0',
  ].join('\n');
  const zero = '0'.repeat(32);
  const six = [
    `fd000000000000000000000000000000 40 ${zero} 00 ${zero} 00000100 00000001 00000000 00000001     eth0`,
    `${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo`,
  ].join('\n');
  assert.deepEqual(parseRoutes(four, six), ['default', '10.2.0.0/16', 'fd00:0000:0000:0000:0000:0000:0000:0000/64']);
  assert.deepEqual(parseRoutes('', ''), []);
});

test('only addresses that are lent have an end', () => {
  const told = JSON.stringify([
    { addr_info: [{ local: '10.0.0.2', valid_life_time: 3_600, dynamic: true }] },
    { addr_info: [{ local: '10.0.0.3', valid_life_time: 4_294_967_295 }, {}] },
    {},
  ]);
  assert.deepEqual(parseAddressLives(told), [{ address: '10.0.0.2', remainingMs: 3_600_000 }]);
  assert.deepEqual(parseAddressLives('no JSON'), []);
});

test('application services and canaries are told apart by direction', () => {
  const services = readServices(
    parseMetrics(
      'holdfast_appservice_oldest_waiting_seconds{service="irc"} 90\nholdfast_appservice_events_waiting{service="irc"} 4\n' +
        'holdfast_appservice_failures{service="irc"} 3\n',
    ),
  );
  assert.deepEqual(
    services.map(({ name, direction, oldestWaitingMs, waiting, lastError }) => [
      name,
      direction,
      oldestWaitingMs,
      waiting,
      lastError,
    ]),
    [['application service irc', 'from Matrix', 90_000, 4, '3 attempts in a row failed']],
  );
  const pausedAs = (value: number) =>
    readServices(
      parseMetrics(
        `holdfast_appservice_oldest_waiting_seconds{service="irc"} 90\nholdfast_appservice_paused{service="irc"} ${value}\n`,
      ),
    ).map(({ isPaused, isHeldBack }) => [isPaused, isHeldBack])[0];
  assert.deepEqual(pausedAs(0), [undefined, undefined]);
  assert.deepEqual(pausedAs(1), [true, undefined]);
  assert.deepEqual(pausedAs(2), [undefined, true]);
  const canaries = readCanaries(
    parseMetrics(
      'irc_bridge_canary_age_seconds{network="libera",direction="matrix_to_irc"} 200\n' +
        'irc_bridge_canary_age_seconds{network="libera",direction="irc_to_matrix"} 3\n' +
        'irc_bridge_oldest_waiting_seconds{direction="matrix_to_irc"} 190\n',
    ),
  );
  assert.deepEqual(
    canaries.map(({ name, direction, canaryAgeMs, oldestWaitingMs }) => [
      name,
      direction,
      canaryAgeMs,
      oldestWaitingMs,
    ]),
    [
      ['irc-bridge libera', 'from Matrix', 200_000, 190_000],
      ['irc-bridge libera', 'to Matrix', 3_000, 0],
    ],
  );
});

test('six hours of samples are kept, closely only the last ten minutes', () => {
  let samples: { atMs: number; value: number }[] = [];
  for (let atMs = 0; atMs <= 12 * 3_600_000; atMs += 5_000) samples = addSample(samples, { atMs, value: atMs });
  const last = samples.at(-1)?.atMs ?? 0;
  assert.ok(samples.length < 200, String(samples.length));
  assert.ok(last - (samples[0]?.atMs ?? 0) > 5.5 * 3_600_000);
  assert.ok(samples.filter(({ atMs }) => last - atMs < 300_000).length >= 25);
  assert.deepEqual(
    samples,
    [...samples].sort((a, b) => a.atMs - b.atMs),
  );
});

test('servers whose queues stand still are told with when something last arrived there', async () => {
  const samples = parseMetrics(
    'holdfast_federation_stuck_seconds{server="a.example"} 200\n' +
      'holdfast_federation_stuck_seconds{server="b.example"} 900\n' +
      'holdfast_federation_stuck_last_success_seconds{server="b.example"} 950\n' +
      // Of the process that had it before.
      'holdfast_federation_stuck_seconds{server="a.example"} 500\n' +
      'holdfast_remote_routes_cached 3\nholdfast_remote_routes_cached 9\n',
  );
  const { stuck, destinationsKnown } = await federationSource(() => samples).look(startDeadline(1_000, 'a look'), 0);
  assert.deepEqual(stuck, [
    { server: 'b.example', waitingMs: 900_000, lastSuccessAgoMs: 950_000 },
    { server: 'a.example', waitingMs: 200_000 },
  ]);
  assert.equal(destinationsKnown, 9);
});

test('how long something has been bad begins anew when it was well in between', () => {
  const since = createBadSince();
  assert.deepEqual([since.note('a', true, 10), since.note('a', true, 30), since.note('b', true, 30)], [0, 20, 0]);
  assert.deepEqual([since.note('a', false, 40), since.note('a', true, 50)], [0, 0]);
});
