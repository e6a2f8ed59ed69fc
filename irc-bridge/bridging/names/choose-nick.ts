const suffix = '[m]';
const fallback = 'matrix';

/**
 * The nick that a Matrix user is to have on IRC: its display name, or else its localpart, as far as IRC can write it, with
 * `[m]` behind. `maxLength` is the network's.
 */
export function chooseNick(userId: string, displayName: string | undefined, maxLength = 30): string {
  const localpart = userId.slice(1).split(':')[0] ?? '';
  const name = [displayName ?? '', localpart].map(toNick).find((candidate) => candidate !== '') ?? fallback;
  return `${name.slice(0, Math.max(1, maxLength - suffix.length))}${suffix}`;
}

/** Whether IRC takes a text as a nick. */
export function isNick(text: string): boolean {
  return /^[A-Za-z[\]\\`_^{|}][A-Za-z0-9[\]\\`_^{|}-]{0,49}$/.test(text);
}

function toNick(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\s+/g, '_')
    .replace(/[^A-Za-z0-9[\]\\`_^{|}-]/g, '')
    .replace(/^[0-9-]+/, '');
}
