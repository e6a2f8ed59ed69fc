import type { Random } from '../../simulation/random.ts';
import { choose } from '../choose.ts';
import { hostileTexts, makeValue } from '../make-value.ts';

/** Commands that the bridge never gives: on IRC they can only come out of somebody's text. */
export const smuggled: readonly string[] = ['OPER', 'KILL', 'SQUIT', 'DIE', 'WALLOPS'];

const breaks: readonly string[] = ['\r\n', '\n', '\r', '\u0000', '\r\n\r\n', '\u2028', '\u0085', '\\r\\n'];
const bodies: readonly string[] = [
  ...[
    'hello',
    '!nick x',
    '!msg net ann',
    '!join net #room',
    '!irc nick net y',
    '!help',
    '!irc link net #other',
    '!topic x',
  ],
  ...[
    '\u0001VERSION\u0001',
    '/quit',
    ':x',
    '\u0003',
    '\\u0000',
    'a\\u0000',
    'x'.repeat(3_000),
    '💥'.repeat(300),
    '',
    ' \n ',
  ],
];
const html: readonly string[] = [
  ...[
    '<b>x</b>',
    '<br/>OPER a b',
    '<pre>a\nOPER b c\r\nKILL d</pre>',
    '<p>OPER x</p><p>y',
    '&#13;&#10;OPER x y',
    '&#0;DIE',
  ],
  ...[
    '<a href="mailto:x\r\nOPER y">z</a>',
    '<b'.repeat(500),
    '<ol>'.repeat(300),
    '</b></i></>',
    '<mx-reply>',
    '<font color="#zz">',
  ],
];
const types: readonly string[] = [
  ...[
    'm.room.message',
    'm.room.message',
    'm.room.message',
    'm.sticker',
    'm.reaction',
    'm.room.redaction',
    'm.room.topic',
  ],
  ...[
    'm.room.name',
    'm.room.power_levels',
    'm.room.join_rules',
    'm.room.encrypted',
    'm.room.encryption',
    'm.room.member',
  ],
];
const contentSchema = {
  type: 'object',
  properties: {
    msgtype: { enum: ['m.text', 'm.notice', 'm.emote', 'm.image', 'm.file', 'm.location', 'x'] },
    url: { type: 'string' },
    filename: { type: 'string' },
    topic: { type: 'string' },
    membership: { enum: ['join', 'leave', 'invite', 'ban', 'knock'] },
    reason: { type: 'string' },
    displayname: { type: 'string' },
    users: { type: 'object' },
    'm.relates_to': {
      type: 'object',
      properties: {
        rel_type: { enum: ['m.replace', 'm.annotation', 'm.thread'] },
        event_id: { type: 'string' },
        key: { type: 'string' },
        'm.in_reply_to': { type: 'object', properties: { event_id: { type: 'string' } } },
      },
    },
    'm.new_content': { type: 'object', properties: { body: { type: 'string' }, msgtype: { type: 'string' } } },
  },
};

/** Text with a command for IRC behind what may end a line. */
function makeText(random: Random, from: readonly string[]): string {
  const text = choose(random, from);
  if (random.chance(0.4)) return text;
  const parts = Array.from(
    { length: 1 + random.integer(3) },
    () => `${choose(random, breaks)}${choose(random, smuggled)} x y`,
  );
  return `${text}${parts.join('')}`;
}

/** An event as a homeserver that means harm, or a user behind a good one, has it sent to the bridge. */
export function makeMatrixEvent(random: Random, serial: number, roomId: string): unknown {
  const pool = [...breaks, ...bodies, ...smuggled.map((word) => `\r\n${word} a`), '$event0', `$fuzz${serial - 1}`];
  const content = makeValue(random, contentSchema, pool, 0.05) as Record<string, unknown>;
  const type = choose(random, types);
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
    if (random.chance(0.9)) content['body'] = makeText(random, bodies);
    if (random.chance(0.4)) {
      content['format'] = 'org.matrix.custom.html';
      content['formatted_body'] = makeText(random, html);
    }
  }
  const event: Record<string, unknown> = {
    ...{ type, content, room_id: random.chance(0.9) ? roomId : '!unknown:example.org' },
    event_id: `$fuzz${serial}`,
    sender: `@${choose(random, ['alice', 'carol', 'x\r\nOPER', 'dave', 'irc_net_ann', 'ircbridge'])}:example.org`,
    origin_server_ts: choose<unknown>(random, [0, 1_790_000_000_000, -1, 'x', 1e300]),
  };
  if (/^m\.room\.(?!message|redaction|encrypted)/.test(type))
    event['state_key'] = choose(random, ['', '@alice:example.org', 'x\n']);
  if (random.chance(0.1)) event['redacts'] = choose(random, pool);
  if (random.chance(0.05))
    event[choose(random, Object.keys(event))] = choose<unknown>(random, [null, 1, [], {}, ...hostileTexts]);
  return event;
}
