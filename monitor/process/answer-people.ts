import { readFile } from 'node:fs/promises';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Incident } from '../decide/incident.ts';
import { rules } from '../decide/rules.ts';
import { readAcknowledgeToken } from '../escalation/acknowledge-link.ts';
import { escapeMarkup } from '../platform/escape-markup.ts';
import { pagePolicy, pageStyle } from '../platform/page-style.ts';
import type { MonitorState } from '../storage/monitor-state.ts';

export interface PeopleParts {
  readonly ownName: string;
  readonly isLeader: () => boolean;
  readonly readSecret: () => string;
  readonly readState: () => MonitorState;
  /** This machine's clock, which the other monitors compare with theirs. */
  readonly readWallMs: () => number;
  acknowledge(incident: string, person: string): Promise<boolean>;
}

const maxBodyBytes = 4 * 1024;
const requestTimeoutMs = 10_000;
const guides = new URL('../../docs/operating/alerts/', import.meta.url);

/** What people and the other monitors ask: acknowledging, the pages of the alerts, who is the one that pages. */
export function createPeopleServer(parts: PeopleParts): FastifyInstance {
  const server = fastify({ bodyLimit: maxBodyBytes, requestTimeout: requestTimeoutMs });
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, _body, done) =>
    done(null, {}),
  );
  server.get('/health/live', () => ({}));
  server.get('/leader', () => ({ name: parts.ownName, isLeader: parts.isLeader(), wallMs: parts.readWallMs() }));
  // A link that is looked at acknowledges nothing: programs that show previews follow every one.
  server.get('/acknowledge/:incident/:person/:mac', (request, reply) => answerLink(parts, request.url, reply, false));
  server.post('/acknowledge/:incident/:person/:mac', (request, reply) => answerLink(parts, request.url, reply, true));
  server.get('/alerts/:rule', async (request, reply) => {
    const { rule } = request.params as { rule: string };
    if (!rules.some(({ name }) => name === rule)) return reply.code(404).send({ error: 'there is no such alert' });
    return reply.type('text/plain; charset=utf-8').send(await readFile(new URL(`${rule}.md`, guides), 'utf8'));
  });
  return server;
}

async function answerLink(
  parts: PeopleParts,
  url: string,
  reply: FastifyReply,
  isTaking: boolean,
): Promise<FastifyReply> {
  const claim = readAcknowledgeToken(parts.readSecret(), url.replace(/^\/acknowledge\//, '').replace(/\?.*$/, ''));
  if (!claim) return sendPage(reply, 403, 'This link is not good', 'It is not one of this monitor’s.');
  const incident = parts.readState().decision.incidents.find(({ id }) => id === claim.incident);
  if (!incident) return sendPage(reply, 404, 'It is over', 'This incident is not open any more.');
  if (!isTaking) return sendPage(reply, 200, incident.headline, describeIncident(incident), claim.person);
  if (await parts.acknowledge(claim.incident, claim.person)) {
    return sendPage(reply, 200, 'Thank you', 'It is yours; nobody else is called for it.');
  }
  return sendPage(reply, 409, 'Not taken', 'Another monitor pages for this incident, or nobody was called for it.');
}

function describeIncident({ symptoms, openedMs }: Incident): string {
  const since = `Since ${new Date(openedMs).toISOString()}.`;
  return [since, ...symptoms.map(({ summary }) => `Also: ${summary}`)].join('\n');
}

function sendPage(reply: FastifyReply, status: number, title: string, text: string, person?: string): FastifyReply {
  const button =
    person === undefined ? '' : `<form method="post"><button>I take it (${escapeMarkup(person)})</button></form>`;
  const paragraphs = text.split('\n').map((line) => `<p>${escapeMarkup(line)}</p>`);
  return reply
    .code(status)
    .header('Content-Security-Policy', pagePolicy("'self'"))
    .header('Cache-Control', 'no-store')
    .header('Referrer-Policy', 'no-referrer')
    .type('text/html; charset=utf-8')
    .send(
      [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        `<meta name="color-scheme" content="light dark"><title>Holdfast</title><style>${pageStyle}</style></head>`,
        `<body><main><h1>${escapeMarkup(title)}</h1>${paragraphs.join('')}${button}</main></body></html>\n`,
      ].join(''),
    );
}
