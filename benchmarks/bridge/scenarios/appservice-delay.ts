import type { Figure } from '../../figure-table.ts';
import { describeStalls, watchMachineStalls } from '../../load/machine-stalls.ts';
import { makeRunMark } from '../../load/receive-marked.ts';
import { makeServiceRooms } from '../appservice-rooms.ts';
import type { BridgeScenario } from '../bridge-run.ts';
import { DeliveryBook } from '../delivery-book.ts';
import { speakAtRate } from '../speak.ts';

const clients = 64;
const rooms = 16;
const patienceMs = 60_000;
const warmUpSeconds = 2;
/** The higher one is more than a Synapse takes. */
const ratesPerSecond = { holdfast: [10, 200], synapse: [10] };

/** From a client's sending until the service has it. */
export const serviceDelay: BridgeScenario = {
  name: 'delay',
  peers: ['holdfast', 'synapse'],
  async measure(run) {
    const service = await run.startService('delay');
    const server = await run.startServer([service]);
    const speakers = await makeServiceRooms(server, [service], { users: clients, rooms });
    const figures: Figure[] = [];
    for (const perSecond of ratesPerSecond[run.peer]) {
      for (const seconds of [warmUpSeconds, run.sizes.delaySeconds]) {
        const book = new DeliveryBook();
        const mark = makeRunMark();
        service.listen(mark, (number) => book.receive(number));
        const readStalls = watchMachineStalls();
        await speakAtRate({ speakers, mark, book }, { perSecond, seconds });
        await book.waitForAll(patienceMs);
        if (seconds === warmUpSeconds) continue;
        const { p50, p99, samples } = book.delays();
        const stalls = describeStalls(readStalls());
        run.log(`at ${perSecond}/s: p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} ms of ${samples}; ${stalls}`);
        figures.push({ key: `delay${perSecond}P50`, value: p50 }, { key: `delay${perSecond}P99`, value: p99 });
      }
    }
    return figures;
  },
};
