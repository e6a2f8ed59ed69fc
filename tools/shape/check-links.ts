import { posix } from 'node:path';
import type { ShapeViolation } from './shape-violation.ts';

const link = /\]\(([^)\s]+)\)/g;

/** Whether a repository with these files has the file or folder at `path`. */
function isThere(path: string, files: ReadonlySet<string>): boolean {
  if (path === '.' || files.has(path)) return true;
  const folder = path.endsWith('/') ? path : `${path}/`;
  for (const file of files) if (file.startsWith(folder)) return true;
  return false;
}

/** Links of a Markdown page to files of the repository that are not there. Links to elsewhere are not followed. */
export function checkLinks(path: string, text: string, files: ReadonlySet<string>): ShapeViolation[] {
  const violations: ShapeViolation[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    for (const [, target = ''] of line.matchAll(link)) {
      if (/^(?:[a-z]+:|#)/.test(target)) continue;
      const wanted = posix.join(posix.dirname(path), target.replace(/#.*$/, ''));
      if (isThere(wanted, files)) continue;
      violations.push({ rule: 'broken-link', path, line: index + 1, message: `there is no ${wanted}` });
    }
  }
  return violations;
}
