import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventLogEntry } from './connected-users.ts';
import { KnownRedactions } from './known-redactions.ts';

function redaction(redacts: string, reason = ''): EventLogEntry {
  const clientJson = `{"content":{"reason":"${reason}"}`;
  return {
    kind: 'event',
    body: { eventId: `$by-${redacts.slice(0, 9)}`, redacts, clientJson },
  } as unknown as EventLogEntry;
}

test('a redaction is kept with its text, a long one without, and one of what can be no event is not kept', () => {
  const known = new KnownRedactions();
  const endless = '$'.padEnd(60_000, 'x');
  for (const entry of [redaction('$a', 'typo'), redaction('$b', 'x'.repeat(60_000)), redaction(endless)])
    known.apply(entry);
  assert.deepEqual(known.get('$a'), { eventId: '$by-$a', json: '{"content":{"reason":"typo"}}' });
  assert.deepEqual(known.get('$b'), { eventId: '$by-$b', json: undefined });
  assert.equal(known.get(endless), undefined);
});
