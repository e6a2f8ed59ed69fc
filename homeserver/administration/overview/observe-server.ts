import { statfs } from 'node:fs/promises';
import { withDeadline } from '@holdfast/effects/deadline.ts';
import { readAppserviceStatuses } from '../../appservices/delivery/appservice-status.ts';
import type { Context } from '../../platform/context.ts';
import {
  readConnections,
  readDatabaseState,
  readReplicas,
  readSlots,
} from '../../storage/administration/read-database-state.ts';
import { readFailedTaskCount, readRowCount } from '../../storage/administration/read-row-counts.ts';
import { readProcesses, readShards } from '../../storage/processes/read-processes.ts';
import type { ServerObservation } from './judge-server.ts';

const dayMs = 24 * 60 * 60_000;
const appserviceTimeoutMs = 1_500;

export interface ObservedServer {
  readonly observation: ServerObservation;
  /** About how many there are. */
  readonly accounts: number;
  readonly rooms: number;
  readonly reports: number;
  readonly databaseBytes: number;
}

/** Looks at the server as a whole: a dozen small queries, whatever its size. Throws when the database is away. */
export async function observeServer(context: Context): Promise<ObservedServer> {
  const { clock, config, database, shardLog } = context;
  const startMs = clock.monotonicMs();
  const state = await readDatabaseState(database);
  const answeredInMs = Math.ceil(clock.monotonicMs() - startMs);
  const [shards, processes, connections, replicas, slots, disk, appservices, failedTasks] = await Promise.all([
    readShards(database),
    readProcesses(database),
    readConnections(database),
    readReplicas(database),
    readSlots(database),
    statfs(config.dataDir),
    observeAppservices(context),
    readFailedTaskCount(database, clock.wallMs() - dayMs),
  ]);
  const [accounts, rooms, reports] = await Promise.all([
    readRowCount(database, 'account'),
    readRowCount(database, 'room_figures'),
    readRowCount(database, 'report'),
  ]);
  const observation: ServerObservation = {
    shards,
    processes: processes.map(({ silentSeconds, ...process }) => ({ ...process, silentMs: silentSeconds * 1000 })),
    leaseMs: config.process.leaseMs,
    readerAgeMs: shardLog.tail.ageMs(),
    database: {
      ...{ answeredInMs, maxConnections: state.maxConnections, wraparoundShare: state.wraparoundShare },
      connections: connections.reduce((sum, { count }) => sum + count, 0),
      ...{ synchronousStandbys: state.synchronousStandbys, replicas, slots },
    },
    disk: { freeBytes: disk.bavail * disk.bsize, bytes: disk.blocks * disk.bsize },
    ...{ appservices, failedTasks },
  };
  return { observation, accounts, rooms, reports, databaseBytes: state.sizeBytes };
}

/** Where a shard has no owner nobody knows of its services: what is wrong then is named anyway. */
async function observeAppservices(context: Context): Promise<ServerObservation['appservices']> {
  const { clock } = context;
  const looking = readAppserviceStatuses(context);
  return await withDeadline(looking, appserviceTimeoutMs, 'looking at the services', { clock }).catch(() => []);
}
