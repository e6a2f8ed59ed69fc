import { readdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { createRandom, type Random } from '@holdfast/conformance/simulation/random.ts';
import { withConnection } from '@holdfast/homeserver/platform/embedded-postgres/cluster-connection.ts';
import { RawIrcClient } from '@holdfast/irc-bridge/testing/raw-irc-client.ts';
import { startIrcd } from '@holdfast/irc-bridge/testing/start-ircd.ts';
import { type ColdMachine, prepareColdMachine } from '../cluster/cold-machine.ts';
import { type FakePager, startFakePager } from '../cluster/fake-pager.ts';
import { type Finding, finding, noneOf, showSeconds, within } from '../drill.ts';
import { ColdPeople } from './d10-people.ts';

const servingLimitMs = 120_000;
/** A machine starts its programs within this time of each other; what an order means shows then. */
const longestPauseMs = 6_000;
/** After a start all is in use for a while, before the power is cut. */
const runMs = 3_000;
const rounds = { short: 2, long: 6 };
const retryMs = 500;

interface Round {
  readonly order: string;
  /** Until a message of one person was read by another. */
  readonly servingMs: number;
  /** By what must be there; all of it is limited in the same way. */
  readonly parts: ReadonlyMap<string, number>;
}

interface Stage {
  readonly machine: ColdMachine;
  readonly people: ColdPeople;
  readonly pager: FakePager;
  readonly random: Random;
  say(text: string): void;
}

/**
 * D10. Everything is off, and starts in an order that the seed chooses, each program with an empty PATH and nothing else
 * of anybody's environment, as a supervisor starts it. Nobody does anything until people's messages arrive. The first
 * round begins with an empty database; before each further one the power is cut while all is in use.
 */
export const coldStart = {
  name: 'd10',
  fault: 'start everything at once from nothing and after a power cut, in any order, with an empty PATH',
  async run(options: { readonly folder: string; readonly short: boolean; readonly seed: number }): Promise<Finding[]> {
    const startedMs = performance.now();
    const say = (text: string) =>
      console.log(`  ${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
    const pager = await startFakePager();
    const ircd = await startIrcd('ngircd');
    const bob = await RawIrcClient.connect(ircd.port, 'bob');
    await bob.join('#cold');
    const machine = await prepareColdMachine({ folder: options.folder, ircPort: ircd.port, pagerUrl: pager.url });
    const people = new ColdPeople(machine.baseUrls, bob);
    const stage: Stage = { machine, people, pager, random: createRandom(options.seed), say };
    try {
      say(`the seed is ${options.seed}`);
      const seen: Round[] = [];
      const count = options.short ? rounds.short : rounds.long;
      for (let round = 1; round <= count; round++) seen.push(await startAndCut(stage, round));
      return await judge(stage, seen);
    } finally {
      bob.close();
      await machine.cutPower();
      await ircd.stop();
      pager.close();
    }
  },
};

async function startAndCut(stage: Stage, round: number): Promise<Round> {
  const { machine, random, say } = stage;
  if (round > 1) {
    say('the power is cut');
    await machine.cutPower();
  }
  const order = random.shuffle(machine.programs);
  const names = order.map(({ name }) => name).join(', ');
  say(`started in this order: ${names}`);
  const startMs = performance.now();
  const looking = lookAtAll(stage, round, startMs);
  for (const program of order) {
    program.start();
    if (program !== order.at(-1)) await wait(random.integer(longestPauseMs));
  }
  const allStartedMs = performance.now() - startMs;
  const { servingMs, parts } = await looking;
  const again = machine.programs.filter(({ starts }) => starts > 1).map(({ name, starts }) => `${name} ${starts}`);
  say(`all were started after ${showSeconds(allStartedMs)}; serving after ${showSeconds(servingMs)}`);
  for (const [what, ms] of parts) say(`  ${what}: ${showSeconds(ms)}`);
  if (again.length > 0)
    say(`  started more than once by their supervisor, since others were not there: ${again.join(', ')}`);
  await wait(runMs);
  return { order: names, servingMs, parts };
}

/** Tries everything that has to work, from the first moment, and says how long each took. */
async function lookAtAll({ machine, people, pager }: Stage, round: number, startMs: number) {
  const endMs = startMs + servingLimitMs;
  const until = async (what: string, look: () => Promise<boolean>): Promise<readonly [string, number]> => {
    while (performance.now() < endMs) {
      if (await look().catch(() => false)) return [what, performance.now() - startMs];
      await wait(retryMs);
    }
    return [what, Number.POSITIVE_INFINITY];
  };
  const pairs = machine.baseUrls.map((_, index) => [index, (index + 1) % machine.baseUrls.length] as const);
  const serving = pairs.map(([from, to]) =>
    until(`sent by process ${from + 1}, read by process ${to + 1}`, () => people.talk(from, to, `round ${round}`)),
  );
  const parts = await Promise.all([
    ...serving,
    until('from Matrix to IRC', () => people.sayToIrc(`round ${round}`)),
    until('from IRC to Matrix', () => people.hearFromIrc(`round ${round}`)),
    until('the monitor watches', async () => (pager.last('/outside') ?? 0) > startMs),
    until("the database's log is archived", archivesSince(machine)),
  ]);
  const servingMs = Math.min(...(await Promise.all(serving)).map(([, ms]) => ms));
  return { servingMs, parts: new Map(parts) };
}

/** Whether a log that PostgreSQL has finished since the start has reached the archive. */
function archivesSince({ archive, findDatabase }: ColdMachine): () => Promise<boolean> {
  let wanted: string | undefined;
  return async () => {
    if (wanted === undefined) {
      const { superuserUrl } = await findDatabase();
      wanted = await withConnection(superuserUrl, async (sql) => {
        // A log in which nothing stands is not finished.
        await sql`SELECT pg_create_restore_point('drill')`;
        const [row] = await sql`SELECT pg_walfile_name(pg_switch_wal()) AS name`;
        return row?.['name'] as string;
      });
    }
    return (await readdir(archive, { recursive: true })).some((path) => path.endsWith(`${wanted}.gz`));
  };
}

async function judge({ people, machine }: Stage, seen: readonly Round[]): Promise<Finding[]> {
  const slowest = Math.max(...seen.map(({ servingMs }) => servingMs));
  const parts = [...new Set(seen.flatMap((round) => [...round.parts.keys()]))].map((what) => {
    return [what, Math.max(...seen.map((round) => round.parts.get(what) ?? Number.POSITIVE_INFINITY))] as const;
  });
  const { lost, doubled, acknowledged } = await people.check(machine.baseUrls[0] ?? '');
  return [
    finding(
      'cold starts; different orders',
      `${seen.length}; ${new Set(seen.map(({ order }) => order)).size}`,
      '',
      true,
    ),
    within('until a message is read by another, at most', slowest, servingLimitMs),
    ...parts.map(([what, ms]) => within(`  ${what}`, ms, servingLimitMs)),
    finding('acknowledged messages, the power cuts between', acknowledged, 'at least 1', acknowledged > 0),
    noneOf('of them lost', lost),
    noneOf('messages that are there twice', doubled),
  ];
}
