import {
  readConnections,
  readDatabaseState,
  readReplicas,
  readSlots,
  readTableSizes,
} from '../../../storage/administration/read-database-state.ts';
import { defineEndpoint } from '../../endpoint.ts';

const tables = 15;

/** PostgreSQL as it is: size, connections, what follows it, replication slots, its largest tables. Times are milliseconds. */
export const getDatabase = defineEndpoint({
  operation: 'getDatabase',
  method: 'GET',
  path: '/_holdfast/v1/admin/database',
  authentication: 'admin',
  async handle({ database, clock }) {
    const startMs = clock.monotonicMs();
    const state = await readDatabaseState(database);
    const answeredInMs = Math.ceil(clock.monotonicMs() - startMs);
    const [connections, replicas, slots, sizes] = await Promise.all([
      readConnections(database),
      readReplicas(database),
      readSlots(database),
      readTableSizes(database, tables),
    ]);
    return {
      ...{ version: state.version, size_bytes: state.sizeBytes, started_ts: state.startedAt.getTime() },
      ...{ answered_in_ms: answeredInMs, is_standby: state.isStandby, max_connections: state.maxConnections },
      ...{ synchronous_standbys: state.synchronousStandbys, wraparound_share: state.wraparoundShare },
      connections: connections.map(({ application, state: each, count, oldestTransactionSeconds }) => ({
        ...{ application, state: each, count },
        oldest_transaction_ms: toMs(oldestTransactionSeconds),
      })),
      replicas: replicas.map(({ name, address, state: each, kind, lagBytes, lagSeconds }) => ({
        ...{ name, address, state: each, kind, lag_bytes: lagBytes, lag_ms: toMs(lagSeconds) },
      })),
      slots: slots.map(({ name, isActive, status, heldBytes, safeBytes }) => ({
        ...{ name, is_active: isActive, status, held_bytes: heldBytes, safe_bytes: safeBytes },
      })),
      tables: sizes.map(({ name, sizeBytes, rows, deadRows }) => ({
        ...{ name, size_bytes: sizeBytes, rows, dead_rows: deadRows },
      })),
    };
  },
});

function toMs(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds * 1000);
}
