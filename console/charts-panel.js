import { askAsAdministrator } from './ask.js';
import { build } from './build.js';
import { chart, meanOf, perSecond } from './chart.js';
import { formatDuration, formatSize } from './format.js';
import { section } from './parts.js';

const path = '/_holdfast/v1/admin/figures';
const refreshMs = 10_000;

/** The last hour of the process that answers, drawn again as it goes on. */
export function showCharts() {
  const place = build('div', { class: 'charts' });
  let samples = [];
  const refresh = async () => {
    try {
      const since = samples.at(-1)?.at_ts ?? 0;
      const reply = await askAsAdministrator('GET', `${path}?since=${since}`);
      samples = [...samples, ...reply.samples].slice(-360);
      place.replaceChildren(...draw(samples));
    } catch (error) {
      place.replaceChildren(build('p', { class: 'problem' }, error.message));
    }
    setTimeout(() => {
      if (place.isConnected) void refresh();
    }, refreshMs);
  };
  void refresh();
  return section('Last hour', place);
}

function draw(samples) {
  if (samples.length < 2) return [build('p', { class: 'hint' }, 'The first points come within half a minute.')];
  const each = (value) => samples.map((sample) => ({ atMs: sample.at_ts, value: value(sample) }));
  const rate = (value) => (value < 10 ? value.toFixed(1) : String(Math.round(value)));
  const seconds = (value) => formatDuration(value * 1000);
  return [
    chart({ title: 'Messages a second', points: perSecond(samples, ({ sends }) => sends), format: rate, floor: 1 }),
    chart({
      title: 'A send takes',
      points: meanOf(
        samples,
        ({ send_seconds: sum }) => sum,
        ({ sends }) => sends,
      ),
      ...{ format: seconds, floor: 0.02 },
    }),
    chart({
      title: 'A commit takes',
      points: meanOf(
        samples,
        ({ commit_seconds: sum }) => sum,
        ({ commits }) => commits,
      ),
      ...{ format: seconds, floor: 0.01 },
    }),
    chart({ title: 'Waiting', points: each(({ queued }) => queued), format: String, floor: 5 }),
    chart({
      title: 'Readers are behind',
      points: each(({ reader_age_seconds: age }) => age),
      ...{ format: seconds, floor: 1 },
    }),
    chart({
      title: 'Event loop is late',
      points: meanOf(
        samples,
        ({ loop_seconds: sum }) => sum,
        ({ loop_ticks: ticks }) => ticks,
      ),
      ...{ format: seconds, floor: 0.02 },
    }),
    chart({
      title: 'Clock is off',
      points: each(({ clock_offset_seconds: offset }) => Math.abs(offset)),
      ...{ format: seconds, floor: 0.1 },
    }),
    chart({ title: 'Memory', points: each(({ memory_bytes: bytes }) => bytes), format: formatSize }),
    chart({
      title: `Disk in use${untilFull(samples)}`,
      points: each(({ disk_bytes: all, disk_free_bytes: free }) => all - free),
      ...{ format: formatSize, floor: samples.at(-1).disk_bytes },
    }),
  ];
}

/** As the disk filled over the time shown. */
function untilFull(samples) {
  const [first, last] = [samples[0], samples.at(-1)];
  const lost = first.disk_free_bytes - last.disk_free_bytes;
  const tookMs = last.at_ts - first.at_ts;
  if (lost <= 0 || tookMs < 300_000) return '';
  const leftMs = (last.disk_free_bytes / lost) * tookMs;
  return leftMs < 30 * 86_400_000 ? `, full in ${formatDuration(leftMs)}` : '';
}
