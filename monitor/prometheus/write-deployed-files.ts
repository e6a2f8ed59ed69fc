/** Makes the files of deploy that come from the rules anew: `npm run prometheus-files`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listDeployedFiles } from './deployed-files.ts';

const folder = join(import.meta.dirname, '../../deploy');
for (const [path, text] of listDeployedFiles()) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
