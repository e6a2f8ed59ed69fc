import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { createRandom, type Random } from '../../simulation/random.ts';
import { choose } from '../choose.ts';
import type { FuzzReport } from '../fuzz-report.ts';
import { judgeEvent, judgeLine } from './judge-output.ts';
import { makeIrcLine } from './make-irc-line.ts';
import { makeMatrixEvent } from './make-matrix-event.ts';
import { type FuzzedBridge, startFuzzedBridge } from './start-fuzzed-bridge.ts';

/**
 * So long nothing may be done of what waits: a line that swallows an answer costs the bridge 20 s of waiting for it and
 * another connection, now and then several times.
 */
const standstillMs = 90_000;
const pollMs = 50;
const largestTransaction = 5;
/** Bodies that are no transactions. */
const brokenBodies = [
  '',
  '{',
  '[]',
  'null',
  '{}',
  '{"events":{}}',
  '{"events":1}',
  '\u0000',
  '"events"',
  '{"events":[}',
];

/**
 * Hostile lines from a server of IRC and hostile events from the homeserver, at the same time: nothing crashes, no text
 * becomes a command or HTML or a mention of everyone, nothing is stored in part, and afterwards people talk both ways.
 */
export async function fuzzIrc(requests: number, seed: number): Promise<FuzzReport> {
  const problems: string[] = [];
  const note = (error: unknown) =>
    problems.push(`the bridge crashed: ${error instanceof Error ? error.stack : String(error)}`);
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  const bridge = await startFuzzedBridge();
  try {
    const [lines, events] = [createRandom(seed), createRandom(seed + 1)];
    const statuses = new Map<number, number>();
    const [, told] = await Promise.all([
      sendLines(bridge, lines, Math.ceil(requests / 2)),
      sendTransactions(bridge, events, Math.floor(requests / 2), statuses),
    ]);
    problems.push(...told, ...(await judgeTalk(bridge)), ...(await judgeQueues(bridge)));
    problems.push(...bridge.irc.received.flatMap((line) => judgeLine(line) ?? []));
    problems.push(...bridge.homeserver.events.flatMap((event) => judgeEvent(event) ?? []));
    return { requests, statuses, problems };
  } finally {
    await bridge.stop();
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
  }
}

/** To every connection that there is, now and then in pieces. */
async function sendLines({ irc }: FuzzedBridge, random: Random, count: number): Promise<void> {
  for (let serial = 0; serial < count; serial++) {
    const line = makeIrcLine(random, serial);
    const open = irc.clients.filter(({ socket, isWelcome }) => isWelcome && !socket.destroyed);
    if (open.length > 0) {
      const { socket } = choose(random, open);
      const cut = random.chance(0.1) ? random.integer(line.length + 1) : line.length;
      socket.write(line.subarray(0, cut));
      if (cut < line.length) {
        await wait(1);
        socket.write(line.subarray(cut));
      }
    }
    if (serial % 20 === 0) await wait(1);
  }
}

async function sendTransactions(
  bridge: FuzzedBridge,
  random: Random,
  count: number,
  statuses: Map<number, number>,
): Promise<string[]> {
  const problems: string[] = [];
  let serial = 0;
  const earlier = new Set<string>();
  for (let number = 0; number < count; number++) {
    const isBroken = random.chance(0.05);
    const events = Array.from({ length: 1 + random.integer(largestTransaction) }, () =>
      makeMatrixEvent(random, serial++, bridge.roomId),
    );
    const body = isBroken ? choose(random, brokenBodies) : JSON.stringify({ events });
    const status = await bridge.ask('PUT', `/transactions/${number}`, body).catch((error: Error) => {
      problems.push(`transaction ${number} was not answered: ${error.message}\n  ${body.slice(0, 600)}`);
      return 0;
    });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const isExpected = isBroken ? status === 400 : status === 200;
    if (!isExpected && status !== 0)
      problems.push(`a transaction was answered with ${status}\n  ${body.slice(0, 600)}`);
    // Of hostile ids some come again, and were stored with the transaction in which they came first.
    const ids = (isBroken ? [] : events).map(idOf).filter((id) => !earlier.has(id));
    for (const id of ids) earlier.add(id);
    if (!(await isWhole(bridge, number, status, ids))) {
      problems.push(`transaction ${number}, answered ${status}, is stored in part\n  ${body.slice(0, 600)}`);
    }
  }
  return problems;
}

function idOf(event: unknown): string {
  return String((event as { event_id?: unknown } | undefined)?.event_id);
}

/** Its id and all of its events that are any are stored, or none where nothing of it is for the bridge. */
async function isWhole({ sql }: FuzzedBridge, number: number, status: number, given: readonly string[]) {
  // What PostgreSQL cannot keep is no id, and never asked for.
  const ids = given.filter((id) => id.isWellFormed() && !id.includes('\0'));
  const [row] = await sql`SELECT 1 FROM received_transaction WHERE id = ${String(number)}`;
  const stored = await sql`
    SELECT 1 FROM received_event JOIN json_array_elements_text(${JSON.stringify(ids)}::text::json) AS given (id)
    ON event_id = given.id`;
  if (status !== 200) return row === undefined;
  return row === undefined ? stored.length === 0 : true;
}

/** Looks at what waits, and at the first of it; it goes on while something of it was done within `standstillMs`, however much there is. */
function watchQueues({ sql }: FuzzedBridge) {
  let least = Number.POSITIVE_INFINITY;
  let untilMs = 0;
  return async () => {
    const [row] = await sql<{ waiting: number; first: string | null }[]>`
      SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM inbox) AS waiting, coalesce(
        (SELECT event FROM outbox ORDER BY position LIMIT 1), (SELECT event FROM inbox ORDER BY position LIMIT 1)
      ) AS first`;
    const { waiting = 0, first } = row ?? {};
    if (waiting < least) untilMs = performance.now() + standstillMs;
    least = Math.min(least, waiting);
    return { waiting, first, goesOn: performance.now() < untilMs };
  };
}

/** Somebody on either side says something, and the other side has it. */
async function judgeTalk(bridge: FuzzedBridge): Promise<string[]> {
  const { irc, homeserver, ask, roomId } = bridge;
  const event = {
    ...{ type: 'm.room.message', room_id: roomId, event_id: '$last', sender: '@dave:example.org', origin_server_ts: 1 },
    content: { msgtype: 'm.text', body: 'the last word of Matrix' },
  };
  await ask('PUT', '/transactions/last', JSON.stringify({ events: [event] }));
  const look = watchQueues(bridge);
  let [isOnIrc, isOnMatrix] = [false, false];
  for (let turn = 0; !(isOnIrc && isOnMatrix) && (await look()).goesOn; turn++) {
    const open = irc.clients.filter(({ socket, isWelcome }) => isWelcome && !socket.destroyed);
    // Whatever came last may have been the beginning of a line.
    if (turn % 20 === 0)
      for (const { socket } of open) socket.write('\r\n:eve!u@h PRIVMSG #room :the last word of IRC\r\n');
    isOnIrc ||= irc.received.some((line) => line.includes('the last word of Matrix'));
    isOnMatrix ||= homeserver.messages(roomId).some((message) => message.includes('the last word of IRC'));
    await wait(pollMs);
  }
  return [
    ...(isOnIrc ? [] : ['afterwards nothing of Matrix arrives on IRC']),
    ...(isOnMatrix ? [] : ['afterwards nothing of IRC arrives on Matrix']),
  ];
}

/** Nothing waits for ever. */
async function judgeQueues(bridge: FuzzedBridge): Promise<string[]> {
  const look = watchQueues(bridge);
  for (;;) {
    const { waiting, first, goesOn } = await look();
    if (waiting === 0) return [];
    if (!goesOn) return [`${waiting} entries are never done with, such as ${first?.slice(0, 600)}`];
    await wait(pollMs);
  }
}
