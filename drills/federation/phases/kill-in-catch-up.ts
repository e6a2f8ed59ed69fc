import { setTimeout as wait } from 'node:timers/promises';
import { type Finding, finding, ofTime } from '../../drill.ts';
import type { FederationStage } from '../federation-stage.ts';
import { judgeDelivery, makeSharedRooms, startTalking, untilEverywhere } from '../shared-rooms.ts';

const roomCount = 3;
const apartMs = 8_000;
/** After the repair, when the servers are in the middle of telling each other what they missed. */
const killAfterMs = 300;
const limitMs = 60_000;

/** After a cut, one of the servers is killed while it catches up; then the other one. */
export async function killInCatchUp({ two, say, sizes }: FederationStage): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const victim of two.servers) {
    const rooms = await makeSharedRooms(two, roomCount);
    const loads = startTalking(two, rooms, sizes.eventsPerSecond);
    await wait(1_000);
    two.cut();
    await wait(apartMs);
    await Promise.all(loads.map((load) => load.stop()));
    two.mend();
    await wait(killAfterMs);
    await victim.kill();
    say(`${victim.name} was killed while it caught up`);
    await victim.startAgain();
    const attempts = loads.flatMap((load) => load.attempts);
    const { tookMs, missing, observations } = await untilEverywhere(two, rooms, attempts, limitMs);
    const what = `${victim.name} killed in a catch-up`;
    const value = `${(tookMs / 1_000).toFixed(1)} s`;
    findings.push(
      ofTime(finding(`${what}: everything everywhere after`, value, `${limitMs / 1_000} s`, missing === 0)),
    );
    findings.push(...judgeDelivery(what, attempts, observations));
  }
  return findings;
}
