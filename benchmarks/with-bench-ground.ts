import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchPostgres, startPostgres } from './peers/start-postgres.ts';
import { stopOnInterrupt } from './peers/stop-on-interrupt.ts';

/** What all scenarios of a run stand on. */
export interface BenchGround {
  readonly postgres: BenchPostgres;
  /** Of this run; it is removed with its end. */
  readonly folder: string;
  /** Stays from run to run: other servers are installed there. */
  readonly scratchFolder: string;
}

/** Starts PostgreSQL and makes a folder, does `use` with both, and ends them however that ends. */
export async function withBenchGround<Result>(name: string, use: (ground: BenchGround) => Promise<Result>) {
  const scratchFolder = process.env['HOLDFAST_BENCH_SCRATCH'] ?? join(tmpdir(), 'holdfast-bench');
  mkdirSync(scratchFolder, { recursive: true });
  const folder = mkdtempSync(join(scratchFolder, `${name}-`));
  const removeFolder = stopOnInterrupt(async () => rmSync(folder, { recursive: true, force: true }));
  const postgres = await startPostgres(process.env['HOLDFAST_BENCH_DATABASE_URL']);
  try {
    return await use({ postgres, folder, scratchFolder });
  } finally {
    await postgres.stop();
    await removeFolder();
  }
}
