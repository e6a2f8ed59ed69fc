import { build } from './build.js';

const svgNamespace = 'http://www.w3.org/2000/svg';
const [width, height] = [240, 56];

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * A small line of `points`, each { atMs, value } or with a null value where nothing is known, the oldest first. `format`
 * writes a value for people.
 */
export function chart({ title, points, format, floor = 0 }) {
  const known = points.filter(({ value }) => value !== null && Number.isFinite(value));
  const now = known.at(-1);
  const highest = known.reduce((most, { value }) => Math.max(most, value), floor);
  const lowest = known.reduce((least, { value }) => Math.min(least, value), highest);
  const shown = now ? format(now.value) : '–';
  const label = now
    ? `${title}: now ${shown}, between ${format(lowest)} and ${format(highest)} in the time shown`
    : `${title}: nothing known yet`;
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
    svg('line', { x1: 0, x2: width, y1: height - 1, y2: height - 1, class: 'base' }),
    svg('path', { d: linePath(points, highest), class: 'line' }),
  );
  return build('figure', { class: 'chart' }, build('figcaption', {}, title, build('strong', {}, shown)), picture);
}

function linePath(points, highest) {
  const [first, last] = [points[0], points.at(-1)];
  const spanMs = Math.max(1, (last?.atMs ?? 0) - (first?.atMs ?? 0));
  let isDown = false;
  return points
    .map(({ atMs, value }) => {
      if (value === null || !Number.isFinite(value)) {
        isDown = false;
        return '';
      }
      const x = ((atMs - first.atMs) / spanMs) * width;
      const y = height - 2 - (value / (highest || 1)) * (height - 6);
      const step = `${isDown ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
      isDown = true;
      return step;
    })
    .join('');
}

/** Differences of a counter over the time between points, per second; a process that began again gives a gap. */
export function perSecond(samples, count) {
  return between(samples, (before, after) => {
    const seconds = (after.at_ts - before.at_ts) / 1000;
    const grown = count(after) - count(before);
    return grown < 0 || seconds <= 0 ? null : grown / seconds;
  });
}

/** What one of `count` took on average, of `sum`. */
export function meanOf(samples, sum, count) {
  return between(samples, (before, after) => {
    const grown = count(after) - count(before);
    return grown > 0 ? (sum(after) - sum(before)) / grown : null;
  });
}

function between(samples, value) {
  return samples.slice(1).map((after, index) => ({ atMs: after.at_ts, value: value(samples[index], after) }));
}
