import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MatrixEvent } from '../../matrix/matrix-event.ts';
import { excerptOf, findRelated, markLate, type TextContext, toIrcText } from './irc-text-of-event.ts';

const context: TextContext = {
  formatHtml: (html) => html.replace(/<[^>]*>/g, ''),
  linkMedia: (mxc, name) => (mxc.startsWith('mxc://') ? `https://files/${name}` : undefined),
  about: undefined,
  isAboutKnown: true,
};
const about = { author: 'bob', excerpt: 'what is that' };

function event(content: Record<string, unknown>, type = 'm.room.message'): MatrixEvent {
  const ids = { room_id: '!r:s', event_id: '$e', sender: '@a:s', origin_server_ts: 0 };
  return { ...ids, type, content };
}

const reply = { 'm.relates_to': { 'm.in_reply_to': { event_id: '$b' } } };

test('text, notices and emotes keep what they are', () => {
  assert.deepEqual(toIrcText(event({ msgtype: 'm.text', body: 'hello' }), context), { kind: 'message', text: 'hello' });
  assert.equal(toIrcText(event({ msgtype: 'm.notice', body: 'hello' }), context)?.kind, 'notice');
  assert.equal(toIrcText(event({ msgtype: 'm.emote', body: 'waves' }), context)?.kind, 'action');
});

test('HTML is formatted, and an unknown format is not taken for it', () => {
  const html = { msgtype: 'm.text', body: '**b**', format: 'org.matrix.custom.html', formatted_body: '<b>b</b>' };
  assert.equal(toIrcText(event(html), context)?.text, 'b');
  assert.equal(toIrcText(event({ ...html, format: 'other' }), context)?.text, '**b**');
  assert.equal(toIrcText(event(html), { ...context, formatHtml: () => undefined })?.text, '**b**');
});

test('a reply is addressed to whom it answers, once, and without the quotation of old clients', () => {
  const answer = (body: string) => toIrcText(event({ msgtype: 'm.text', body, ...reply }), { ...context, about })?.text;
  assert.equal(answer('a bridge'), 'bob: a bridge');
  assert.equal(answer('bob: a bridge'), 'bob: a bridge');
  assert.equal(answer('> <@b:s> what is that\n\na bridge'), 'bob: a bridge');
});

test('an edit says the new text, with the star that IRC uses for corrections', () => {
  const content = {
    msgtype: 'm.text',
    body: '* new',
    'm.new_content': { msgtype: 'm.text', body: 'new' },
    'm.relates_to': { rel_type: 'm.replace', event_id: '$b' },
  };
  assert.equal(toIrcText(event(content), context)?.text, '* new');
});

test('reactions and redactions are told when what they are about is known, and otherwise not at all', () => {
  const reaction = event({ 'm.relates_to': { rel_type: 'm.annotation', event_id: '$b', key: '👍' } }, 'm.reaction');
  assert.equal(toIrcText(reaction, { ...context, about })?.text, 'reacted to bob’s “what is that” with 👍');
  assert.equal(toIrcText(reaction, context), undefined);
  const redaction = { ...event({}, 'm.room.redaction'), redacts: '$b' };
  assert.equal(toIrcText(redaction, { ...context, about })?.kind, 'action');
  assert.equal(toIrcText(redaction, { ...context, about, isAboutKnown: false }), undefined);
});

test('files become links with their name or caption, and files without an address are said to be there', () => {
  const file = { msgtype: 'm.image', body: 'cat.png', url: 'mxc://s/1' };
  assert.equal(toIrcText(event(file), context)?.text, 'cat.png: https://files/cat.png');
  const captioned = { ...file, body: 'my cat', filename: 'cat.png' };
  assert.equal(toIrcText(event(captioned), context)?.text, 'my cat: https://files/cat.png');
  const encrypted = { msgtype: 'm.file', body: 'secret.pdf', file: { url: 'mxc://s/1' } };
  assert.match(toIrcText(event(encrypted), context)?.text ?? '', /cannot be shown here: secret\.pdf/);
});

test('what has no text says nothing', () => {
  for (const content of [{}, { msgtype: 'm.text' }, { msgtype: 'm.text', body: ' ' }, { msgtype: 'm.text', body: 7 }]) {
    assert.equal(toIrcText(event(content), context), undefined);
  }
  assert.equal(toIrcText(event({ body: 'x' }, 'm.room.name'), context), undefined);
});

test('a message in a thread is no reply unless it answers something itself', () => {
  const thread = { rel_type: 'm.thread', event_id: '$t', is_falling_back: true, 'm.in_reply_to': { event_id: '$b' } };
  assert.equal(findRelated(event({ 'm.relates_to': thread })), undefined);
  assert.deepEqual(findRelated(event({ 'm.relates_to': { ...thread, is_falling_back: false } })), {
    kind: 'reply',
    id: '$b',
  });
});

test('excerpts are one line and cut between characters; late messages carry their time', () => {
  assert.equal(excerptOf(' a\n b '), 'a b');
  assert.equal([...excerptOf('👍'.repeat(100))].length, 60);
  assert.equal(markLate({ kind: 'message', text: 'hi' }, 0).text, '[1970-01-01 00:00 UTC] hi');
});
