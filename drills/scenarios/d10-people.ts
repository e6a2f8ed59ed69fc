import type { RawIrcClient } from '@holdfast/irc-bridge/testing/raw-irc-client.ts';
import { serverName } from '../cluster/cold-machine.ts';
import type { DrillUser } from '../load/populate.ts';
import { readMessages } from '../load/read-room.ts';
import { requestJson, sendRequest } from '../load/send-request.ts';

const client = '/_matrix/client/v3';
const password = 'drill-password-4b1d';
const attemptTimeoutMs = 5_000;
const readTimeoutMs = 30_000;
const channelAlias = `#irc_drill_#cold:${serverName}`;

/** Two people who talk over whatever process they are told to, one of them with a channel of IRC too. */
export class ColdPeople {
  readonly #baseUrls: readonly string[];
  readonly #bob: RawIrcClient;
  readonly #acknowledged = new Set<string>();
  readonly #users = new Map<string, Promise<DrillUser>>();
  #room: Promise<string> | undefined;
  #channel: Promise<string> | undefined;
  #count = 0;

  constructor(baseUrls: readonly string[], bob: RawIrcClient) {
    this.#baseUrls = baseUrls;
    this.#bob = bob;
  }

  /** One sends over one process, the other reads it over another. */
  async talk(from: number, to: number, about: string): Promise<boolean> {
    const [alice, carol] = [await this.#user('alice', from), await this.#user('carol', to)];
    const roomId = await this.#openRoom(from, alice, carol);
    const body = `${about}, ${++this.#count}`;
    await this.#send(from, alice, roomId, body);
    this.#acknowledged.add(body);
    return this.#reads(to, carol, roomId, body);
  }

  async sayToIrc(about: string): Promise<boolean> {
    const [alice, roomId] = await this.#openChannel();
    const body = `${about} from Matrix, ${++this.#count}`;
    await this.#send(0, alice, roomId, body);
    await this.#bob.wait(new RegExp(body));
    return true;
  }

  async hearFromIrc(about: string): Promise<boolean> {
    const [alice, roomId] = await this.#openChannel();
    const body = `${about} from IRC, ${++this.#count}`;
    this.#bob.send(`PRIVMSG #cold :${body}`);
    for (const endMs = performance.now() + attemptTimeoutMs; performance.now() < endMs; ) {
      if (await this.#reads(0, alice, roomId, body)) return true;
    }
    return false;
  }

  /** Whether everything that was acknowledged is in the room, once. */
  async check(baseUrl: string): Promise<{ acknowledged: number; lost: number; doubled: number }> {
    const [carol, roomId] = [await this.#user('carol', 0), await (this.#room ?? '')];
    const bodies = (await readMessages(baseUrl, roomId, carol, { dir: 'f' })).map(({ body }) => body);
    const present = new Set(bodies);
    const lost = [...this.#acknowledged].filter((body) => !present.has(body)).length;
    return { acknowledged: this.#acknowledged.size, lost, doubled: bodies.length - present.size };
  }

  async #user(name: string, over: number): Promise<DrillUser> {
    return this.#once(
      this.#users.get(name),
      (made) => this.#users.set(name, made),
      () => this.#register(name, over),
    );
  }

  /** What was made is kept; what failed is tried again by the next who needs it. */
  async #once<T>(known: Promise<T> | undefined, keep: (made: Promise<T>) => void, make: () => Promise<T>): Promise<T> {
    if (known) return known.catch(() => this.#once(undefined, keep, make));
    const made = make();
    keep(made);
    return made;
  }

  async #register(username: string, over: number): Promise<DrillUser> {
    const url = `${this.#baseUrls[over]}${client}`;
    const body = { username, password, auth: { type: 'm.login.dummy' } };
    const reply = await sendRequest(`${url}/register`, 'POST', { body, timeoutMs: attemptTimeoutMs });
    if (reply.status === 200) return { userId: reply.body.user_id as string, token: reply.body.access_token as string };
    // An attempt whose answer was lost may have made it.
    const login = { type: 'm.login.password', identifier: { type: 'm.id.user', user: username }, password };
    const known = await requestJson(`${url}/login`, 'POST', { body: login, timeoutMs: attemptTimeoutMs });
    return { userId: known.user_id as string, token: known.access_token as string };
  }

  async #openRoom(over: number, alice: DrillUser, carol: DrillUser): Promise<string> {
    const make = async () => {
      const made = await this.#call(over, 'POST', '/createRoom', alice, { preset: 'public_chat' });
      await this.#call(over, 'POST', `/rooms/${encodeURIComponent(made.room_id)}/join`, carol, {});
      return made.room_id as string;
    };
    return this.#once(this.#room, (made) => void (this.#room = made), make);
  }

  async #openChannel(): Promise<[DrillUser, string]> {
    const alice = await this.#user('alice', 0);
    const join = async () => {
      const joined = await this.#call(0, 'POST', `/join/${encodeURIComponent(channelAlias)}`, alice, {});
      return joined.room_id as string;
    };
    return [alice, await this.#once(this.#channel, (made) => void (this.#channel = made), join)];
  }

  async #send(over: number, user: DrillUser, roomId: string, body: string): Promise<void> {
    const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/t${this.#count}`;
    await this.#call(over, 'PUT', path, user, { msgtype: 'm.text', body });
  }

  async #reads(over: number, user: DrillUser, roomId: string, body: string): Promise<boolean> {
    const path = `/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=100`;
    const filter = encodeURIComponent(JSON.stringify({ room: { rooms: [roomId] } }));
    // As a client that has just started: the first sync shows the newest messages.
    const synced = await this.#call(over, 'GET', `/sync?filter=${filter}`, user);
    const timeline = (synced.rooms?.join?.[roomId]?.timeline?.events ?? []) as { content: { body?: string } }[];
    if (timeline.some(({ content }) => content.body === body)) return true;
    const page = (await this.#call(over, 'GET', path, user)).chunk as { content: { body?: string } }[];
    return page.some(({ content }) => content.body === body);
  }

  #call(over: number, method: string, path: string, { token }: DrillUser, body?: unknown) {
    const timeoutMs = path.startsWith('/join/') ? readTimeoutMs : attemptTimeoutMs;
    return requestJson(`${this.#baseUrls[over]}${client}${path}`, method, { token, body, timeoutMs });
  }
}
