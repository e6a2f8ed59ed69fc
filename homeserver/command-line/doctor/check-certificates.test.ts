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
  const overrides = { 'tls.port': 8448, 'tls.certificate': path, 'tls.key': path };
  const { config } = loadConfig({ environment: {}, overrides });
  const verdictFor = async (days: number) => {
    const { certificate } = makeCertificate({
      names: ['example.org'],
      notBefore: 0,
      notAfter: Date.now() + days * dayMs,
    });
    await writeFile(path, certificate);
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
