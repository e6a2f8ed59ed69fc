import type { MatrixPerson } from '@holdfast/conformance/clients/matrix-person.ts';
import type { RawIrcClient } from './raw-irc-client.ts';
import type { BridgedWorld } from './start-bridged-world.ts';

const bot = '@ircbridge:test.example';

/** A room of somebody's own with the bot in it. */
export async function makeOwnRoom(owner: MatrixPerson, more: object = {}): Promise<string> {
  const { room_id: roomId } = await owner.client.createRoom({ invite: [bot], ...more });
  await owner.seeMembership(roomId, bot, 'join');
  return roomId;
}

/** Joins a room of somebody's own to a channel, to which its operator agrees; gives the room's id. */
export async function linkOwnRoom(
  { world, owner, op }: { world: BridgedWorld; owner: MatrixPerson; op: RawIrcClient },
  network: string,
  channel: string,
  more: object = {},
): Promise<string> {
  const roomId = await makeOwnRoom(owner, more);
  const { status } = await world.provision('link', { room_id: roomId, user_id: owner.userId, network, channel });
  if (status !== 200) throw new Error(`${channel} could not be linked: ${status}`);
  await agreeToLink(op, channel);
  await owner.hear(new RegExp(`${op.nick} agreed`), roomId);
  return roomId;
}

/** Says the words that the bridge asks for in a channel. */
export async function agreeToLink(op: RawIrcClient, channel: string): Promise<void> {
  const words = /!link \S+$/.exec(await op.wait(/NOTICE #/))?.[0] ?? '';
  op.send(`PRIVMSG ${channel} :${words}`);
}
