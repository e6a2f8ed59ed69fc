import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type FederatedHomeserver, startFederatedHomeserver } from '../../testing/start-federated-homeservers.ts';
import { makeTestNetwork } from '../../testing/test-network.ts';
import type { ServerFinding } from './server-finding.ts';

const network = await makeTestNetwork();
const program = join(import.meta.dirname, 'check-own-name.ts');
let own: FederatedHomeserver;
let other: FederatedHomeserver;

before(async () => {
  [own, other] = await Promise.all([startAtAddress(), startAtAddress()]);
});
after(() => Promise.all([own.stop(), other.stop()]));

async function findFreePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A homeserver whose name is its address: the program asks the machine's DNS, which knows nothing of tests. */
async function startAtAddress(): Promise<FederatedHomeserver> {
  const port = await findFreePort();
  const { certificate, key } = await network.writeCertificate(['127.0.0.1']);
  return startFederatedHomeserver(network, `127.0.0.1:${port}`, {
    config: { 'tls.port': port, 'tls.certificate': certificate, 'tls.key': key },
  });
}

function check(question: object): Promise<ServerFinding[]> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [program], (error, output) => {
      return error ? reject(error) : resolve(JSON.parse(output));
    });
    child.stdin?.write(`${JSON.stringify({ ca_file: network.caFile, ...question })}\n`);
  });
}

test('a server that is found says so, its keys compared with those that it has itself', async () => {
  const findings = await check({ server_name: own.serverName, homeserver_url: own.baseUrl });
  assert.deepEqual(
    findings.map(({ verdict }) => verdict),
    ['ok', 'ok', 'ok'],
    JSON.stringify(findings),
  );
  assert.match(findings[1]?.what ?? '', /has a good certificate/);
  assert.equal(findings[2]?.what, `this server publishes its key ${own.context.signingKey.keyId} there`);
});

test('a silent process leaves the name judged by what answers there', async () => {
  const homeserver_url = `http://127.0.0.1:${await findFreePort()}`;
  const findings = await check({ server_name: own.serverName, homeserver_url });
  const expected = `keys of ${own.serverName} are published there: ${own.context.signingKey.keyId}`;
  assert.deepEqual(findings.at(-1), { verdict: 'ok', what: expected });
});

test('another server under the name, a port that nobody has and an unknown authority are problems', async () => {
  const other_keys = await check({ server_name: own.serverName, homeserver_url: other.baseUrl });
  assert.match(problemOf(other_keys), /does not have this server's key: it has others/);
  const nobody = await check({ server_name: `127.0.0.1:${await findFreePort()}`, homeserver_url: own.baseUrl });
  assert.match(problemOf(nobody), /nothing listens there/);
  const unknown = await check({ server_name: own.serverName, homeserver_url: own.baseUrl, ca_file: undefined });
  assert.match(problemOf(unknown), /certificate/);
});

test('the program ends when whoever started it does', async () => {
  const child = execFile(process.execPath, [program]);
  child.stdin?.end();
  const code = await new Promise((resolve) => child.once('exit', resolve));
  assert.equal(code, 1);
});

function problemOf(findings: readonly ServerFinding[]): string {
  const problems = findings.filter(({ verdict }) => verdict === 'problem');
  assert.equal(problems.length, 1, JSON.stringify(findings));
  return problems[0]?.what ?? '';
}
