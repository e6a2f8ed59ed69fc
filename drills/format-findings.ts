import type { Finding } from './drill.ts';

/** A table, a line for each. */
export function formatFindings(findings: readonly Finding[]): string {
  const width = (read: (each: Finding) => string) => Math.max(...findings.map((each) => read(each).length));
  const [what, value] = [width((each) => each.what), width((each) => each.value)];
  return findings
    .map((each) => `${each.passed ? '✔' : '✖'} ${each.what.padEnd(what)}  ${each.value.padStart(value)}  ${each.limit}`)
    .join('\n');
}
