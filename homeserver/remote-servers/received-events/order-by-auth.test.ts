import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orderByAuth } from './order-by-auth.ts';

test('auth events come before what they authorise, whatever the order was, and each event once', () => {
  fc.assert(
    fc.property(
      fc
        .array(fc.array(fc.nat(40), { maxLength: 4 }), { maxLength: 40 })
        .chain((auth) => fc.tuple(fc.constant(auth), fc.shuffledSubarray(auth.map((_, index) => index)))),
      ([auth, shuffled]) => {
        const events = shuffled.map((index) => ({
          eventId: `$${index}`,
          authEventIds: (auth[index] ?? []).filter((other) => other < index).map((other) => `$${other}`),
        }));
        const ordered = orderByAuth(events).map((place) => events[place]);
        assert.equal(new Set(ordered).size, events.length);
        for (const [place, event] of ordered.entries()) {
          const behind = new Set(ordered.slice(place).map((each) => each?.eventId));
          assert.ok(event?.authEventIds.every((eventId) => !behind.has(eventId)));
        }
      },
    ),
  );
});

test('a circle and an event that is there twice are no endless work', () => {
  const circle = [
    { eventId: '$a', authEventIds: ['$b'] },
    { eventId: '$b', authEventIds: ['$a'] },
    { eventId: '$a', authEventIds: ['$a'] },
  ];
  assert.equal(orderByAuth(circle).length, 2);
});
