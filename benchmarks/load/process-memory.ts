import { readdirSync, readFileSync } from 'node:fs';

/**
 * Proportional set size (bytes) of a process and all its descendants, from /proc/PID/smaps_rollup:
 * pages that several of them share are counted once. Linux only.
 */
export function readTreeMemoryBytes(rootPid: number): number {
  let totalBytes = 0;
  for (const pid of processTree(rootPid)) {
    try {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      totalBytes += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
    } catch (error) {
      // A descendant may end between the listing and the reading; the root may not.
      if (pid === rootPid) throw error;
    }
  }
  return totalBytes;
}

/** CPU time (seconds, user and system) that a process and its descendants have used; those that ended only `withEnded`. */
export function readTreeCpuSeconds(rootPid: number, withEnded = false): number {
  let ticks = 0;
  for (const pid of processTree(rootPid)) {
    const fields = readStat(pid)?.slice(11, withEnded ? 15 : 13) ?? [];
    for (const field of fields) ticks += Number(field);
  }
  return ticks / 100;
}

function processTree(rootPid: number): number[] {
  const childrenOf = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = Number(readStat(pid)?.[1]);
    const siblings = childrenOf.get(parent);
    if (siblings === undefined) childrenOf.set(parent, [pid]);
    else siblings.push(pid);
  }
  const tree = [rootPid];
  for (let index = 0; index < tree.length; index += 1) tree.push(...(childrenOf.get(tree[index] as number) ?? []));
  return tree;
}

/** The fields of /proc/PID/stat after the command name, which may itself contain spaces and brackets. */
function readStat(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
