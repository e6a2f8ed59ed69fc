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
  const [own, ...others] = peers;
  if (own === undefined) return '';
  const figures = figuresOf(results);
  const head = ['what', ...peers, ...others.map((peer) => `${own} : ${peer}`), `goal of ${own}`, ''];
  const lines = tableRows
    .filter((row) => peers.some((peer) => figures.value(peer, row.key) !== undefined))
    .map((row) => [
      row.title,
      ...peers.map((peer) => cell(row, figures.value(peer, row.key))),
      ...others.map((peer) => ratio(figures.value(own, row.key), figures.value(peer, row.key))),
      row.goal,
      verdict(row.reached(figures, own)),
    ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cell(row: TableRow, value: number | undefined): string {
  if (value === undefined) return '';
  if (!Number.isFinite(value)) return 'cannot keep up';
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
