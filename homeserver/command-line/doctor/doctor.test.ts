import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../platform/config/load-config.ts';
import { collectOutput } from '../../testing/collect-output.ts';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { checkDataFolder } from './check-data-folder.ts';
import { checkDatabase, type DatabaseAnswer, judgeDatabase } from './check-database.ts';
import { checkListeners } from './check-listeners.ts';
import { checkNode, parseOpenFileLimit } from './check-machine.ts';
import { doctorCommand } from './doctor.ts';

const goodAnswer: DatabaseAnswer = {
  versionNumber: 160_002,
  version: '16.2',
  isStandby: false,
  encoding: 'UTF8',
  maxConnections: 100,
  offsetMs: 3,
};

function judge(answer: Partial<DatabaseAnswer>): [verdicts: string, words: string] {
  const findings = judgeDatabase({ ...goodAnswer, ...answer }, loadConfig({ environment: {} }).config);
  const bad = findings.filter(({ verdict }) => verdict !== 'ok');
  for (const { mend } of bad) assert.ok(mend);
  return [bad.map(({ verdict }) => verdict).join(), bad.map(({ what }) => what).join()];
}

test('a database is judged by version, role, encoding, connections and clock', () => {
  assert.deepEqual(judge({}), ['', '']);
  assert.deepEqual(judge({ versionNumber: 140_009, version: '14.9' }), ['problem', 'PostgreSQL 14.9 is too old']);
  assert.equal(judge({ isStandby: true })[0], 'problem');
  assert.equal(judge({ encoding: 'SQL_ASCII' })[0], 'problem');
  assert.equal(judge({ maxConnections: 20 })[0], 'warning');
  assert.equal(judge({ offsetMs: 999 })[0], '');
  assert.deepEqual(judge({ offsetMs: -1_500 }), ['warning', "this machine's clock is 1500 ms ahead of the database's"]);
  assert.deepEqual(judge({ offsetMs: 9_000 }), ['problem', "this machine's clock is 9000 ms behind the database's"]);
});

test('a database that does not answer is a problem, and the message has no password', async () => {
  const port = await findClosedPort();
  const url = `postgres://u:geheim@127.0.0.1:${port}/holdfast`;
  const findings = await checkDatabase(loadConfig({ environment: { HOLDFAST_DATABASE_URL: url } }).config);
  assert.equal(findings[0]?.verdict, 'problem');
  assert.match(findings[0]?.what ?? '', /does not answer: .*ECONNREFUSED/);
  assert.doesNotMatch(JSON.stringify(findings), /geheim/);
});

test('a port that another program has is a problem, a free one is not', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  t.after(() => server.close());
  const dataDir = await makeTestFolder();
  const check = (environment: Record<string, string>) =>
    checkListeners(loadConfig({ environment: { HOLDFAST_DATA_DIR: dataDir, ...environment } }).config);
  const [taken] = await check({ HOLDFAST_HTTP_PORT: String(port) });
  assert.equal(taken?.verdict, 'problem');
  assert.match(taken?.mend ?? '', new RegExp(`HOLDFAST_HTTP_PORT=${port + 1}`));
  const [free] = await check({ HOLDFAST_HTTP_PORT: String(await findClosedPort()) });
  assert.equal(free?.verdict, 'ok');
  const [foreign] = await check({ HOLDFAST_HTTP_BIND: '192.0.2.1' });
  assert.match(foreign?.what ?? '', /does not have that address/);
});

test('a file in the place of the data folder is a problem', async () => {
  const file = join(await makeTestFolder(), 'file');
  await writeFile(file, '');
  const [finding] = await checkDataFolder(loadConfig({ environment: { HOLDFAST_DATA_DIR: file } }).config);
  assert.equal(finding?.verdict, 'problem');
});

test('a data folder that is still to be made is judged by what is above it', async () => {
  const dataDir = join(await makeTestFolder(), 'not', 'yet');
  const findings = await checkDataFolder(loadConfig({ environment: { HOLDFAST_DATA_DIR: dataDir } }).config);
  assert.match(findings[0]?.what ?? '', /not there yet\) can be written/);
});

test('an old Node.js is told how to get the right one', () => {
  assert.equal(checkNode('26.0.0').verdict, 'ok');
  assert.match(checkNode('20.20.2').mend ?? '', /npm start/);
});

test('the limit of open files is read where the system tells it', () => {
  assert.equal(parseOpenFileLimit('Max open files            1024                 4096                 files'), 1024);
  assert.equal(
    parseOpenFileLimit('Max open files            unlimited            unlimited            files'),
    Infinity,
  );
  assert.equal(parseOpenFileLimit(''), undefined);
});

test('the doctor goes through a good machine without a problem, and counts what is wrong with a bad one', async () => {
  const good = collectOutput();
  const options = { 'data-dir': await makeTestFolder() };
  const exitCode = await doctorCommand.run({ options, words: [] }, good.output);
  assert.equal(exitCode, good.printed().includes('problem') ? 1 : 0);
  assert.match(good.printed(), /PostgreSQL 18\.\d+ comes with Holdfast and runs here/);

  const bad = collectOutput();
  const wrong = { options: { config: '/no/such/file.yaml' }, words: [] };
  assert.equal(await doctorCommand.run(wrong, bad.output), 1);
  assert.match(bad.printed(), /problem {2}\/no\/such\/file\.yaml: there is no such file/);
  assert.match(bad.printed(), /1 to mend before Holdfast can run/);
});

async function findClosedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
