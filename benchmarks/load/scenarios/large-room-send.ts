import { type BenchUser } from '../bench-user.ts';
import { createRoom } from '../join-room.ts';
import { readNewestEventIds } from '../read-room.ts';
import { sampleText, seededRandomness } from '../sample-text.ts';
import type { Scenario } from '../scenario.ts';
import { sendMessage } from '../send-message.ts';
import { summarize } from '../summary.ts';
import { compareEventIds } from '../verify-sent.ts';

const warmUpSends = 20;

/** One send in a room of many members against one in a room of one, in turn, by the same user. */
export const largeRoomSend: Scenario = {
  name: 'large-room-send',
  async run(context) {
    const { roomId: largeRoomId, owner } = await context.largeRoom();
    const smallRoomId = await createRoom(owner, { name: 'Small bench room' });
    const random = seededRandomness(1000);
    const small = { roomId: smallRoomId, latenciesMs: [] as number[], eventIds: [] as string[] };
    const large = { roomId: largeRoomId, latenciesMs: [] as number[], eventIds: [] as string[] };
    for (let turn = -warmUpSends; turn < context.sizes.largeRoomSends; turn += 1) {
      for (const room of [small, large]) {
        const startedMs = performance.now();
        room.eventIds.push(await sendMessage(owner, room.roomId, sampleText(random)));
        if (turn >= 0) room.latenciesMs.push(performance.now() - startedMs);
      }
    }
    for (const room of [small, large]) await verifyRoom(owner, room.roomId, room.eventIds);
    const one = summarize(small.latenciesMs);
    const many = summarize(large.latenciesMs);
    context.log(`send: ${one.p50.toFixed(2)} ms with 1 member, ${many.p50.toFixed(2)} ms in the large room`);
    return [
      { key: 'room-size.1.p50', value: one.p50, samples: one.samples, details: one },
      { key: 'room-size.large.p50', value: many.p50, samples: many.samples, details: many },
    ];
  },
};

async function verifyRoom(reader: BenchUser, roomId: string, acknowledged: readonly string[]): Promise<void> {
  compareEventIds(roomId, acknowledged, await readNewestEventIds(reader, roomId, acknowledged.length));
}
