import { type Deadline, startDeadline } from '@holdfast/effects/deadline.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import type { Sample } from '../observations/sample.ts';
import type { VolumeObservation } from '../observations/volumes.ts';
import { createBadSince } from './bad-since.ts';
import { findExportedVolume } from './find-exported-volume.ts';
import { type MetricSample, parseMetrics } from './parse-metrics.ts';
import { describeFailure } from './processes.ts';
import { readVolume, type VolumeFacts, type VolumeReaders } from './read-volume.ts';
import { addSample } from './sample-history.ts';
import type { Source } from './source.ts';
import type { WatchedFolder } from './watched-folders.ts';

export interface VolumesParts extends VolumeReaders {
  readonly folders: readonly WatchedFolder[];
  /** What PostgreSQL's logs come to before they are used again; undefined until it was asked. */
  readLogLimit(): number | undefined;
  readonly send: SendRequest;
}

type Looked = { readonly folder: WatchedFolder } & ({ readonly facts: VolumeFacts } | { readonly why: string });

const lookTimeoutMs = 4_000;
const maxExporterBytes = 8 * 1024 * 1024;

/** The volumes of the folders that Holdfast keeps things in, and of those that it is told of. Each is told once. */
export function volumesSource(parts: VolumesParts): Source<'volumes'> {
  const { folders, readLogLimit } = parts;
  const histories = new Map<string, readonly Sample[]>();
  const silence = createBadSince();
  const wereWritable = new Set<string>();
  const readOnce = guardAgainstHanging(parts);
  const remember = (name: string, atMs: number, value: number): readonly Sample[] => {
    const samples = addSample(histories.get(name) ?? [], { atMs, value });
    histories.set(name, samples);
    return samples;
  };
  const describe = (group: readonly WatchedFolder[], facts: VolumeFacts, atMs: number): VolumeObservation => {
    const { path, sizeBytes, availableBytes, inodes, isReadOnly } = facts;
    if (!isReadOnly) wereWritable.add(facts.volume);
    const limit = readLogLimit();
    const logBytes = limit === undefined ? undefined : facts.logBytes;
    const besides = logBytes === undefined ? undefined : availableBytes - Math.max(0, (limit ?? 0) - logBytes);
    return {
      ...{ path, holds: nameContents(group), sizeBytes, isReadOnly },
      availableBytes: remember(path, atMs, availableBytes),
      ...(besides !== undefined && { besidesLogsBytes: remember(`${path} besides logs`, atMs, besides) }),
      ...(inodes && { inodes }),
      ...(group.some(({ hasReserve }) => hasReserve) && { hasReserve: true }),
    };
  };
  return {
    ...{ name: 'volumes', everyMs: 10_000, timeoutMs: 2 * lookTimeoutMs },
    async look(deadline, atMs): Promise<VolumeObservation[]> {
      const exporters = await askExporters(parts, deadline);
      const looked = await Promise.all(folders.map((folder) => lookAt(folder, { exporters, readOnce, deadline })));
      const seen = looked.flatMap((each) => ('facts' in each ? each : []));
      const volumes = [...Map.groupBy(seen, ({ facts }) => facts.volume).values()].flatMap((unsorted) => {
        const group = unsorted.toSorted(databaseFirst);
        const facts = mergeFacts(group.map((each) => each.facts));
        // An image that nobody ever writes to is read-only on purpose, and always full.
        if (facts.isReadOnly && !wereWritable.has(facts.volume) && isSystemOnly(group)) return [];
        return describe(
          group.map(({ folder }) => folder),
          facts,
          atMs,
        );
      });
      const unseen = looked.flatMap((each) => {
        const { path, holds, exporter } = each.folder;
        const place = exporter === undefined ? path : `${new URL(exporter).hostname}:${path}`;
        const forMs = silence.note(place, 'why' in each, atMs);
        if (!('why' in each)) return [];
        const nothing = { sizeBytes: 0, availableBytes: [], isReadOnly: false };
        return [{ path: place, holds, ...nothing, unseen: { forMs, why: each.why } }];
      });
      return [...volumes, ...unseen];
    },
  };
}

async function lookAt(
  folder: WatchedFolder,
  parts: {
    readonly exporters: ReadonlyMap<string, readonly MetricSample[] | string>;
    readonly deadline: Deadline;
    readOnce(folder: WatchedFolder): Promise<VolumeFacts>;
  },
): Promise<Looked> {
  const own = startDeadline(lookTimeoutMs, `looking at ${folder.path}`, { signal: parts.deadline.signal });
  try {
    if (folder.exporter === undefined) return { folder, facts: await own.race(parts.readOnce(folder)) };
    const told = parts.exporters.get(folder.exporter) ?? [];
    if (typeof told === 'string') return { folder, why: told };
    return { folder, facts: findExportedVolume(told, folder.exporter, folder.path) };
  } catch (error) {
    return { folder, why: (error as Error).message };
  } finally {
    own.finish();
  }
}

/** A file system that hangs keeps a thread of ours for each question: it is not asked again before it has answered. */
function guardAgainstHanging(readers: VolumeReaders): (folder: WatchedFolder) => Promise<VolumeFacts> {
  const asked = new Map<WatchedFolder, Promise<VolumeFacts>>();
  return (folder) => {
    const before = asked.get(folder);
    if (before) return before;
    const answer = readVolume(folder, readers).finally(() => asked.delete(folder));
    asked.set(folder, answer);
    return answer;
  };
}

/** What each node exporter tells, or why it does not. */
async function askExporters(
  { folders, send }: VolumesParts,
  deadline: Deadline,
): Promise<ReadonlyMap<string, readonly MetricSample[] | string>> {
  const urls = new Set(folders.flatMap(({ exporter }) => exporter ?? []));
  const ask = async (url: string): Promise<readonly MetricSample[] | string> => {
    const own = startDeadline(lookTimeoutMs, `asking ${url}`, { signal: deadline.signal });
    try {
      const { status, body } = await send({ method: 'GET', url }, own, maxExporterBytes);
      return status === 200 ? parseMetrics(body) : `its node exporter answers ${status}`;
    } catch (error) {
      return `its node exporter does not answer: ${describeFailure(error)}`;
    } finally {
      own.finish();
    }
  };
  return new Map(await Promise.all([...urls].map(async (url) => [url, await ask(url)] as const)));
}

/** Folders on one volume say the same of it; only the one with PostgreSQL's logs says what those take. */
function mergeFacts(all: readonly VolumeFacts[]): VolumeFacts {
  const [first] = all as [VolumeFacts, ...VolumeFacts[]];
  const logBytes = all.find((each) => each.logBytes !== undefined)?.logBytes;
  return logBytes === undefined ? first : { ...first, logBytes };
}

function databaseFirst(one: Looked, other: Looked): number {
  return Number(other.folder.holds.includes('database')) - Number(one.folder.holds.includes('database'));
}

function nameContents(folders: readonly WatchedFolder[]): string {
  return [...new Set(folders.map(({ holds }) => holds))].join(', ');
}

function isSystemOnly(group: readonly { readonly folder: WatchedFolder }[]): boolean {
  return group.every(({ folder }) => folder.path === '/');
}
