import { formatTime } from './parts.js';

/** A size as people say it. */
export function formatSize(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** A duration as people say it; `–` where there is none. */
export function formatDuration(durationMs) {
  if (durationMs === null || durationMs === undefined) return '–';
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  const seconds = durationMs / 1_000;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export function formatCount(count) {
  return count.toLocaleString();
}

/** When something happened, or `–`. */
export function formatMaybeTime(timeMs) {
  return timeMs ? formatTime(timeMs) : '–';
}

export function plural(count, one, many) {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
