import { basename } from 'node:path';
import type { Source } from '../source/read-source.ts';
import type { ShapeViolation } from './shape-violation.ts';

/** Names that say nothing about what is inside. */
const emptyWords = /^(utils?|helpers?|managers?|handlers?|services?|common|misc)$/;

/** `application service` is the specification's own word, and a unit's `.service` is systemd's. */
const specificationWords = /application-services?|\.service$/g;

/** Empty words in the names of folders and files, and names that are not in kebab-case. */
export function checkFileName(path: string): ShapeViolation[] {
  const violations: ShapeViolation[] = [];
  const words = path
    .replace(specificationWords, '')
    .toLowerCase()
    .split(/[/._-]/);
  const empty = words.find((word) => emptyWords.test(word));
  if (empty) {
    violations.push({ rule: 'file-name', path, line: 1, message: `"${empty}" says nothing: name what it does` });
  }
  if (path.endsWith('.ts') && !/^[a-z0-9]+([.-][a-z0-9]+)*\.ts$/.test(basename(path))) {
    violations.push({ rule: 'file-name', path, line: 1, message: 'modules are named in kebab-case' });
  }
  return violations;
}

/** The words of a name in kebab-case or camelCase, lower-case and without a plural's s. */
function splitWords(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => word.replace(/s$/, ''))
    .filter((word) => word !== '');
}

/**
 * Whether an export says anything of what the file's name says: a word of it stands in one of them. (A reader judges
 * better whether the name is the right one; this finds files that have become something else.)
 */
function nameMatchesExports(file: string, exported: string[]): boolean {
  const folded = exported.map((name) => splitWords(name).join(''));
  return splitWords(file).some((word) => folded.some((name) => name.includes(word)));
}

interface ExportNode {
  type: string;
  source?: unknown;
  declaration?: { id?: { name: string }; declarations?: { id: { name?: string } }[] };
  specifiers?: { exported: { name?: string } }[];
}

function readExportedNames(node: ExportNode): string[] {
  const { declaration } = node;
  const declared = declaration?.declarations?.map(({ id }) => id.name) ?? [declaration?.id?.name];
  const listed = node.specifiers?.map(({ exported }) => exported.name) ?? [];
  return [...declared, ...listed].filter((name) => name !== undefined);
}

/** Barrels, default exports, and modules that are not named after what they export. */
export function checkExports(source: Source): ShapeViolation[] {
  const violations: ShapeViolation[] = [];
  const report = (rule: string, line: number, message: string) =>
    violations.push({ rule, path: source.path, line, message });
  const body = source.program.body as unknown as (ExportNode & { start: number })[];
  const file = basename(source.path, '.ts');

  const passesOn = body.length > 0 && body.every((node) => node.type.startsWith('Export') && node.source);
  if (file === 'index' || passesOn) report('no-barrels', 1, 'import from the module that has it');

  const exported: string[] = [];
  for (const node of body) {
    if (node.type === 'ExportDefaultDeclaration') {
      report('named-exports', source.lineAt(node.start), 'a default export has no name to search for');
    }
    if (node.type === 'ExportNamedDeclaration' && !node.source) exported.push(...readExportedNames(node));
  }
  // What is run is named after what it does when it is run.
  const isProgram = source.text.includes('import.meta.main');
  if (exported.length > 0 && !isProgram && !nameMatchesExports(file, exported)) {
    report('export-name', 1, `no export has a word of the file's name: ${exported.join(', ')}`);
  }
  return violations;
}
