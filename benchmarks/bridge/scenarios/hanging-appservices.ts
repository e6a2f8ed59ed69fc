import { describeStalls, watchMachineStalls } from '../../load/machine-stalls.ts';
import { makeRunMark } from '../../load/receive-marked.ts';
import { median, summarize } from '../../load/summary.ts';
import { makeServiceRooms, pingAsService, type Speaker } from '../appservice-rooms.ts';
import type { BenchServer, BridgeRun, BridgeScenario } from '../bridge-run.ts';
import { DeliveryBook } from '../delivery-book.ts';
import { speakAtRate } from '../speak.ts';
import type { StubService } from '../stub-appservice/stub-appservice.ts';

const serviceCount = 20;
const hangingCount = 5;
/** Speakers for each service, each in the room of that service. */
const usersEach = 3;
/** To each of the two servers. */
const perSecond = 100;
const patienceMs = 60_000;
const warmUpSeconds = 3;

/**
 * What services that hang cost the others: two servers at the same time, of which one has services that take requests without
 * ever answering. What else the machine does falls on both alike. They change their parts with each phase;
 * of the phases the middle one counts.
 */
export const hangingServices: BridgeScenario = {
  name: 'hanging',
  peers: ['holdfast'],
  async measure(run) {
    const worlds = [await makeWorld(run), await makeWorld(run)];
    await Promise.all(worlds.map((world) => measurePhase(world, { hangs: false, seconds: warmUpSeconds })));
    const delaysMs = { none: [] as number[], some: [] as number[] };
    const p99s: { readonly none: number; readonly some: number }[] = [];
    for (let phase = 0; phase < run.sizes.hangingPhases; phase++) {
      const readStalls = watchMachineStalls();
      const measured = worlds.map(async (world, index) => {
        const hangs = index === phase % 2;
        return { hangs, own: await measurePhase(world, { hangs, seconds: run.sizes.hangingSeconds }) };
      });
      const byPart = (await Promise.all(measured)).sort((one, other) => Number(one.hangs) - Number(other.hangs));
      const [none = [], some = []] = byPart.map(({ own }) => own);
      delaysMs.none.push(...none);
      delaysMs.some.push(...some);
      const p99 = { none: summarize(none).p99, some: summarize(some).p99 };
      p99s.push(p99);
      const told = `${p99.none.toFixed(1)}, ${p99.some.toFixed(1)} ms; ${describeStalls(readStalls())}`;
      run.log(`p99 where all answer, where ${hangingCount} hang: ${told}`);
    }
    const [none, some] = [summarize(delaysMs.none), summarize(delaysMs.some)];
    run.log(`p50 ${none.p50.toFixed(2)}, ${some.p50.toFixed(2)} ms of ${none.samples}, ${some.samples} messages`);
    // One phase in which the machine stood still must not be all that is seen.
    return [
      { key: 'hangingNoneP99', value: median(p99s.map((phase) => phase.none)) },
      { key: 'hangingSomeP99', value: median(p99s.map((phase) => phase.some)) },
      { key: 'hangingRise', value: (median(p99s.map((phase) => phase.some / phase.none)) - 1) * 100 },
    ];
  },
};

interface HangingWorld {
  readonly server: BenchServer;
  readonly services: readonly StubService[];
  readonly speakers: readonly Speaker[];
}

async function makeWorld(run: BridgeRun): Promise<HangingWorld> {
  const services: StubService[] = [];
  for (let index = 0; index < serviceCount; index++) services.push(await run.startService(`service${index}`));
  const server = await run.startServer(services);
  const sizes = { users: serviceCount * usersEach, rooms: serviceCount };
  return { server, services, speakers: await makeServiceRooms(server, services, sizes) };
}

/** What messages to the services that never hang took, in milliseconds. All services have all of it afterwards. */
async function measurePhase(
  { server, services, speakers }: HangingWorld,
  { hangs, seconds }: { readonly hangs: boolean; readonly seconds: number },
): Promise<number[]> {
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
  return book.delaysMs((sender) => sender % serviceCount >= hangingCount);
}
