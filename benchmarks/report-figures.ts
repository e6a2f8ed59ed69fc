import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { FigureResults } from './figure-table.ts';

interface FigureReport {
  /** What the figures depend on, a line each, beside the machine and the servers. */
  readonly setting: readonly string[];
  readonly table: string;
  /** Writes `out`.json and `out`.md. */
  readonly out: string | undefined;
}

/** Prints what servers showed, and sets the exit code where a scenario failed. */
export function reportFigures(results: readonly FigureResults[], { setting, table, out }: FigureReport): void {
  const lines = [
    `${cpus().length} cores (${cpus()[0]?.model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
    ...results.map(({ peer, version }) => `${peer}: ${version}`),
    ...setting,
  ];
  const text = `${lines.map((line) => `- ${line}`).join('\n')}\n\n${table}\n`;
  console.log(text);
  for (const { peer, failures } of results) {
    for (const { scenario, error } of failures) console.log(`${peer}: ${scenario} failed: ${error}`);
    if (failures.length > 0) process.exitCode = 1;
  }
  if (out === undefined) return;
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(`${out}.json`, `${JSON.stringify({ setting: lines, results }, null, 2)}\n`);
  writeFileSync(`${out}.md`, text);
}
