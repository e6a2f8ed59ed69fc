import { makeRunMark } from '../../load/receive-marked.ts';
import { median } from '../../load/summary.ts';
import { makeServiceRooms, pingAsService, type Speaker } from '../appservice-rooms.ts';
import type { BenchServer, BridgeScenario } from '../bridge-run.ts';
import { DeliveryBook } from '../delivery-book.ts';
import { speakAtRate } from '../speak.ts';
import type { StubService } from '../stub-appservice/stub-appservice.ts';

const serviceCount = 20;
const hangingCount = 5;
/** Speakers for each service, each in the room of that service. */
const usersEach = 3;
const perSecond = 200;
const patienceMs = 60_000;
const warmUpSeconds = 3;

/**
 * What services that hang cost the others: what is sent to those that do not, while all answer and while some take
 * requests without ever answering, in turn, so that a slow minute of the machine falls on both.
 */
export const hangingServices: BridgeScenario = {
  name: 'hanging',
  peers: ['holdfast'],
  async measure(run) {
    const services: StubService[] = [];
    for (let index = 0; index < serviceCount; index++) services.push(await run.startService(`service${index}`));
    const server = await run.startServer(services);
    const users = serviceCount * usersEach;
    const speakers = await makeServiceRooms(server, services, { users, rooms: serviceCount });
    const world = { server, services, speakers };
    await measurePhase(world, { hangs: false, seconds: warmUpSeconds });
    const p99Ms = { all: [] as number[], some: [] as number[] };
    for (let phase = 0; phase < run.sizes.hangingPhases; phase++) {
      p99Ms.all.push(await measurePhase(world, { hangs: false, seconds: run.sizes.hangingSeconds }));
      p99Ms.some.push(await measurePhase(world, { hangs: true, seconds: run.sizes.hangingSeconds }));
    }
    run.log(`p99 by phase, all answer: ${list(p99Ms.all)}; ${hangingCount} hang: ${list(p99Ms.some)} ms`);
    const [allP99, someP99] = [median(p99Ms.all), median(p99Ms.some)];
    return [
      { key: 'hangingNoneP99', value: allP99 },
      { key: 'hangingSomeP99', value: someP99 },
      { key: 'hangingRise', value: (someP99 / allP99 - 1) * 100 },
    ];
  },
};

const list = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(', ');

interface HangingWorld {
  readonly server: BenchServer;
  readonly services: readonly StubService[];
  readonly speakers: readonly Speaker[];
}

/** What 99 of 100 messages to the services that never hang took, in milliseconds. All services have all of it afterwards. */
async function measurePhase(
  { server, services, speakers }: HangingWorld,
  { hangs, seconds }: { readonly hangs: boolean; readonly seconds: number },
): Promise<number> {
  const book = new DeliveryBook();
  const mark = makeRunMark();
  for (const service of services) service.listen(mark, (number) => book.receive(number));
  const hanging = services.slice(0, hangingCount);
  if (hangs) for (const service of hanging) service.become('hangs');
  await speakAtRate({ speakers, mark, book }, { perSecond, seconds });
  for (const service of hangs ? hanging : []) {
    service.become('answers');
    await pingAsService(server, service);
  }
  await book.waitForAll(patienceMs);
  // The room of each speaker, and so its service, is found by its number.
  return book.delays((sender) => sender % serviceCount >= hangingCount).p99;
}
