import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { silentLog } from '@holdfast/effects/log.ts';
import fastify, { type FastifyInstance } from 'fastify';
import type { MonitorSettings, PagingSettings } from '../configuration/monitor-settings.ts';
import type { Escalation } from '../escalation/escalate.ts';
import { formatReplyCode } from '../escalation/reply.ts';
import { sendRequest } from '../platform/send-request.ts';
import { emptyMonitorState } from '../storage/monitor-state.ts';
import { type StubProvider, startStubProvider } from '../testing/stub-provider.ts';
import { createReplyReader } from './read-chat-replies.ts';
import { takeReplies } from './take-replies.ts';

const incident = '20170512T025004-database-down';
const escalation: Escalation = {
  ...{ incident, startedMs: 0, step: 1, nextMs: 1, sent: 1, told: ['anna'], unreached: [], headline: 'down' },
};
const paging = (chatUrl = 'http://127.0.0.1:9'): PagingSettings => ({
  notifiers: {
    mail: { kind: 'smtp', host: 'mail', from: 'a@b', reply_to: 'r@b', reply_secret: 'of the mail provider' },
    text: { kind: 'sms', account: 'AC1', token: 'twilio', from: '+1', replies: true },
    pager: { kind: 'pagerduty', webhook_secret: 'pager' },
    chat: { kind: 'matrix', url: chatUrl, access_token: 'syt' },
  },
  people: {
    anna: { reach: [{ notifier: 'text', address: '+49301' }] },
    ben: {
      reach: [
        { notifier: 'text', address: '+49302' },
        { notifier: 'chat', address: '!a:b' },
      ],
    },
  },
});

let server: FastifyInstance;
let stub: StubProvider;
let taken: string[] = [];
before(async () => {
  stub = await startStubProvider();
  server = fastify();
  takeReplies(server, {
    settings: { public_url: 'https://monitor.example.org/', paging: paging() } as unknown as MonitorSettings,
    readSecret: () => 'secret',
    readState: () => ({ ...emptyMonitorState, escalations: [escalation] }),
    async acknowledge(id, person, how) {
      if (id !== incident) return false;
      taken.push(`${person} by ${how}`);
      return true;
    },
  });
});
after(async () => {
  await server.close();
  await stub.close();
});
beforeEach(() => {
  taken = [];
});

async function post(path: string, headers: Record<string, string>, payload: string) {
  return server.inject({ method: 'POST', url: path, headers, payload });
}
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const code = formatReplyCode('secret', { incident, person: 'anna' });

test('an e-mail that is answered takes the incident by the code in its subject, in the forms of several providers', async () => {
  const authorization = 'Bearer of the mail provider';
  const json = { authorization, 'content-type': 'application/json; charset=utf-8' };
  const subject = `Re: ALARM [${code}]`;
  await post('/replies/email', json, JSON.stringify({ Subject: subject, TextBody: 'on it' }));
  await post('/replies/email', { ...form, authorization }, new URLSearchParams({ subject, text: '' }).toString());
  assert.deepEqual(taken, ['anna by e-mail', 'anna by e-mail']);
  const other = formatReplyCode('other', { incident, person: 'anna' });
  const wrong = [`Re: [${other}]`, 'Re: [HF-AAAAAAAAAA]', 'OK', ''];
  for (const each of wrong) await post('/replies/email', json, JSON.stringify({ subject: each }));
  for (const body of ['null', '{', '[1]', '"x"'])
    assert.equal((await post('/replies/email', json, body)).statusCode, 200);
  for (const given of ['', 'Bearer', 'Bearer wrong'])
    assert.equal(
      (await post('/replies/email', { ...json, authorization: given }, `{"subject":"${code}"}`)).statusCode,
      403,
    );
  assert.equal(taken.length, 2);
});

function sign(fields: Record<string, string>, token = 'twilio'): [Record<string, string>, string] {
  const text = Object.entries(fields)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map((pair) => pair.join(''))
    .join('');
  const mac = createHmac('sha1', token).update(`https://monitor.example.org/replies/sms${text}`).digest('base64');
  return [{ ...form, 'x-twilio-signature': mac }, new URLSearchParams(fields).toString()];
}

test('who answers OK to a text message takes what that person was told of, and nobody else does', async () => {
  const answer = await post('/replies/sms', ...sign({ From: '+49301', Body: 'Ok!', MessageSid: 'S' }));
  assert.match(answer.body, /It is yours/);
  assert.deepEqual(taken, ['anna by text message']);
  // Ben was not told, a stranger has no name here, and a question is no yes.
  const others: Record<string, string>[] = [
    { From: '+49302', Body: 'ok' },
    { From: '+49399', Body: 'ok' },
    { From: '+49301', Body: 'what is it?' },
  ];
  for (const fields of others) {
    assert.match((await post('/replies/sms', ...sign(fields))).body, /nothing to take/);
  }
  await post('/replies/sms', ...sign({ From: '+49399', Body: code.toLowerCase() }));
  assert.deepEqual(taken, ['anna by text message', 'anna by text message']);
  const [headers, body] = sign({ From: '+49301', Body: 'ok' }, 'another');
  assert.equal((await post('/replies/sms', headers, body)).statusCode, 403);
  assert.equal((await post('/replies/sms', form, body)).statusCode, 403);
});

test('who acknowledges in PagerDuty has taken it here, and only PagerDuty can say so', async () => {
  const event = (type: string, key = incident) =>
    JSON.stringify({ event: { event_type: type, agent: { summary: 'Anna A.' }, data: { incident_key: key } } });
  const send = (body: string, secret = 'pager') => {
    const mac = createHmac('sha256', secret).update(body).digest('hex');
    return post(
      '/replies/pagerduty',
      { 'content-type': 'application/json', 'x-pagerduty-signature': `v1=0,v1=${mac}` },
      body,
    );
  };
  assert.equal((await send(event('incident.acknowledged'))).json().taken, true);
  assert.equal((await send(event('incident.triggered'))).json().taken, false);
  assert.equal((await send(event('incident.acknowledged', 'other'))).json().taken, false);
  assert.equal((await send('{}')).json().taken, false);
  assert.equal((await send('[')).statusCode, 400);
  assert.equal((await send(event('incident.acknowledged'), 'wrong')).statusCode, 403);
  assert.deepEqual(taken, ['Anna A. by PagerDuty']);
});

test('an answer or a reaction to a page in a Matrix room takes the incident', async () => {
  const page = {
    ...{ event_id: '$page', sender: '@monitor:b', type: 'm.room.message' },
    content: { body: 'ALARM', 'org.holdfast.incident': incident },
  };
  const answer = (sender: string, body: string, eventId = '$page') => ({
    ...{ event_id: '$a', sender, type: 'm.room.message' },
    content: { body, 'm.relates_to': { 'm.in_reply_to': { event_id: eventId } } },
  });
  const reaction = {
    ...{ event_id: '$r', sender: '@ben:b', type: 'm.reaction' },
    content: { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$page', key: '👍' } },
  };
  const read = createReplyReader(paging(stub.url), { send: sendRequest, clock: systemClock, log: silentLog });
  const ask = async (chunk: unknown, escalations: readonly Escalation[] = [escalation]) => {
    stub.answer = { status: 200, body: JSON.stringify({ chunk }) };
    return (await read(escalations)).map(({ by }) => by);
  };
  assert.deepEqual(await ask([answer('@ben:b', '> ALARM\n\nok, I look'), page]), ['@ben:b']);
  assert.deepEqual(await ask([reaction, page]), ['@ben:b']);
  assert.match(stub.received.at(-1)?.path ?? '', /rooms\/!a%3Ab\/messages\?dir=b/);
  for (const chunk of [
    [page],
    [answer('@ben:b', 'what?'), page],
    [answer('@monitor:b', 'ok'), page],
    [answer('@ben:b', 'ok', '$other'), page],
    [{}],
    'x',
  ])
    assert.deepEqual(await ask(chunk), []);
  const count = stub.received.length;
  assert.deepEqual(await ask([reaction, page], [{ ...escalation, acknowledgement: { by: 'anna', atMs: 1 } }]), []);
  assert.equal(stub.received.length, count);
});
