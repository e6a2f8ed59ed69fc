import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatForIrc } from './format-for-irc.ts';
import { formatOfIrc } from './format-of-irc.ts';
import { readHtmlTokens } from './html-tokens.ts';
import { splitText } from './split-text.ts';

const nickOf = (userId: string) => (userId === '@bob:s' ? 'bob' : undefined);
const toIrc = (html: string) => formatForIrc(html, nickOf) ?? 'too much';

const cases: [html: string, irc: string][] = [
  [
    '<strong>b</strong> <em>i</em> <u>u</u> <del>d</del> <code>c</code>',
    '\u0002b\u000f \u001di\u000f \u001fu\u000f \u001ed\u000f \u0011c',
  ],
  ['<a href="https://matrix.to/#/%40bob%3As">Bob</a>: hi', 'bob: hi'],
  ['<a href="https://matrix.to/#/@eve:s">Eve</a>: hi', 'Eve: hi'],
  ['<a href="https://x.example/?a=1&amp;b=2">there</a>', 'there <https://x.example/?a=1&b=2>'],
  ['<a href="https://x.example">https://x.example</a>', 'https://x.example'],
  ['<a href="javascript:alert(1)">x</a>', 'x'],
  ['<mx-reply><blockquote>old</blockquote></mx-reply>new', 'new'],
  ['<ul><li>one</li><li>two</li></ul>', '• one\n• two'],
  ['<ol start="3"><li>one</li><li>two</li></ol>', '3. one\n4. two'],
  ['<p>one</p>\n<p>two<br>three</p>', 'one\ntwo\nthree'],
  ['<pre><code>a\n  b</code></pre>', 'a\n  b'],
  ['a &lt;b&gt; &amp;amp; &#39;c&#x1F44D;', "a <b> &amp; 'c👍"],
  ['1 < 2 and <notclosed', '1 < 2 and <notclosed'],
  ['<!-- no -->x<script>y</script>z', 'xz'],
];

test('HTML becomes what people on IRC read', () => {
  for (const [html, irc] of cases) assert.equal(toIrc(html).replace(/\u000f+$/, ''), irc, html);
});

test('a spoiler says so and is hidden by its colour', () => {
  assert.match(toIrc('<span data-mx-spoiler="end">he dies</span>'), /^\(spoiler: end\) \u000301,01he dies/);
});

test("IRC's formatting becomes HTML, and text alone stays text", () => {
  assert.deepEqual(formatOfIrc('plain'), { body: 'plain', html: undefined });
  assert.deepEqual(formatOfIrc('\u0002b\u0002 <i>'), { body: 'b <i>', html: '<strong>b</strong> &lt;i&gt;' });
  assert.equal(
    formatOfIrc('\u00034,1red\u0003 no').html,
    '<span data-mx-color="#ff0000" data-mx-bg-color="#000000">red</span> no',
  );
  assert.equal(formatOfIrc('\u0004ABCDEFx').html, '<span data-mx-color="#abcdef">x</span>');
  assert.equal(formatOfIrc('\u0002\u001dx\u000fy').html, '<strong><em>x</em></strong>y');
});

const hostile = fc.string({
  unit: fc.constantFrom(
    '@',
    'room',
    'ro',
    'om',
    '<',
    '>',
    '&',
    '"',
    "'",
    '\u0002',
    '\u0003',
    '4',
    ',',
    '\u0004',
    'ABCDEF',
    '\u000f',
    '\u0016',
    '\r',
    '\n',
    '\0',
    ' ',
    'ü',
    '👩‍👩‍👧',
    '=',
    '/',
    'a',
    '!--',
    'span',
    '#',
    'href="',
  ),
  maxLength: 300,
});

test('no text of IRC makes an element that is not ours, or a mention of the room', () => {
  const ours =
    /<\/?(?:strong|em|u|del|code|span)(?: data-mx-color="#[0-9a-f]{6}")?(?: data-mx-bg-color="#[0-9a-f]{6}")?>/g;
  fc.assert(
    fc.property(hostile, (text) => {
      const { body, html } = formatOfIrc(text);
      assert.doesNotMatch(body, /@room/i);
      assert.doesNotMatch((html ?? '').replace(ours, ''), /[<>]|@room/i);
      // oxlint-disable-next-line no-control-regex
      assert.doesNotMatch(body, /[\u0000-\u0008\u000a-\u001f]/);
    }),
    { numRuns: 2_000 },
  );
});

test('formatting that begins within a mention of the room does not make it one in the HTML', () => {
  for (const word of ['@\u001froom', '@r\u001foom', '@ro\u001fom', '@ROO\u001fM']) {
    const { html = '' } = formatOfIrc(word);
    assert.match(html, /<u>/);
    assert.doesNotMatch(html.replace(/<[^>]*>/g, ''), /@room/i);
  }
});

test('no HTML brings CR or NUL to IRC, and every line of it has words', () => {
  fc.assert(
    fc.property(fc.oneof(hostile, fc.string({ maxLength: 200 })), (html) => {
      const text = toIrc(`<p><b>${html}</b></p>`);
      assert.doesNotMatch(text, /[\r\0]/);
      for (const line of splitText(text, 100)) assert.doesNotMatch(line, /[\r\n\0]/);
    }),
    { numRuns: 2_000 },
  );
});

test('a split text has the words of the text, in lines that fit, cut between characters', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom('a', 'Satz.', 'ü', '👩‍👩‍👧', 'word!'), fc.lorem({ maxCount: 3 }))),
      fc.integer({ min: 40, max: 400 }),
      (words, most) => {
        const text = words.join(' ').replace(/\s+/g, ' ').trim();
        const lines = splitText(text, most);
        for (const line of lines) assert.ok(Buffer.byteLength(line) <= most, `${Buffer.byteLength(line)} > ${most}`);
        assert.equal(lines.join(' '), text);
      },
    ),
  );
  const [first = ''] = splitText('x'.repeat(30) + '👩‍👩‍👧'.repeat(20), 50);
  assert.equal(first, 'x'.repeat(30) + '👩‍👩‍👧');
});

test('formatting goes on in the next line, and sentences stay whole', () => {
  const lines = splitText(`\u0002${'One sentence is here. '.repeat(6)}`, 60);
  for (const line of lines) assert.match(line, /^\u0002One sentence.*here\.$/);
});

test('HTML that is far too much is left to the plain text, whatever it is made of', () => {
  assert.equal(formatForIrc('x'.repeat(16 * 1024 + 1), nickOf), undefined);
  assert.equal(formatForIrc('<hr>'.repeat(3_000), nickOf), undefined);
  for (const piece of ['<', '<a ', '<a href="', '<b>', '&', '<!--', '<a b=', '</', '<ul>', '<hr>', '<p>x', '<br>a']) {
    const html = piece.repeat(10_000 / piece.length);
    for (const token of readHtmlTokens(html)) assert.ok(token.kind.length > 0);
    assert.equal(typeof toIrc(html), 'string');
  }
});

test('of a long text only the lines that are wanted are made', () => {
  assert.deepEqual(splitText('one two three four'.repeat(100), 9, 2), ['one two', 'three']);
  assert.equal(splitText('x\n'.repeat(30_000), 100, 7).length, 7);
});
