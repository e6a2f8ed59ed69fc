import { type Source, type SyntaxNode, walkSyntax } from '../source/read-source.ts';
import type { ShapeViolation } from './shape-violation.ts';

const runners = /^(?:test|it|describe|suite|t|context)$/;
const modes = /^(?:only|skip|todo)$/;

/** Whether the call gives node:test an option that keeps a test from running, such as `{ skip: true }`. */
function hasModeOption(call: SyntaxNode): boolean {
  const options = (call.arguments as SyntaxNode[]).filter(({ type }) => type === 'ObjectExpression');
  return options.some((option) =>
    (option.properties as { key?: { name?: string } }[]).some(({ key }) => modes.test(key?.name ?? '')),
  );
}

/** Tests that do not run, or that keep others from running. */
export function checkTests(source: Source): ShapeViolation[] {
  const violations: ShapeViolation[] = [];
  walkSyntax(source.program, (node) => {
    if (node.type !== 'CallExpression') return;
    const callee = node.callee as SyntaxNode;
    const object = callee.object as SyntaxNode | undefined;
    const isMode =
      callee.type === 'MemberExpression' &&
      runners.test(String(object?.name)) &&
      modes.test(String((callee.property as SyntaxNode).name));
    const isOption = callee.type === 'Identifier' && runners.test(String(callee.name)) && hasModeOption(node);
    if (!isMode && !isOption) return;
    const message = 'a test that does not run proves nothing: make it pass or remove it';
    violations.push({ rule: 'tests-run', path: source.path, line: source.lineAt(node.start), message });
  });
  return violations;
}
