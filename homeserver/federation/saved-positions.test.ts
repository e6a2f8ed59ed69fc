import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import type { Context } from '../platform/context.ts';
import type { DestinationSender } from './destination-sender.ts';
import type { SaveDestinationsInput } from './save-destinations.ts';
import { SavedPositions } from './saved-positions.ts';

type Outcome = 'saved' | 'lost' | 'failed';

/** Positions of one log, saved by commands that are only kept. A sender has what is up to `reached`; null: all. */
function makeSaved() {
  const routed = [0];
  const senders: DestinationSender[] = [];
  const inputs: SaveDestinationsInput[] = [];
  const state: { nowMs: number; outcome: Outcome; isLost: boolean } = { nowMs: 0, outcome: 'saved', isLost: false };
  const gathering = Promise.withResolvers<void>();
  const context = {
    clock: { ...systemClock, monotonicMs: () => state.nowMs, sleep: () => gathering.promise },
    shardLog: {
      async submit(_command: unknown, _shard: number, input: SaveDestinationsInput) {
        inputs.push(input);
        if (state.outcome === 'failed') throw new Error('the database is away');
        return state.outcome === 'saved';
      },
    },
  } as unknown as Context;
  const held = { homeShard: 0, epoch: 3, routed: [0] };
  const queues = {
    routed,
    senders: () => senders,
    senderCount: () => senders.length,
    lost: () => void (state.isLost = true),
  };
  const saved = new SavedPositions(context, held, queues);
  const addSender = (server: string, reached: number | null) => {
    const place = { reached };
    const queue = { isRecovering: false, reached: () => [place.reached ?? routed[0] ?? 0] };
    const sender = { server, queue, waitingSinceMs: state.nowMs, isSavedAsBehind: false, lastSuccessMs: null };
    senders.push(sender as unknown as DestinationSender);
    return { place, sender: sender as unknown as DestinationSender };
  };
  return { saved, routed, inputs, state, addSender, gathering };
}

test('what is saved for all stops before the first event that waits, and passes it when that takes long', async () => {
  const { saved, routed, inputs, state, addSender } = makeSaved();
  routed[0] = 10;
  const { sender } = addSender('slow.test', 6);
  await saved.saveRouted();
  assert.deepEqual([inputs[0]?.routed, inputs[0]?.rows], [[6], []]);
  state.nowMs = 10_000;
  await saved.saveRouted();
  assert.deepEqual(inputs[1]?.routed, [10]);
  assert.deepEqual(
    inputs[1]?.rows.map(({ server, positions, isBehind }) => [server, positions, isBehind]),
    [['slow.test', [6], true]],
  );
  assert.equal(sender.isSavedAsBehind, true);
});

test('a server that has all is no longer behind, and what one turn brings shares a command', async () => {
  const { saved, routed, inputs, state, addSender } = makeSaved();
  routed[0] = 10;
  const slow = addSender('slow.test', 6);
  const other = addSender('other.test', null);
  state.nowMs = 10_000;
  await saved.saveRouted();
  slow.place.reached = null;
  await Promise.all([saved.save(slow.sender, 4), saved.save(other.sender, 0)]);
  assert.equal(inputs.length, 2);
  assert.deepEqual(
    inputs[1]?.rows.map(({ server, isBehind }) => [server, isBehind]),
    [
      ['slow.test', false],
      ['other.test', false],
    ],
  );
  assert.deepEqual(inputs[1]?.outbox, [['slow.test', 4]]);
  assert.equal(slow.sender.isSavedAsBehind, false);
});

test('a save of which nobody knows whether it was made counts as made, where that is the safe side', async () => {
  const { saved, routed, inputs, state, addSender } = makeSaved();
  routed[0] = 10;
  const { place, sender } = addSender('slow.test', 6);
  state.nowMs = 10_000;
  state.outcome = 'failed';
  await assert.rejects(saved.saveRouted());
  assert.equal(sender.isSavedAsBehind, false);
  // It went on a little: measured by what may have been saved for all, it is behind.
  place.reached = 8;
  sender.waitingSinceMs = state.nowMs;
  state.outcome = 'saved';
  await saved.save(sender, 0);
  assert.deepEqual([inputs[1]?.routed, inputs[1]?.rows[0]?.isBehind], [null, true]);
  await saved.saveRouted();
  assert.deepEqual(inputs[2]?.routed, [10]);
});

test('when the shard has changed hands nothing more is saved here', async () => {
  const { saved, routed, state } = makeSaved();
  routed[0] = 1;
  state.outcome = 'lost';
  await assert.rejects(saved.saveRouted(), { message: 'the home shard is no longer held' });
  assert.equal(state.isLost, true);
});

test('what many servers answer within a moment is saved by one command', async () => {
  const { saved, inputs, addSender, gathering } = makeSaved();
  const senders = Array.from({ length: 30 }, (_, index) => addSender(`server-${index}.test`, null).sender);
  const done: Promise<void>[] = [];
  for (const sender of senders) {
    done.push(saved.save(sender, 0));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(inputs.length, 0);
  gathering.resolve();
  await Promise.all(done);
  assert.deepEqual(
    inputs.map(({ rows }) => rows.length),
    [30],
  );
});
