import { makeRunMark } from '../../load/receive-marked.ts';
import { makeServiceRooms, pingAsService } from '../appservice-rooms.ts';
import type { BridgeScenario } from '../bridge-run.ts';
import { DeliveryBook } from '../delivery-book.ts';
import { speakAtRate, speakWhile } from '../speak.ts';

const clients = 64;
const rooms = 50;
/** New messages while what waited is sent. */
const meanwhilePerSecond = 100;
const meanwhileSeconds = 5;
const patienceMs = 180_000;

/** A service comes back after a long outage: from its first request until it has all that waited. */
export const serviceReturns: BridgeScenario = {
  name: 'returns',
  peers: ['holdfast'],
  async measure(run) {
    const service = await run.startService('returns');
    const server = await run.startServer([service]);
    const speakers = await makeServiceRooms(server, [service], { users: clients, rooms });
    const book = new DeliveryBook();
    const mark = makeRunMark();
    const { queuedEvents } = run.sizes;
    let lastQueuedMs = 0;
    service.become('refuses');
    service.listen(mark, (number) => {
      book.receive(number);
      if (number < queuedEvents) lastQueuedMs = performance.now();
    });
    await speakWhile({ speakers, mark, book }, () => book.sent < queuedEvents);
    run.log(`${book.sent} events wait`);
    service.become('answers');
    const startMs = performance.now();
    await pingAsService(server, service);
    await speakAtRate({ speakers, mark, book }, { perSecond: meanwhilePerSecond, seconds: meanwhileSeconds });
    await book.waitForAll(patienceMs);
    const seconds = (lastQueuedMs - startMs) / 1000;
    run.log(`${queuedEvents} events and ${book.came - queuedEvents} new ones, the old ones in ${seconds.toFixed(1)} s`);
    return [{ key: 'returnSeconds', value: seconds }];
  },
};
