import { createHmac } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { MonitorSettings, PagingSettings } from '../configuration/monitor-settings.ts';
import { findReplyCode, isSame, isYes, listUnanswered } from '../escalation/reply.ts';
import type { NotifierSettings } from '../notify/notifier-settings.ts';
import type { MonitorState } from '../storage/monitor-state.ts';

export interface ReplyParts {
  readonly settings: MonitorSettings;
  readonly readSecret: () => string;
  readonly readState: () => MonitorState;
  acknowledge(incident: string, person: string, how: string): Promise<boolean>;
}

const maxReplyBytes = 512 * 1024;
const mostFields = 200;

/**
 * What providers hand over when somebody answers a page: e-mails, text messages, and what people do in PagerDuty. Each has
 * to prove that it comes from the provider; what is no answer to an open incident changes nothing.
 */
export function takeReplies(server: FastifyInstance, parts: ReplyParts): void {
  // Signatures are of the bytes that came.
  void server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: maxReplyBytes }, (_request, body, next) =>
      next(null, body),
    );
    const options = { bodyLimit: maxReplyBytes };
    scope.post('/replies/email', options, (request, reply) => takeMail(parts, request, reply));
    scope.post('/replies/sms', options, (request, reply) => takeTextMessage(parts, request, reply));
    scope.post('/replies/pagerduty', options, (request, reply) => takePagerDuty(parts, request, reply));
    done();
  });
}

function listNotifiers<Kind extends NotifierSettings['kind']>(paging: PagingSettings, kind: Kind) {
  const all = Object.entries(paging.notifiers ?? {}) as unknown as [string, NotifierSettings][];
  return all.filter((entry): entry is [string, Extract<NotifierSettings, { readonly kind: Kind }>] => {
    return entry[1].kind === kind;
  });
}

const bodyOf = (request: FastifyRequest) => (typeof request.body === 'string' ? request.body : '');
const refuse = (reply: FastifyReply, error: string) => reply.code(403).send({ error });

/** As the inbound hooks of mail providers post it: JSON or a form with subject and text under their various names. */
async function takeMail(parts: ReplyParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const secrets = listNotifiers(parts.settings.paging, 'smtp').flatMap(([, each]) => each.reply_secret ?? []);
  const given = request.headers.authorization ?? '';
  if (!secrets.some((secret) => isSame(given, `Bearer ${secret}`))) return refuse(reply, 'reply_secret is needed');
  const fields = readFields(bodyOf(request), request.headers['content-type'] ?? '');
  const text = ['subject', 'text', 'textbody', 'body-plain'].map((name) => fields.get(name) ?? '').join('\n');
  const claim = findReplyCode(parts.readSecret(), text, parts.readState().escalations);
  const isTaken = claim !== undefined && (await parts.acknowledge(claim.incident, claim.person, 'e-mail'));
  return reply.send({ taken: isTaken });
}

function readFields(body: string, contentType: string): Map<string, string> {
  const fields = new Map<string, string>();
  let entries: [string, unknown][] = [];
  if (contentType.startsWith('application/json')) {
    try {
      entries = Object.entries((JSON.parse(body) ?? {}) as object);
    } catch {
      return fields;
    }
  } else entries = [...new URLSearchParams(body)];
  for (const [name, value] of entries.slice(0, mostFields)) {
    if (typeof value === 'string') fields.set(name.toLowerCase(), value);
  }
  return fields;
}

/** https://www.twilio.com/docs/usage/security#validating-requests */
async function takeTextMessage(
  { settings, readSecret, readState, acknowledge }: ReplyParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { paging, public_url: publicUrl = '' } = settings;
  const fields = [...new URLSearchParams(bodyOf(request))].slice(0, mostFields);
  const signed = fields.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => name + value);
  const text = `${publicUrl.replace(/\/$/, '')}/replies/sms${signed.join('')}`;
  const given = String(request.headers['x-twilio-signature'] ?? '');
  const signer = listNotifiers(paging, 'sms').find(([, { token, replies }]) => {
    return replies === true && isSame(given, createHmac('sha1', token).update(text).digest('base64'));
  });
  if (!signer) return refuse(reply, 'the signature is wrong, or monitor.public_url is not where this came to');
  const { From: from = '', Body: body = '' } = Object.fromEntries(fields);
  const { escalations } = readState();
  const claim = findReplyCode(readSecret(), body, escalations);
  const people = Object.entries(paging.people ?? {}).filter(([, { reach }]) =>
    reach.some(({ address }) => address === from),
  );
  const claims = claim
    ? [claim]
    : isYes(body)
      ? people.flatMap(([person]) => listUnanswered(escalations, person).map((incident) => ({ incident, person })))
      : [];
  const taken = await Promise.all(claims.map(({ incident, person }) => acknowledge(incident, person, 'text message')));
  const count = taken.filter(Boolean).length;
  const words =
    count > 0 ? 'It is yours; nobody else is called for it.' : 'There was nothing to take. Answer OK to take it.';
  return reply.type('text/xml; charset=utf-8').send(`<Response><Message>${words}</Message></Response>`);
}

/** https://developer.pagerduty.com/docs/webhooks/v3-overview/, https://developer.pagerduty.com/docs/verifying-signatures */
async function takePagerDuty(
  { settings, acknowledge }: ReplyParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const body = bodyOf(request);
  const given = String(request.headers['x-pagerduty-signature'] ?? '').split(',');
  const isSigned = listNotifiers(settings.paging, 'pagerduty').some(([, { webhook_secret: secret }]) => {
    if (secret === undefined) return false;
    const right = `v1=${createHmac('sha256', secret).update(body).digest('hex')}`;
    return given.some((each) => isSame(each.trim(), right));
  });
  if (!isSigned) return refuse(reply, 'the signature is not one of webhook_secret');
  let event: PagerDutyEvent | undefined;
  try {
    ({ event } = JSON.parse(body) as { event?: PagerDutyEvent });
  } catch {
    return reply.code(400).send({ error: 'no JSON' });
  }
  if (event?.event_type !== 'incident.acknowledged') return reply.send({ taken: false });
  const by = typeof event.agent?.summary === 'string' ? event.agent.summary.slice(0, 100) : 'somebody';
  const key = event.data?.incident_key;
  return reply.send({ taken: typeof key === 'string' && (await acknowledge(key, by, 'PagerDuty')) });
}

interface PagerDutyEvent {
  readonly event_type?: unknown;
  readonly agent?: { readonly summary?: unknown } | null;
  /** `incident_key` is the dedup_key with which the incident was triggered. */
  readonly data?: { readonly incident_key?: unknown } | null;
}
