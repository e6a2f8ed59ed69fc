import { ClientEvent, EventTimeline, type MatrixClient, type MatrixEvent, RoomEvent } from 'matrix-js-sdk';
import { type ChatClient, registerUser, startChatClient, startWaiting } from './chat-client.ts';

/** Somebody on Matrix, with a real client. */
export interface MatrixPerson {
  readonly userId: string;
  readonly client: MatrixClient;
  /** Says a text, or sends a message's content; gives the event's id. */
  say(roomId: string, message: string | Readonly<Record<string, unknown>>): Promise<string>;
  send(roomId: string, type: string, content: Readonly<Record<string, unknown>>): Promise<string>;
  /** A message whose body matches, in a room or in any. */
  hear(body: RegExp, roomId?: string): Promise<MatrixEvent>;
  /** An event of a room that is as it should be. */
  see(roomId: string, isRight: (event: MatrixEvent) => boolean, what: string): Promise<MatrixEvent>;
  /** State of a room that is as it should be. */
  seeState(
    roomId: string,
    type: string,
    isRight: (content: Readonly<Record<string, unknown>>) => boolean,
    stateKey?: string,
  ): Promise<Readonly<Record<string, unknown>>>;
  seeMembership(roomId: string, userId: string, membership: string): Promise<void>;
  /** The next invitation to a room; which is accepted. */
  acceptInvitation(isRight?: (roomId: string) => boolean): Promise<string>;
  stop(): void;
}

/** Registers somebody and starts its client. */
export async function startMatrixPerson(baseUrl: string, localpart: string): Promise<MatrixPerson> {
  const chat = await startChatClient(baseUrl, await registerUser(baseUrl, localpart));
  return personOf(chat);
}

function personOf({ client, login }: ChatClient): MatrixPerson {
  const accepted = new Set<string>();
  const events = (roomId?: string): MatrixEvent[] =>
    client
      .getRooms()
      .filter((room) => roomId === undefined || room.roomId === roomId)
      .flatMap((room) => room.getLiveTimeline().getEvents());
  /** Looks now, and again after each sync and event. */
  const until = async <T>(find: () => T | undefined, what: string): Promise<T> => {
    const found = find();
    if (found !== undefined) return found;
    const names = [ClientEvent.Sync, RoomEvent.Timeline, RoomEvent.MyMembership];
    const waiting = names.map((name) => startWaiting(client, name, () => find() !== undefined));
    try {
      await Promise.race(waiting.map(({ arrived }) => arrived));
    } catch {
      const last = events()
        .slice(-12)
        .map((event) => JSON.stringify([event.getType(), event.getSender(), event.getContent()]));
      throw new Error(`${login.userId} did not see ${what}; the last:\n${last.join('\n')}`);
    } finally {
      for (const { cancel, arrived } of waiting) {
        arrived.catch(() => {});
        cancel();
      }
    }
    return find() as T;
  };
  const stateOf = (roomId: string) => client.getRoom(roomId)?.getLiveTimeline().getState(EventTimeline.FORWARDS);
  const send: MatrixPerson['send'] = async (roomId, type, content) =>
    (await client.sendEvent(roomId, type as never, content as never)).event_id;
  return {
    userId: login.userId,
    client,
    send,
    say: (roomId, message) =>
      send(roomId, 'm.room.message', typeof message === 'string' ? { msgtype: 'm.text', body: message } : message),
    hear: (body, roomId) =>
      until(
        () =>
          events(roomId).findLast(
            (event) => body.test(String(event.getContent()['body'])) && event.getSender() !== login.userId,
          ),
        `a message like ${body.source}`,
      ),
    see: (roomId, isRight, what) => until(() => events(roomId).find(isRight), what),
    seeState: (roomId, type, isRight, stateKey = '') =>
      until(() => {
        const content = stateOf(roomId)?.getStateEvents(type, stateKey)?.getContent();
        return content && isRight(content) ? content : undefined;
      }, `${type} of ${roomId} as it should be`),
    async seeMembership(roomId, userId, membership) {
      const isSo = () =>
        stateOf(roomId)?.getStateEvents('m.room.member', userId)?.getContent()['membership'] === membership;
      await until(() => (isSo() ? true : undefined), `${userId} as ${membership} of ${roomId}`);
    },
    async acceptInvitation(isRight = () => true) {
      const find = () =>
        client
          .getRooms()
          .find((room) => room.getMyMembership() === 'invite' && !accepted.has(room.roomId) && isRight(room.roomId))
          ?.roomId;
      const roomId = await until(find, 'an invitation');
      accepted.add(roomId);
      await client.joinRoom(roomId);
      return roomId;
    },
    stop: () => client.stopClient(),
  };
}
