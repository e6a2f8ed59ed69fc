import { findLockfileHoles, type Lockfile } from '../complete-lockfile.ts';
import type { ShapeViolation } from './shape-violation.ts';

/** Platforms whose builds package-lock.json does not lock: `npm ci` would refuse it. */
export function checkLockfile(path: string, text: string): ShapeViolation[] {
  const holes = Object.keys(findLockfileHoles(JSON.parse(text) as Lockfile));
  if (holes.length === 0) return [];
  const message = `${holes.length} packages are named and not locked (${holes[0]}, ...): node tools/complete-lockfile.ts`;
  return [{ rule: 'lockfile', path, line: 1, message }];
}
