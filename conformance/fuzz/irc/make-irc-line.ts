import type { Random } from '../../simulation/random.ts';
import { choose } from '../choose.ts';

/** What people of IRC say to break the bridge, or the clients of those who read it. */
const saidTexts: readonly string[] = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '\u0002<b onclick=x>\u0002</span><span data-mx-color="#000000" style="x">',
  '\u000304,12red <font color=red>\u0003',
  '\u0004ff0000,zzzzzz"><i>x',
  '@room',
  '@\u0002room',
  '@\u0003room \u000f@ROOM',
  '@ro\u0000om @r\u001foom',
  'alice: <u>@room</u>',
  '[m]alice: \u0002@room\u0002',
  '&lt;b&gt;&#64;room&amp;',
  'mxc://fuzz/x <mx-reply>x</mx-reply>',
  '\u0001ACTION <b>@room</b>\u0001',
  '\u0001VERSION\u0001',
  '\u0001PING @room\u0001',
  '\u0001DCC SEND <x> 1 2 3\u0001',
  '\u0001\u0001',
  '\\u0000',
  'a\\u0000',
  '\\ud800',
  '\u0002'.repeat(450),
  '\u000301,02x'.repeat(80),
  '!link !room:example.org',
  '!irc link net #room',
  'https://matrix.to/#/@alice:example.org',
  '\u202eevil\u2066',
  ' ',
  '',
];

const nicks: readonly string[] = [
  ...['ann', 'bob', 'ANN', '[x]', '@room', '<b>', 'irc.example', '', 'a'.repeat(300), '\u00fc', 'ann\u0007', '*', ':x'],
];
const channels: readonly string[] = [
  '#room',
  '#ROOM',
  '#other',
  '#',
  '',
  '*',
  '#a,#b',
  '&x',
  '#room\u0007',
  'ann',
  'bridgebot',
];
const commands: readonly string[] = [
  ...[
    'JOIN',
    'PART',
    'QUIT',
    'NICK',
    'KICK',
    'MODE',
    'TOPIC',
    'INVITE',
    'AWAY',
    'ACCOUNT',
    'CHGHOST',
    'TAGMSG',
    'WALLOPS',
  ],
  ...['BATCH', 'CAP', 'AUTHENTICATE', 'PING', 'PONG', 'FAIL', 'NOTE', '001', '005', '311', '324', '332', '352', '353'],
  ...[
    '366',
    '401',
    '403',
    '404',
    '433',
    '437',
    '470',
    '473',
    '475',
    '477',
    '482',
    '900',
    '904',
    '999',
    'fuzz',
    '1',
    '',
  ],
];
const parameters: readonly string[] = [
  ...['bridgebot', '#room', '+ov', '-k', '+b', '*!*@*', '=', '@ann +bob', 'LS', 'ACK', 'NEW', ':sasl', '+x', '-x'],
  ...['NICKLEN=0', 'LINELEN=1', 'TOPICLEN=-1', 'TARGMAX=JOIN:0', 'CHANMODES=', 'chathistory', '\u0000', 'NICKLEN=x'],
];
const tags: readonly string[] = [
  ...['time=2026-01-01T00:00:00.000Z', 'time=never', 'time=9999999-01-01T00:00:00Z', 'msgid=', 'msgid=m\\:\\s\\r\\n'],
  ...['batch=x', 'label=h1', 'account=*', '+draft/reply=unknown', '=', ';;;', `long=${'x'.repeat(9_000)}`, 'msgid=\\0'],
];

/** One line of a server that means harm, as bytes, with its end or without one. */
export function makeIrcLine(random: Random, serial: number): Buffer {
  const line = random.chance(0.5) ? makeSpoken(random, serial) : makeCommand(random);
  const bytes = Buffer.from(`${random.chance(0.15) ? `@${choose(random, tags)};${choose(random, tags)} ` : ''}${line}`);
  if (random.chance(0.1)) bend(random, bytes);
  // The bot's connection is to go on: what the server may do with it is not what is asked here.
  const text = bytes.toString('latin1');
  if (/ERROR|KICK[^\r\n]*bridgebot|PART|QUIT/i.test(text) && /bridgebot|ERROR/i.test(text)) return Buffer.from('\r\n');
  return Buffer.concat([bytes, Buffer.from(choose(random, ['\r\n', '\r\n', '\r\n', '\n', '\r\n\r\n']))]);
}

function makeSpoken(random: Random, serial: number): string {
  const text = random.chance(0.3) ? `${choose(random, saidTexts)} ${serial}` : choose(random, saidTexts);
  const long = random.chance(0.03) ? 'y'.repeat(20_000) : '';
  const target = random.chance(0.7) ? '#room' : choose(random, channels);
  return `:${choose(random, nicks)}!u@h ${choose(random, ['PRIVMSG', 'NOTICE', 'PRIVMSG'])} ${target} :${text}${long}`;
}

function makeCommand(random: Random): string {
  const source = random.chance(0.8) ? `:${choose(random, nicks)}!u@h ` : choose(random, [':s ', ':', '']);
  const words = Array.from({ length: random.integer(6) }, () =>
    choose(random, choose(random, [nicks, channels, parameters, saidTexts])),
  );
  return `${source}${choose(random, commands)} ${words.join(' ')}`;
}

/** Some bytes become others, ends of lines among them. */
function bend(random: Random, bytes: Buffer): void {
  for (let count = random.integer(4); count >= 0 && bytes.length > 0; count--) {
    bytes[random.integer(bytes.length)] = random.integer(256);
  }
}
