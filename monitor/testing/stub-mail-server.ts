import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export type MailBehaviour =
  | 'takes'
  | 'hangs at once'
  | 'hangs after the message'
  | 'refuses the recipient'
  | 'floods'
  | 'lies';

export interface StubMailServer {
  readonly port: number;
  readonly mails: readonly { readonly to: string; readonly text: string }[];
  behaviour: MailBehaviour;
  /** Resolves when a connection is where this behaviour hangs. */
  hanging(): Promise<void>;
  close(): Promise<void>;
}

/** As much of SMTP as one message needs. */
export async function startStubMailServer(): Promise<StubMailServer> {
  const mails: { to: string; text: string }[] = [];
  const emitter = new EventEmitter();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    talk(socket, stub, mails, () => emitter.emit('hanging'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stub: StubMailServer = {
    ...{ port: (server.address() as AddressInfo).port, mails, behaviour: 'takes' },
    hanging: async () => void (await once(emitter, 'hanging')),
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
  return stub;
}

function talk(
  socket: Socket,
  stub: StubMailServer,
  mails: { to: string; text: string }[],
  reportHanging: () => void,
): void {
  const { behaviour } = stub;
  const say = (line: string) => socket.write(`${line}\r\n`);
  if (behaviour === 'hangs at once') return reportHanging();
  if (behaviour === 'floods') {
    const more = () => {
      while (!socket.destroyed && socket.write('220-'.padEnd(65_536, 'x')));
    };
    socket.on('drain', more);
    more();
    return;
  }
  if (behaviour === 'lies') return void say('HTTP/1.1 200 OK');
  let [waiting, to, text, inMessage] = ['', '', '', false];
  say('220 stub');
  socket.setEncoding('utf8').on('data', (piece: string) => {
    waiting += piece;
    for (let end = waiting.indexOf('\r\n'); end >= 0; end = waiting.indexOf('\r\n')) {
      const line = waiting.slice(0, end);
      waiting = waiting.slice(end + 2);
      if (inMessage && line !== '.') text += `${line}\n`;
      else if (inMessage) {
        inMessage = false;
        if (behaviour === 'hangs after the message') return reportHanging();
        mails.push({ to, text });
        say('250 taken');
      } else if (/^RCPT/i.test(line)) {
        to = /<(.*)>/.exec(line)?.[1] ?? '';
        say(behaviour === 'refuses the recipient' ? '550 nobody of that name' : '250 ok');
      } else if (/^DATA/i.test(line)) {
        inMessage = true;
        say('354 go on');
      } else if (/^STARTTLS/i.test(line)) say('502 not here');
      else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
      else say('250 ok');
    }
  });
}
