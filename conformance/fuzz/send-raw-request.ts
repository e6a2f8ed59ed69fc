import { connect } from 'node:net';

export interface RawReply {
  /** undefined: the connection ended without a reply. */
  readonly status: number | undefined;
  readonly body: string;
}

const replyDeadlineMs = 70_000;
const maxReplyBytes = 8 * 1024 * 1024;

/**
 * Sends bytes as they are and reads until the server closes. Source addresses are spread over the loopback range, since
 * each connection takes a port for a while. With `abandonAfterMs` the client goes away after that time.
 */
export function sendRawRequest(
  port: number,
  bytes: Buffer,
  source: number,
  abandonAfterMs: number | undefined,
): Promise<RawReply> {
  return new Promise((resolve) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      localAddress: `127.0.${1 + (source % 8)}.${1 + (source % 250)}`,
    });
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(parseReply(Buffer.concat(chunks)));
    };
    const timer = setTimeout(finish, abandonAfterMs ?? replyDeadlineMs);
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= maxReplyBytes) chunks.push(chunk);
    });
    socket.on('end', finish);
    socket.on('close', finish);
    // Refused or reset: judged by whether the server still answers.
    socket.on('error', finish);
  });
}

function parseReply(bytes: Buffer): RawReply {
  const headEnd = bytes.indexOf('\r\n\r\n');
  const status = /^HTTP\/1\.1 (\d{3})/.exec(bytes.subarray(0, 20).toString('latin1'))?.[1];
  if (status === undefined || headEnd === -1) return { status: undefined, body: '' };
  return { status: Number(status), body: bytes.subarray(headEnd + 4).toString('utf8') };
}
