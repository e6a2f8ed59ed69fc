import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarize } from './load/summary.ts';
import { markdownTable } from './markdown-table.ts';
import type { PeerResults } from './measure-peer.ts';

function results(peer: string, figures: Record<string, number>): PeerResults {
  const measurements = Object.entries(figures).map(([key, value]) => ({ key, value, samples: 1 }));
  return { peer, version: peer, durableCommitMs: summarize([0.5]), measurements, failures: [] };
}

/** The cells of the row of a title. */
function rowOf(table: string, title: string): string[] {
  const line = table.split('\n').find((text) => text.startsWith(`| ${title} |`));
  assert.ok(line, `no row ${title} in\n${table}`);
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

test('a row shows each server, the ratio and whether the goal is reached', () => {
  const table = markdownTable([
    results('holdfast', { 'incremental-sync.p50': 0.5, 'memory.idle': 90e6 }),
    results('synapse', { 'incremental-sync.p50': 1.7, 'memory.idle': 80e6 }),
  ]);
  const row = rowOf(table, 'incremental sync with nothing new');
  assert.deepEqual(row.slice(1), ['0.5 ms', '1.7 ms', '0.294', '< 1/3 of Synapse', 'reached']);
  assert.deepEqual(rowOf(table, 'memory, idle').slice(1, 3), ['90 MB', '80 MB']);
  assert.equal(rowOf(table, 'memory, idle').at(-1), 'missed');
});

test('a goal whose other figure was not measured is neither reached nor missed', () => {
  const table = markdownTable([results('holdfast', { 'send.64.rate': 5_000 })]);
  assert.equal(rowOf(table, 'events sent and acknowledged, 64 clients').at(-1), '');
});

test('half of the ceiling is enough, and a little less is not', () => {
  const verdict = (rate: number) =>
    rowOf(
      markdownTable([results('holdfast', { 'send.64.rate': rate }), results('ceiling', { 'send.64.rate': 10_000 })]),
      'events sent and acknowledged, 64 clients',
    ).at(-1);
  assert.equal(verdict(5_000), 'reached');
  assert.equal(verdict(4_999), 'missed');
});

test('latency goals in durable commits use the cost measured before that server ran', () => {
  const verdict = (p50: number) =>
    rowOf(markdownTable([results('holdfast', { 'send.1.p50': p50 })]), 'one send, 1 client, p50').at(-1);
  assert.equal(verdict(1.4), 'reached');
  assert.equal(verdict(1.6), 'missed');
});

test('a fast delivery does not count with a server that does not keep up', () => {
  const title = 'delivery to 100 receivers at 200/s, p50';
  const row = (keepsUp: number) =>
    rowOf(markdownTable([results('holdfast', { 'delivery.200.p50': 1, 'delivery.200.keeps-up': keepsUp })]), title);
  assert.equal(row(1).at(-1), 'reached');
  assert.equal(row(0).at(-1), 'missed');
  assert.match(row(0)[1] ?? '', /cannot keep up/);
});

test('without Holdfast there are no goals', () => {
  assert.doesNotMatch(markdownTable([results('synapse', { start: 1_000 })]), /goal/);
});
