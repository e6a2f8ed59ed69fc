import type { TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import type { Random } from '../random.ts';
import type { SimulatedServer } from './simulated-servers.ts';

const type = 'org.example.simulated';
const filter = JSON.stringify({
  ...{ room: { rooms: [] }, presence: { types: [] }, account_data: { types: [] } },
});
let serial = 0;

/** Messages from device to device across servers: each is to arrive, and once. */
export class DeviceMessages {
  readonly #users: readonly TestUser[];
  /** Numbers that senders were told are taken, by who is to get them. */
  readonly #told = new Map<TestUser, Set<number>>();
  readonly #tokens = new Map<TestUser, string>();
  readonly #arrived = new Map<TestUser, number[]>();

  private constructor(users: readonly TestUser[]) {
    this.#users = users;
  }

  /** Of the residents of servers, from now on. */
  static async begin(servers: readonly SimulatedServer[]): Promise<DeviceMessages> {
    const users = servers.map(({ resident }) => resident);
    const messages = new DeviceMessages(users);
    for (const user of users) await messages.#read(user);
    messages.#arrived.clear();
    return messages;
  }

  /** Somebody writes to somebody of another server; being refused is as good as having done it. */
  async send(random: Random): Promise<void> {
    const [from, to] = random.shuffle(this.#users) as [TestUser, TestUser];
    const number = ++serial;
    const body = { messages: { [to.userId]: { [to.deviceId]: { number } } } };
    const path = `/_matrix/client/v3/sendToDevice/${type}/simulated-${number}`;
    const { status } = await from.send('PUT', path, { body });
    if (status === 200) this.#told.set(to, (this.#told.get(to) ?? new Set()).add(number));
  }

  get count(): number {
    return [...this.#told.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Reads what has come. The first thing that is wrong; undefined: all have come, each once. */
  async findFault(): Promise<string | undefined> {
    for (const user of this.#users) {
      await this.#read(user);
      const arrived = this.#arrived.get(user) ?? [];
      const doubled = arrived.find((number, index) => arrived.indexOf(number) !== index);
      if (doubled !== undefined) return `${user.userId} got device message ${doubled} twice`;
      const lost = [...(this.#told.get(user) ?? [])].find((number) => !arrived.includes(number));
      if (lost !== undefined) return `${user.userId} has not got device message ${lost}`;
    }
    return undefined;
  }

  async #read(user: TestUser): Promise<void> {
    const since = this.#tokens.get(user);
    const query = `timeout=0&filter=${encodeURIComponent(filter)}${since === undefined ? '' : `&since=${since}`}`;
    const { next_batch: next, to_device: toDevice } = await user.call('GET', `/_matrix/client/v3/sync?${query}`);
    this.#tokens.set(user, next);
    const numbers = ((toDevice?.events ?? []) as { readonly content: { readonly number?: number } }[]).flatMap(
      ({ content }) => content.number ?? [],
    );
    this.#arrived.set(user, [...(this.#arrived.get(user) ?? []), ...numbers]);
  }
}
