/** One figure of a bench; its row in a table is found by the key. */
export interface Figure {
  readonly key: string;
  readonly value: number;
}

/** What one server showed. */
export interface FigureResults {
  readonly peer: string;
  readonly version: string;
  readonly figures: readonly Figure[];
  readonly failures: readonly { readonly scenario: string; readonly error: string }[];
}

export interface FigureRow {
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  readonly digits: number;
  readonly goal?: string;
  /** Whether the goal is reached; undefined where a figure is missing. */
  reached?(value: Look): boolean | undefined;
}

/** A figure of a server. */
export type Look = (peer: 'holdfast' | 'synapse', key: string) => number | undefined;

/** Holdfast's figure is at most this share of Synapse's. */
export function atMost(key: string, share: number) {
  return (look: Look) => compare(look('holdfast', key), look('synapse', key), (own, other) => own <= other * share);
}

/** Holdfast's figure is at least ten times Synapse's. */
export function tenTimes(key: string) {
  return (look: Look) => compare(look('holdfast', key), look('synapse', key), (own, other) => own >= other * 10);
}

/** Holdfast's figure is below a limit. */
export function below(key: string, limit: number) {
  return (look: Look) => compare(look('holdfast', key), limit, (own, most) => own < most);
}

export function compare(
  one: number | undefined,
  other: number | undefined,
  holds: (one: number, other: number) => boolean,
): boolean | undefined {
  return one === undefined || other === undefined ? undefined : holds(one, other);
}

/** A row for each figure, a column for each server, and how Holdfast stands to Synapse and to its goals. */
export function formatFigureTable(rows: readonly FigureRow[], results: readonly FigureResults[]): string {
  const find = (peer: string, key: string) =>
    results.find((result) => result.peer === peer)?.figures.find((figure) => figure.key === key)?.value;
  const peers = results.map(({ peer }) => peer);
  const compared = peers.includes('holdfast') && peers.includes('synapse');
  const head = ['what', ...peers, ...(compared ? ['holdfast : synapse'] : []), 'goal', ''];
  const lines = rows
    .filter(({ key }) => peers.some((peer) => find(peer, key) !== undefined))
    .map((row) => {
      const values = peers.map((peer) => formatValue(find(peer, row.key), row));
      const ratio = formatRatio(find('holdfast', row.key), find('synapse', row.key));
      const reached = row.reached?.(find);
      const verdict = reached === undefined ? '' : reached ? '✔' : '✖';
      return [row.title, ...values, ...(compared ? [ratio] : []), row.goal ?? '', verdict];
    });
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function formatValue(value: number | undefined, { unit, digits }: FigureRow): string {
  if (value === undefined) return '–';
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`;
}

function formatRatio(own: number | undefined, other: number | undefined): string {
  if (own === undefined || other === undefined || other === 0) return '';
  const ratio = own / other;
  return ratio >= 1 ? `${ratio.toFixed(1)} ×` : `1/${(1 / ratio).toFixed(1)}`;
}
