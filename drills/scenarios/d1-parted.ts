import { type PatroniCluster, startPatroniCluster } from '../cluster/patroni-cluster.ts';
import { type Drill, type Finding, finding, type Stage, within } from '../drill.ts';
import {
  followChange,
  followLimitMs,
  gapLimitMs,
  promotionDeadlineMs,
  slotKeepMebibytes,
  untilRejoined,
} from './d1-primary.ts';

let database: PatroniCluster | undefined;

/**
 * D1 with a primary that is cut off. It loses the other machines and not its clients: it may acknowledge nothing that no
 * other machine has, and has to give up its office. The homeserver follows to the next one by itself.
 */
export const partedPrimary: Drill = {
  name: 'd1-parted',
  fault:
    "cut PostgreSQL's primary off from the other machines, while clients reach it, until another takes over, and mend that",
  shardCount: 3,
  longestGapMs: gapLimitMs,
  async startDatabase(folder) {
    database = await startPatroniCluster(folder, slotKeepMebibytes);
    return database;
  },
  async inject(stage) {
    if (!database) throw new Error('there is no cluster of PostgreSQL');
    return await cutOff(stage, database);
  },
};

async function cutOff(stage: Stage, postgres: PatroniCluster): Promise<Finding[]> {
  const { say } = stage;
  const former = await postgres.untilPrimary(undefined, promotionDeadlineMs);
  say(`${former.name} is the primary; it is cut off from the other machines, and clients reach it still`);
  const startMs = performance.now();
  postgres.cutOff(former);
  const { gapMs, followedMs, hasGivenUp } = await followChange(stage, postgres, former, startMs);
  say('the network is mended');
  postgres.mendNetwork();
  const isReplica = await untilRejoined(stage, postgres, former);
  return [
    finding('the one that was cut off has given up its office first', hasGivenUp ? 'yes' : 'no', 'yes', hasGivenUp),
    within('longest gap of a primary that is cut off', gapMs, gapLimitMs),
    within('writing goes on after that promotion', followedMs, followLimitMs),
    finding('the one that was cut off is a replica', isReplica ? 'yes' : 'no', 'yes', isReplica),
  ];
}
