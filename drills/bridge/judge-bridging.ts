import {
  type BridgedChannel,
  type BridgedViolation,
  checkBridged,
  type SaidMessage,
} from '../checker/check-bridged.ts';
import { settleTransactions } from '../checker/history.ts';
import { type Finding, finding, noneOf } from '../drill.ts';
import { observeRoom } from '../load/read-room.ts';
import type { Load } from '../load/send-load.ts';
import type { BridgedRoom, BridgeStage } from './bridge-stage.ts';

const witnessDeadlineMs = 30_000;
const shownViolations = 10;
const kinds = ['lost', 'doubled', 'reordered'] as const;

/** The checker's verdict on everything that was said, over Matrix, the application service API and IRC. */
export async function judgeBridging(stage: BridgeStage, load: Load): Promise<Finding[]> {
  await untilWitnessed(stage, load);
  const violations: BridgedViolation[] = [];
  let others = 0;
  for (const room of stage.rooms) {
    const channel = await describeChannel(stage, load, room);
    violations.push(...checkBridged(channel));
    others += countOthers(channel);
  }
  for (const { kind, origin, detail } of violations.slice(0, shownViolations)) {
    console.log(`  ! ${kind}, from ${origin}: ${detail}`);
  }
  const rest = violations.filter(({ kind }) => kinds.every((each) => each !== kind));
  const { witness, crowd } = stage;
  return [
    ...(['Matrix', 'IRC'] as const).flatMap((origin) =>
      kinds.map((kind) =>
        noneOf(
          `messages from ${origin} ${kind}`,
          violations.filter((each) => each.kind === kind && each.origin === origin).length,
        ),
      ),
    ),
    noneOf('other violations', rest.length),
    noneOf('replies of 500', load.serverErrors().length),
    noneOf('transactions repeated with other bytes or after they were acknowledged', witness.repetitionsAtFault.length),
    // Those that waited for more than a minute are to show it, and what they say is judged without that mark.
    finding('messages that reached IRC marked as late', crowd.lateCount(), 'at least 1', crowd.lateCount() > 0),
    finding("the bridge's own words in the rooms", others, '', true),
  ];
}

/** All readers of a room and its channel, and what was said there. */
async function describeChannel(stage: BridgeStage, load: Load, room: BridgedRoom): Promise<BridgedChannel> {
  const { cluster, crowd, reader, witness } = stage;
  const { roomId, channel } = room;
  const fromMatrix: SaidMessage[] = [];
  for (const { transaction, body, fate, roomId: sentTo } of settleTransactions(load.attempts).values()) {
    const speaker = transaction.split(' ')[0] ?? transaction;
    if (sentTo === roomId) fromMatrix.push({ body, side: 'Matrix', speaker, fate });
  }
  const readers: BridgedChannel['readers'][number][] = [];
  for (const { name, baseUrl } of cluster.processes) {
    const { events } = await observeRoom(`messages on ${name}`, baseUrl, roomId, reader);
    readers.push({ name: `messages on ${name}`, side: 'Matrix', bodies: events.map(({ body }) => body) });
  }
  const seen = witness.observe().find((each) => each.roomId === roomId)?.events ?? [];
  readers.push({ name: 'the application service', side: 'Matrix', bodies: seen.map(({ body }) => body) });
  for (const listener of [0, 1] as const) {
    readers.push({ name: `listener ${listener}`, side: 'IRC', bodies: crowd.heard(listener, channel) });
  }
  return { channel, said: [...fromMatrix, ...(crowd.said.get(channel) ?? [])], readers };
}

/** What stands in a room and was said by nobody of the drill. */
function countOthers({ said, readers }: BridgedChannel): number {
  const known = new Set(said.map(({ body }) => body));
  return readers[0]?.bodies.filter((body) => !known.has(body)).length ?? 0;
}

/** The witness is sent the last messages a moment after they were acknowledged. */
async function untilWitnessed({ witness, follower }: BridgeStage, load: Load): Promise<void> {
  const wanted = new Set([...load.firstAskedMs.keys()].filter((body) => follower.firstSeenMs.has(body)));
  for (const endMs = performance.now() + witnessDeadlineMs; performance.now() < endMs; ) {
    for (const body of wanted) if (witness.firstSeenMs.has(body)) wanted.delete(body);
    if (wanted.size === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
