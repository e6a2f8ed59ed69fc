import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mostCharacters, RecentPdus } from './recent-pdus.ts';

const text = 'x'.repeat(1024);

/** Which of the events that were added are still there, after each addition. */
function add(recent: RecentPdus, count: number): number[] {
  const kept: number[] = [];
  let oldest = 0;
  for (let index = 0; index < count; index++) {
    recent.add(`$${index}`, text);
    while (oldest < index && recent.get(`$${oldest}`) === undefined) oldest++;
    kept.push(index + 1 - oldest);
  }
  return kept;
}

test('the newest events are kept, up to so many characters, and the oldest are forgotten many at once', () => {
  const most = mostCharacters / text.length;
  const recent = new RecentPdus();
  const kept = add(recent, 3 * most);
  assert.equal(Math.max(...kept), most);
  assert.equal(Math.min(...kept.slice(most)), (most * 15) / 16);
  assert.equal(recent.get(`$${3 * most - 1}`), text);
  const forgetting = kept.filter((count, index) => count <= (kept[index - 1] ?? 0)).length;
  assert.ok(forgetting <= 2 * 16 + 1, `${forgetting} times`);
});

test('an event that is forgotten because it was redacted makes room, and one that is added twice counts once', () => {
  const most = mostCharacters / text.length;
  const recent = new RecentPdus();
  add(recent, most);
  recent.forget('$1');
  recent.forget('$1');
  recent.add('$0', text);
  recent.add('$new', text);
  assert.equal(recent.get('$1'), undefined);
  assert.equal(recent.get('$0'), text);
});
