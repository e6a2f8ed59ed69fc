import { requestJson } from './send-request.ts';

export interface DrillUser {
  readonly userId: string;
  readonly token: string;
}

export interface DrillRoom {
  readonly roomId: string;
  readonly senders: readonly DrillUser[];
}

export interface Population {
  readonly rooms: readonly DrillRoom[];
  /** Members of every room, who only read. */
  readonly readers: readonly DrillUser[];
}

const setupTimeoutMs = 20_000;
const client = '/_matrix/client/v3';

/** More than this many rooms would leave a shard empty only by a very small chance. */
const maxRooms = 40;

export interface PopulationOptions {
  readonly baseUrls: readonly string[];
  readonly rooms: number;
  readonly sendersPerRoom: number;
  readonly readers: number;
  /** Whether these rooms are enough; otherwise further ones are made. */
  enough(roomIds: readonly string[]): Promise<boolean>;
}

/** Makes users and rooms, spread over the processes. */
export async function populate(sizes: PopulationOptions): Promise<Population> {
  const { baseUrls } = sizes;
  let turn = 0;
  const nextUrl = () => baseUrls[turn++ % baseUrls.length] as string;
  const readers: DrillUser[] = [];
  for (let index = 0; index < sizes.readers; index++) readers.push(await register(nextUrl(), `reader-${index}`));
  const rooms: DrillRoom[] = [];
  const isEnough = async () => rooms.length >= sizes.rooms && (await sizes.enough(rooms.map(({ roomId }) => roomId)));
  for (let room = 0; !(await isEnough()); room++) {
    if (room >= maxRooms) throw new Error(`${maxRooms} rooms do not reach every shard`);
    const senders: DrillUser[] = [];
    for (let index = 0; index < sizes.sendersPerRoom; index++) {
      senders.push(await register(nextUrl(), `sender-${room}-${index}`));
    }
    const [creator, ...others] = senders as [DrillUser, ...DrillUser[]];
    const made = await call(nextUrl(), 'POST', '/createRoom', creator, { preset: 'public_chat', name: `Room ${room}` });
    const roomId = made.room_id as string;
    for (const user of [...others, ...readers]) {
      await call(nextUrl(), 'POST', `/rooms/${encodeURIComponent(roomId)}/join`, user, {});
    }
    rooms.push({ roomId, senders });
  }
  return { rooms, readers };
}

export async function register(baseUrl: string, username: string): Promise<DrillUser> {
  const body = { username, password: 'drill-password-4b1d', auth: { type: 'm.login.dummy' } };
  const reply = await requestJson(`${baseUrl}${client}/register`, 'POST', { body, timeoutMs: setupTimeoutMs });
  return { userId: reply.user_id as string, token: reply.access_token as string };
}

/** A request to the client API, below its version; gives the reply of a success. */
export async function call(baseUrl: string, method: string, path: string, { token }: DrillUser, body: unknown) {
  return await requestJson(`${baseUrl}${client}${path}`, method, { token, body, timeoutMs: setupTimeoutMs });
}
