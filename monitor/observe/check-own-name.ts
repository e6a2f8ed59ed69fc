import { runProgram } from '../platform/run-program.ts';
import type { ReachFinding } from './reachability.ts';

/** How the homeserver looks for itself: its program, which reads one line of JSON and prints one. */
export interface OwnNameCheck {
  readonly program: string;
  readonly question: Readonly<Record<string, unknown>>;
}

const programTimeoutMs = 45_000;
const mostTextChars = 500;

/** Runs the homeserver's own check of the way to it. Throws where it does not come to its end or says something else. */
export async function checkOwnName({ program, question }: OwnNameCheck): Promise<ReachFinding[]> {
  const said = await runProgram(process.execPath, [program], programTimeoutMs, `${JSON.stringify(question)}\n`);
  const findings = parse(said ?? '');
  if (!Array.isArray(findings) || !findings.every(isFinding)) throw new Error('the check did not come to its end');
  return findings.map(({ verdict, what }) => ({ verdict, what: what.slice(0, mostTextChars) }));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isFinding(value: unknown): value is ReachFinding {
  const { verdict, what } = (value ?? {}) as Partial<ReachFinding>;
  return ['ok', 'warning', 'problem'].includes(verdict ?? '') && typeof what === 'string';
}
