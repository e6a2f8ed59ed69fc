import { setTimeout as wait } from 'node:timers/promises';
import { type BridgeStage, setBridgeStage } from '../bridge/bridge-stage.ts';
import type { CutPart } from '../bridge/cut-network.ts';
import { judgeBridging } from '../bridge/judge-bridging.ts';
import { type Finding, finding, noneOf, showSeconds, within } from '../drill.ts';
import { type Load, startLoad } from '../load/send-load.ts';
import type { DrillOptions } from '../run-drill.ts';

/** Of each side. */
const messagesPerSecond = { short: 25, full: 60 };
/** A quarter of an hour, scaled: longer than each time-out between the two, and than the alarms take. */
const cutMs = { short: 45_000, full: 100_000 };
const calmMs = 10_000;
/** Between two cuts: until the monitor has closed what it opened in the first. */
const betweenMs = 30_000;
/** After the last cut: until the bridge's connections have come to rest, and ghosts of the former ones are gone. */
const afterMs = 45_000;
const namedLimitMs = 30_000;
const pageLimitMs = 120_000;
const drainLimitMs = 60_000;
const drainDeadlineMs = 240_000;
const loadDeadlineMs = 600_000;
const directions = ['from Matrix', 'to Matrix'] as const;

/**
 * D3. The bridge's network is cut under load, first towards the homeserver and then altogether: packets vanish, and nobody
 * is told. The team must be told which direction is silent, and somebody be called for it, and after each repair what waited must arrive
 * soon: everything that was said on either side, once and in order.
 */
export const cutBridge = {
  name: 'd3',
  fault: "cut the bridge's network, towards the homeserver and then altogether, and mend it",
  async run({ folder, short, events }: DrillOptions): Promise<Finding[]> {
    const stage = await setBridgeStage(folder);
    try {
      return await cutAndMend(stage, short, events);
    } finally {
      await stage.stop();
    }
  },
};

async function cutAndMend(stage: BridgeStage, short: boolean, events: number): Promise<Finding[]> {
  const { cluster, rooms, crowd } = stage;
  const startMs = performance.now();
  const say = (text: string) =>
    console.log(`  ${((performance.now() - startMs) / 1_000).toFixed(1).padStart(6)} s  ${text}`);
  const rate = short ? messagesPerSecond.short : messagesPerSecond.full;
  const baseUrls = cluster.processes.map(({ baseUrl }) => baseUrl);
  const load = startLoad({ baseUrls, rooms, eventsPerSecond: rate });
  crowd.speak(rate);
  const count = () => load.acknowledgedCount() + crowd.saidCount();
  const findings: Finding[] = [];
  for (const part of ['the homeserver', 'everything'] as const) {
    await wait(part === 'everything' ? betweenMs : calmMs);
    // Only one that lasts is worth a page.
    const isPaged = !short || part === 'everything';
    findings.push(...(await cutOnce(stage, load, { part, isPaged, minimumMs: short ? cutMs.short : cutMs.full, say })));
  }
  await wait(afterMs);
  const endMs = performance.now() + loadDeadlineMs;
  while (count() < events && performance.now() < endMs) await wait(100);
  await load.stop();
  await crowd.stopSpeaking();
  say(`${count()} messages; waiting until the last have crossed`);
  await untilCrossed(stage, takeWaiting(stage, load), drainDeadlineMs);
  say('reading all rooms on every process');
  return [
    finding('messages, of both sides', count(), `at least ${events}`, count() >= events),
    ...findings,
    ...(await judgeBridging(stage, load)),
    noneOf('processes that ended by themselves', countEnded(stage)),
  ];
}

interface Cut {
  readonly part: CutPart;
  readonly isPaged: boolean;
  readonly minimumMs: number;
  say(text: string): void;
}

/** Cuts until it has lasted long enough and somebody was paged, mends, and waits until all that waited has crossed. */
async function cutOnce(stage: BridgeStage, load: Load, { part, isPaged, minimumMs, say }: Cut): Promise<Finding[]> {
  const { network, pager } = stage;
  const name = part === 'everything' ? 'cut off altogether' : 'cut off from the homeserver';
  const cutAtMs = performance.now();
  const cutAtWallMs = Date.now();
  const told = () => readAlarms(pager.calls).filter(({ openedWallMs }) => openedWallMs >= cutAtWallMs);
  const pages = () => told().filter(({ isPage }) => isPage);
  const firstAfterMs = (alarms: readonly Alarm[], direction: string) =>
    (alarms.find(({ words }) => words.includes(direction))?.atMs ?? Number.POSITIVE_INFINITY) - cutAtMs;
  const isEnough = () => {
    const ms = performance.now() - cutAtMs;
    const isCalled = directions.every((direction) => Number.isFinite(firstAfterMs(pages(), direction)));
    return ms >= minimumMs && (!isPaged || isCalled || ms >= pageLimitMs + calmMs);
  };
  say(`the bridge is ${name}`);
  network.cut(part);
  while (!isEnough()) await wait(200);
  network.mend();
  const waiting = takeWaiting(stage, load);
  say(
    `mended; ${waiting['from Matrix'].size} messages from Matrix and ${waiting['to Matrix'].size} to it have not crossed`,
  );
  const drained = await untilCrossed(stage, waiting, drainDeadlineMs);
  for (const { words, atMs, isPage } of told())
    say(`${isPage ? 'paged' : 'told'} after ${showSeconds(atMs - cutAtMs)}: ${words}`);
  return directions.flatMap((direction) => {
    const [namedMs, pagedMs] = [firstAfterMs(told(), direction), firstAfterMs(pages(), direction)];
    const drainedMs = drained[direction];
    const what = `${name}, ${direction}`;
    say(`${what}: all that waited has crossed after ${showSeconds(drainedMs)}`);
    return [
      within(`${what}: named after`, namedMs, namedLimitMs),
      ...(isPaged ? [within(`${what}: somebody called after`, pagedMs, pageLimitMs)] : []),
      within(`${what}: drained after the repair`, drainedMs, drainLimitMs),
    ];
  });
}

interface Alarm {
  readonly words: string;
  readonly isPage: boolean;
  /** When the incident began. */
  readonly openedWallMs: number;
  readonly atMs: number;
}

/** What reached the person on call or the team as something that is wrong. */
function readAlarms(calls: BridgeStage['pager']['calls']): Alarm[] {
  return calls.flatMap(({ path, message, atMs }) => {
    if (message?.kind !== 'page' && message?.kind !== 'warning') return [];
    const words = [message.title, ...message.symptoms].join('; ');
    return [{ words, isPage: path === '/anna', openedWallMs: Date.parse(message.opened_at), atMs }];
  });
}

type Waiting = Readonly<Record<(typeof directions)[number], Set<string>>>;

/** What was said on one side until now, and has not been seen on the other one. */
function takeWaiting({ crowd, follower }: BridgeStage, load: Load): Waiting {
  const acknowledged = load.attempts.flatMap(({ body, told }) => (told.kind === 'acknowledged' ? body : []));
  const said = [...crowd.said.values()].flat().map(({ body }) => body);
  return {
    'from Matrix': new Set(acknowledged.filter((body) => !crowd.heardAtMs.has(body))),
    'to Matrix': new Set(said.filter((body) => !follower.firstSeenMs.has(body))),
  };
}

/** How long it takes until nothing of this waits any more, by direction. */
async function untilCrossed(
  { crowd, follower }: BridgeStage,
  waiting: Waiting,
  deadlineMs: number,
): Promise<Record<(typeof directions)[number], number>> {
  const startMs = performance.now();
  const seen = { 'from Matrix': crowd.heardAtMs, 'to Matrix': follower.firstSeenMs };
  const drained = { 'from Matrix': Number.POSITIVE_INFINITY, 'to Matrix': Number.POSITIVE_INFINITY };
  while (performance.now() - startMs < deadlineMs) {
    for (const direction of directions) {
      for (const body of waiting[direction]) if (seen[direction].has(body)) waiting[direction].delete(body);
      if (waiting[direction].size === 0) drained[direction] = Math.min(drained[direction], performance.now() - startMs);
    }
    if (directions.every((direction) => Number.isFinite(drained[direction]))) break;
    await wait(100);
  }
  return drained;
}

function countEnded({ cluster, bridge }: BridgeStage): number {
  const ended = cluster.processes.filter((each) => !each.isRunning || each.findLines(/"level":"fatal"/).length > 0);
  return ended.length + (bridge.process.isRunning() ? 0 : 1);
}
