import { execFileSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Pieces of code that break the rules on purpose, for the checks' own tests. */
const planted = 'tools/planted/';

/** The repository's own files, relative to its root: tracked ones and new ones that .gitignore does not exclude. */
export function listRepositoryFiles(root: string): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(listed.split('\0'))]
    .filter((path) => path !== '' && !path.startsWith(planted) && existsSync(join(root, path)))
    .sort();
}

/** All files below a folder that is no repository of its own, relative to it. */
export function listFolderFiles(root: string): string[] {
  return globSync('**/*', { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => statSync(join(root, path)).isFile())
    .sort();
}

/** The files that hold TypeScript modules. */
export function selectModules(files: string[]): string[] {
  return files.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
}
