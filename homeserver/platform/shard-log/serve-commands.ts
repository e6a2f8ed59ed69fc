import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { PlatformContext } from '../platform-context.ts';
import type { CommandReply } from './forward-command.ts';
import { ShardUnavailableError } from './shard-error.ts';

/** Runs a command that another process forwarded; throws MatrixError or ShardUnavailableError. */
export type RunForwarded = (name: string, shard: number, input: unknown, timeoutMs: number) => Promise<unknown>;

const maxInputBytes = 16 * 1024 * 1024;
const maxTimeoutMs = 60_000;

export interface CommandServer {
  /** host:port under which other processes reach this one. */
  readonly address: string;
  close(): Promise<void>;
}

/** Listens for commands that other processes of this homeserver forward. */
export async function serveCommands(
  context: PlatformContext,
  secret: string,
  run: RunForwarded,
): Promise<CommandServer> {
  let isClosing = false;
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, secret, run)
      .catch((error: unknown) => replyToError(context, error))
      // A connection that stays open would keep the end waiting.
      .then((reply) => send(outgoing, reply, isClosing));
  });
  server.requestTimeout = maxTimeoutMs;
  const { internalBind, internalPort, internalAddress } = context.config.process;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(internalPort, internalBind, resolve);
  });
  const { port, family, address } = server.address() as AddressInfo;
  const bound = `${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  return {
    address: internalAddress ?? bound,
    close() {
      isClosing = true;
      return closeServer(server);
    },
  };
}

async function answer(incoming: IncomingMessage, secret: string, run: RunForwarded): Promise<CommandReply> {
  const given = Buffer.from(incoming.headers.authorization ?? '');
  const expected = Buffer.from(`Bearer ${secret}`);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new MatrixError('M_FORBIDDEN', 'not a process of this homeserver');
  }
  const name = (incoming.url ?? '').replace(/^\/commands\//, '');
  const shard = Number(incoming.headers['x-holdfast-shard']);
  const timeoutMs = Math.min(Number(incoming.headers['x-holdfast-timeout-ms']) || 1_000, maxTimeoutMs);
  const input: unknown = JSON.parse(await readBody(incoming));
  return { result: (await run(name, shard, input, timeoutMs)) ?? null };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxInputBytes) throw new MatrixError('M_TOO_LARGE', 'the command is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function replyToError(context: PlatformContext, error: unknown): CommandReply {
  if (error instanceof MatrixError) {
    const { errcode, message, status, fields } = error;
    return { error: { errcode, message, status, fields } };
  }
  if (error instanceof ShardUnavailableError) {
    return { unavailable: { message: error.message, outcome: error.outcome } };
  }
  context.log.error({ err: error }, 'a forwarded command failed');
  return { error: { errcode: 'M_UNKNOWN', message: 'Internal server error', status: 500, fields: {} } };
}

function send(outgoing: ServerResponse, reply: CommandReply, isLast: boolean): void {
  const body = JSON.stringify(reply);
  outgoing.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(isLast && { connection: 'close' }),
  });
  outgoing.end(body);
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
