import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { type Deadline, startDeadline } from '@holdfast/effects/deadline.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import { createBadSince } from './bad-since.ts';
import { describeFailure } from './processes.ts';
import type { Source } from './source.ts';

const answerTimeoutMs = 4_000;

/** TURN servers, each asked for what they answer without a password: a STUN binding. */
export function turnSource(uris: readonly string[]): Source<'turn'> {
  const since = createBadSince();
  return {
    ...{ name: 'turn', everyMs: 20_000, timeoutMs: 2 * answerTimeoutMs },
    look: (deadline, atMs) =>
      Promise.all(
        uris.map(async (uri) => {
          const why = await failureWithin(deadline, `asking ${uri}`, (own) => askStun(uri, own));
          return { uri, failingForMs: since.note(uri, why !== undefined, atMs), ...(why !== undefined && { why }) };
        }),
      ),
  };
}

/** Push gateways: any answer of theirs that is no failure of their own will do. */
export function pushSource(gateways: readonly string[], send: SendRequest): Source<'push'> {
  const since = createBadSince();
  return {
    ...{ name: 'push', everyMs: 30_000, timeoutMs: 2 * answerTimeoutMs },
    look: (deadline, atMs) =>
      Promise.all(
        gateways.map(async (url) => {
          const why = await failureWithin(deadline, `asking ${url}`, async (own) => {
            const { status } = await send({ method: 'GET', url }, own);
            if (status >= 500) throw new Error(`it answers ${status}`);
          });
          const failingForMs = since.note(url, why !== undefined, atMs);
          return { gateway: new URL(url).host, failingForMs, waiting: 0, ...(why !== undefined && { why }) };
        }),
      ),
  };
}

async function failureWithin(
  outer: Deadline,
  what: string,
  work: (own: Deadline) => Promise<void>,
): Promise<string | undefined> {
  const own = startDeadline(answerTimeoutMs, what, { signal: outer.signal });
  try {
    await own.race(work(own));
    return undefined;
  } catch (error) {
    return describeFailure(error);
  } finally {
    own.finish();
  }
}

const bindingRequest = 0x0001;
const bindingSuccess = 0x0101;
/** https://www.rfc-editor.org/rfc/rfc8489#section-5 */
const magicCookie = 0x2112a442;
const headerBytes = 20;

function makeBindingRequest(): Buffer {
  const request = Buffer.alloc(headerBytes);
  request.writeUInt16BE(bindingRequest, 0);
  request.writeUInt32BE(magicCookie, 4);
  randomBytes(12).copy(request, 8);
  return request;
}

/** Whether it is the answer to this request: another program on the port would not know its transaction id. */
function isAnswer(answer: Buffer, request: Buffer): boolean {
  return (
    answer.length >= headerBytes &&
    answer.readUInt16BE(0) === bindingSuccess &&
    answer.subarray(4, headerBytes).equals(request.subarray(4))
  );
}

/** `turn:host:port?transport=udp`; https://www.rfc-editor.org/rfc/rfc7065 */
async function askStun(uri: string, deadline: Deadline): Promise<void> {
  const [, host = '', port = '3478', query = ''] = /^(?:turn|stun)s?:([^:?]+)(?::(\d+))?(?:\?(.*))?$/.exec(uri) ?? [];
  if (host === '') throw new Error('it is no address of a TURN server');
  const request = makeBindingRequest();
  const isTcp = query.includes('transport=tcp');
  await (isTcp ? askOverTcp(host, Number(port), request, deadline) : askOverUdp(host, Number(port), request, deadline));
}

async function askOverUdp(host: string, port: number, request: Buffer, deadline: Deadline): Promise<void> {
  const { address, family } = await deadline.race(lookup(host));
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  const answered = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.on('message', (answer) => {
      if (isAnswer(answer, request)) resolve();
    });
    socket.send(request, port, address, (error) => error && reject(error));
  });
  await deadline.race(answered).finally(() => socket.close());
}

function askOverTcp(host: string, port: number, request: Buffer, deadline: Deadline): Promise<void> {
  const socket = connect({ host, port }, () => socket.write(request));
  const answered = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('it ended the connection')));
    socket.once('data', (answer: Buffer) =>
      isAnswer(answer, request) ? resolve() : reject(new Error('it is no TURN server')),
    );
  });
  return deadline.race(answered).finally(() => socket.destroy());
}
