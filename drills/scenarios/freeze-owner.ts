import { setTimeout as wait } from 'node:timers/promises';
import { type Drill, type Finding, finding, type Stage } from '../drill.ts';

/** Longer than the lease of 2.5 s. */
const freezeMs = 7_000;

/**
 * D1. The process that owns the shard stops in the middle of what it does, with its connections open, and comes back
 * long after others have taken over. It must not write anything of what it still believes to be its own.
 */
export const freezeOwner: Drill = {
  name: 'd1',
  fault: 'freeze the process that owns the shard for longer than its lease, then thaw it',
  shardCount: 1,
  longestGapMs: 5_000,
  watch: (folder) => folder,
  async inject(stage) {
    const owners: { before: string; during: string }[] = [];
    do owners.push(await freezeOnce(stage));
    while (stage.hasTimeForMore());
    const moved = owners.filter(({ before, during }) => before !== during).length;
    return [
      finding('freezes in which another process took over', moved, String(owners.length), moved === owners.length),
      ...(await freezeUntilPaged(stage)),
    ];
  },
};

async function freezeOnce({ cluster, say, untilAcknowledging }: Stage): Promise<{ before: string; during: string }> {
  const owner = await cluster.findOwner(0);
  if (!owner) throw new Error('nobody owns the shard');
  say(`${owner.name} owns the shard and is frozen`);
  owner.freeze();
  const frozenMs = performance.now();
  const resumedMs = await untilAcknowledging();
  await wait(Math.max(0, freezeMs - (performance.now() - frozenMs)));
  const during = await cluster.findOwner(0);
  say(`${during?.name} took over after ${Math.round(resumedMs)} ms; ${owner.name} is thawed`);
  owner.thaw();
  // It must join in again by itself.
  await wait(3_000);
  return { before: owner.name, during: during?.name ?? owner.name };
}

/** A short freeze wakes nobody, since all goes on; one that lasts is somebody's business. */
async function freezeUntilPaged({ cluster, say, monitor }: Stage): Promise<Finding[]> {
  if (!monitor) return [];
  const owner = await cluster.findOwner(0);
  if (!owner) throw new Error('nobody owns the shard');
  say(`${owner.name} is frozen until somebody is called`);
  owner.freeze();
  const frozenMs = performance.now();
  const pattern = new RegExp(`${new URL(owner.baseUrl).host} has not answered`);
  await monitor.untilPaged(pattern, frozenMs);
  owner.thaw();
  say(`${owner.name} is thawed`);
  await wait(3_000);
  return monitor.judge('the frozen process', pattern, frozenMs);
}
