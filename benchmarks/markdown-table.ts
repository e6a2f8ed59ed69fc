import type { PeerResults } from './measure-peer.ts';
import { type RunFigures, type TableRow, tableRows } from './table-rows.ts';

/** Looks figures up by peer and key. */
export function figuresOf(results: readonly PeerResults[]): RunFigures {
  const byPeer = new Map(results.map((result) => [result.peer, result]));
  return {
    value: (peer, key) => byPeer.get(peer)?.measurements.find((measurement) => measurement.key === key)?.value,
    durableCommitMs: (peer) => byPeer.get(peer)?.durableCommitMs.p50 ?? Number.NaN,
  };
}

/** One row for each figure that some peer has, one column for each peer, then how the first stands to the others. */
export function markdownTable(results: readonly PeerResults[]): string {
  const peers = results.map((result) => result.peer);
  const [first, ...others] = peers;
  if (first === undefined) return '';
  const figures = figuresOf(results);
  // The goals are Holdfast's own; of other servers nobody asks them.
  const withGoals = peers.includes('holdfast');
  const head = ['what', ...peers, ...others.map((peer) => `${first} : ${peer}`), ...(withGoals ? ['goal', ''] : [])];
  const lines = tableRows
    .filter((row) => peers.some((peer) => figures.value(peer, row.key) !== undefined))
    .map((row) => [
      row.title,
      ...peers.map((peer) => cell(row, figures, peer)),
      ...others.map((peer) => ratio(figures.value(first, row.key), figures.value(peer, row.key))),
      ...(withGoals ? [row.goal, verdict(row.reached(figures, 'holdfast'))] : []),
    ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cell(row: TableRow, figures: RunFigures, peer: string): string {
  const value = figures.value(peer, row.key);
  if (value === undefined) return '';
  const lags = row.keepsUpKey !== undefined && figures.value(peer, row.keepsUpKey) !== 1;
  return `${formatValue(row, value)}${lags ? ' (cannot keep up)' : ''}`;
}

function formatValue(row: TableRow, value: number): string {
  if (!Number.isFinite(value)) return 'nothing came';
  if (row.unit === 'MB') return `${(value / 1e6).toFixed(0)} MB`;
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const number = Number(value.toFixed(digits)).toLocaleString('en-US');
  return row.unit === 'per second' ? `${number}/s` : `${number} ${row.unit}`;
}

function ratio(own: number | undefined, other: number | undefined): string {
  if (own === undefined || other === undefined) return '';
  const value = own / other;
  return Number.isFinite(value) ? `${Number(value.toPrecision(3))}` : '';
}

function verdict(reached: boolean | undefined): string {
  return reached === undefined ? '' : reached ? 'reached' : 'missed';
}
