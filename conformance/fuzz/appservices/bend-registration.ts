import { registrationSchema } from '@holdfast/homeserver/appservices/registrations/registration.ts';
import type { Random } from '../../simulation/random.ts';
import { choose } from '../choose.ts';
import { hostileTexts, makeValue } from '../make-value.ts';

/** A registration that is as it should be. */
export interface WellRegistration {
  readonly id: string;
  readonly as_token: string;
  readonly [name: string]: unknown;
}

type Bend = (random: Random, well: WellRegistration) => string | Buffer;

/** The content of a registration file that is wrong in some way, or only looks so. */
export function bendRegistration(random: Random, well: WellRegistration): string | Buffer {
  return choose(random, bends)(random, well);
}

/** A block of YAML whose values are JSON. */
function stringify(registration: object): string {
  const lines = Object.entries(registration).map(([name, value]) => `${name}: ${JSON.stringify(value) ?? ''}\n`);
  return lines.join('');
}

const regexes: readonly string[] = [
  ...['.*', '', '@', '(', '[', '\\', '*', '(?=x)', '(a)\\1', '(?<n>a)\\k<n>', '(a*)*b', '(x+x+)+y', '[\\p{L}--a]'],
  ...['a{1000}', '(a{1000}){1000}', 'a{1000}'.repeat(1_000), '('.repeat(3_000), '(a|b)*'.repeat(1_500)],
  ...['\\p{L}{1000}'.repeat(40), '(?i)'.repeat(2_000), '\u0000', '\ud800', '[\u0000-\u{10ffff}]{500}'],
];

const bends: readonly Bend[] = [
  // By the schema, with faults.
  (random, well) => {
    const value = makeValue(random, registrationSchema, [...Object.keys(registrationSchema.properties)], 0.1);
    return stringify({ ...well, ...(value as object) });
  },
  (random, well) => {
    const name = choose(random, Object.keys(well));
    return stringify({ ...well, [name]: makeValue(random, undefined, hostileTexts, 0.5) });
  },
  (random, well) => {
    const [regex, other] = [choose(random, regexes), choose(random, regexes)];
    const users = [{ exclusive: random.chance(0.5), regex }];
    return stringify({ ...well, namespaces: { users, aliases: [{ regex: other }], rooms: [] } });
  },
  // Somebody else's id or token.
  (random, well) =>
    stringify({ ...well, [choose(random, ['id', 'as_token'])]: choose(random, ['well', 'as-token-of-well']) }),
  // Cut, or with bytes changed.
  (random, well) => {
    const bytes = Buffer.from(stringify(well));
    for (let count = random.integer(8); count > 0; count--) bytes[random.integer(bytes.length)] = random.integer(256);
    return bytes.subarray(0, random.chance(0.5) ? random.integer(bytes.length) : bytes.length);
  },
  // What YAML can do besides.
  (random, well) => `${choose(random, prefixes)}${stringify(well)}${choose(random, suffixes)}`,
  (random) => Buffer.from(Array.from({ length: random.integer(4_000) }, () => random.integer(256))),
  (random) => '[{'.repeat(random.integer(5_000)),
  () => `id: ${'x'.repeat(2_000_000)}\n`,
];

const prefixes: readonly string[] = [
  'a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b]\n',
  '%YAML 9.9\n---\n',
  '!!js/function "function() {}"\n',
  '__proto__: {isAdmin: true}\nconstructor: {}\n',
  '? [complex, key]\n: x\n',
  '\ufeff',
  '\t',
];
const suffixes: readonly string[] = [
  '',
  '\n---\nid: second\n',
  'id: again\n',
  '<<: {url: "http://127.0.0.1:1"}\n',
  '...\n',
];
