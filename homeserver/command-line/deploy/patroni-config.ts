import { join } from 'node:path';
import { archiveCommand, restoreCommand } from '../../platform/backups/archive-programs.ts';
import type { PatroniPlan } from './patroni-plan.ts';

/** Names in etcd: `/holdfast/database/...`. */
const scope = 'database';
const namespace = '/holdfast/';

/**
 * How fast a primary that is gone is replaced: after `ttl`, counted from its last sign of life. Patroni wants
 * loop_wait + 2 * retry_timeout <= ttl, and takes no ttl below 20. A new primary waits with every commit for the one before
 * until it has looked around again: with loop_wait at 5 that took 7 s.
 */
const timing = { ttl: 20, loop_wait: 1, retry_timeout: 5, primary_start_timeout: 10 };

/** Patroni's configuration of one machine. https://patroni.readthedocs.io/en/latest/yaml_configuration.html */
export function formatPatroniConfig(plan: PatroniPlan, name: string): object {
  const { ports, secrets, machines } = plan;
  const address = machines.find((machine) => machine.name === name)?.address ?? '';
  const home = join(plan.dataFolder, name);
  return {
    ...{ scope, namespace, name },
    // Standard error goes to the journal, which is bounded by holdfast-db's own journald configuration.
    log: { level: 'INFO', deduplicate_heartbeat_logs: true },
    restapi: {
      listen: `${address}:${ports.patroni}`,
      connect_address: `${address}:${ports.patroni}`,
      authentication: { username: 'patroni', password: secrets.restApi },
    },
    etcd3: { hosts: machines.map((machine) => `${machine.address}:${ports.etcd}`) },
    bootstrap: formatBootstrap(plan, home),
    postgresql: {
      listen: `${address}:${ports.postgres}`,
      connect_address: `${address}:${ports.postgres}`,
      data_dir: join(home, 'data'),
      bin_dir: plan.binFolder,
      pgpass: join(home, 'pgpass'),
      authentication: {
        superuser: { username: 'postgres', password: secrets.superuser },
        replication: { username: 'replicator', password: secrets.replication },
      },
      parameters: { archive_command: archiveCommand(home), unix_socket_directories: home },
      recovery_conf: { restore_command: restoreCommand(home) },
      // A former primary whose history went another way is put back to where the ways part, or made anew.
      use_pg_rewind: true,
      remove_data_directory_on_rewind_failure: true,
      remove_data_directory_on_diverged_timelines: true,
      basebackup: [{ checkpoint: 'fast' }],
    },
    // The machine is reset 5 s before its lease runs out, if Patroni says nothing to the watchdog until then.
    watchdog:
      plan.watchdog === 'off' ? { mode: 'off' } : { mode: plan.watchdog, device: '/dev/watchdog', safety_margin: 5 },
  };
}

/** What the first machine writes into etcd; from then on `patronictl edit-config` changes it. */
function formatBootstrap(plan: PatroniPlan, home: string): object {
  return {
    dcs: {
      ...timing,
      // A commit is acknowledged when one of the replicas has it too, whichever is first: losing one delays nobody.
      // Strict: where no replica is left, commits wait instead of being acknowledged by one machine alone.
      ...{ synchronous_mode: 'quorum', synchronous_mode_strict: true, synchronous_node_count: 1 },
      // With etcd away, a primary that reaches every other machine goes on.
      failsafe_mode: true,
      // The slot of a replica that is away is kept this long, within max_slot_wal_keep_size.
      member_slots_ttl: '7d',
      postgresql: {
        ...{ use_pg_rewind: true, use_slots: true },
        parameters: formatParameters(plan),
      },
    },
    initdb: [{ encoding: 'UTF8' }, { locale: 'C' }, 'data-checksums', { 'auth-host': 'scram-sha-256' }],
    pg_hba: formatHba(plan),
    post_bootstrap: `/bin/sh '${join(home, 'post-bootstrap.sh')}'`,
  };
}

function formatParameters({ slotKeepMebibytes }: PatroniPlan): Record<string, string | number> {
  return {
    max_connections: 300,
    password_encryption: 'scram-sha-256',
    ...{ wal_level: 'replica', hot_standby: 'on', max_wal_senders: 10, max_replication_slots: 10 },
    ...{ wal_log_hints: 'on', wal_compression: 'on', max_wal_size: '4GB', synchronous_commit: 'on' },
    // A replica that is away must not fill the primary's disk: beyond this its slot is given up, and it catches up from
    // the archive.
    max_slot_wal_keep_size: `${slotKeepMebibytes}MB`,
    ...{ archive_mode: 'on', archive_timeout: 60 },
    // A replica, or a primary, that has gone silent is let go of.
    ...{ wal_sender_timeout: '10s', wal_receiver_timeout: '10s' },
    // After a change of the primary nothing can be committed until a replica follows the new one; by itself it would try
    // every 5 s.
    wal_retrieve_retry_interval: '100ms',
    ...{ tcp_keepalives_idle: 5, tcp_keepalives_interval: 2, tcp_keepalives_count: 3 },
    ...{ client_connection_check_interval: '10s', idle_in_transaction_session_timeout: '60s' },
    ...{ log_min_duration_statement: '2s', log_parameter_max_length: 0, log_parameter_max_length_on_error: 0 },
    ...{ logging_collector: 'off', log_line_prefix: '%m [%p] ', log_timezone: 'UTC', timezone: 'UTC' },
    ...{ jit: 'off', max_parallel_workers_per_gather: 0, random_page_cost: 1.1 },
  };
}

function formatHba({ machines, clients }: PatroniPlan): string[] {
  const toNetwork = (address: string) => `${address}/${address.includes(':') ? 128 : 32}`;
  const own = machines.map(({ address }) => toNetwork(address));
  return [
    'local all all scram-sha-256',
    'host all all 127.0.0.1/32 scram-sha-256',
    ...own.map((network) => `host replication replicator ${network} scram-sha-256`),
    ...own.map((network) => `host all all ${network} scram-sha-256`),
    ...clients.map((network) => `host holdfast holdfast ${network} scram-sha-256`),
  ];
}

/** Of one machine's etcd. https://etcd.io/docs/v3.5/op-guide/configuration/ */
export function formatEtcdConfig({ machines, ports, dataFolder }: PatroniPlan, name: string): object {
  const address = machines.find((machine) => machine.name === name)?.address ?? '';
  const [client, peer] = [`http://${address}:${ports.etcd}`, `http://${address}:${ports.etcdPeers}`];
  const cluster = machines.map((machine) => `${machine.name}=http://${machine.address}:${ports.etcdPeers}`);
  return {
    name,
    'data-dir': join(dataFolder, name, 'etcd'),
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': cluster.join(','),
    'initial-cluster-state': 'new',
    'initial-cluster-token': 'holdfast-database',
    // Patroni speaks to it; with a file of settings, etcd 3.4 leaves it off unless told.
    'enable-grpc-gateway': true,
    ...{ 'heartbeat-interval': 100, 'election-timeout': 1_000 },
    ...{ 'auto-compaction-mode': 'periodic', 'auto-compaction-retention': '1h' },
    'quota-backend-bytes': 512 * 1024 * 1024,
  };
}
