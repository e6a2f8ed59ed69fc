import { type MachineStalls, watchMachineStalls } from '../../load/machine-stalls.ts';
import { makeRunMark } from '../../load/receive-marked.ts';
import { summarize } from '../../load/summary.ts';
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
 * requests without ever answering, in many short phases in turn, so that a slow minute of the machine falls on both; of each
 * kind the half counts that other work disturbed the least.
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
    const phases: Phase[] = [];
    for (let phase = 0; phase < run.sizes.hangingPhases; phase++) {
      // Which comes first changes, or what a phase leaves behind would always fall on the same ones.
      const order = phase % 2 === 0 ? [false, true] : [true, false];
      for (const hangs of order) phases.push(await measurePhase(world, { hangs, seconds: run.sizes.hangingSeconds }));
    }
    const [all, some] = [calmHalf(phases.filter(({ hangs }) => !hangs)), calmHalf(phases.filter(({ hangs }) => hangs))];
    const describe = ({ delaysMs, stalls }: Phase) =>
      `${summarize(delaysMs).p99.toFixed(1)} (${(stalls?.cpu ?? 0).toFixed(0)})`;
    run.log(`p99 by phase, calmest first, and the CPU's stall in %: all answer: ${all.map(describe).join(', ')}`);
    run.log(`${hangingCount} hang: ${some.map(describe).join(', ')}`);
    const [allP99, someP99] = [all, some].map((calm) => summarize(calm.flatMap(({ delaysMs }) => delaysMs)).p99) as [
      number,
      number,
    ];
    return [
      { key: 'hangingNoneP99', value: allP99 },
      { key: 'hangingSomeP99', value: someP99 },
      { key: 'hangingRise', value: (someP99 / allP99 - 1) * 100 },
    ];
  },
};

interface Phase {
  readonly hangs: boolean;
  /** Of the messages to the services that never hang, in milliseconds. */
  readonly delaysMs: readonly number[];
  readonly stalls: MachineStalls | undefined;
}

/** The half of the phases in which other work of the machine took the least of the processors, the calmest first. */
function calmHalf(phases: readonly Phase[]): readonly Phase[] {
  const byStall = phases.toSorted((one, other) => (one.stalls?.cpu ?? 0) - (other.stalls?.cpu ?? 0));
  return byStall.slice(0, Math.ceil(phases.length / 2));
}

interface HangingWorld {
  readonly server: BenchServer;
  readonly services: readonly StubService[];
  readonly speakers: readonly Speaker[];
}

/** What messages to the services that never hang took. All services have all of it afterwards. */
async function measurePhase(
  { server, services, speakers }: HangingWorld,
  { hangs, seconds }: { readonly hangs: boolean; readonly seconds: number },
): Promise<Phase> {
  const book = new DeliveryBook();
  const mark = makeRunMark();
  for (const service of services) service.listen(mark, (number) => book.receive(number));
  const hanging = services.slice(0, hangingCount);
  if (hangs) for (const service of hanging) service.become('hangs');
  const readStalls = watchMachineStalls();
  await speakAtRate({ speakers, mark, book }, { perSecond, seconds });
  const stalls = readStalls();
  for (const service of hangs ? hanging : []) {
    service.become('answers');
    await pingAsService(server, service);
  }
  await book.waitForAll(patienceMs);
  // The room of each speaker, and so its service, is found by its number.
  return { hangs, stalls, delaysMs: book.delaysMs((sender) => sender % serviceCount >= hangingCount) };
}
