import { createHmac } from 'node:crypto';
import { type BenchUser } from './bench-user.ts';
import { type HttpConnection, openHttpConnection } from './http-connection.ts';
import { requestJson, textMember } from './request-json.ts';
import { runConcurrently } from './run-concurrently.ts';

export const benchPassword = 'bench-password-7d1c';

export interface RegistrationTarget {
  readonly baseUrl: string;
  /** Undefined registers openly with m.login.dummy. */
  readonly registrationSecret: string | undefined;
}

let registeredCount = 0;
const runMark = `${process.pid.toString(36)}${Date.now().toString(36)}`;

/** Registers new users, several at a time; each has a connection of its own. */
export async function registerUsers(target: RegistrationTarget, count: number): Promise<BenchUser[]> {
  return runConcurrently(count, 8, async () => {
    registeredCount += 1;
    const username = `bench-${runMark}-${registeredCount}`;
    const connection = openHttpConnection(target.baseUrl);
    const reply =
      target.registrationSecret === undefined
        ? await registerOpenly(connection, username)
        : await registerWithSecret(connection, username, target.registrationSecret);
    return { userId: textMember(reply, 'user_id'), token: textMember(reply, 'access_token'), connection };
  });
}

/** Logs a user in on a new device. https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3login */
export async function loginAgain(user: BenchUser): Promise<BenchUser> {
  const body = {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: user.userId },
    password: benchPassword,
  };
  const reply = await requestJson(user.connection, 'POST', '/_matrix/client/v3/login', { body });
  return { ...user, token: textMember(reply, 'access_token') };
}

function registerOpenly(connection: HttpConnection, username: string): Promise<Record<string, unknown>> {
  const body = { username, password: benchPassword, auth: { type: 'm.login.dummy' } };
  return requestJson(connection, 'POST', '/_matrix/client/v3/register', { body });
}

/** The registration call that tools use with a secret shared with the server. */
async function registerWithSecret(
  connection: HttpConnection,
  username: string,
  secret: string,
): Promise<Record<string, unknown>> {
  const path = '/_synapse/admin/v1/register';
  const nonce = textMember(await requestJson(connection, 'GET', path), 'nonce');
  const mac = createHmac('sha1', secret).update([nonce, username, benchPassword, 'notadmin'].join('\0')).digest('hex');
  const body = { nonce, username, password: benchPassword, admin: false, mac };
  return requestJson(connection, 'POST', path, { body });
}
