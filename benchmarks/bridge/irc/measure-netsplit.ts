import { setTimeout as delay } from 'node:timers/promises';
import type { Figure } from '../../figure-table.ts';
import { requestJson } from '../../load/request-json.ts';
import type { BridgeRun } from '../bridge-run.ts';
import type { BridgedChannel, BridgedWorld } from './bridged-world.ts';
import type { IrcPerson } from './irc-person.ts';
import type { ProcessWatch } from './watch-process.ts';

const quitBytes = Buffer.from(' QUIT ');
const joinBytes = Buffer.from(' JOIN ');
const patienceMs = 60_000;
/** What the bridge does about it is over after that. */
const settleMs = 5_000;

/** A server is lost with everybody on it, and everybody comes back: what that costs the bridge, and what rooms are told. */
export async function measureNetsplit(run: BridgeRun, world: BridgedWorld, watch: ProcessWatch): Promise<Figure[]> {
  const { channels, farServer } = world;
  const lost = channels.reduce((sum, { far }) => sum + far.length, 0);
  const before = await countMembershipEvents(channels);
  const cpuBefore = watch.cpuSeconds();
  const seen = watchLines(channels);
  await farServer.kill();
  await seen.until(quitBytes, lost);
  await delay(settleMs);
  const cpuOfSplit = watch.cpuSeconds() - cpuBefore;
  for (const person of channels.flatMap(({ far }) => far)) person.close();
  await farServer.start();
  await waitForLink(channels, farServer.port);
  await world.fill();
  await seen.until(joinBytes, lost);
  await delay(settleMs);
  const cpuSeconds = watch.cpuSeconds() - cpuBefore;
  const events = (await countMembershipEvents(channels)) - before;
  run.log(
    `${lost} people lost and back: ${cpuOfSplit.toFixed(2)} s of CPU for the loss, ${cpuSeconds.toFixed(2)} s in all, ` +
      `${events} membership events`,
  );
  return [
    { key: 'splitCpuSeconds', value: cpuSeconds },
    { key: 'splitMembershipEvents', value: events },
  ];
}

/** Counts lines that the listener of each channel is sent. */
function watchLines(channels: readonly BridgedChannel[]) {
  const counts = new Map<Buffer, number>([
    [quitBytes, 0],
    [joinBytes, 0],
  ]);
  for (const { near } of channels) {
    (near[0] as IrcPerson).onBytes = (bytes) => {
      for (const [word, count] of counts) {
        let found = 0;
        for (let at = bytes.indexOf(word); at >= 0; at = bytes.indexOf(word, at + 1)) found += 1;
        counts.set(word, count + found);
      }
    };
  }
  return {
    async until(word: Buffer, count: number) {
      for (const endMs = performance.now() + patienceMs; (counts.get(word) ?? 0) < count; await delay(20)) {
        if (performance.now() > endMs)
          throw new Error(`${counts.get(word)} of ${count} lines of${word.toString()}came`);
      }
    },
  };
}

/** Servers are one network again. */
async function waitForLink(channels: readonly BridgedChannel[], farPort: number): Promise<void> {
  const asker = channels[0]?.near[0] as IrcPerson;
  const previous = asker.onBytes;
  let servers = 0;
  asker.onBytes = (bytes) => {
    previous?.(bytes);
    for (let at = bytes.indexOf(' 364 '); at >= 0; at = bytes.indexOf(' 364 ', at + 1)) servers += 1;
  };
  for (const endMs = performance.now() + patienceMs; servers < 2; ) {
    if (performance.now() > endMs) throw new Error(`the server at port ${farPort} did not come back`);
    servers = 0;
    asker.send('LINKS');
    await delay(500);
  }
  asker.onBytes = previous;
}

/** Of all rooms, ever. */
async function countMembershipEvents(channels: readonly BridgedChannel[]): Promise<number> {
  let count = 0;
  for (const { roomId, user } of channels) {
    let from: string | undefined;
    do {
      const filter = JSON.stringify({ types: ['m.room.member'] });
      const query = new URLSearchParams({ dir: 'b', limit: '500', filter, ...(from !== undefined && { from }) });
      const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?${query.toString()}`;
      const page = await requestJson(user.connection, 'GET', path, { token: user.token });
      count += (page['chunk'] as unknown[]).length;
      from = page['end'] as string | undefined;
    } while (from !== undefined);
  }
  return count;
}
