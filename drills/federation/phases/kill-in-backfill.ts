import { setTimeout as wait } from 'node:timers/promises';
import type { AnyJson, TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { type Finding, finding } from '../../drill.ts';
import type { FederationStage } from '../federation-stage.ts';
import { joinRoom } from '../shared-rooms.ts';

const pageLimit = 100;
const pagesBeforeDeath = 3;
const patienceMs = 60_000;
const sendsAtOnce = 10;

/** A newcomer of the second server reads back a long history of the first; one of the two dies meanwhile. */
export async function killInBackfill({ two, say, sizes }: FederationStage): Promise<Finding[]> {
  const [first, second] = two.servers;
  const findings: Finding[] = [];
  for (const victim of [second, first]) {
    const host = await first.makeUser('host');
    const { room_id: roomId } = await host.call('POST', '/_matrix/client/v3/createRoom', { preset: 'public_chat' });
    const sent = await sendMany(host, roomId, sizes.history);
    const guest = await second.makeUser('guest');
    await joinRoom(guest, roomId, host);
    const reading = readBack(guest, roomId, async () => {
      const dying = wait(20).then(() => victim.kill());
      await dying;
      say(`${victim.name} was killed while history was read back`);
      await victim.startAgain();
    });
    const { seen, problem } = await reading;
    const unique = new Set(seen);
    const missing = sent.filter((eventId) => !unique.has(eventId)).length;
    const what = `${victim.name} killed in a backfill`;
    const value = problem ?? `${missing} missing, ${seen.length - unique.size} twice`;
    const isWhole = problem === undefined && missing === 0 && seen.length === unique.size;
    findings.push(finding(`${what}: of ${sent.length} messages`, value, 'all, once', isWhole));
  }
  return findings;
}

async function sendMany(user: TestUser, roomId: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) {
      const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/t${index}`;
      ids.push((await user.call('PUT', path, { msgtype: 'm.text', body: `old ${index}` })).event_id);
    }
  };
  await Promise.all(Array.from({ length: sendsAtOnce }, worker));
  return ids;
}

/** Reads from page to page as a client does, which tries a page again that failed. */
async function readBack(user: TestUser, roomId: string, disturb: () => Promise<void>) {
  const seen: string[] = [];
  let from: string | undefined;
  let disturbing: Promise<void> | undefined;
  const endMs = performance.now() + patienceMs;
  for (let page = 0; ; page++) {
    if (page === pagesBeforeDeath) disturbing = disturb();
    const reply = await readPage(user, roomId, from, endMs);
    if (reply === undefined) return { seen, problem: `page ${page} could not be read within ${patienceMs / 1_000} s` };
    for (const event of reply.chunk as AnyJson[]) if (event.type === 'm.room.message') seen.push(event.event_id);
    from = reply.end;
    if (from === undefined) break;
  }
  await disturbing;
  return { seen, problem: undefined };
}

async function readPage(user: TestUser, roomId: string, from: string | undefined, endMs: number): Promise<AnyJson> {
  const query = new URLSearchParams({ dir: 'b', limit: String(pageLimit), ...(from !== undefined && { from }) });
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?${query.toString()}`;
  for (; performance.now() < endMs; await wait(200)) {
    const reply = await user.send('GET', path).catch(() => undefined);
    if (reply?.status === 200) return reply.body;
  }
  return undefined;
}
