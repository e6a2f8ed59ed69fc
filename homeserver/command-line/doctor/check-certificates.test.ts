import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../platform/config/load-config.ts';
import { makeCertificate } from '../../testing/make-certificate.ts';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { checkCertificates } from './check-certificates.ts';

const dayMs = 86_400_000;

test('a certificate is judged by its end, and one that is none is a problem', async () => {
  const path = join(await makeTestFolder(), 'certificate.pem');
  const keyPath = `${path}.key`;
  const overrides = { 'tls.port': 8448, 'tls.certificate': path, 'tls.key': keyPath };
  const { config } = loadConfig({ environment: {}, overrides });
  const verdictFor = async (days: number) => {
    const { certificate, key } = makeCertificate({
      names: ['example.org'],
      notBefore: 0,
      notAfter: Date.now() + days * dayMs,
    });
    await writeFile(path, certificate);
    await writeFile(keyPath, key);
    return (await checkCertificates(config)).map(({ verdict }) => verdict);
  };
  assert.deepEqual(
    [await verdictFor(60), await verdictFor(5), await verdictFor(-1)],
    [['ok'], ['warning'], ['problem']],
  );
  await writeFile(path, 'nothing');
  assert.deepEqual(
    (await checkCertificates(config)).map(({ verdict }) => verdict),
    ['problem'],
  );
  assert.deepEqual(await checkCertificates(loadConfig({ environment: {} }).config), []);
});

test('a certificate must be for the name of the server, and have its key', async () => {
  const folder = await makeTestFolder();
  const path = (name: string) => join(folder, name);
  const [own, other] = ['example.org', 'example.net'].map((name) => makeCertificate({ names: [name] }));
  await writeFile(path('own.pem'), own?.certificate ?? '');
  await writeFile(path('own.key'), own?.key ?? '');
  await writeFile(path('other.key'), other?.key ?? '');
  const find = async (serverName: string, key: string) => {
    const overrides = {
      ...{ server_name: serverName, 'tls.port': 8448, 'tls.certificate': path('own.pem'), 'tls.key': path(key) },
    };
    const findings = await checkCertificates(loadConfig({ environment: {}, overrides }).config);
    return findings.map(({ verdict }) => verdict).join();
  };
  assert.equal(await find('example.org', 'own.key'), 'ok');
  assert.equal(await find('localhost', 'own.key'), 'ok');
  assert.equal(await find('matrix.example.org', 'own.key'), 'ok,warning');
  assert.equal(await find('example.org', 'other.key'), 'ok,problem');
  assert.equal(await find('example.org', 'none.key'), 'ok,problem');
});
