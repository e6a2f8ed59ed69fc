import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { type CreatedTestDatabase, createTestDatabase } from '../../testing/create-test-database.ts';
import { isDatabaseOutage } from './database-error.ts';
import { encryptionOf } from './encrypt-socket.ts';
import { openDatabase, type Sql } from './open-database.ts';

/** Made for these tests, signed by nobody else, good for `localhost` for a hundred years. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgp376Z3D6OfhUd8Kb
zkq9Wb3Kt0WJpUBGujvy+GLqS42hRANCAAS2Ve9Hgo/XMFJcnbQzqkGfzDs0ia9+
mp6CaE3wZIN8NrZNJTX0dJaoT1dapkKE5jl2HHAWXahRLyYdK0rL42/F
-----END PRIVATE KEY-----`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUZ/UofOLVdnuU6b8IuM6MFFwPQX8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzIxMjU0N1oYDzIxMjYxMDMw
MjEyNTQ3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS2Ve9Hgo/XMFJcnbQzqkGfzDs0ia9+mp6CaE3wZIN8NrZNJTX0dJao
T1dapkKE5jl2HHAWXahRLyYdK0rL42/Fo28wbTAdBgNVHQ4EFgQUfRlDMJHD+f0x
ggknPNPEDvCiIcAwHwYDVR0jBBgwFoAUfRlDMJHD+f0xggknPNPEDvCiIcAwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgGQKQOPNXAq/SMSXaVG2etmT4euqsHA/AwofirRcSIjwCIQCD
hezlMqBii0cTYjTQVv0W6nJ+5/E8p992WztpQSqRQQ==
-----END CERTIFICATE-----`;

let database: CreatedTestDatabase;
let port: number;
let offers = true;
let encryptedCount = 0;
const sockets = new Set<Socket>();

/** In front of a PostgreSQL without encryption, offers it and takes it off. */
const server = createServer((client) => {
  sockets.add(client);
  client.on('close', () => sockets.delete(client));
  client.on('error', () => {});
  client.once('data', (request: Buffer) => {
    const target = new URL(database.url);
    const upstream = connect(Number(target.port), target.hostname);
    upstream.on('error', () => client.destroy());
    const asks = request.length === 8;
    if (asks && !offers) client.write('N');
    if (asks && offers) client.write('S');
    const plain = asks && offers ? new TLSSocket(client, { isServer: true, key, cert }) : client;
    if (plain !== client) encryptedCount++;
    plain.on('error', () => client.destroy());
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    if (!asks) upstream.write(request);
    plain.pipe(upstream);
    upstream.pipe(plain);
  });
});

before(async () => {
  database = await createTestDatabase({ migrated: false });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
after(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await database.drop();
});

function open(mode: string, statementTimeoutMs = 2_000): Sql {
  const url = new URL(database.url);
  url.host = `localhost:${port}`;
  url.search = `?sslmode=${mode}`;
  return openDatabase({ url: url.href, poolSize: 2, applicationName: 'encrypted', statementTimeoutMs });
}

async function ask(mode: string): Promise<{ answered: boolean; encrypted: boolean }> {
  const before = encryptedCount;
  const sql = open(mode);
  const answered = await sql`SELECT 1`.then(
    () => true,
    (error: unknown) => {
      assert.ok(isDatabaseOutage(error), String(error));
      return false;
    },
  );
  await sql.end({ timeout: 1 });
  return { answered, encrypted: encryptedCount > before };
}

const [encrypted, plain] = [
  { answered: true, encrypted: true },
  { answered: true, encrypted: false },
];

test('what is sent is encrypted where the server offers it and the mode allows it', async () => {
  offers = true;
  assert.deepEqual(await ask('require'), encrypted);
  assert.deepEqual(await ask('prefer'), encrypted);
  assert.deepEqual(await ask('disable'), plain);
});

test('where the server offers none, only a mode that does not insist is answered', async () => {
  offers = false;
  assert.deepEqual(await ask('prefer'), plain);
  assert.deepEqual(await ask('require'), { answered: false, encrypted: false });
  offers = true;
});

test('a certificate that nobody has signed is refused where it is to be verified', async () => {
  assert.equal((await ask('verify-full')).answered, false);
});

test('encrypted connections that break in the middle of queries leave nothing behind', async () => {
  const sql = open('require');
  const failures = new Set<unknown>();
  let asking = true;
  const asked = Array.from({ length: 6 }, async () => {
    while (asking) {
      await sql`SELECT 1`.catch((error: unknown) => failures.add(error));
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  for (let turn = 0; turn < 6; turn++) {
    for (const socket of sockets) socket.destroy();
    while (
      !(await sql`SELECT 1`.then(
        () => true,
        () => false,
      ))
    ) {
      // It is opened again by the next query.
    }
  }
  asking = false;
  await Promise.all(asked);
  for (const error of failures) {
    assert.ok(isDatabaseOutage(error), String(error));
    assert.notEqual((error as { code: string }).code, 'CONNECT_TIMEOUT');
  }
  await sql.end({ timeout: 1 });
});

test('a mode that PostgreSQL does not know is refused', () => {
  assert.throws(() => encryptionOf('postgres://host/name?sslmode=maybe'), /sslmode=maybe/);
  assert.equal(encryptionOf('postgres://host/name'), 'none');
  assert.equal(encryptionOf('postgres://a,b/name?application_name=x&sslmode=verify-full'), 'verified');
  assert.equal(encryptionOf('postgres://host/name?sslrootcert=system'), 'verified');
});
