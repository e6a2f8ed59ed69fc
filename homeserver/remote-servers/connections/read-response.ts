import type { IncomingMessage } from 'node:http';
import { Transform, type TransformCallback } from 'node:stream';
import type { Deadline } from '@holdfast/effects/deadline.ts';

/** The body was larger than who asked for it would take. */
export class ResponseTooLargeError extends Error {
  constructor(limitBytes: number) {
    super(`its answer is larger than ${limitBytes} bytes`);
    this.name = 'ResponseTooLargeError';
  }
}

/** The whole body. Throws ResponseTooLargeError, what the deadline ended with, or how the connection broke. */
export async function readResponse(
  response: IncomingMessage,
  limitBytes: number,
  deadline: Deadline,
): Promise<Uint8Array> {
  checkAnnouncedSize(response, limitBytes);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) throw new ResponseTooLargeError(limitBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    deadline.check();
    throw error;
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

/** The body as it comes; the stream breaks when it becomes larger than allowed or the deadline ends. */
export function limitResponse(response: IncomingMessage, limitBytes: number): Transform {
  checkAnnouncedSize(response, limitBytes);
  let sizeBytes = 0;
  const limited = new Transform({
    transform(chunk: Buffer, _encoding, callback: TransformCallback) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) callback(new ResponseTooLargeError(limitBytes));
      else callback(null, chunk);
    },
  });
  response.once('error', (error) => limited.destroy(error));
  // Who reads is told. Where nobody reads yet, or any more, an error that nobody hears would end the process.
  limited.on('error', () => {});
  limited.once('close', () => response.destroy());
  response.pipe(limited);
  return limited;
}

function checkAnnouncedSize(response: IncomingMessage, limitBytes: number): void {
  const announced = response.headers['content-length'];
  if (announced === undefined || Number(announced) <= limitBytes) return;
  response.destroy();
  throw new ResponseTooLargeError(limitBytes);
}
