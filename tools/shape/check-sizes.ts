import { type Source, walkSyntax } from '../source/read-source.ts';
import type { ShapeViolation } from './shape-violation.ts';

const maxFileLines = 400;
const maxFunctionLines = 70;

function nameOf(node: Record<string, unknown>, parent: Record<string, unknown> | undefined): string {
  const named = [node.id, parent?.id, parent?.key].find((each) => each && typeof each === 'object');
  return (named as { name?: string } | undefined)?.name ?? 'a function';
}

/** Files and functions that are too long to be read at once. Tests may be longer. */
export function checkSizes(source: Source): ShapeViolation[] {
  const violations: ShapeViolation[] = [];
  const fileLines = source.text.split('\n').length - 1;
  if (fileLines > maxFileLines) {
    const message = `${fileLines} lines: ${maxFileLines} is the limit`;
    violations.push({ rule: 'file-size', path: source.path, line: 1, message });
  }
  walkSyntax(source.program, (node, ancestors) => {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return;
    const line = source.lineAt(node.start);
    const lines = source.lineAt(node.end) - line + 1;
    if (lines <= maxFunctionLines) return;
    const message = `${nameOf(node, ancestors.at(-1))} has ${lines} lines: ${maxFunctionLines} is the limit`;
    violations.push({ rule: 'function-size', path: source.path, line, message });
  });
  return violations;
}
