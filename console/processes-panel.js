import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { actionButton, confirmButton } from './confirm-button.js';
import { formatCount, formatDuration } from './format.js';
import { table } from './list.js';
import { cell, formatTime, loading, section } from './parts.js';

const base = '/_holdfast/v1/admin';

/** The processes, the shards and who writes them, and how far each reader of the log is. */
export function showProcesses() {
  const place = build('div');
  const refresh = () =>
    place.replaceChildren(
      loading(
        () => askAsAdministrator('GET', `${base}/shards`),
        (seen) => show(seen, refresh),
      ),
    );
  refresh();
  return place;
}

function show(seen, refresh) {
  const others = seen.processes.filter(({ takes_shards: takes }) => takes).length;
  const again = build('button', { type: 'button', onclick: refresh }, 'Look again');
  return [
    section('Processes', showTable(seen.processes, refresh)),
    section('Shards', showShards(seen, others > 1, refresh)),
    section('Readers of the log', showReaders(seen)),
    build('p', { class: 'actions' }, again),
  ];
}

function showTable(processes, refresh) {
  return table({
    caption: 'A process that rests gives its shards to the others, before work on its machine',
    columns: ['Address', 'Shards', 'Heard of', 'Clock', ''],
    items: processes,
    showRow: (process) => [
      cell('Address', process.address, process.rests && build('span', { class: 'badge' }, 'rests')),
      cell('Shards', formatCount(process.shard_count)),
      cell(
        'Heard of',
        `${formatDuration(process.silent_for_ms)} ago`,
        build('span', { class: 'hint' }, ` since ${formatTime(process.started_ts)}`),
      ),
      cell('Clock', `off by ${formatDuration(Math.abs(process.clock_offset_ms))}`),
      build(
        'td',
        { class: 'end' },
        actionButton({
          ...{ label: process.rests ? 'Wake' : 'Let rest', what: process.address },
          run: () =>
            askAsAdministrator('PUT', `${base}/processes/${process.id}/rest`, { rests: !process.rests }).then(refresh),
        }),
      ),
    ],
  });
}

function showShards({ shards, processes }, canMove, refresh) {
  const addressOf = (id) => processes.find((process) => process.id === id)?.address ?? id;
  return table({
    caption: 'Who writes each shard',
    columns: ['Shard', 'Owner', 'Position', 'Epoch', 'Lease', ''],
    items: shards,
    showRow: (shard) => [
      cell('Shard', formatCount(shard.id)),
      cell('Owner', shard.owner === null ? build('span', { class: 'badge' }, 'nobody') : addressOf(shard.owner)),
      cell('Position', formatCount(shard.position)),
      cell('Epoch', formatCount(shard.epoch)),
      cell('Lease', shard.lease_left_ms === null ? 'given back' : formatDuration(Math.max(0, shard.lease_left_ms))),
      build(
        'td',
        { class: 'end' },
        canMove &&
          confirmButton({
            ...{ label: 'Hand over', what: `shard ${shard.id}`, done: 'Handed over' },
            run: () => askAsAdministrator('POST', `${base}/shards/${shard.id}/hand-over`, {}).then(refresh),
          }),
      ),
    ],
  });
}

function showReaders({ readers, reader_age_ms: ageMs }) {
  const text = `The process that answers last had everything ${formatDuration(ageMs)} ago.`;
  if (readers.length === 0) return build('p', {}, text);
  return [
    build('p', {}, text),
    table({
      caption: 'Readers that save where they are',
      columns: ['Reader', 'Shard', 'Entries behind'],
      items: readers.toSorted((a, b) => b.behind - a.behind).slice(0, 100),
      showRow: ({ reader, shard, behind }) => [
        cell('Reader', reader),
        cell('Shard', formatCount(shard)),
        cell('Behind', formatCount(behind)),
      ],
    }),
  ];
}
