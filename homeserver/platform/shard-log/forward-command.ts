import { Agent, request } from 'node:http';
import { isErrorCode } from '@holdfast/protocol/errors/error-codes.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { ShardUnavailableError } from './shard-error.ts';

/** What the owner of a shard answers to a forwarded command. */
export type CommandReply =
  | { readonly result: unknown }
  | { readonly error: { errcode: string; message: string; status: number; fields: JsonObject } }
  | { readonly unavailable: { message: string; outcome: 'not-written' | 'unknown' } };

export interface ForwardedCommand {
  readonly address: string;
  readonly secret: string;
  readonly name: string;
  readonly shard: number;
  readonly input: unknown;
  readonly timeoutMs: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const maxReplyBytes = 16 * 1024 * 1024;

/**
 * Sends a command to the process that owns its shard and returns its result.
 * Throws the command's MatrixError, or ShardUnavailableError when the command may be sent again.
 */
export async function forwardCommand(command: ForwardedCommand): Promise<unknown> {
  const reply = await sendCommand(command);
  if ('result' in reply) return reply.result;
  if ('unavailable' in reply) throw new ShardUnavailableError(reply.unavailable.message, reply.unavailable.outcome);
  const { errcode, message, status, fields } = reply.error;
  throw new MatrixError(isErrorCode(errcode) ? errcode : 'M_UNKNOWN', message, { status, fields });
}

function sendCommand(command: ForwardedCommand): Promise<CommandReply> {
  const body = JSON.stringify(command.input);
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) =>
      reject(new ShardUnavailableError(`the owner of shard ${command.shard} did not answer`, 'unknown', error));
    const outgoing = request(
      `http://${command.address}/commands/${command.name}`,
      {
        method: 'POST',
        agent,
        // One deadline for connecting, the headers and the body.
        signal: AbortSignal.timeout(Math.max(1, Math.ceil(command.timeoutMs))),
        headers: {
          authorization: `Bearer ${command.secret}`,
          'content-length': Buffer.byteLength(body),
          'x-holdfast-shard': String(command.shard),
          'x-holdfast-timeout-ms': String(Math.ceil(command.timeoutMs)),
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        let sizeBytes = 0;
        incoming.on('data', (chunk: Buffer) => {
          sizeBytes += chunk.length;
          if (sizeBytes > maxReplyBytes) incoming.destroy(new Error('the reply is too large'));
          else chunks.push(chunk);
        });
        incoming.on('error', fail);
        incoming.on('end', () => {
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString()) as CommandReply);
          } catch (error) {
            fail(error);
          }
        });
      },
    );
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}
