/**
 * A soak: people, bots, another server, an application service and files at once, with a fault every half minute that the
 * seed chooses, judged as the drills are; and memory, file descriptors, connections and disk must be flat.
 *
 *   npm run soak -- --minutes 30
 *   npm run soak -- --minutes 30 --seed 7
 *   npm run soak -- --minutes 60 --no-faults   nothing goes wrong, and the monitor must call nobody
 *   npm run soak -- --minutes 5 --keep         keeps the logs of one that passes, too
 *
 * Ends with 1 if it missed something.
 */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createRandom } from '@holdfast/conformance/simulation/random.ts';
import { measureLongestGap } from '../checker/measure-gap.ts';
import { type Finding, finding, noneOf } from '../drill.ts';
import { formatFindings } from '../format-findings.ts';
import { closeConnections } from '../load/send-request.ts';
import { judgeSoak } from './judge-soak.ts';
import { watchResources } from './sample-resources.ts';
import { chooseFaults } from './soak-faults.ts';
import { type SoakPeople, startSoakPeople } from './soak-people.ts';
import { type SoakWorld, startSoakWorld } from './soak-world.ts';

interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly withFaults: boolean;
  readonly eventsPerSecond: number;
}

const faultEveryMs = 30_000;
/** Load before the first fault and after the last one. */
const calmMs = 20_000;
/** Of the other server's people; the rest is the cluster's. */
const otherShare = 0.15;
const shownPages = 30;

async function soak(folder: string, options: SoakOptions): Promise<Finding[]> {
  const startedMs = performance.now();
  const say = (text: string) =>
    console.log(`  ${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(7)} s  ${text}`);
  say(`the seed is ${options.seed}`);
  const world = await startSoakWorld(folder, say);
  try {
    const { eventsPerSecond } = options;
    const other = eventsPerSecond * otherShare;
    const people = await startSoakPeople(world, { cluster: eventsPerSecond - other, other });
    const watch = watchResources(world, () => people.acknowledgedCount());
    say('everybody is there');
    const sinceMs = performance.now();
    const faults = await makeFaults(world, people, { ...options, say });
    say(`${people.acknowledgedCount()} events acknowledged; the load ends, and everything is read`);
    const resources = watch.finish();
    return [...faults, ...(await judgeSoak(world, people)), ...resources, ...judgePages(world, sinceMs, options)];
  } finally {
    await world.stop();
  }
}

/** One after the other until the time is over. */
async function makeFaults(
  world: SoakWorld,
  people: SoakPeople,
  { minutes, seed, withFaults, say }: SoakOptions & { say(text: string): void },
): Promise<Finding[]> {
  const endMs = performance.now() + minutes * 60_000;
  const random = createRandom(seed);
  const choose = chooseFaults(random);
  const made = new Map<string, number>();
  // What the soak itself was late by, nobody else is to blame for.
  const ownDelay = monitorEventLoopDelay({ resolution: 10 });
  ownDelay.enable();
  let count = 0;
  await wait(Math.min(calmMs, endMs - performance.now()));
  while (withFaults && performance.now() + faultEveryMs <= endMs) {
    const nextMs = performance.now() + faultEveryMs;
    const fault = choose(world);
    made.set(fault.name, (made.get(fault.name) ?? 0) + 1);
    count++;
    const fromMs = performance.now();
    await fault.run({ world, random, say });
    await wait(Math.max(0, nextMs - performance.now()));
    const lateMs = Math.round(ownDelay.max / 1e6);
    ownDelay.reset();
    say(`  ${describeGap(people, fromMs)}; the soak itself was late by ${lateMs} ms at most`);
  }
  await wait(Math.max(0, endMs - performance.now()));
  const kinds = [...made].map(([name, times]) => finding(`  ${name}`, times, '', true));
  return [finding('faults', count, '', true), ...kinds];
}

/** In words: how long nothing was acknowledged in one of the shards, and when that began. */
function describeGap({ loads, shardOf }: SoakPeople, startMs: number): string {
  const endMs = performance.now();
  const groups = Map.groupBy(loads.cluster.attempts, ({ roomId }) => shardOf.get(roomId));
  const gaps = [...groups].map(([shard, attempts]) => ({ shard, ...measureLongestGap(attempts, { startMs, endMs }) }));
  const [longest] = gaps.toSorted((a, b) => b.durationMs - a.durationMs);
  if (!longest) return 'nothing was said';
  const after = ((longest.fromMs - startMs) / 1_000).toFixed(1);
  return `at most ${Math.round(longest.durationMs)} ms without acknowledgement, in shard ${longest.shard}, ${after} s after that`;
}

function judgePages({ pager }: SoakWorld, sinceMs: number, { withFaults }: SoakOptions): Finding[] {
  const pages = pager.calls.filter(({ path, message }) => path === '/anna' && message?.kind === 'page');
  for (const { atMs, message } of pages.slice(0, shownPages)) {
    console.log(`  paged after ${((atMs - sinceMs) / 1_000).toFixed(0)} s: ${message?.headline}`);
  }
  const lost = pages.filter(({ message }) => /acknowledged messages|hole|wrong checksum/.test(message?.headline ?? ''));
  const beats = pager.calls.filter(({ path }) => path === '/outside').length;
  return [
    finding("calls of the monitor's address outside", beats, 'at least 1', beats > 0),
    withFaults ? finding('pages', pages.length, '', true) : noneOf('pages', pages.length),
    noneOf('pages that data is being lost', lost.length),
  ];
}

function readOptions(args: string[]): (SoakOptions & { readonly keep: boolean }) | undefined {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: '1' },
      rate: { type: 'string', default: '60' },
      'no-faults': { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  const [minutes, seed, eventsPerSecond] = [Number(values.minutes), Number(values.seed), Number(values.rate)];
  const isRight = [minutes, eventsPerSecond].every((each) => each > 0) && Number.isSafeInteger(seed);
  return isRight ? { minutes, seed, eventsPerSecond, withFaults: !values['no-faults'], keep: values.keep } : undefined;
}

async function run(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (!options) {
    console.error('Usage: npm run soak -- [--minutes N] [--seed N] [--rate EVENTS-A-SECOND] [--no-faults] [--keep]');
    return 1;
  }
  const parent = await mkdtemp(join(tmpdir(), 'holdfast-soak-'));
  const folder = join(parent, 'run');
  // PostgreSQL's own user has to pass through.
  await Promise.all([chmod(parent, 0o711), mkdir(folder, { mode: 0o711 })]);
  let passed = false;
  try {
    const findings = await soak(folder, options);
    console.log(formatFindings(findings));
    passed = findings.every((each) => each.passed);
  } catch (error) {
    console.log(`✖ the soak could not be run to its end: ${error instanceof Error ? error.stack : String(error)}`);
  }
  closeConnections();
  console.log(passed ? 'The soak passed.' : `The soak FAILED; its logs are in ${folder}`);
  if (passed && options.keep) console.log(`Its logs are in ${folder}`);
  else if (passed) await rm(parent, { recursive: true, force: true, maxRetries: 5 });
  return passed ? 0 : 1;
}

if (import.meta.main) {
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  process.exit(await run(process.argv.slice(2)));
}
