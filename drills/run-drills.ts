/**
 * Incident drills: real processes, real PostgreSQL, real faults, under load through the client API.
 *
 *   npm run drill                              all drills, 50,000 acknowledged events each
 *   npm run drill -- d1 d7                     these
 *   npm run drill -- --short                   a few thousand events each, for every change
 *   npm run drill -- d2 --events 100000        more
 *   npm run drill -- d7 --keep                 keeps the logs of drills that pass, too
 *   npm run drill -- d1 --short --unwatched    without the monitor, whose seconds say nothing on a busy machine
 *   npm run drill -- d10 --seed 7              chances as this number says, where a drill has any
 *   npm run drill -- d4 --short --twice-if-late  once more where nothing but limits of time was missed
 *
 * Prints each drill's numbers and ends with 1 if one of them missed its limit.
 */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import type { Drill } from './drill.ts';
import { federationDrill } from './federation/federation-drill.ts';
import { isOnlyLate } from './finding.ts';
import { formatFindings } from './format-findings.ts';
import { closeConnections } from './load/send-request.ts';
import { runDrill } from './run-drill.ts';
import { partedPrimary } from './scenarios/d1-parted.ts';
import { freezePrimary } from './scenarios/d1-primary.ts';
import { cutBridge } from './scenarios/d3-cut-bridge.ts';
import { hangAppservices } from './scenarios/d4-hang-appservices.ts';
import { loseReplica } from './scenarios/d5-lose-replica.ts';
import { fillDisk } from './scenarios/d6-fill-disk.ts';
import { nobodyAnswers } from './scenarios/d9-nobody-answers.ts';
import { coldStart } from './scenarios/d10-cold-start.ts';
import { restoreDrill } from './scenarios/d11-restore.ts';
import { dropHints } from './scenarios/drop-hints.ts';
import { freezeOwner } from './scenarios/freeze-owner.ts';
import { killProcesses } from './scenarios/kill-processes.ts';
import { stepClock } from './scenarios/step-clock.ts';
import { week } from './scenarios/week.ts';

/** Those with a `run` of their own are not judged by the load's log. */
type AnyDrill = Drill | Pick<typeof coldStart, 'name' | 'fault' | 'run'>;

const drills: readonly AnyDrill[] = [
  ...[freezeOwner, freezePrimary, partedPrimary, stepClock, loseReplica, fillDisk, killProcesses, dropHints],
  ...[cutBridge, hangAppservices],
  ...[nobodyAnswers, coldStart, restoreDrill, federationDrill, week],
];
const fullEvents = 50_000;
const shortEvents = 3_000;

interface RunOptions {
  readonly events: number;
  readonly short: boolean;
  readonly keep: boolean;
  readonly seed: number;
  readonly unwatched: boolean;
}

type Outcome = 'passed' | 'late' | 'failed';

/** Runs a drill in a folder of its own, which is kept unless it passed. */
async function runOne(drill: AnyDrill, options: RunOptions): Promise<Outcome> {
  console.log(`\n${drill.name}: ${drill.fault}`);
  const parent = await mkdtemp(join(tmpdir(), `holdfast-drill-${drill.name}-`));
  const folder = join(parent, 'run');
  // PostgreSQL's own user has to pass through.
  await Promise.all([chmod(parent, 0o711), mkdir(folder, { mode: 0o711 })]);
  let outcome: Outcome = 'failed';
  try {
    const given = { ...options, folder };
    const findings = await ('run' in drill ? drill.run(given) : runDrill(drill, given));
    console.log(formatFindings(findings));
    if (findings.every(({ passed }) => passed)) outcome = 'passed';
    else if (isOnlyLate(findings)) outcome = 'late';
  } catch (error) {
    console.log(`✖ the drill could not be run to its end: ${error instanceof Error ? error.stack : String(error)}`);
  }
  const passed = outcome === 'passed';
  console.log(passed ? `${drill.name} passed.` : `${drill.name} FAILED; its logs are in ${folder}`);
  if (passed && options.keep) console.log(`Its logs are in ${folder}`);
  else if (passed) await rm(parent, { recursive: true, force: true, maxRetries: 5 });
  return outcome;
}

async function runDrills(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      short: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      unwatched: { type: 'boolean', default: false },
      'twice-if-late': { type: 'boolean', default: false },
      events: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  });
  const unknown = positionals.filter((name) => !drills.some((drill) => drill.name === name));
  const events = Number(values.events ?? (values.short ? shortEvents : fullEvents));
  const seed = Number(values.seed);
  if (unknown.length > 0 || ![events, seed].every((each) => Number.isSafeInteger(each) && each > 0)) {
    console.error(
      `Usage: npm run drill -- [${drills.map(({ name }) => name).join(' ')}] [--short] [--unwatched] [--keep] [--twice-if-late] [--events NUMBER] [--seed NUMBER]`,
    );
    return 1;
  }
  const chosen = positionals.length === 0 ? drills : drills.filter(({ name }) => positionals.includes(name));
  const failed: string[] = [];
  for (const drill of chosen) {
    const { short, keep, unwatched } = values;
    const run = { events, short, keep, seed, unwatched };
    let outcome = await runOne(drill, run);
    if (outcome === 'late' && values['twice-if-late']) {
      console.log(
        `Nothing but limits of time was missed, which this machine may have been too busy for: ${drill.name} once more.`,
      );
      outcome = await runOne(drill, run);
    }
    if (outcome !== 'passed') failed.push(drill.name);
  }
  closeConnections();
  console.log(failed.length === 0 ? '\nAll drills passed.' : `\nFailed: ${failed.join(', ')}.`);
  return failed.length === 0 ? 0 : 1;
}

if (import.meta.main) {
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  process.exit(await runDrills(process.argv.slice(2)));
}
