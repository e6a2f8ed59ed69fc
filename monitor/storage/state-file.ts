import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically } from '../platform/write-file-atomically.ts';
import { type MonitorState, parseMonitorState } from './monitor-state.ts';

/** The copy on disk: it is there when the database is what is down. */
export async function writeStateFile(path: string, state: MonitorState): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomically(path, JSON.stringify(state));
}

export async function readStateFile(path: string): Promise<MonitorState | undefined> {
  return parseMonitorState(await readFile(path, 'utf8').catch(() => undefined));
}
