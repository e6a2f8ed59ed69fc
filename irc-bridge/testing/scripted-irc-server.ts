import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** One connection to the scripted server. */
export interface ScriptedClient {
  readonly socket: Socket;
  nick: string;
  /** It has ended the negotiation of capabilities. */
  isNegotiated: boolean;
  isWelcome: boolean;
  send(line: string): void;
}

/** What it does with a line of a client instead of the usual; true: nothing else. */
export type Script = (line: string, client: ScriptedClient) => boolean | undefined;

/** An IRC server that does as the test says, for what real ones cannot be made to do. */
export class ScriptedIrcServer {
  readonly received: string[] = [];
  readonly clients: ScriptedClient[] = [];
  script: Script = () => undefined;
  onConnect: (client: ScriptedClient) => void = () => {};
  readonly #server: Server;
  readonly #wakers = new Set<() => void>();

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(port = 0): Promise<ScriptedIrcServer> {
    const server = new ScriptedIrcServer();
    server.#server.listen(port, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Resolves when it has received so many lines that match. */
  async receive(pattern: RegExp, count = 1): Promise<string[]> {
    for (;;) {
      const found = this.received.filter((line) => pattern.test(line));
      if (found.length >= count) return found;
      await new Promise<void>((resolve) => this.#wakers.add(resolve));
    }
  }

  async stop(): Promise<void> {
    for (const { socket } of this.clients) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    const client: ScriptedClient = {
      socket,
      nick: '*',
      isNegotiated: false,
      isWelcome: false,
      send: (line) => socket.write(`${line}\r\n`),
    };
    this.clients.push(client);
    let rest = '';
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString()}`.split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.received.push(line);
        if (this.script(line, client) !== true) answer(line, client);
      }
      for (const wake of this.#wakers) wake();
      this.#wakers.clear();
    });
    this.onConnect(client);
  }
}

/** What a friendly server with few words answers. */
function answer(line: string, client: ScriptedClient): void {
  const [command = '', first = ''] = line.split(' ');
  if (command === 'NICK') {
    if (client.isWelcome) client.send(`:${client.nick}!u@h NICK ${first}`);
    client.nick = first;
  }
  if (command === 'CAP' && first === 'LS') client.send(':s CAP * LS :');
  if (command === 'CAP' && first === 'END') client.isNegotiated = true;
  if (client.isNegotiated && client.nick !== '*' && !client.isWelcome) {
    client.isWelcome = true;
    client.send(`:s 001 ${client.nick} :Welcome ${client.nick}!u@h`);
    client.send(`:s 005 ${client.nick} CASEMAPPING=ascii NICKLEN=20 CHANTYPES=# :are supported`);
  }
  if (command === 'JOIN') for (const channel of first.split(',')) client.send(`:${client.nick}!u@h JOIN ${channel}`);
  if (command === 'PING') client.send(`:s PONG s ${first}`);
}
