import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deadline } from '@holdfast/effects/deadline.ts';
import type { Random } from '@holdfast/effects/random.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import { writeFileAtomically } from '../platform/write-file-atomically.ts';

const localpart = 'holdfast-monitor';
const fileName = 'holdfast-monitor.yaml';
const tokenBytes = 32;

/** What the canaries need of the homeserver's client API, as the monitor's own user. */
export interface CanaryUser {
  /** The first canary room, made at the first time. */
  openRoom(deadline: Deadline): Promise<string>;
  /** The canary room that was named for a shard; undefined where there is none. */
  findRoom(shard: number, deadline: Deadline): Promise<string | undefined>;
  makeRoom(deadline: Deadline): Promise<string>;
  nameRoom(roomId: string, shard: number, deadline: Deadline): Promise<void>;
  leaveRoom(roomId: string, deadline: Deadline): Promise<void>;
  /** Gives the event's id once the homeserver has accepted it. */
  say(roomId: string, transactionId: string, body: string, deadline: Deadline): Promise<string>;
  /** Ids of the events of the room since the token, and the next token. */
  sync(roomId: string, since: string | undefined, timeoutMs: number, deadline: Deadline): Promise<SyncedRoom>;
  /** Whether the room has the event; throws where that is not known. */
  hasEvent(roomId: string, eventId: string, deadline: Deadline): Promise<boolean>;
}

export interface SyncedRoom {
  readonly eventIds: readonly string[];
  readonly next: string;
}

/** The homeserver refused; the text has its status and error code. */
export class CanaryRefusedError extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.name = 'CanaryRefusedError';
    this.status = status;
  }
}

/**
 * Registers the monitor as an application service without an address, by a file in the homeserver's folder of
 * registrations: so it has a user without a password, and the homeserver needs to know nothing of it.
 */
export async function writeRegistration(folder: string, serverName: string, random: Random): Promise<string> {
  const path = join(folder, fileName);
  // JSON is YAML too.
  const kept = await readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as { as_token?: string; hs_token?: string },
    () => undefined,
  );
  const exclusive = (regex: string) => [{ exclusive: true, regex }];
  const name = serverName.replace(/[.[\]]/g, '\\$&');
  const registration = {
    ...{ id: 'holdfast-monitor', url: null },
    as_token: kept?.as_token ?? random.token(tokenBytes),
    hs_token: kept?.hs_token ?? random.token(tokenBytes),
    ...{ sender_localpart: localpart, rate_limited: false },
    namespaces: {
      ...{ users: exclusive(`@${localpart}:${name}`), aliases: exclusive(`#${localpart}(-\\d+)?:${name}`), rooms: [] },
    },
  };
  const text = `${JSON.stringify(registration, null, 2)}\n`;
  await mkdir(folder, { recursive: true });
  if ((await readFile(path, 'utf8').catch(() => undefined)) !== text) await writeFileAtomically(path, text);
  return registration.as_token;
}

type Ask = (
  method: string,
  path: string,
  body: object | undefined,
  deadline: Deadline,
) => Promise<Record<string, unknown>>;

interface CanaryUserParts {
  readonly url: string;
  readonly serverName: string;
  readonly token: string;
  readonly send: SendRequest;
}

/** The monitor's user over the client-server API. */
export function openCanaryUser(parts: CanaryUserParts): CanaryUser {
  const { url, serverName, token, send } = parts;
  const ask: Ask = async (method, path, body, deadline) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const request = {
      method,
      url: `${url}/_matrix/client/v3${path}`,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    };
    const answer = await send(request, deadline, 1024 * 1024);
    if (answer.status !== 200)
      throw new CanaryRefusedError(answer.status, `${answer.status}: ${answer.body.slice(0, 200)}`);
    return JSON.parse(answer.body) as Record<string, unknown>;
  };
  return { ...openRooms(ask, serverName), ...openMessages(ask) };
}

type RoomCalls = 'openRoom' | 'findRoom' | 'makeRoom' | 'nameRoom' | 'leaveRoom';

function openRooms(ask: Ask, serverName: string): Pick<CanaryUser, RoomCalls> {
  const aliasPath = (shard?: number) => {
    const alias = `#${localpart}${shard === undefined ? '' : `-${shard}`}:${serverName}`;
    return `/directory/room/${encodeURIComponent(alias)}`;
  };
  const findRoom = async (path: string, deadline: Deadline): Promise<string | undefined> => {
    const found = await ask('GET', path, undefined, deadline).catch((error: unknown) => {
      if (error instanceof CanaryRefusedError && error.status === 404) return undefined;
      throw error;
    });
    return found && String(found['room_id']);
  };
  const room = { preset: 'private_chat', name: 'Canary of the monitor' };
  const roomPath = (roomId: string) => `/rooms/${encodeURIComponent(roomId)}`;
  return {
    findRoom: (shard, deadline) => findRoom(aliasPath(shard), deadline),
    async makeRoom(deadline) {
      return String((await ask('POST', '/createRoom', room, deadline))['room_id']);
    },
    async nameRoom(roomId, shard, deadline) {
      await ask('PUT', aliasPath(shard), { room_id: roomId }, deadline);
    },
    async leaveRoom(roomId, deadline) {
      await ask('POST', `${roomPath(roomId)}/leave`, {}, deadline);
      await ask('POST', `${roomPath(roomId)}/forget`, {}, deadline);
    },
    async openRoom(deadline) {
      const found = await findRoom(aliasPath(), deadline);
      if (found !== undefined) return found;
      const login = { type: 'm.login.application_service', username: localpart, inhibit_login: true };
      // It may be there already, from another monitor.
      await ask('POST', '/register', login, deadline).catch(() => {});
      const named = { ...room, room_alias_name: localpart };
      return String((await ask('POST', '/createRoom', named, deadline))['room_id']);
    },
  };
}

function openMessages(ask: Ask): Omit<CanaryUser, RoomCalls> {
  return {
    async say(roomId, transactionId, body, deadline) {
      const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${transactionId}`;
      return String((await ask('PUT', path, { msgtype: 'm.notice', body }, deadline))['event_id']);
    },
    async sync(roomId, since, timeoutMs, deadline) {
      const filter = JSON.stringify({
        room: { rooms: [roomId], timeline: { limit: 50 }, state: { types: [] }, ephemeral: { types: [] } },
        ...{ presence: { types: [] }, account_data: { types: [] } },
      });
      const query = new URLSearchParams({ filter, timeout: String(timeoutMs), ...(since !== undefined && { since }) });
      const answer = await ask('GET', `/sync?${query.toString()}`, undefined, deadline);
      const rooms = answer['rooms'] as
        | { join?: Record<string, { timeline?: { events?: { event_id: string }[] } }> }
        | undefined;
      const events = rooms?.join?.[roomId]?.timeline?.events ?? [];
      return { eventIds: events.map((event) => event.event_id), next: String(answer['next_batch']) };
    },
    async hasEvent(roomId, eventId, deadline) {
      const path = `/rooms/${encodeURIComponent(roomId)}/event/${encodeURIComponent(eventId)}`;
      return ask('GET', path, undefined, deadline).then(
        () => true,
        (error: unknown) => {
          if (error instanceof CanaryRefusedError && error.status === 404) return false;
          throw error;
        },
      );
    },
  };
}
