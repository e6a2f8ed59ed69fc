import { type BenchUser } from '../bench-user.ts';
import { createRoom } from '../join-room.ts';
import { loginAgain, registerUsers } from '../register-users.ts';
import { sampleText, seededRandomness } from '../sample-text.ts';
import type { Measurement, Scenario, ScenarioContext } from '../scenario.ts';
import { sendMessage } from '../send-message.ts';
import { summarize } from '../summary.ts';

const laterSyncs = 5;
const messagesPerRoom = 2;

/**
 * The first /sync of a user with many rooms, then that of further new devices, whose reply no server can have kept.
 * Each reply must hold every room with its newest message.
 */
export const initialSync: Scenario = {
  name: 'initial-sync',
  async run(context) {
    const [user] = (await registerUsers(context, 1)) as [BenchUser];
    const rooms = await makeRooms(context, user);
    const first = await syncInitially(user, rooms);
    const laterMs: number[] = [];
    for (let turn = 0; turn < laterSyncs; turn += 1) {
      laterMs.push((await syncInitially(await loginAgain(user), rooms)).tookMs);
    }
    const later = summarize(laterMs);
    const megabytes = first.bytes / 1e6;
    context.log(
      `initial sync of ${rooms.size} rooms (${megabytes.toFixed(1)} MB): first ${first.tookMs.toFixed(0)} ms, ` +
        `later ${later.p50.toFixed(0)} ms`,
    );
    const measurements: Measurement[] = [
      { key: 'initial-sync.first', value: first.tookMs, samples: 1, details: { bytes: first.bytes } },
      { key: 'initial-sync.later', value: later.p50, samples: later.samples, details: later },
    ];
    return measurements;
  },
};

/** The user's own rooms, each with the text of its newest message. */
async function makeRooms(context: ScenarioContext, user: BenchUser): Promise<Map<string, string>> {
  const random = seededRandomness(500);
  const rooms = new Map<string, string>();
  for (let room = 0; room < context.sizes.initialSyncRooms; room += 1) {
    const roomId = await createRoom(user, { name: `Room ${room}`, topic: sampleText(random) });
    for (let message = 0; message < messagesPerRoom; message += 1) {
      const text = sampleText(random);
      await sendMessage(user, roomId, text);
      rooms.set(roomId, text);
    }
  }
  return rooms;
}

async function syncInitially(
  user: BenchUser,
  rooms: ReadonlyMap<string, string>,
): Promise<{ tookMs: number; bytes: number }> {
  const startedMs = performance.now();
  const { status, body } = await user.connection.request('GET', '/_matrix/client/v3/sync?timeout=0', {
    token: user.token,
  });
  const tookMs = performance.now() - startedMs;
  if (status !== 200) throw new Error(`/sync was answered ${status}: ${body.toString('utf8', 0, 300)}`);
  const joined = (JSON.parse(body.toString('utf8')) as SyncReply).rooms?.join ?? {};
  const wrong = [...rooms].filter(([roomId, text]) => joined[roomId]?.timeline.events.at(-1)?.content.body !== text);
  if (wrong.length > 0 || Object.keys(joined).length !== rooms.size) {
    throw new Error(
      `${wrong.length} of ${rooms.size} rooms are missing in an initial /sync or lack their last message`,
    );
  }
  return { tookMs, bytes: body.length };
}

interface SyncReply {
  rooms?: { join?: Record<string, { timeline: { events: { content: { body?: string } }[] } }> };
}
