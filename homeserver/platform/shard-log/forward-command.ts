import { Agent, type IncomingMessage, request } from 'node:http';
import { systemClock } from '@holdfast/effects/clock.ts';
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
  /** Calls its argument when the shard has another owner, so that nobody waits for one that is frozen. */
  readonly onOwnerChange: (abandon: () => void) => () => void;
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
    const outgoing = request(`http://${command.address}/commands/${command.name}`, {
      method: 'POST',
      agent,
      headers: {
        authorization: `Bearer ${command.secret}`,
        'content-length': Buffer.byteLength(body),
        'x-holdfast-shard': String(command.shard),
        'x-holdfast-timeout-ms': String(Math.ceil(command.timeoutMs)),
      },
    });
    const abandon = (reason: string) => outgoing.destroy(new Error(reason));
    // One deadline for connecting, the headers and the body.
    const deadline = systemClock.startTimer(Math.max(1, command.timeoutMs), () => abandon('no answer in time'));
    const stopWatching = command.onOwnerChange(() => abandon('the shard has another owner'));
    const finish = () => {
      deadline.cancel();
      stopWatching();
    };
    const fail = (error: unknown) => {
      finish();
      reject(new ShardUnavailableError(`the owner of shard ${command.shard} did not answer`, 'unknown', error));
    };
    outgoing.on('error', fail);
    outgoing.on('response', (incoming) => {
      readReply(incoming).then((reply) => {
        finish();
        resolve(reply);
      }, fail);
    });
    outgoing.end(body);
  });
}

async function readReply(incoming: IncomingMessage): Promise<CommandReply> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxReplyBytes) throw new Error('the reply is too large');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString()) as CommandReply;
}
