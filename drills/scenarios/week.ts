import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Link, openLink } from '@holdfast/conformance/federated-servers/open-link.ts';
import { type StubAppservice, startStubAppservice } from '../appservices/stub-appservice.ts';
import { prepareFakeClock } from '../cluster/fake-clock.ts';
import { startPostgresOnVolume, volumeDataFolder } from '../cluster/postgres-on-volume.ts';
import type { Drill, Finding } from '../drill.ts';
import { type DrillOptions, runDrill } from '../run-drill.ts';
import type { WeekGround } from './week-ground.ts';
import { untilBridgeHasAll, untilQuiet, weekStages } from './week-stages.ts';

/** So much that what the load writes is no disk that is full in a few hours. It takes only what is written. */
const volumeBytes = 16 * 1024 * 1024 * 1024;
/** Of the process that the host's upgrade freezes. */
const frozenProcess = 0;
const healedWithinMs = 100_000;

/**
 * The week from which Holdfast is built, one fault after the other on one server under load, with idle time left out: a
 * frozen machine whose clock is slow afterwards, the network to the bridge, one direction of the bridge, a lost replica
 * whose logs pile up, the full disk, and the morning after. The monitor watches, and a pager writes down whom it calls.
 */
export const week = {
  name: 'week',
  fault: 'freeze, wrong clock, network, one-way bridge, lost replica, full disk, and the morning after, one by one',
  async run(options: DrillOptions): Promise<Finding[]> {
    const folder = join(options.folder, 'registrations');
    await mkdir(folder);
    const bridge = await startStubAppservice('bridge', folder);
    const bridgeLink = await openLink();
    await putLinkBefore(bridge, bridgeLink, folder);
    try {
      const clock = await prepareFakeClock(options.folder);
      return await runDrill(describeWeek({ bridge, bridgeLink, clock, database: undefined }, folder), options);
    } finally {
      await bridgeLink.close();
      await bridge.stop();
    }
  },
};

function describeWeek(ground: WeekGround, registrations: string): Drill {
  return {
    ...{ name: week.name, fault: week.fault, shardCount: 3, eventsPerSecond: 150 },
    // The disk is full for as long as it takes to call somebody.
    longestGapMs: 200_000,
    // Longer than the homeserver tries: it is to answer, and not to be given up.
    attemptTimeoutMs: 15_000,
    environment: { HOLDFAST_APPLICATION_SERVICES_FOLDER: registrations },
    watch: volumeDataFolder,
    prepare: async () => (index) => (index === frozenProcess ? ground.clock.environment : {}),
    async startDatabase(folder) {
      ground.database = await startPostgresOnVolume(folder, volumeBytes);
      return ground.database;
    },
    async inject(stage) {
      const findings: Finding[] = [];
      for (const play of weekStages) {
        findings.push(...(await play(stage, ground)));
        if (play !== weekStages.at(-1)) await untilQuiet(stage);
      }
      return findings;
    },
    async observe({ load }) {
      await untilBridgeHasAll(ground, load, healedWithinMs);
      const rooms = new Set(load.attempts.map(({ roomId }) => roomId));
      return ground.bridge.observe().filter(({ roomId }) => rooms.has(roomId));
    },
  };
}

/** The homeserver reaches the bridge through the link, as through a network. */
async function putLinkBefore(
  { id }: StubAppservice,
  link: Link & { setTarget(port: number): void },
  folder: string,
): Promise<void> {
  const file = join(folder, `${id}.yaml`);
  const registration = JSON.parse(await readFile(file, 'utf8')) as { url: string };
  link.setTarget(Number(new URL(registration.url).port));
  await writeFile(file, JSON.stringify({ ...registration, url: `http://127.0.0.1:${link.port}` }));
}
