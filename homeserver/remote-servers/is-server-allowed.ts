import type { Context } from '../platform/context.ts';

/**
 * Whether the configuration lets us deal with a server: `federation.deny` before `federation.allow`. Our own name is
 * not looked at. A pattern `*.example.org` stands for all below example.org; ports are not compared unless the pattern
 * has one.
 */
export function isServerAllowed({ config }: Context, serverName: string): boolean {
  const { enabled, allow, deny } = config.federation;
  if (!enabled) return false;
  const name = serverName.toLowerCase();
  if (deny.some((pattern) => matches(pattern, name))) return false;
  return allow.length === 0 || allow.some((pattern) => matches(pattern, name));
}

function matches(written: string, name: string): boolean {
  const pattern = written.toLowerCase();
  const compared = /:\d+$/.test(pattern) ? name : name.replace(/:\d+$/, '');
  if (pattern.startsWith('*.')) return compared.endsWith(pattern.slice(1));
  return compared === pattern;
}
