import type { Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { withDeadline } from '@holdfast/effects/deadline.ts';
import { isDatabaseOutage } from './database-error.ts';

/**
 * How a connection to PostgreSQL is encrypted. `if-offered`: where the server can; `always`: or not at all; neither
 * checks who the server is. `verified`: and its certificate must be good for its name.
 */
export type Encryption = 'none' | 'if-offered' | 'always' | 'verified';

const encryptionByMode: Readonly<Record<string, Encryption>> = {
  disable: 'none',
  allow: 'if-offered',
  prefer: 'if-offered',
  require: 'always',
  'verify-ca': 'verified',
  'verify-full': 'verified',
};

const handshakeTimeoutMs = 5_000;
/** SSLRequest: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const encryptionRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const offered = 'S'.charCodeAt(0);

/**
 * What the `sslmode` of a database's URL asks for; none without one. Throws on a mode that PostgreSQL does not know.
 * https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
 */
export function encryptionOf(databaseUrl: string): Encryption {
  const query = new URLSearchParams(databaseUrl.split('?')[1] ?? '');
  const mode = query.get('sslrootcert') === 'system' ? 'verify-full' : (query.get('sslmode') ?? 'disable');
  const encryption = encryptionByMode[mode];
  if (!encryption) throw new Error(`sslmode=${mode}: use one of ${Object.keys(encryptionByMode).join(', ')}`);
  return encryption;
}

/** Asks for encryption on a connecting socket and begins it. Rejects, with the socket destroyed, when it fails. */
export async function encryptSocket(
  socket: Socket,
  host: string,
  encryption: Exclude<Encryption, 'none'>,
): Promise<Socket> {
  try {
    return await withDeadline(shakeHands(socket, host, encryption), handshakeTimeoutMs, 'encrypting a connection');
  } catch (error) {
    socket.destroy();
    if (isDatabaseOutage(error)) throw error;
    const reason = `the connection to the database cannot be encrypted: ${(error as Error).message}`;
    throw Object.assign(new Error(reason, { cause: error }), { code: 'CONNECTION_REFUSED' });
  }
}

async function shakeHands(socket: Socket, host: string, encryption: Encryption): Promise<Socket> {
  const answer = await untilData(socket, () => socket.write(encryptionRequest));
  if (answer[0] !== offered) {
    if (encryption === 'if-offered') return socket;
    throw new Error('the database does not offer encryption, which its URL asks for');
  }
  const secure = connectTls({
    socket,
    // The name is checked, and told to the server; addresses have none.
    ...(/^[\d.]+$|:/.test(host) ? { host } : { servername: host }),
    rejectUnauthorized: encryption === 'verified',
  });
  await untilSecure(secure);
  return secure;
}

function untilData(socket: Socket, ask: () => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const close = () => reject(new Error('the database closed the connection'));
    socket.once('error', reject);
    socket.once('close', close);
    socket.once('data', (data: Buffer) => {
      socket.removeListener('error', reject);
      socket.removeListener('close', close);
      resolve(data);
    });
    ask();
  });
}

function untilSecure(secure: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const close = () => reject(new Error('the database closed the connection'));
    secure.once('error', reject);
    secure.once('close', close);
    secure.once('secureConnect', () => {
      secure.removeListener('error', reject);
      secure.removeListener('close', close);
      resolve();
    });
  });
}
