import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeManualClock } from '@holdfast/homeserver/testing/make-manual-clock.ts';
import { type MailBehaviour, type StubMailServer, startStubMailServer } from '../testing/stub-mail-server.ts';
import { deliver, deliveryTimeoutMs } from './deliver.ts';
import type { PageMessage } from './page-message.ts';
import { createSmtpNotifier } from './smtp.ts';

const message: PageMessage = {
  ...{ id: 'one.1', incident: 'one', kind: 'page', severity: 'page', losesData: true, serverName: 'example.org' },
  ...{ headline: 'a page is damaged\r\nBcc: everybody@example.org', symptoms: ['another'], openedMs: 0 },
};

let server: StubMailServer;
before(async () => {
  server = await startStubMailServer();
});
after(() => server.close());

function send(behaviour: MailBehaviour, clock = makeManualClock(), encryption: 'none' | 'starttls' = 'none') {
  server.behaviour = behaviour;
  const notifier = createSmtpNotifier({
    kind: 'smtp',
    host: '127.0.0.1',
    port: server.port,
    encryption,
    from: 'a@b.example',
  });
  return deliver(message, [{ name: 'mail', notifier, address: 'anna@example.org' }], clock);
}

test('a mail says what has happened, to one person, and a line break in it makes no header', async () => {
  assert.deepEqual(await send('takes'), [{ way: 'mail' }]);
  const [mail] = server.mails;
  assert.equal(mail?.to, 'anna@example.org');
  assert.match(mail?.text ?? '', /^Subject: DATA IS BEING LOST example\.org: a page is damaged Bcc:/m);
  assert.doesNotMatch(mail?.text ?? '', /^Bcc:/m);
  assert.match(mail?.text ?? '', /^- another$/m);
});

for (const behaviour of ['refuses the recipient', 'floods', 'lies'] as const) {
  test(`a mail server that ${behaviour} has not taken the mail`, async () => {
    assert.match((await send(behaviour))[0]?.problem ?? '', /./);
  });
}

test('a server without encryption gets nothing where encryption is asked for', async () => {
  const before = server.mails.length;
  assert.match((await send('takes', makeManualClock(), 'starttls'))[0]?.problem ?? '', /./);
  assert.equal(server.mails.length, before);
});

for (const behaviour of ['hangs at once', 'hangs after the message'] as const) {
  test(`a mail server that ${behaviour} is given up at the deadline, and so is the connection`, async () => {
    const clock = makeManualClock();
    const hanging = server.hanging();
    const sending = send(behaviour, clock);
    await hanging;
    clock.advance(deliveryTimeoutMs);
    assert.match((await sending)[0]?.problem ?? '', /took longer than 15000 ms/);
  });
}
