import { fastify } from 'fastify';

interface FakeEvent {
  readonly roomId: string;
  readonly type: string;
  readonly sender: string;
  readonly transactionId: string;
  readonly content: Record<string, unknown>;
}

type Answer = { status: number; body: object };

/** A homeserver in memory, as far as the bridge asks it: it keeps what is sent, once for each transaction id. */
export class FakeHomeserver {
  readonly #server = fastify({ routerOptions: { maxParamLength: 1_000 } });
  url = '';
  readonly events: FakeEvent[] = [];
  readonly requests: string[] = [];
  readonly bodies: { readonly asked: string; readonly body: unknown }[] = [];
  readonly members = new Map<string, Set<string>>();
  readonly state = new Map<string, Record<string, unknown>>();
  readonly aliases = new Map<string, string>();
  /** Answers in the place of the homeserver, or after it has done what it was asked (`answerAfter`). */
  refuse: (request: string) => Answer | undefined = () => undefined;
  answerAfter: (request: string) => Answer | undefined = () => undefined;
  readonly #waiters: (() => void)[] = [];
  #rooms = 0;

  async start(): Promise<void> {
    this.#server.all('/*', async (request, reply) => {
      const url = new URL(request.url, 'http://homeserver');
      const path = decodeURIComponent(url.pathname);
      const asked = `${request.method} ${path}`;
      this.requests.push(asked);
      if (request.body !== undefined) this.bodies.push({ asked, body: request.body });
      const sender = url.searchParams.get('user_id') ?? '@ircbridge:example.org';
      const body = (request.body ?? {}) as Record<string, unknown>;
      const refused = this.refuse(asked);
      if (refused) this.#notify();
      if (refused) return reply.code(refused.status).send(refused.body);
      const done = this.#do(request.method, path, sender, body);
      this.#notify();
      const other = this.answerAfter(asked);
      return reply.code(other?.status ?? done.status).send(other?.body ?? done.body);
    });
    this.url = await this.#server.listen({ host: '127.0.0.1', port: 0 });
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  /** Texts of the messages of a room, by their senders. */
  messages(roomId?: string): string[] {
    return this.events
      .filter((event) => event.type === 'm.room.message' && (roomId === undefined || event.roomId === roomId))
      .map(({ sender, content }) => `${sender}: ${String(content['body'])}`);
  }

  /** Resolves when `find` gives something. */
  async until<T>(find: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined && found !== false) return found;
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  #notify(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  #do(method: string, path: string, sender: string, body: Record<string, unknown>): Answer {
    const ok = (answer: object = {}): Answer => ({ status: 200, body: answer });
    const parts = path.split('/').slice(4);
    const [kind = '', roomId = '', what = '', type = '', last = ''] = parts;
    if (kind === 'createRoom') return ok({ room_id: this.#makeRoom(sender, body) });
    if (kind === 'join') {
      this.#membersOf(roomId).add(sender);
      return ok({ room_id: roomId });
    }
    if (kind === 'directory' && roomId === 'room') {
      const found = this.aliases.get(what);
      return found === undefined ? { status: 404, body: { errcode: 'M_NOT_FOUND' } } : ok({ room_id: found });
    }
    if (kind !== 'rooms') return ok();
    if (what === 'send')
      return ok({ event_id: this.#send({ roomId, type, sender, transactionId: last, content: body }) });
    if (what === 'joined_members') {
      return ok({ joined: Object.fromEntries([...this.#membersOf(roomId)].map((user) => [user, {}])) });
    }
    if (what === 'state') {
      const key = `${roomId} ${type}`;
      if (method === 'PUT') this.state.set(key, body);
      const found = this.state.get(key);
      return found ? ok(found) : { status: 404, body: { errcode: 'M_NOT_FOUND' } };
    }
    if (what === 'leave') this.#membersOf(roomId).delete(sender);
    return ok();
  }

  #makeRoom(sender: string, body: Record<string, unknown>): string {
    this.#rooms += 1;
    const roomId = `!room${this.#rooms}:example.org`;
    this.#membersOf(roomId).add(sender);
    if (typeof body['room_alias_name'] === 'string')
      this.aliases.set(`#${body['room_alias_name']}:example.org`, roomId);
    return roomId;
  }

  #membersOf(roomId: string): Set<string> {
    const members = this.members.get(roomId) ?? new Set<string>();
    this.members.set(roomId, members);
    return members;
  }

  /** As a homeserver does: the same transaction of the same user is the same event. */
  #send(event: FakeEvent): string {
    const same = (one: FakeEvent) => one.transactionId === event.transactionId && one.sender === event.sender;
    const index = this.events.findIndex(same);
    if (index >= 0) return `$event${index}`;
    this.events.push(event);
    return `$event${this.events.length - 1}`;
  }
}
