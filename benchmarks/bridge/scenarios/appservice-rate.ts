import { setTimeout as delay } from 'node:timers/promises';
import { makeRunMark } from '../../load/receive-marked.ts';
import { makeServiceRooms, pingAsService } from '../appservice-rooms.ts';
import type { BridgeRun, BridgeScenario } from '../bridge-run.ts';
import { DeliveryBook } from '../delivery-book.ts';
import { type Speech, speakWhile } from '../speak.ts';
import type { StubService } from '../stub-appservice/stub-appservice.ts';

const clients = 64;
const rooms = 16;
const warmUpSeconds = 3;
const patienceMs = 60_000;
/** A Synapse looks after a service that failed after 2, 4, 8 and so on seconds. */
const returnPatienceMs = 180_000;

/**
 * What a service is sent: while 64 clients send as fast as they are acknowledged, and in a row, when it comes back to
 * what waits for it.
 */
export const serviceRate: BridgeScenario = {
  name: 'rate',
  peers: ['holdfast', 'synapse'],
  async measure(run) {
    const service = await run.startService('rate');
    const server = await run.startServer([service]);
    const speakers = await makeServiceRooms(server, [service], { users: clients, rooms });
    await speakLive(run, service, { speakers, seconds: warmUpSeconds });
    const live = await speakLive(run, service, { speakers, seconds: run.sizes.liveSeconds });
    run.log(`${live.perSecond.toFixed(0)} events/s reached the service, the last ${live.lagMs.toFixed(0)} ms late`);

    const book = new DeliveryBook();
    const mark = makeRunMark();
    let firstMs: number | undefined;
    let atFirst = 0;
    service.become('refuses');
    service.listen(mark, (number) => {
      book.receive(number);
      if (firstMs !== undefined) return;
      firstMs = performance.now();
      // The messages of the transaction that comes first are told in one go.
      queueMicrotask(() => (atFirst = book.came));
    });
    const count = run.sizes.backlogEvents[run.peer];
    await speakWhile({ speakers, mark, book }, () => book.sent < count);
    service.become('answers');
    if (run.peer === 'holdfast') await pingAsService(server, service);
    await book.waitForAll(returnPatienceMs);
    const seconds = (book.lastCameMs - (firstMs ?? 0)) / 1000;
    const perSecond = (book.came - atFirst) / seconds;
    run.log(`${book.came} events that waited came at ${perSecond.toFixed(0)}/s`);
    return [
      { key: 'rateLive', value: live.perSecond },
      { key: 'rateLiveLagMs', value: live.lagMs },
      { key: 'rateBacklog', value: perSecond },
    ];
  },
};

async function speakLive(
  run: BridgeRun,
  service: StubService,
  { speakers, seconds }: { readonly speakers: Speech['speakers']; readonly seconds: number },
): Promise<{ perSecond: number; lagMs: number }> {
  const book = new DeliveryBook();
  const mark = makeRunMark();
  service.listen(mark, (number) => book.receive(number));
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  await speakWhile({ speakers, mark, book }, () => performance.now() < endMs);
  const lastSentMs = performance.now();
  await book.waitForAll(patienceMs);
  await delay(100);
  run.log(`sent ${book.sent} in ${seconds} s`);
  return {
    perSecond: book.cameBetween(startMs, endMs) / seconds,
    lagMs: Math.max(0, book.lastCameMs - lastSentMs),
  };
}
