/** What a network tells of itself (ISUPPORT, numeric 005), with the values of RFC 1459 until it does. */
export interface NetworkFeatures {
  readonly caseMapping: 'ascii' | 'rfc1459' | 'rfc1459-strict' | 'utf8';
  /** Flags of members, highest first: mode letter and sign, such as `o` and `@`. */
  readonly prefixes: readonly { readonly mode: string; readonly sign: string }[];
  /** Letters of channel modes: lists; always with a parameter; with one when set; never. */
  readonly channelModes: readonly [list: string, always: string, whenSet: string, never: string];
  readonly channelTypes: string;
  readonly statusMessage: string;
  readonly nickLength: number;
  readonly topicLength: number;
  readonly kickLength: number;
  /** Modes with a parameter in one MODE. */
  readonly modes: number;
  /** Targets in one command. */
  readonly targets: ReadonlyMap<string, number>;
  /** Of a message without its tags, CR LF included. */
  readonly lineBytes: number;
  readonly historyMessages: number;
  readonly networkName: string | undefined;
}

export const rfcFeatures: NetworkFeatures = {
  caseMapping: 'rfc1459',
  prefixes: [
    { mode: 'o', sign: '@' },
    { mode: 'v', sign: '+' },
  ],
  channelModes: ['b', 'k', 'l', 'imnpst'],
  channelTypes: '#&',
  statusMessage: '',
  nickLength: 9,
  topicLength: 390,
  kickLength: 255,
  modes: 3,
  targets: new Map(),
  lineBytes: 512,
  historyMessages: 0,
  networkName: undefined,
};

type Partly = { -readonly [Key in keyof NetworkFeatures]?: NetworkFeatures[Key] };

/** A number that a server says, within bounds that it cannot talk us out of. */
function readNumber(value: string, minimum: number, maximum: number): number | undefined {
  if (!/^\d{1,6}$/.test(value)) return undefined;
  return Math.min(maximum, Math.max(minimum, Number(value)));
}

function readPrefixes(value: string): NetworkFeatures['prefixes'] | undefined {
  const [, modes = '', signs = ''] = /^\(([A-Za-z]{0,20})\)([^A-Za-z0-9\s]{0,20})$/.exec(value) ?? [];
  if (modes.length !== signs.length) return undefined;
  return [...modes].map((mode, index) => ({ mode, sign: signs[index] ?? '' }));
}

function readTargets(value: string, maximum: number): ReadonlyMap<string, number> {
  const targets = new Map<string, number>();
  for (const each of value.split(',', 50)) {
    const [command = '', count = ''] = each.split(':');
    targets.set(command.toUpperCase(), readNumber(count, 1, maximum) ?? maximum);
  }
  return targets;
}

const maxTargets = 20;
const readers: Readonly<Record<string, (value: string) => Partly>> = {
  CASEMAPPING: (value) => {
    const known = (['ascii', 'rfc1459', 'rfc1459-strict'] as const).find((each) => each === value);
    // The others (rfc7613, rfc8265, utf8only ...) fold all of Unicode.
    return { caseMapping: known ?? 'utf8' };
  },
  PREFIX: (value) => ({ prefixes: readPrefixes(value) ?? rfcFeatures.prefixes }),
  CHANMODES: (value) => {
    const [list = '', always = '', whenSet = '', never = ''] = value.split(',');
    return { channelModes: [list, always, whenSet, never] };
  },
  CHANTYPES: (value) => ({ channelTypes: value.slice(0, 10) }),
  STATUSMSG: (value) => ({ statusMessage: value.slice(0, 20) }),
  NICKLEN: (value) => ({ nickLength: readNumber(value, 1, 64) ?? rfcFeatures.nickLength }),
  MAXNICKLEN: (value) => ({ nickLength: readNumber(value, 1, 64) ?? rfcFeatures.nickLength }),
  TOPICLEN: (value) => ({ topicLength: readNumber(value, 1, 4_000) ?? rfcFeatures.topicLength }),
  KICKLEN: (value) => ({ kickLength: readNumber(value, 1, 1_000) ?? rfcFeatures.kickLength }),
  MODES: (value) => ({ modes: readNumber(value, 1, maxTargets) ?? maxTargets }),
  TARGMAX: (value) => ({ targets: readTargets(value, maxTargets) }),
  LINELEN: (value) => ({ lineBytes: readNumber(value, 512, 8_192) ?? rfcFeatures.lineBytes }),
  CHATHISTORY: (value) => ({ historyMessages: readNumber(value, 0, 1_000) || 100 }),
  'DRAFT/CHATHISTORY': (value) => ({ historyMessages: readNumber(value, 0, 1_000) || 100 }),
  NETWORK: (value) => ({ networkName: value.slice(0, 100) }),
};

/** `features` with the tokens of one line of ISUPPORT. */
export function readFeatures(features: NetworkFeatures, tokens: readonly string[]): NetworkFeatures {
  const read: Partly = {};
  for (const token of tokens) {
    const equals = token.indexOf('=');
    const name = equals < 0 ? token : token.slice(0, equals);
    const value = equals < 0 ? '' : unescapeValue(token.slice(equals + 1));
    if (Object.hasOwn(readers, name)) Object.assign(read, readers[name]?.(value));
  }
  return { ...features, ...read };
}

function unescapeValue(value: string): string {
  return value.replace(/\\x([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

const brackets: Readonly<Record<string, string>> = { '[': '{', ']': '}', '\\': '|', '~': '^' };

/** Two names are the same when their folded forms are. */
export function foldName(name: string, caseMapping: NetworkFeatures['caseMapping']): string {
  if (caseMapping === 'utf8') return name.toLowerCase();
  const lower = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  if (caseMapping === 'ascii') return lower;
  const pattern = caseMapping === 'rfc1459' ? /[[\]\\~]/g : /[[\]\\]/g;
  return lower.replace(pattern, (character) => brackets[character] ?? character);
}
