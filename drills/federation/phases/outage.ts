import { setTimeout as wait } from 'node:timers/promises';
import { type Finding, finding, noneOf, ofTime } from '../../drill.ts';
import type { FederationStage } from '../federation-stage.ts';
import { judgeDelivery, makeSharedRooms, startTalking, untilEverywhere } from '../shared-rooms.ts';

const roomCount = 4;
const calmMs = 3_000;
const limitMs = 60_000;

/** The servers do not reach each other for a while, and people go on talking on both. */
export async function outage({ two, say, sizes }: FederationStage): Promise<Finding[]> {
  const rooms = await makeSharedRooms(two, roomCount);
  const loads = startTalking(two, rooms, sizes.eventsPerSecond);
  await wait(calmMs);
  say(`cut for ${sizes.outageMs / 1_000} s, ${sizes.eventsPerSecond} events a second`);
  two.cut();
  await wait(sizes.outageMs);
  two.mend();
  const mendedMs = performance.now();
  say('mended');
  await wait(calmMs);
  await Promise.all(loads.map((load) => load.stop()));
  const attempts = loads.flatMap((load) => load.attempts);
  const { missing, observations } = await untilEverywhere(
    two,
    rooms,
    attempts,
    limitMs - (performance.now() - mendedMs),
  );
  const seconds = (performance.now() - mendedMs) / 1_000;
  say(`${missing === 0 ? 'everything is everywhere' : `${missing} events are missing`} after ${seconds.toFixed(1)} s`);
  return [
    ofTime(
      finding('outage: everything everywhere after', `${seconds.toFixed(1)} s`, `${limitMs / 1_000} s`, missing === 0),
    ),
    ...judgeDelivery('outage', attempts, observations),
    noneOf('outage: replies of 500', loads.flatMap((load) => load.serverErrors()).length),
  ];
}
