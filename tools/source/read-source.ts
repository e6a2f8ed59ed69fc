import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OxcError, type Program, parseSync, visitorKeys } from 'oxc-parser';

/** One import or re-export, with its specifier as written. */
export interface ImportStatement {
  specifier: string;
  /** 1 is the first line. */
  line: number;
  /** The names taken from the module, as that module calls them; empty for a whole namespace or none. */
  names: string[];
}

/** A parsed TypeScript file. */
export interface Source {
  /** Relative to the root of the tree, with `/`. */
  path: string;
  text: string;
  program: Program;
  imports: ImportStatement[];
  comments: { text: string; line: number }[];
  /** The line of a character's offset. */
  lineAt(offset: number): number;
}

/** Any node of the syntax tree (ESTree with TypeScript's nodes). */
export interface SyntaxNode {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

/** Calls `visit` for each node of the tree, parents first, with the node's ancestors (the nearest last). */
export function walkSyntax(program: Program, visit: (node: SyntaxNode, ancestors: SyntaxNode[]) => void): void {
  const ancestors: SyntaxNode[] = [];
  const walk = (node: SyntaxNode) => {
    visit(node, ancestors);
    ancestors.push(node);
    for (const key of visitorKeys[node.type] ?? []) {
      const child = node[key];
      for (const each of Array.isArray(child) ? child : [child]) {
        if (each) walk(each as SyntaxNode);
      }
    }
    ancestors.pop();
  };
  walk(program as unknown as SyntaxNode);
}

function makeLineAt(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    const after = starts.findIndex((start) => start > offset);
    return after === -1 ? starts.length : after;
  };
}

/** The specifier of `import(...)` or of the type `import('...')`; undefined when it is computed at run time. */
function readSpecifier(source: unknown): string | undefined {
  const node = source as SyntaxNode;
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral') return undefined;
  const parts = node.quasis as { value: { cooked: string } }[];
  return parts.length === 1 ? parts[0]?.value.cooked : undefined;
}

function readImports(program: Program, lineAt: (offset: number) => number): ImportStatement[] {
  const imports: ImportStatement[] = [];
  walkSyntax(program, (node) => {
    if (!/^(Import(Declaration|Expression)|TSImportType|Export(Named|All)Declaration)$/.test(node.type)) return;
    const specifier = node.source ? readSpecifier(node.source) : undefined;
    if (specifier === undefined) return;
    const specifiers = (node.specifiers ?? []) as { imported?: { name?: string }; local?: { name?: string } }[];
    const isImport = node.type === 'ImportDeclaration';
    const names = specifiers.map((each) => (isImport ? each.imported?.name : each.local?.name) ?? '');
    imports.push({ specifier, line: lineAt(node.start), names: names.filter((name) => name !== '') });
  });
  return imports;
}

/** The severity is an enum in the parser's declarations only; at run time it is this text. */
function isError({ severity }: OxcError): boolean {
  return (severity as string) === 'Error';
}

/** Reads and parses `root/path`. Throws when it is not valid TypeScript. */
export function readSource(root: string, path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const parsed = parseSync(path, text);
  const lineAt = makeLineAt(text);
  const error = parsed.errors.find(isError);
  if (error) throw new Error(`${path}:${lineAt(error.labels[0]?.start ?? 0)} does not parse: ${error.message}`);
  return {
    path,
    text,
    program: parsed.program,
    imports: readImports(parsed.program, lineAt),
    comments: parsed.comments.map(({ value, start }) => ({ text: value, line: lineAt(start) })),
    lineAt,
  };
}
