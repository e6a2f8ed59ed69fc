import { setTimeout as wait } from 'node:timers/promises';
import type { TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { type Finding, finding } from '../../drill.ts';
import type { FederationStage } from '../federation-stage.ts';
import { joinRoom } from '../shared-rooms.ts';

/** After the request to join, so that some deaths are before, some in, and some after the exchange. */
const killAfterMs = [5, 40, 120, 300];
const limitMs = 60_000;
const joinsAtOnce = 20;

/** A user of the second server joins a room of the first with many members; one of the two dies meanwhile. */
export async function killInJoin({ two, say, sizes }: FederationStage): Promise<Finding[]> {
  const [first, second] = two.servers;
  const host = await first.makeUser('host');
  const { room_id: roomId } = await host.call('POST', '/_matrix/client/v3/createRoom', { preset: 'public_chat' });
  await fillRoom(first.makeUser, roomId, sizes.members);
  const findings: Finding[] = [];
  for (const victim of [second, first]) {
    let failed = 0;
    for (const afterMs of killAfterMs) {
      const guest = await second.makeUser('guest');
      const joining = joinRoom(guest, roomId, host);
      await wait(afterMs);
      await victim.kill();
      await victim.startAgain();
      const problem = await joining.then(
        () => checkJoined(host, guest, roomId, sizes.members),
        (error: Error) => error.message,
      );
      if (problem === undefined) continue;
      failed++;
      say(`${victim.name} killed ${afterMs} ms after a join began: ${problem}`);
    }
    const what = `${victim.name} killed in a join: joins that did not come to a good end`;
    findings.push(finding(what, `${failed} of ${killAfterMs.length}`, '0', failed === 0));
  }
  return findings;
}

async function fillRoom(makeUser: (beginning: string) => Promise<TestUser>, roomId: string, members: number) {
  let made = 0;
  const worker = async () => {
    while (made++ < members) {
      const user = await makeUser('member');
      await user.call('POST', `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
    }
  };
  await Promise.all(Array.from({ length: joinsAtOnce }, worker));
}

/** Both servers know the guest and all members, and talk both ways. Gives what is not so after a while. */
async function checkJoined(host: TestUser, guest: TestUser, roomId: string, members: number) {
  const room = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}`;
  const [here, there] = [`hello ${guest.userId}`, `hello back ${guest.userId}`];
  let problem = 'nothing was seen';
  let said = false;
  for (const endMs = performance.now() + limitMs; performance.now() < endMs; await wait(250)) {
    try {
      if (!said) {
        await host.call('PUT', `${room}/send/m.room.message/h${guest.userId}`, { msgtype: 'm.text', body: here });
        await guest.call('PUT', `${room}/send/m.room.message/g${guest.userId}`, { msgtype: 'm.text', body: there });
        said = true;
      }
      for (const [user, text] of [
        [host, there],
        [guest, here],
      ] as const) {
        const { chunk } = await user.call('GET', `${room}/messages?dir=b&limit=50`);
        if (!chunk.some(({ content }: { content: { body?: string } }) => content.body === text)) {
          throw new Error(`${user.userId} does not read what the other says`);
        }
        const { joined } = await user.call('GET', `${room}/joined_members`);
        const seen = Object.keys(joined).length;
        if (seen <= members || !(guest.userId in joined)) throw new Error(`${user.userId} sees ${seen} members`);
      }
      return undefined;
    } catch (error) {
      problem = (error as Error).message;
    }
  }
  return problem;
}
