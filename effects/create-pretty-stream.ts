/** What records are written to: standard output, or a collector in tests. */
export interface LogTarget {
  readonly isTTY?: boolean | undefined;
  readonly hasColours?: boolean | undefined;
  write(text: string): unknown;
}

const colours: Record<string, number> = { trace: 90, debug: 36, info: 32, warn: 33, error: 31, fatal: 35 };
const hiddenFields = new Set(['level', 'time', 'msg', 'pid', 'err']);

/** Turns JSON records into lines for people: time, level, message, then the fields as `name=value`. */
export function createPrettyStream(target: LogTarget): { write(line: string): void } {
  return { write: (line) => void target.write(formatRecord(line, target.hasColours === true)) };
}

function formatRecord(line: string, isColoured: boolean): string {
  const record = JSON.parse(line) as Record<string, unknown>;
  const paint = (text: string, colour: number) => (isColoured ? `\u001b[${colour}m${text}\u001b[0m` : text);
  const level = String(record['level']);
  const time = String(record['time']).slice(11, 23);
  const fields = Object.entries(record)
    .filter(([name]) => !hiddenFields.has(name))
    .map(([name, value]) => paint(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`, 90));
  const words = [
    paint(time, 90),
    paint(level.padEnd(5), colours[level] ?? 0),
    typeof record['msg'] === 'string' ? record['msg'] : '',
    ...fields,
  ];
  return `${words.join(' ')}\n${formatError(record['err'])}`;
}

function formatError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { stack, message } = error as { stack?: string; message?: string };
  return `${(stack ?? message ?? JSON.stringify(error)).replace(/^/gm, '    ')}\n`;
}
