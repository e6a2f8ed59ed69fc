import { connect, type Socket } from 'node:net';

const waitMs = 30_000;

/** A person on IRC without anything in between: lines as they are. */
export class RawIrcClient {
  readonly nick: string;
  readonly lines: string[] = [];
  readonly #socket: Socket;
  #rest = '';
  #taken = 0;
  readonly #wakers = new Set<() => void>();

  private constructor(port: number, nick: string) {
    this.nick = nick;
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => {});
    this.#socket.on('data', (chunk: Buffer) => {
      const lines = `${this.#rest}${chunk.toString()}`.split('\r\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('PING ')) this.send(`PONG ${line.slice(5)}`);
        this.lines.push(line);
      }
      for (const wake of this.#wakers) wake();
    });
  }

  /** Connects and registers. */
  static async connect(port: number, nick: string): Promise<RawIrcClient> {
    const client = new RawIrcClient(port, nick);
    client.send(`NICK ${nick}`);
    client.send(`USER ${nick} 0 * :${nick}`);
    await client.wait(/ 001 /);
    return client;
  }

  send(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  /** The next line that matches, after the one that was given last. */
  async wait(pattern: RegExp): Promise<string> {
    const endMs = Date.now() + waitMs;
    for (;;) {
      const index = this.lines.findIndex((line, at) => at >= this.#taken && pattern.test(line));
      if (index >= 0) {
        this.#taken = index + 1;
        return this.lines[index] ?? '';
      }
      const leftMs = endMs - Date.now();
      if (leftMs <= 0)
        throw new Error(`no line like ${pattern.source}; the last ones: ${this.lines.slice(-8).join('\n')}`);
      await new Promise<void>((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          this.#wakers.delete(finish);
          resolve();
        };
        const timer = setTimeout(finish, leftMs);
        this.#wakers.add(finish);
      });
    }
  }

  /** Joins, and waits for it. */
  async join(channel: string): Promise<void> {
    this.send(`JOIN ${channel}`);
    await this.wait(/ 366 /);
  }

  close(): void {
    this.#socket.destroy();
  }
}
