import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { makeManualClock } from '@holdfast/homeserver/testing/make-manual-clock.ts';
import { sendRequest } from '../platform/send-request.ts';
import {
  failures,
  hangs,
  type ReceivedRequest,
  type StubProvider,
  startStubProvider,
} from '../testing/stub-provider.ts';
import { createNotifier } from './create-notifier.ts';
import { deliver, deliveryTimeoutMs } from './deliver.ts';
import type { NotifierSettings } from './notifier-settings.ts';
import type { PageMessage } from './page-message.ts';

const message: PageMessage = {
  ...{
    id: '20170512T025004-database-down.3',
    incident: '20170512T025004-database-down',
    kind: 'page',
    severity: 'page',
  },
  ...{ losesData: false, serverName: 'example.org', headline: 'no primary has answered for <9> s & more' },
  symptoms: ['hs1 answers, and writes to no shard\r\nX-Injected: yes'],
  openedMs: Date.parse('2017-05-12T02:50:04Z'),
  acknowledgeUrl: 'https://monitor.example.org/acknowledge/a/b/c',
  guideUrl: 'https://example.org/database-down.md',
};

interface Provider {
  readonly settings: (url: string) => NotifierSettings;
  readonly address: (url: string) => string;
  readonly answer: { readonly status: number; readonly body: string };
  /** What the provider must have got. */
  check(request: ReceivedRequest): void;
}

const json = (request: ReceivedRequest) => JSON.parse(request.body) as Record<string, unknown>;
const form = (request: ReceivedRequest) => Object.fromEntries(new URLSearchParams(request.body));

const providers: Readonly<Record<string, Provider>> = {
  sms: {
    settings: (url) => ({ kind: 'sms', url, account: 'AC1', token: 'secret', from: '+1555' }),
    address: () => '+4930',
    answer: { status: 201, body: '{"sid":"SM1","status":"queued"}' },
    check(request) {
      assert.equal(request.path, '/2010-04-01/Accounts/AC1/Messages.json');
      assert.equal(request.headers.authorization, `Basic ${Buffer.from('AC1:secret').toString('base64')}`);
      const { To, From, Body } = form(request);
      assert.deepEqual([To, From], ['+4930', '+1555']);
      assert.match(Body ?? '', /^ALARM example\.org: no primary .* \(and 1 more\)\nI take it: https:/);
    },
  },
  voice: {
    settings: (url) => ({ kind: 'voice', url, account: 'AC1', token: 'secret', from: '+1555' }),
    address: () => '+4930',
    answer: { status: 201, body: '{"sid":"CA1"}' },
    check(request) {
      assert.equal(request.path, '/2010-04-01/Accounts/AC1/Calls.json');
      assert.match(form(request)['Twiml'] ?? '', /^<Response><Say>ALARM example\.org: .*&lt;9&gt; s &amp; more<\/Say>/);
    },
  },
  ntfy: {
    settings: (url) => ({ kind: 'ntfy', url, token: 'tk' }),
    address: () => 'alarms',
    answer: { status: 200, body: '{"id":"x1","event":"message"}' },
    check(request) {
      assert.equal(request.headers.authorization, 'Bearer tk');
      const { topic, priority, actions } = json(request);
      assert.deepEqual([topic, priority], ['alarms', 5]);
      assert.equal((actions as { url: string }[])[0]?.url, message.acknowledgeUrl);
    },
  },
  slack: {
    settings: () => ({ kind: 'slack' }),
    address: (url) => `${url}/services/T/B/x`,
    answer: { status: 200, body: 'ok' },
    check(request) {
      assert.match(json(request)['text'] as string, /^ALARM .*&lt;9&gt; s &amp; more\n/);
    },
  },
  matrix: {
    settings: (url) => ({ kind: 'matrix', url, access_token: 'syt' }),
    address: () => '!room:other.example',
    answer: { status: 200, body: '{"event_id":"$1"}' },
    check(request) {
      assert.equal(request.method, 'PUT');
      assert.equal(
        request.path,
        '/_matrix/client/v3/rooms/!room%3Aother.example/send/m.room.message/20170512T025004-database-down.3',
      );
      assert.equal(request.headers.authorization, 'Bearer syt');
      assert.deepEqual(json(request)['m.mentions'], { room: true });
    },
  },
  webhook: {
    settings: () => ({ kind: 'webhook', secret: 's' }),
    address: (url) => `${url}/hook`,
    answer: { status: 200, body: 'ok' },
    check(request) {
      const signature = createHmac('sha256', 's').update(request.body).digest('hex');
      assert.equal(request.headers['x-holdfast-signature'], `sha256=${signature}`);
      const { incident, kind, loses_data, opened_at } = json(request);
      assert.deepEqual([incident, kind, loses_data], [message.incident, 'page', false]);
      assert.equal(opened_at, '2017-05-12T02:50:04.000Z');
    },
  },
  pagerduty: {
    settings: (url) => ({ kind: 'pagerduty', url }),
    address: () => 'routing-key',
    answer: { status: 202, body: '{"status":"success","dedup_key":"x"}' },
    check(request) {
      assert.equal(request.path, '/v2/enqueue');
      const { routing_key, dedup_key, event_action, payload } = json(request);
      assert.deepEqual([routing_key, dedup_key, event_action], ['routing-key', message.incident, 'trigger']);
      assert.equal((payload as { severity: string }).severity, 'critical');
    },
  },
  alertmanager: {
    settings: () => ({ kind: 'alertmanager' }),
    address: (url) => url,
    answer: { status: 200, body: 'ok' },
    check(request) {
      assert.equal(request.path, '/api/v2/alerts');
      const [alert] = JSON.parse(request.body) as { labels: Record<string, string>; endsAt: string }[];
      assert.deepEqual([alert?.labels['severity'], alert?.labels['incident']], ['page', message.incident]);
    },
  },
};

let stub: StubProvider;
before(async () => {
  stub = await startStubProvider();
});
beforeEach(() => {
  stub.behaviour = 'takes';
});
after(() => stub.close());

function send(provider: Provider, given: PageMessage = message, clock = makeManualClock()) {
  const notifier = createNotifier(provider.settings(stub.url), { send: sendRequest, clock });
  return deliver(given, [{ name: 'way', notifier, address: provider.address(stub.url) }], clock);
}

for (const [name, provider] of Object.entries(providers)) {
  test(`${name}: the provider gets the message in its own words and says that it has it`, async () => {
    stub.answer = provider.answer;
    assert.deepEqual(await send(provider), [{ way: 'way' }]);
    provider.check(stub.received.at(-1)!);
    assert.doesNotMatch(stub.received.at(-1)!.body, /[\r\n]X-Injected|\\nX-Injected/);
  });

  for (const behaviour of failures) {
    test(`${name}: a provider that ${behaviour} has not taken the message`, async () => {
      stub.answer = provider.answer;
      stub.behaviour = behaviour;
      const [delivery] = await send(provider);
      assert.match(delivery?.problem ?? '', /./);
    });
  }

  for (const behaviour of hangs) {
    // What only its status counts of may leave out the rest.
    if (behaviour === 'trickles' && provider.answer.body === '') continue;
    test(`${name}: a provider that ${behaviour} is given up at the deadline`, async () => {
      stub.answer = provider.answer;
      stub.behaviour = behaviour;
      const clock = makeManualClock();
      const request = stub.next();
      const sending = send(provider, message, clock);
      await request;
      clock.advance(deliveryTimeoutMs);
      assert.match((await sending)[0]?.problem ?? '', /took longer than 15000 ms/);
    });
  }
}

test('a provider that hangs holds up none of the others', async () => {
  const other = await startStubProvider();
  try {
    stub.behaviour = 'hangs';
    other.answer = providers['slack']!.answer;
    const clock = makeManualClock();
    const arrived = Promise.all([stub.next(), other.next()]);
    const notifier = createNotifier({ kind: 'slack' }, { send: sendRequest, clock });
    const ways = [stub, other].map(({ url }, index) => ({ name: `way ${index}`, notifier, address: url }));
    const delivering = deliver(message, ways, clock);
    await arrived;
    clock.advance(deliveryTimeoutMs);
    const deliveries = await delivering;
    assert.equal(deliveries.length, 2);
    assert.ok(deliveries[0]?.problem);
  } finally {
    await other.close();
  }
});

test('what is no page rings nobody', async () => {
  const seen = stub.received.length;
  assert.deepEqual(await send(providers['voice']!, { ...message, kind: 'all-clear' }), []);
  assert.equal(stub.received.length, seen);
});

test('PagerDuty is told the end of an incident under the same name, and a refusal in a friendly answer is one', async () => {
  const { pagerduty } = providers;
  stub.answer = pagerduty!.answer;
  await send(pagerduty!, { ...message, kind: 'all-clear' });
  const { event_action, dedup_key } = json(stub.received.at(-1)!);
  assert.deepEqual([event_action, dedup_key], ['resolve', message.incident]);
  stub.answer = { status: 202, body: '{"status":"invalid event"}' };
  assert.match((await send(pagerduty!))[0]?.problem ?? '', /invalid event/);
});
