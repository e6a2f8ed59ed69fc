import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '@holdfast/conformance/simulation/random.ts';
import type { HomeserverProcess } from '../cluster/homeserver-process.ts';
import type { SoakWorld } from './soak-world.ts';

/** What is done to the world, until it is over: a fault has been taken back when it resolves. */
export interface SoakFault {
  readonly name: string;
  /** Whether it can be made here, now. */
  isPossible(world: SoakWorld): boolean;
  run(stage: FaultStage): Promise<void>;
}

export interface FaultStage {
  readonly world: SoakWorld;
  readonly random: Random;
  say(text: string): void;
}

/** What a supervisor takes to start a program again. */
const restartAfterMs = 2_000;
/** Longer than the lease of 2.5 s. */
const freezeMs = { least: 4_000, more: 6_000 };
const lastsMs = 12_000;
const hintsEndEveryMs = 100;
const stepSeconds = 540;
/** Whoever supervises PostgreSQL waits longer before each further start of one that keeps ending. */
const postgresRestMs = 120_000;
let postgresKilledMs = Number.NEGATIVE_INFINITY;

function pickProcess({ world, random }: FaultStage): HomeserverProcess {
  const running = world.cluster.processes.filter(({ isRunning }) => isRunning);
  const picked = random.pick(running);
  if (!picked) throw new Error('no process of the homeserver runs');
  return picked;
}

const always = () => true;

const freeze: SoakFault = {
  name: 'a process is frozen and thawed',
  isPossible: always,
  async run(stage) {
    const process = pickProcess(stage);
    const durationMs = freezeMs.least + stage.random.integer(freezeMs.more);
    stage.say(`${process.name} is frozen for ${(durationMs / 1_000).toFixed(1)} s`);
    process.freeze();
    await wait(durationMs);
    process.thaw();
  },
};

const kill: SoakFault = {
  name: 'a process is killed',
  isPossible: always,
  async run(stage) {
    const process = pickProcess(stage);
    stage.say(`${process.name} is killed, and started again`);
    await process.kill();
    await wait(restartAfterMs);
    await process.start();
  },
};

const killPostgres: SoakFault = {
  name: 'PostgreSQL is killed',
  isPossible: () => performance.now() - postgresKilledMs > postgresRestMs,
  async run({ world, say }) {
    postgresKilledMs = performance.now();
    say('PostgreSQL is killed');
    await world.cluster.postgres.killPostmaster();
  },
};

const dropHints: SoakFault = {
  name: 'hints are dropped',
  isPossible: always,
  async run({ world, say }) {
    say(`the connections over which processes hear of news are ended again and again for ${lastsMs / 1_000} s`);
    for (const endMs = performance.now() + lastsMs; performance.now() < endMs; await wait(hintsEndEveryMs)) {
      await world.cluster.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'holdfast hints'`.catch(() => []);
    }
  },
};

const endConnections: SoakFault = {
  name: 'all connections to the database are ended',
  isPossible: always,
  async run({ world, say }) {
    say('all connections to the database are ended');
    await world.cluster.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`.catch(() => []);
  },
};

const stepClock: SoakFault = {
  name: 'the clock of a process is stepped and put right',
  isPossible: ({ stepClock: step }) => step !== undefined,
  async run({ world, random, say }) {
    const seconds = random.chance(0.5) ? stepSeconds : -stepSeconds;
    say(`the clock of ${world.cluster.processes.at(-1)?.name} is off by ${seconds} s for ${lastsMs / 1_000} s`);
    await world.stepClock?.(seconds);
    await wait(lastsMs);
    await world.stepClock?.(0);
  },
};

const hangService: SoakFault = {
  name: 'an application service hangs',
  isPossible: always,
  async run({ world, random, say }) {
    const behaviour = random.pick(['never answers', 'never ends its body', 'sends a byte a second'] as const);
    say(`the application service ${behaviour} for ${lastsMs / 1_000} s`);
    world.service.behaviour = behaviour ?? 'never answers';
    await wait(lastsMs);
    world.service.behaviour = 'well';
  },
};

const cutOther: SoakFault = {
  name: 'another server is cut off',
  isPossible: always,
  async run({ world, say }) {
    say(`the servers are cut off from each other for ${lastsMs / 1_000} s`);
    world.cut();
    await wait(lastsMs);
    world.mend();
  },
};

const killOther: SoakFault = {
  name: 'another server is killed',
  isPossible: always,
  async run({ world, say }) {
    say('the other server is killed, and started again');
    await world.other.kill();
    await wait(restartAfterMs);
    await world.other.start();
  },
};

const faults: readonly SoakFault[] = [
  ...[freeze, kill, killPostgres, dropHints, endConnections, stepClock, hangService, cutOther, killOther],
];

/**
 * The faults in an order of the seed: each comes once before any comes again, so that a short soak has many kinds.
 * Gives the next one that can be made now.
 */
export function chooseFaults(random: Random): (world: SoakWorld) => SoakFault {
  let waiting: SoakFault[] = [];
  return (world) => {
    if (waiting.length === 0) waiting = random.shuffle(faults.filter((fault) => fault.isPossible(world)));
    const index = Math.max(
      0,
      waiting.findIndex((fault) => fault.isPossible(world)),
    );
    return waiting.splice(index, 1)[0] ?? freeze;
  };
}
