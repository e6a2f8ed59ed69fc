import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const pingBytes = Buffer.from('PING ');
const welcomeBytes = Buffer.from(' 001 ');
const inChannelBytes = Buffer.from(' 366 ');
const patienceMs = 60_000;

/** Somebody on IRC, by a bare connection; a thousand of them share the machine with what is measured. */
export class IrcPerson {
  readonly nick: string;
  readonly #socket: Socket;
  /** Gets the bytes as they come, which may end within a line. */
  onBytes: ((bytes: Buffer) => void) | undefined;
  #isWelcome = false;
  #isInChannel = false;
  isGone = false;

  private constructor(port: number, nick: string) {
    this.nick = nick;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => (this.isGone = true));
    this.#socket.on('data', (bytes: Buffer) => {
      this.onBytes?.(bytes);
      const ping = bytes.indexOf(pingBytes);
      if (ping === 0 || (ping > 0 && bytes[ping - 1] === 0x0a)) {
        this.send(`PONG ${bytes.toString('latin1', ping + pingBytes.length).split('\r\n')[0]}`);
      }
      if (!this.#isWelcome) this.#isWelcome = bytes.includes(welcomeBytes);
      if (!this.#isInChannel) this.#isInChannel = bytes.includes(inChannelBytes);
    });
  }

  /** Connects, registers and joins a channel. */
  static async join(port: number, nick: string, channel: string): Promise<IrcPerson> {
    const person = new IrcPerson(port, nick);
    person.send(`NICK ${nick}\r\nUSER ${nick} 0 * :${nick}`);
    await person.#until(() => person.#isWelcome, 'was not welcome');
    person.send(`JOIN ${channel}`);
    await person.#until(() => person.#isInChannel, `did not come into ${channel}`);
    return person;
  }

  send(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  close(): void {
    this.#socket.destroy();
  }

  async #until(isSo: () => boolean, problem: string): Promise<void> {
    for (const endMs = performance.now() + patienceMs; !isSo(); await delay(5)) {
      if (this.isGone || performance.now() > endMs) throw new Error(`${this.nick} ${problem}`);
    }
  }
}
