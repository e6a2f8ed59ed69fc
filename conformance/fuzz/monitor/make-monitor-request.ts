import { createHmac } from 'node:crypto';
import type { Random } from '../../simulation/random.ts';
import { choose } from '../choose.ts';
import { hostileTexts } from '../make-value.ts';
import type { MonitorSecrets } from './start-fuzzed-monitor.ts';

export interface MonitorRequest {
  readonly what: string;
  readonly bytes: Buffer;
  /** It proves what it has to, and says what takes an incident: the only kind that may. */
  readonly mayTake: boolean;
  /** Whether it may see the metrics. */
  readonly mayRead: boolean;
  /** More than the monitor reads. */
  readonly isTooLarge: boolean;
  /** The monitor has to end it by its own deadline. */
  readonly isEndless: boolean;
}

interface Draft {
  readonly what: string;
  readonly method: string;
  readonly target: string;
  readonly headers?: readonly string[];
  readonly body?: Buffer;
  readonly mayTake?: boolean;
  readonly mayRead?: boolean;
}

/** What the monitor reads of an answer, and of a press of the button. */
const maxReplyBytes = 512 * 1024;
const maxBodyBytes = 4 * 1024;
const json = 'content-type: application/json';
const form = 'content-type: application/x-www-form-urlencoded';

/** A request to the monitor's own listener: what providers, people, Prometheus and strangers send, bent somewhere. */
export function makeMonitorRequest(random: Random, secrets: MonitorSecrets): MonitorRequest {
  const draft = choose(random, makers)(random, secrets);
  const { what, method, target, headers = [], mayTake = false, mayRead = false } = draft;
  let body = draft.body ?? Buffer.alloc(0);
  const limit = target.startsWith('/replies/') ? maxReplyBytes : maxBodyBytes;
  // What comes with other methods is not read.
  const isTooLarge = method === 'POST' && random.chance(0.02);
  if (isTooLarge) body = Buffer.concat([body, Buffer.alloc(limit + random.integer(limit), 'x')]);
  const isBroken = random.chance(0.03);
  const isEndless = !isBroken && random.chance(0.005);
  const length = isEndless ? body.length + 1_000 : body.length;
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...['host: localhost', 'connection: close', ...headers, `content-length: ${length}`],
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const whole = Buffer.concat([head, body]);
  return {
    ...{ what, bytes: isBroken ? breakBytes(random, whole) : whole },
    ...{ mayTake: mayTake && !isTooLarge && !isBroken && !isEndless, mayRead: mayRead || isBroken },
    // Of what is broken some is never whole.
    isEndless: isEndless || isBroken,
    isTooLarge: isTooLarge && !isBroken,
  };
}

type Maker = (random: Random, secrets: MonitorSecrets) => Draft;

const makers: readonly Maker[] = [
  acknowledge,
  acknowledge,
  mail,
  mail,
  textMessage,
  textMessage,
  pagerDuty,
  pagerDuty,
  metrics,
  alertPage,
  other,
];

/** The link of a page, right or with something else in one of its places. */
function acknowledge(random: Random, { link }: MonitorSecrets): Draft {
  const parts = link.split('/');
  const isRight = random.chance(0.05);
  if (!isRight) {
    const index = random.integer(parts.length);
    parts[index] = choose<() => string>(random, [
      () => '',
      () => `${parts[index]}x`,
      () => (parts[index] ?? '').slice(1),
      () => swapCase(parts[index] ?? ''),
      () => encodeURIComponent(hostile(random).toWellFormed()),
      () => choose(random, ['%', '%ff', '%00', '..', '%2e%2e', 'a/b', 'x'.repeat(3_000), '%25', 'ben']),
    ])();
  }
  const query = random.chance(0.1) ? choose(random, ['?', '?a=b', '?%', `?${'y'.repeat(2_000)}`, '#x']) : '';
  const method = random.chance(0.6) ? 'POST' : choose(random, ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);
  const body = random.chance(0.3) ? anyBody(random) : Buffer.alloc(0);
  // The form of the page has no fields: what is sent with it is read and means nothing.
  const isForm = method === 'POST' && body.length === 0;
  return {
    ...{ what: 'acknowledge', method, target: `/acknowledge/${parts.join('/')}${query}`, body },
    headers: body.length === 0 || random.chance(0.7) ? [form] : [anyType(random)],
    mayTake: parts.join('/') === link && method === 'POST' && (isForm || body.length > 0),
  };
}

function mail(random: Random, { mailSecret, replyCode }: MonitorSecrets): Draft {
  const isRight = random.chance(0.5);
  const given = isRight ? mailSecret : wrongSecret(random, mailSecret);
  const hasCode = random.chance(0.1);
  const code = hasCode ? replyCode : wrongCode(random, replyCode);
  const field = choose(random, ['subject', 'text', 'Subject', 'TextBody', 'body-plain', 'other', '__proto__']);
  const text = `Re: ALARM [${code}] ${random.chance(0.3) ? hostile(random) : ''}`;
  const isJson = random.chance(0.5);
  const isBent = random.chance(0.3);
  const plain = isJson
    ? JSON.stringify({ [field]: text, more: hostile(random) })
    : new URLSearchParams({ [field]: text.toWellFormed() }).toString();
  const type = isBent ? anyType(random) : isJson ? json : form;
  return {
    ...{ what: 'email', method: 'POST', target: '/replies/email' },
    headers: [...(given === undefined ? [] : [`authorization: Bearer ${given}`]), type],
    body: isBent ? anyBody(random, code) : Buffer.from(plain),
    mayTake: isRight && hasCode,
  };
}

/** https://www.twilio.com/docs/usage/security#validating-requests */
function textMessage(random: Random, { smsToken, publicUrl, phone, replyCode }: MonitorSecrets): Draft {
  const isRight = random.chance(0.5);
  const hasCode = random.chance(0.1);
  const saysYes = random.chance(0.1);
  const isPhone = random.chance(0.5);
  const text = hasCode ? `please ${replyCode}` : saysYes ? 'OK, mine' : `no ${wrongCode(random, replyCode)}`;
  const fields: [string, string][] = [
    ['From', isPhone ? phone : choose(random, ['+1', '', phone.slice(1), `${phone} `, hostile(random)])],
    ['Body', text],
  ];
  if (random.chance(0.3)) fields.push([choose(random, ['a', 'toString', '__proto__', '']), hostile(random)]);
  if (random.chance(0.1)) fields.push(...Array.from({ length: 500 }, (): [string, string] => ['x', 'y']));
  const wellFormed = fields.map(([name, value]) => [name, value.toWellFormed()] as [string, string]);
  const body = new URLSearchParams(wellFormed).toString();
  const read = [...new URLSearchParams(body)].slice(0, 200);
  const signed = read.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => name + value);
  const signature = createHmac('sha1', isRight ? smsToken : 'another')
    .update(`${publicUrl}/replies/sms${signed.join('')}`)
    .digest('base64');
  return {
    ...{ what: 'sms', method: 'POST', target: '/replies/sms', body: Buffer.from(body) },
    headers: [form, ...(random.chance(0.95) ? [`x-twilio-signature: ${signature}`] : [])],
    mayTake: isRight && (hasCode || (saysYes && isPhone)),
  };
}

/** https://developer.pagerduty.com/docs/verifying-signatures */
function pagerDuty(random: Random, { pagerDutySecret, incident }: MonitorSecrets): Draft {
  const isRight = random.chance(0.5);
  const isKnown = random.chance(0.1);
  const isTaking = random.chance(0.6);
  const event: Record<string, unknown> = {
    event_type: isTaking ? 'incident.acknowledged' : choose<unknown>(random, ['incident.resolved', 7, null, {}]),
    agent: choose<unknown>(random, [{ summary: 'Anna' }, { summary: hostile(random) }, null, 7, 'x', { summary: {} }]),
    data: {
      incident_key: isKnown ? incident : choose<unknown>(random, [`${incident}x`, '', 7, null, hostile(random)]),
    },
  };
  const isBent = random.chance(0.2);
  if (isBent) event['data'] = choose<unknown>(random, [null, 'x', [], 7, incident]);
  const body = random.chance(0.1) ? anyBody(random) : Buffer.from(JSON.stringify({ event }));
  const mac = createHmac('sha256', isRight ? pagerDutySecret : 'another')
    .update(body)
    .digest('hex');
  const signature = choose(random, [
    `v1=${mac}`,
    `v1=${mac}`,
    `v1=${mac}`,
    `v0=00, v1=${mac}`,
    mac,
    `v1=${mac}0`,
    ',,,',
  ]);
  return {
    ...{ what: 'pagerduty', method: 'POST', target: '/replies/pagerduty', body },
    headers: [json, `x-pagerduty-signature: ${signature}`],
    mayTake: isRight && isKnown && isTaking && !isBent,
  };
}

function metrics(random: Random, { metricsToken }: MonitorSecrets): Draft {
  const isRight = random.chance(0.3);
  const given = isRight ? metricsToken : wrongSecret(random, metricsToken);
  return {
    ...{ what: 'metrics', method: 'GET', target: '/metrics', mayRead: isRight },
    headers: given === undefined ? [] : [`authorization: Bearer ${given}`],
  };
}

function alertPage(random: Random): Draft {
  const name = choose(random, [
    'database-down',
    'README',
    '..%2f..%2fmonitor.md',
    '%2e%2e/x',
    '%',
    '',
    'x'.repeat(200),
  ]);
  return { what: 'alerts', method: choose(random, ['GET', 'HEAD', 'POST']), target: `/alerts/${name}` };
}

function other(random: Random): Draft {
  const target = choose(random, [
    '/',
    '/leader',
    '/health/live',
    '/replies/',
    '/acknowledge',
    '//',
    '/%',
    '*',
    '/admin',
  ]);
  const method = choose(random, ['GET', 'POST', 'TRACE', 'HEAD', 'NOTHING']);
  return { what: 'other', method, target, headers: [anyType(random)], body: anyBody(random) };
}

const hostile = (random: Random) => choose(random, hostileTexts);

function wrongSecret(random: Random, right: string): string | undefined {
  return choose(random, [
    undefined,
    '',
    'x',
    right.slice(1),
    `${right}x`,
    right.toUpperCase(),
    'x'.repeat(5_000),
    '\u00ff',
  ]);
}

/** Of the form of a code, and one letter away from the right one. */
function wrongCode(random: Random, right: string): string {
  const index = 3 + random.integer(10);
  const letter = right[index] === 'A' ? 'B' : 'A';
  const near = `${right.slice(0, index)}${letter}${right.slice(index + 1)}`;
  return choose(random, ['', 'HF-', 'HF-AAAAAAAAAA', near, right.slice(0, -1), 'HF-'.repeat(5_000)]);
}

function swapCase(text: string): string {
  const swapped = text.replace(/[a-z]/gi, (each) =>
    each === each.toLowerCase() ? each.toUpperCase() : each.toLowerCase(),
  );
  return swapped === text ? `${text}x` : swapped;
}

function anyType(random: Random): string {
  const types = [json, form, 'content-type: text/plain', 'content-type: a/b/c', 'content-type: \u00ff'];
  return choose(random, [...types, 'content-type: multipart/form-data; boundary=x']);
}

function anyBody(random: Random, code = ''): Buffer {
  return choose<() => Buffer>(random, [
    () => Buffer.alloc(0),
    () => Buffer.from('null'),
    () => Buffer.from('{'),
    () => Buffer.from(`[${JSON.stringify(code)}]`),
    () => Buffer.from('['.repeat(3_000)),
    () => Buffer.from('{"a":'.repeat(800)),
    () => Buffer.from(`{"__proto__":{"subject":"${code}"},"constructor":1}`),
    () => Buffer.from(`subject=%ff%00&${'a=b&'.repeat(900)}`),
    () => Buffer.from('{"event":"x"}'),
    () => Buffer.from('{"event":{"data":7,"agent":"x","event_type":"incident.acknowledged"}}'),
    () => Buffer.from([0xff, 0xfe, 0xc0, 0x80, 0]),
    () => Buffer.from(hostile(random).slice(0, 3_000)),
  ])();
}

/** Bytes that are not HTTP any more. */
function breakBytes(random: Random, bytes: Buffer): Buffer {
  return choose<() => Buffer>(random, [
    () => bytes.subarray(0, random.integer(bytes.length)),
    () => Buffer.concat([Buffer.from([0, 1, 2, 255]), bytes]),
    () => Buffer.from(bytes.toString('latin1').replace('\r\n', `\r\nx: ${'y'.repeat(40_000)}\r\n`), 'latin1'),
    () => Buffer.from(bytes.toString('latin1').replace('\r\n', '\r\ntransfer-encoding: chunked\r\n'), 'latin1'),
    () => Buffer.from(bytes.toString('latin1').replace('content-length: ', 'content-length: -'), 'latin1'),
    () => Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
  ])();
}
