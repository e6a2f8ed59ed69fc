import { IrcConnectionLost, IrcRefusal } from '../../irc/irc-refusal.ts';
import type { MatrixEvent } from '../../matrix/matrix-event.ts';
import { isRefusal } from '../../matrix/matrix-request-error.ts';
import { inviteUser } from '../../matrix/send-and-set.ts';
import { changeIrcUser } from '../../storage/puppets-and-users.ts';
import { type BridgeContext, networkOf } from '../bridge-context.ts';
import { connectOnce, readWishes } from '../people/connect-speaker.ts';
import { TooManyNewAccounts } from '../people/new-accounts.ts';
import { LinkRefusal, linkRoom, maySetState } from '../rooms/link-room.ts';
import { makePortal, removePortal } from '../rooms/make-portal.ts';
import { openPrivateRoom } from '../to-matrix/say-on-matrix.ts';
import { type BridgeCommand, type CommandProblem, formatCommands } from './parse-command.ts';

/** Where a command was written. */
export interface CommandPlace {
  readonly event: MatrixEvent;
  readonly isAlone: boolean;
  /** The bridge's condition in words. */
  describe(): Promise<string>;
}

/** Does what somebody asks for; gives what to answer. Throws only what is to be tried again. */
export async function runCommand(
  context: BridgeContext,
  command: BridgeCommand | CommandProblem,
  place: CommandPlace,
): Promise<string> {
  try {
    return await run(context, command, place);
  } catch (error) {
    if (error instanceof IrcRefusal || error instanceof LinkRefusal || error instanceof TooManyNewAccounts)
      return error.message;
    // What somebody asks for and waits for is not done some time later.
    if (error instanceof IrcConnectionLost) return `The network cannot be asked now: ${error.message}`;
    if (isRefusal(error)) return `The homeserver does not allow that: ${(error as Error).message}`;
    throw error;
  }
}

async function run(
  context: BridgeContext,
  command: BridgeCommand | CommandProblem,
  { event, isAlone, describe }: CommandPlace,
): Promise<string> {
  const { room_id: roomId, sender: userId } = event;
  switch (command.kind) {
    case 'problem':
      return command.message;
    case 'help':
      return formatCommands(isAlone);
    case 'status':
      return describe();
    case 'link':
      return (await linkRoom(context, { ...pick(command), roomId, userId })).words;
    case 'unlink':
      return unlink(context, roomId, userId);
    case 'join': {
      const portal = await makePortal(context, command.network, command.channel, command.key);
      await inviteUser(context.matrix, portal.roomId, userId);
      return `You are invited to the room of ${command.channel}.`;
    }
    case 'msg':
      return sendPrivately(context, userId, command);
    default:
      return runOnIrc(context, userId, command);
  }
}

function pick({ network, channel, key }: Extract<BridgeCommand, { kind: 'link' | 'join' }>) {
  return { network, channel, key };
}

async function unlink(context: BridgeContext, roomId: string, userId: string): Promise<string> {
  const portal = context.portals.ofRoom(roomId);
  if (!portal || portal.kind === 'canary') return 'This room is joined to no channel.';
  if (portal.userId !== userId && !(await maySetState(context, roomId, userId))) {
    return 'Only those who may change this room’s settings can do that.';
  }
  await removePortal(context, portal);
  return `This room is not ${portal.displayTarget} any more.`;
}

async function sendPrivately(
  context: BridgeContext,
  userId: string,
  { network, nick, text }: Extract<BridgeCommand, { kind: 'msg' }>,
): Promise<string> {
  const side = networkOf(context, network);
  const wish = await connect(context, userId, network);
  if (wish !== undefined) return wish;
  const person = { network, nick: side.irc.fold(nick), displayName: nick };
  const known = context.portals.ofTarget(network, person.nick, userId);
  const portal = known ?? (await openPrivateRoom(context, person, userId));
  // A command is short enough for a few lines.
  for (const line of side.irc.splitText(userId, nick, text)) {
    await side.irc.say({ speaker: userId, target: nick, kind: 'message', text: line });
  }
  return known
    ? `Said. Answers come into your room with ${nick}.`
    : `Said; you are invited to a room with ${nick} (${portal.roomId}).`;
}

/** Has somebody on IRC; gives why not, if it is not. */
async function connect(context: BridgeContext, userId: string, networkId: string): Promise<string | undefined> {
  const network = networkOf(context, networkId);
  if (network.irc.nickOf(userId) !== undefined) return undefined;
  if (network.config.connections === 'relay') return `On ${network.config.name} the bridge speaks for everybody.`;
  const wishes = await readWishes(context, network, userId, undefined);
  if (!wishes) return 'You have left IRC; `connect` brings you back.';
  await connectOnce(network.irc, userId, wishes);
  return undefined;
}

type IrcCommand = Extract<
  BridgeCommand,
  { kind: 'nick' | 'whois' | 'part' | 'quit' | 'connect' | 'password' | 'forget' }
>;

async function runOnIrc(context: BridgeContext, userId: string, command: IrcCommand): Promise<string> {
  const { network } = command;
  const { irc, config } = networkOf(context, network);
  switch (command.kind) {
    case 'nick':
      if (irc.nickOf(userId) !== undefined) await irc.changeNick(userId, command.nick);
      await changeIrcUser(context.sql, network, userId, { nick: command.nick });
      return `You are ${command.nick} on ${config.name}${irc.nickOf(userId) === undefined ? ' when you speak' : ''}.`;
    case 'whois': {
      const behind = irc.userOf(command.nick);
      const lines = await irc.whois(command.nick);
      return [...(behind === undefined ? [] : [`${command.nick} is ${behind}.`]), ...lines].join('\n');
    }
    case 'part':
      await context.usersOnIrc.forget(network, userId, irc.fold(command.channel));
      await irc.part(userId, command.channel, 'leaving');
      return `You are not in ${command.channel} any more; a word in its room brings you back.`;
    case 'quit':
      await changeIrcUser(context.sql, network, userId, { hasQuit: true });
      await context.usersOnIrc.forget(network, userId);
      irc.disconnectUser(userId, 'leaving');
      return `You are not on ${config.name} any more. \`connect\` brings you back; until then the bridge speaks for you.`;
    case 'connect':
      await changeIrcUser(context.sql, network, userId, { hasQuit: false });
      return (await connect(context, userId, network)) ?? `You are ${irc.nickOf(userId) ?? 'there'} on ${config.name}.`;
    case 'password': {
      const password = context.secrets.seal(command.password, `password ${network} ${userId}`);
      await changeIrcUser(context.sql, network, userId, { account: command.account, password });
      return 'Stored, encrypted, and used when you connect next. Remove your message now: it shows your password.';
    }
    case 'forget':
      await changeIrcUser(context.sql, network, userId, { account: null, password: null });
      return 'Forgotten.';
    default:
      return command satisfies never;
  }
}
