import { type Finding, ok, problem, warning } from './finding.ts';

/** What came of a start in a namespace. */
export interface ColdStart {
  /** `/health/live` answered. */
  readonly isLive: boolean;
  /** `/health/ready` said yes. */
  readonly isReady: boolean;
  readonly endedByItself: boolean;
  readonly tookMs: number;
  /** The end of what it said. */
  readonly said: string;
}

/** What came of a hook. */
export interface HookRun {
  readonly path: string;
  /** Of the shell: 127 where a program was not found; undefined: it was ended because it took too long. */
  readonly exitCode: number | undefined;
  readonly said: string;
}

const shownChars = 500;

/** `hasOwnDatabase`: it is not named by database.url, and so must come up too. */
export function judgeColdStart(
  { isLive, isReady, endedByItself, tookMs, said }: ColdStart,
  hasOwnDatabase: boolean,
): Finding {
  const seconds = `${(tookMs / 1000).toFixed(1)} s`;
  const what = 'a cold start (no network, no environment, an empty data folder)';
  const last = said.trim().slice(-shownChars);
  if (isReady) return ok(`${what} serves after ${seconds}`);
  if (endedByItself) return problem(`${what} ended by itself after ${seconds}: ${last}`, 'mend what it says');
  if (!isLive) return problem(`${what} answers nothing for ${seconds}: ${last}`, 'mend what it says');
  if (!hasOwnDatabase) return ok(`${what} starts without its database, which is elsewhere, and waits for it`);
  return problem(`${what} does not take writes after ${seconds}: ${last}`, 'mend what it says');
}

/** A hook that fails there may miss what is not in the namespace; one that does not find its programs does nothing anywhere. */
export function judgeHookRun({ path, exitCode, said }: HookRun): Finding {
  const isMissing = exitCode === 127 || /: (?:command )?not found/.test(said);
  const last = said.trim().slice(-shownChars);
  if (isMissing) {
    return problem(
      `the hook ${path} does not find its programs where PATH is empty: ${last}`,
      'write PATH=/usr/sbin:/usr/bin:/sbin:/bin in its second line',
    );
  }
  if (exitCode === undefined) return warning(`the hook ${path} does not come to its end: ${last}`, `sh -x ${path}`);
  return ok(`the hook ${path} finds its programs where PATH is empty`);
}
