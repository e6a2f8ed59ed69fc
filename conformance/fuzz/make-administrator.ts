import { createHmac } from 'node:crypto';
import { request } from '@holdfast/homeserver/testing/test-user.ts';
import type { FuzzedServer } from './start-fuzzed-server.ts';

/** Makes an administrator through the shared secret, and gives the access token. */
export async function makeAdministrator({ url, registrationSecret }: FuzzedServer): Promise<string> {
  const path = '/_synapse/admin/v1/register';
  const { nonce } = (await request(url, 'GET', path)).body;
  const [username, password] = ['root', 'a passphrase for fuzzing'];
  const mac = createHmac('sha1', registrationSecret)
    .update([nonce, username, password, 'admin'].join('\0'))
    .digest('hex');
  const reply = await request(url, 'POST', path, { body: { nonce, username, password, mac, admin: true } });
  if (reply.status !== 200) throw new Error(`no administrator was made: ${JSON.stringify(reply.body)}`);
  return reply.body.access_token;
}
