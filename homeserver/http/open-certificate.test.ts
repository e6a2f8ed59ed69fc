import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { loadConfig } from '../platform/config/load-config.ts';
import type { Context } from '../platform/context.ts';
import { collectLog } from '../testing/collect-log.ts';
import { makeCertificate } from '../testing/make-certificate.ts';
import { makeManualClock } from '../testing/make-manual-clock.ts';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { openCertificate } from './open-certificate.ts';

async function setUp() {
  const folder = await makeTestFolder();
  const [certificate, key] = [join(folder, 'tls.pem'), join(folder, 'tls.key')];
  const write = (name: string, pair = makeCertificate({ names: [name] })) => {
    writeFileSync(certificate, pair.certificate);
    writeFileSync(key, pair.key);
  };
  const overrides = { 'tls.port': 0, 'tls.certificate': certificate, 'tls.key': key };
  const { config } = loadConfig({ environment: {}, overrides });
  const clock = makeManualClock();
  const collected = collectLog();
  const context = { config, clock, log: collected.log } as unknown as Context;
  return { certificate, key, write, clock, context, collected };
}

function seenName(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('a certificate that was renewed is shown without a restart, and a broken one is not', async (t) => {
  const { certificate, write, clock, context, collected } = await setUp();
  write('first.test');
  const opened = await openCertificate(context);
  const listener = createServer(opened.options);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    opened.close();
    listener.close();
  });
  const { port } = listener.address() as AddressInfo;
  opened.keepCurrent(listener);
  assert.equal(await seenName(port), 'first.test');
  write('second.test');
  clock.advance(10_000);
  await collected.waitFor('the certificate has changed');
  assert.equal(await seenName(port), 'second.test');
  writeFileSync(certificate, 'half of a certifi');
  // The look is scheduled again when the one before has ended.
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(10_000);
  await collected.waitFor('the new certificate cannot be used');
  assert.equal(await seenName(port), 'second.test');
});

test('files that are missing or do not go together are named', async () => {
  const { certificate, key, write, context } = await setUp();
  await assert.rejects(openCertificate(context), {
    name: 'CertificateError',
    message: new RegExp(`${certificate}.*ENOENT`),
  });
  write('a.test');
  writeFileSync(key, makeCertificate({ names: ['b.test'] }).key);
  await assert.rejects(openCertificate(context), { name: 'CertificateError', message: /do not go together/ });
  const unset = { ...context, config: { ...context.config, tls: { ...context.config.tls, key: undefined } } };
  await assert.rejects(openCertificate(unset), { message: /tls.certificate and tls.key/ });
});
