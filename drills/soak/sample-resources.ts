import { readdirSync, statSync } from 'node:fs';
import { readTreeMemoryBytes } from '@holdfast/benchmarks/load/process-memory.ts';
import type { Finding } from '../drill.ts';
import { type FlatnessRule, judgeFlatness, type ResourceSample } from './judge-flatness.ts';
import type { SoakWorld } from './soak-world.ts';

const mebibyte = 1024 * 1024;
const everyMs = 5_000;
/** Caches fill and code is compiled before anything can be flat. */
const warmUpShare = 0.1;

const rules: readonly FlatnessRule[] = [
  { kind: 'memory of', factor: 1.25, slack: 16 * mebibyte, format: (bytes) => `${Math.round(bytes / mebibyte)} MiB` },
  { kind: 'file descriptors of', factor: 1.2, slack: 10, format: String },
  { kind: 'connections', factor: 1.2, slack: 10, format: String },
  { kind: 'disk per event', factor: 1.25, slack: 1_024, format: (bytes) => `${(bytes / 1024).toFixed(1)} KiB` },
];

export interface ResourceWatch {
  /** Ends the looking; judges what was seen. */
  finish(): Finding[];
}

/** Looks at every program's memory and file descriptors, at the database's connections, and at the disk. */
export function watchResources(world: SoakWorld, acknowledgedCount: () => number): ResourceWatch {
  const samples: ResourceSample[] = [];
  const disk: { readonly atMs: number; readonly bytes: number; readonly events: number }[] = [];
  const startedMs = performance.now();
  const look = async () => {
    const atMs = performance.now();
    disk.push({ atMs, bytes: folderBytes(world.folder), events: acknowledgedCount() });
    const values = new Map<string, number>();
    for (const { name, pid } of world.programs()) {
      try {
        values.set(`memory of ${name}`, readTreeMemoryBytes(pid));
        values.set(`file descriptors of ${name}`, readdirSync(`/proc/${pid}/fd`).length);
      } catch {
        // It is dead at this moment, on purpose.
      }
    }
    const rows = await world.cluster.sql<{ count: number }[]>`
      SELECT count(*)::int AS count FROM pg_stat_activity WHERE backend_type = 'client backend'`.catch(() => []);
    if (rows[0]) values.set('connections to the database', rows[0].count);
    samples.push({ atMs, values });
  };
  const timer = setInterval(() => void look(), everyMs);
  return {
    finish() {
      clearInterval(timer);
      const warmUpMs = (performance.now() - startedMs) * warmUpShare;
      const warm = samples.filter(({ atMs }) => atMs - startedMs >= warmUpMs);
      return judgeFlatness(
        [...warm, ...growthPerEvent(disk.filter(({ atMs }) => atMs - startedMs >= warmUpMs))],
        rules,
      );
    },
  };
}

/**
 * What was said stays, so that the disk itself cannot be flat: what it takes for each event must be. Over the twelfths of
 * the time, so that one more file of PostgreSQL's log does not decide.
 */
function growthPerEvent(looks: readonly { atMs: number; bytes: number; events: number }[]): ResourceSample[] {
  const step = Math.max(1, Math.floor(looks.length / 12));
  const marks = looks.filter((_, index) => index % step === 0);
  return marks.flatMap((mark, index) => {
    const before = marks[index - 1];
    if (!before || mark.events === before.events) return [];
    const perEvent = Math.max(0, mark.bytes - before.bytes) / (mark.events - before.events);
    return { atMs: mark.atMs, values: new Map([['disk per event', perEvent]]) };
  });
}

/** Of everything in it but what the programs print, which is the soak's own. */
function folderBytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    try {
      if (entry.isDirectory()) bytes += folderBytes(path);
      else if (entry.isFile() && !entry.name.endsWith('.log')) bytes += statSync(path).blocks * 512;
    } catch {
      // It has gone meanwhile.
    }
  }
  return bytes;
}
