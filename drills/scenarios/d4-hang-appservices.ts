import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type AppserviceBehaviour, type StubAppservice, startStubAppservice } from '../appservices/stub-appservice.ts';
import { type Drill, type Finding, finding, noneOf, ofTime, type Stage, showSeconds, within } from '../drill.ts';
import type { Load } from '../load/send-load.ts';
import { type DrillOptions, runDrill } from '../run-drill.ts';

/** Far from what the machine can do, or the queue of the load itself would be measured. */
const eventsPerSecond = 200;
const healthyServices = 5;
const hangs: readonly AppserviceBehaviour[] = ['never answers', 'never ends its body', 'sends a byte a second'];
/** Quiet and hanging parts take turns, so that whatever else the machine does meets both. */
const parts = {
  short: { quietMs: 12_000, hangingMs: 36_000, rounds: 1 },
  full: { quietMs: 32_000, hangingMs: 42_000, rounds: 3 },
};
/** At both ends of a part: what was sent in the one before is not counted in it. */
const edgeMs = 2_000;
/** 30 s from connecting to the last byte of the answer, as the flow says, and something for the machine. */
const abandonedWithinMs = 31_000;
/** The rest of the deadline, and the longest pause before another attempt. */
const healedWithinMs = 100_000;
const limits = { short: 1.25, full: 1.1 };

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * D4. Three of eight application services hang, each in a way of its own, and are healed again. Each is given up by its
 * deadline, the others notice nothing, and all of them get everything once and in order.
 */
export const hangAppservices = {
  name: 'd4',
  fault: 'application services that never answer, never end their body, or send a byte a second; then they are healed',
  async run(options: DrillOptions): Promise<Finding[]> {
    // The monitor registers its user there too.
    const folder = join(options.folder, 'registrations');
    await mkdir(folder, { recursive: true });
    const start = (name: string) => startStubAppservice(name, folder);
    const healthy = await Promise.all(Array.from({ length: healthyServices }, (_, index) => start(`well-${index}`)));
    const hanging = await Promise.all(hangs.map((how) => start(how.replaceAll(' ', '-'))));
    const services = [...healthy, ...hanging];
    try {
      return await runDrill(describeDrill(folder, healthy, hanging), options);
    } finally {
      await Promise.all(services.map((service) => service.stop()));
    }
  },
};

function describeDrill(folder: string, healthy: readonly StubAppservice[], hanging: readonly StubAppservice[]): Drill {
  const services = [...healthy, ...hanging];
  return {
    ...{
      name: hangAppservices.name,
      fault: hangAppservices.fault,
      shardCount: 4,
      longestGapMs: 5_000,
      eventsPerSecond,
    },
    environment: { HOLDFAST_APPLICATION_SERVICES_FOLDER: folder },
    watch: dirname,
    inject: (stage) => hangAndHeal(stage, healthy, hanging),
    async observe({ load }) {
      await untilSeen(services, acknowledgedBodies(load), healedWithinMs);
      return services.flatMap((service) => service.observe());
    },
  };
}

async function hangAndHeal(
  { load, say, short, hasTimeForMore, monitor }: Stage,
  healthy: readonly StubAppservice[],
  hanging: readonly StubAppservice[],
): Promise<Finding[]> {
  const { quietMs, hangingMs, rounds } = short ? parts.short : parts.full;
  const [quiet, faulty, healedMs]: [Span[], Span[], number[]] = [[], [], []];
  const named: Finding[] = [];
  const follow = async (durationMs: number): Promise<Span> => {
    const fromMs = performance.now();
    await wait(durationMs);
    return { fromMs: fromMs + edgeMs, toMs: performance.now() - edgeMs };
  };
  for (let round = 0; round < rounds || hasTimeForMore(); round++) {
    say('all services answer');
    quiet.push(await follow(quietMs));
    for (const [index, service] of hanging.entries()) service.behaviour = hangs[index] ?? 'never answers';
    say(`of ${healthy.length + hanging.length} services ${hanging.length} hang`);
    const hangMs = performance.now();
    faulty.push(await follow(hangingMs));
    // They hang for longer once, so that somebody has to be called.
    const patterns = hanging.map(({ id }) => new RegExp(`^application service ${id} from Matrix`));
    if (round === 0) for (const pattern of patterns) await monitor?.untilPaged(pattern, hangMs);
    for (const [index, { id }] of hanging.entries()) {
      const pattern = patterns[index] as RegExp;
      if (round === 0)
        named.push(...(monitor?.judge(`the one that ${id.replaceAll('-', ' ')}`, pattern, hangMs) ?? []));
      else if (monitor) named.push(monitor.judgeNaming(`${id.replaceAll('-', ' ')} again`, pattern, hangMs));
    }
    for (const service of hanging) service.behaviour = 'well';
    const healMs = performance.now();
    say('they are healed');
    const isThere = await untilSeen(hanging, acknowledgedBodies(load), healedWithinMs);
    healedMs.push(isThere ? performance.now() - healMs : Number.POSITIVE_INFINITY);
    say(`they have everything after ${showSeconds(healedMs.at(-1) ?? 0)}`);
  }
  return [
    ...named,
    ...compareDelivery({ load, services: healthy, quiet, faulty, limit: short ? limits.short : limits.full }),
    ...hanging.flatMap(judgeHanging),
    within('everything at the healed ones after', Math.max(...healedMs), healedWithinMs),
    noneOf(
      'transactions repeated with other bytes or after they were acknowledged',
      [...healthy, ...hanging].reduce((sum, each) => sum + each.repetitionsAtFault.length, 0),
    ),
  ];
}

function judgeHanging(service: StubAppservice): Finding[] {
  const { id, abandoned } = service;
  const slowestMs = Math.max(0, ...abandoned.map(({ afterMs }) => afterMs));
  const isGood = abandoned.length > 0 && slowestMs <= abandonedWithinMs && service.hangingCount() === 0;
  const value = `${abandoned.length} times after at most ${showSeconds(slowestMs)}`;
  return [
    finding(
      `transactions abandoned where it ${id.replaceAll('-', ' ')}`,
      value,
      showSeconds(abandonedWithinMs),
      isGood,
    ),
  ];
}

interface Comparison {
  readonly load: Load;
  readonly services: readonly StubAppservice[];
  readonly quiet: readonly Span[];
  readonly faulty: readonly Span[];
  /** How many times the quiet p99. */
  readonly limit: number;
}

/** From the client's request until a service has the event, while all answer and while some hang. */
function compareDelivery({ load, services, quiet, faulty, limit }: Comparison): Finding[] {
  const measure = (spans: readonly Span[]) => {
    const delays = spans.flatMap((span) => delaysIn(load, services, span)).toSorted((a, b) => a - b);
    const at = (share: number) => delays[Math.floor((delays.length - 1) * share)] ?? Number.POSITIVE_INFINITY;
    return { count: delays.length, p50: at(0.5), p99: at(0.99) };
  };
  const [before, during] = [measure(quiet), measure(faulty)];
  const show = ({ count, p50, p99 }: typeof before) => `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms of ${count}`;
  const change = (during.p99 / before.p99 - 1) * 100;
  const each = (spans: readonly Span[]) => spans.map((span) => measure([span]).p99.toFixed(1)).join(', ');
  return [
    finding('delivery to the other services, all well', show(before), '', true),
    finding('delivery to them while some hang', show(during), '', true),
    finding('p99 of each part, all well', `${each(quiet)} ms`, '', true),
    finding('p99 of each part while some hang', `${each(faulty)} ms`, '', true),
    ofTime(
      finding(
        "change of the others' p99",
        `${change > 0 ? '+' : ''}${change.toFixed(1)} %`,
        `+${Math.round((limit - 1) * 100)} %`,
        during.p99 <= before.p99 * limit,
      ),
    ),
  ];
}

/** One that never came counts as infinitely late. */
function delaysIn(load: Load, services: readonly StubAppservice[], { fromMs, toMs }: Span): number[] {
  const delays: number[] = [];
  for (const [body, askedMs] of load.firstAskedMs) {
    if (askedMs < fromMs || askedMs >= toMs) continue;
    for (const { firstSeenMs } of services) {
      delays.push((firstSeenMs.get(body) ?? Number.POSITIVE_INFINITY) - askedMs);
    }
  }
  return delays;
}

function acknowledgedBodies(load: Load): string[] {
  return load.attempts.flatMap(({ body, told }) => (told.kind === 'acknowledged' ? body : []));
}

/** Whether all services have all of these in time. */
async function untilSeen(
  services: readonly StubAppservice[],
  bodies: readonly string[],
  timeoutMs: number,
): Promise<boolean> {
  const untilMs = performance.now() + timeoutMs;
  const missing = new Map(services.map((service) => [service, new Set(bodies)]));
  while (performance.now() < untilMs) {
    for (const [service, left] of missing) {
      for (const body of left) if (service.firstSeenMs.has(body)) left.delete(body);
      if (left.size === 0) missing.delete(service);
    }
    if (missing.size === 0) return true;
    await wait(200);
  }
  return false;
}
