import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { formatCount, formatDuration, formatSize } from './format.js';
import { table } from './list.js';
import { cell, formatTime, loading, section } from './parts.js';

/** PostgreSQL as it is. */
export function showDatabase() {
  return loading(() => askAsAdministrator('GET', '/_holdfast/v1/admin/database'), show);
}

function show(seen) {
  return [
    section('At a glance', build('dl', { class: 'figures' }, figures(seen))),
    section('Connections', showConnections(seen)),
    section('Replicas', showReplicas(seen)),
    section('Replication slots', showSlots(seen)),
    section('Largest tables', showTables(seen)),
  ];
}

function figures(seen) {
  const pair = (name, value) => build('div', {}, build('dt', {}, name), build('dd', {}, build('strong', {}, value)));
  const used = seen.connections.reduce((sum, { count }) => sum + count, 0);
  return [
    pair('PostgreSQL', seen.version),
    pair('Size', formatSize(seen.size_bytes)),
    pair('Answers in', formatDuration(seen.answered_in_ms)),
    pair('Runs since', formatTime(seen.started_ts)),
    pair('Connections', `${formatCount(used)} of ${formatCount(seen.max_connections)}`),
    pair('Transaction numbers', `${(seen.wraparound_share * 100).toFixed(1)} % used`),
    pair('Synchronous', seen.synchronous_standbys || 'no standby'),
  ];
}

function showConnections({ connections }) {
  return table({
    caption: 'By application and state',
    columns: ['Application', 'State', 'Connections', 'Oldest transaction'],
    items: connections,
    showRow: (each) => [
      cell('Application', each.application),
      cell('State', each.state),
      cell('Connections', formatCount(each.count)),
      cell('Oldest', formatDuration(each.oldest_transaction_ms)),
    ],
  });
}

function showReplicas({ replicas }) {
  if (replicas.length === 0) return build('p', { class: 'hint' }, 'Nothing follows this database.');
  return table({
    caption: 'What follows this database',
    columns: ['Replica', 'State', 'Behind'],
    items: replicas,
    showRow: (each) => [
      cell('Replica', each.name, each.address && build('span', { class: 'hint' }, ` ${each.address}`)),
      cell('State', `${each.state ?? '–'}, ${each.kind ?? '–'}`),
      cell('Behind', each.lag_bytes === null ? '–' : `${formatSize(each.lag_bytes)}, ${formatDuration(each.lag_ms)}`),
    ],
  });
}

function showSlots({ slots }) {
  if (slots.length === 0) return build('p', { class: 'hint' }, 'There are none.');
  return table({
    caption: 'What nobody reads keeps the log from being deleted',
    columns: ['Slot', 'State', 'Holds', 'Until it is given up'],
    items: slots,
    showRow: (each) => [
      cell('Slot', each.name),
      cell('State', each.is_active ? 'read' : `not read, ${each.status ?? '–'}`),
      cell('Holds', each.held_bytes === null ? '–' : formatSize(each.held_bytes)),
      cell('Left', each.safe_bytes === null ? 'no bound' : formatSize(each.safe_bytes)),
    ],
  });
}

function showTables({ tables }) {
  return table({
    caption: 'With their indexes; rows as PostgreSQL estimates them',
    columns: ['Table', 'Size', 'Rows', 'Dead rows'],
    items: tables,
    showRow: (each) => [
      cell('Table', build('code', {}, each.name)),
      cell('Size', formatSize(each.size_bytes)),
      cell('Rows', formatCount(Math.round(each.rows))),
      cell('Dead rows', formatCount(Math.round(each.dead_rows))),
    ],
  });
}
