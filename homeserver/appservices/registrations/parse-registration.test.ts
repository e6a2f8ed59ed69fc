import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { fakeRegistration } from '../../testing/application-service-files.ts';
import { parseRegistration } from './parse-registration.ts';

const parse = (content: string | object) =>
  parseRegistration(typeof content === 'string' ? content : stringify(content), 'irc.yaml', 'test.example');

const problemsOf = (content: string | object) => {
  const parsed = parse(content);
  return 'problems' in parsed ? parsed.problems : [];
};

test('what bridges generate is taken, with the names that settings had before', () => {
  const parsed = parse({
    ...fakeRegistration('irc', { url: 'http://127.0.0.1:9898/', 'org.matrix.msc3202': true }),
    'de.sorunome.msc2409.push_ephemeral': true,
    'com.example.unknown': { anything: [1] },
  });
  assert.ok('registration' in parsed, JSON.stringify(parsed));
  const { registration, document } = parsed;
  assert.deepEqual(
    [registration.url, registration.receivesEphemeral, registration.receivesDeviceLists, registration.isRateLimited],
    ['http://127.0.0.1:9898', true, true, false],
  );
  assert.ok(!('com.example.unknown' in document));
});

const lines = [
  'id: irc',
  'url: http://127.0.0.1:9898',
  'as_token: a',
  'hs_token: b',
  'sender_localpart: ircbot',
  'namespaces:',
  '  users:',
  '    - exclusive: true',
  "      regex: '@_irc_.*'",
];

/** A line that is replaced, and what is said then. */
const mistakes: readonly (readonly [number, string, RegExp])[] = [
  [2, 'url: ftp://127.0.0.1', /^irc\.yaml:2: url must begin with http/],
  [2, 'url: http://a:b@127.0.0.1', /^irc\.yaml:2: url must have no user/],
  [3, 'as_token: "a b"', /^irc\.yaml:3: as_token must match/],
  [3, 'as_token: 7', /^irc\.yaml:3: as_token must be string/],
  [5, 'sender_localpart: "a:b"', /^irc\.yaml:5: sender_localpart makes no user id/],
  [8, '    - exclusive: perhaps', /^irc\.yaml:8: namespaces\.users\.0\.exclusive must be/],
  [9, '      regex: "@(_irc_.*"', /^irc\.yaml:9: the regular expression .* cannot be used/],
  [9, '      regex: "@(?=_irc_).*"', /^irc\.yaml:9: the regular expression .* cannot be used/],
  [9, '      regex: "(a{1000}){51}"', /^irc\.yaml:8: the regular expressions stand for more than/],
  [4, 'hs_token: *elsewhere', /^irc\.yaml/],
  [6, 'namespaces: [', /^irc\.yaml:\d+: /],
];

for (const [line, text, expected] of mistakes) {
  test(`"${text.trim()}" is refused with its place`, () => {
    const [problem = 'it was taken'] = problemsOf(lines.with(line - 1, text).join('\n'));
    assert.match(problem, expected);
  });
}

test('a key that comes twice is refused with its place, and tens of thousands of keys cost no more than their number', () => {
  assert.deepEqual(problemsOf([...lines, 'id: again'].join('\n')), [
    `irc.yaml:${lines.length + 1}: the key "id" comes twice`,
  ]);
  const many = Array.from({ length: 60_000 }, (_, index) => `x${index}: y`);
  assert.ok('registration' in parse([...lines, ...many].join('\n')));
});

test('a file that unfolds itself is refused', () => {
  const bomb = ['a: &a [x, x]', 'b: &b [*a, *a]', 'c: &c [*b, *b]', ...lines].join('\n');
  assert.equal(problemsOf(bomb).length, 1);
});

test('whatever a file holds, it is taken or every problem names it', () => {
  const asYaml = fc.tuple(fc.json(), fc.constantFrom(...lines.map((_, index) => index))).map(([json, index]) => {
    const name = /^\s*-?\s*\w+:/.exec(lines[index] ?? '')?.[0] ?? '';
    return lines.with(index, `${name} ${json}`).join('\n');
  });
  fc.assert(
    fc.property(fc.oneof(asYaml, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
      const parsed = parse(text);
      if ('problems' in parsed) {
        assert.ok(parsed.problems.length > 0);
        for (const problem of parsed.problems) assert.ok(problem.startsWith('irc.yaml'), problem);
      } else {
        // What is stored is taken again.
        assert.ok('registration' in parse(parsed.document));
      }
    }),
    { numRuns: 50 },
  );
});
