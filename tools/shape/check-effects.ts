import { type Source, type SyntaxNode, walkSyntax } from '../source/read-source.ts';
import type { ShapeViolation } from './shape-violation.ts';

/** Globals that reach the clock, randomness, the network or the environment, as `name` or `object.name`. */
const effects: Readonly<Record<string, string>> = {
  'Date.now': 'take the clock as a parameter',
  'new Date': 'take the clock as a parameter',
  'Math.random': 'take randomness as a parameter',
  'crypto.randomUUID': 'take randomness as a parameter',
  'crypto.getRandomValues': 'take randomness as a parameter',
  'performance.now': 'take the clock as a parameter',
  setTimeout: 'wait through the clock, with a deadline',
  setInterval: 'wait through the clock, with a deadline',
  fetch: 'send requests through the platform, with a deadline',
  'process.env': 'read the configuration',
};

/** Modules of Node.js that are the same effects under another name. */
const effectModules: Readonly<Record<string, string>> = {
  'node:timers': 'wait through the clock, with a deadline',
  'node:timers/promises': 'wait through the clock, with a deadline',
  'node:perf_hooks': 'take the clock as a parameter',
};

/** Where effects are made: what every process has of them, and each one's own. */
const platforms = /^(effects|(homeserver|irc-bridge|monitor)\/platform)\//;
/** The environment is a part of the configuration; besides, programs that are started get what they need of it. */
const configuration = /^(homeserver|irc-bridge|monitor)\/platform\/(config|embedded-postgres)[/.-]/;
/** Pages in a browser have no platform but the browser; what tests and measures needs the real clock. */
const exempt = /^(benchmarks|drills|conformance|tools|console|[\w-]+\/testing)\//;

/** Every name that the file declares somewhere: a parameter named `fetch` is no global. */
function collectDeclaredNames(source: Source): Set<string> {
  const declared = new Set<string>();
  const addPattern = (pattern: unknown) => {
    const node = pattern as SyntaxNode | null;
    if (!node) return;
    if (node.type === 'Identifier') declared.add(node.name as string);
    for (const key of ['left', 'argument', 'value', 'parameter']) addPattern(asNode(node[key]));
    for (const key of ['elements', 'properties']) for (const each of (node[key] as unknown[]) ?? []) addPattern(each);
  };
  walkSyntax(source.program, (node) => {
    if (node.type === 'VariableDeclarator' || /^Function|^Class/.test(node.type)) addPattern(asNode(node.id));
    if (/^Import\w*Specifier$/.test(node.type)) addPattern(node.local);
    for (const parameter of (Array.isArray(node.params) ? node.params : []) as unknown[]) addPattern(parameter);
  });
  return declared;
}

function asNode(value: unknown): unknown {
  return value && typeof value === 'object' && 'type' in value ? value : null;
}

/** The effect that this node is, if it is one. */
function readEffect(node: SyntaxNode, ancestors: SyntaxNode[], declared: ReadonlySet<string>): string | undefined {
  if (node.type === 'NewExpression') {
    const callee = node.callee as SyntaxNode;
    const isNow = callee.name === 'Date' && (node.arguments as unknown[]).length === 0;
    return isNow && !declared.has('Date') ? 'new Date' : undefined;
  }
  if (node.type === 'MemberExpression') {
    const object = node.object as SyntaxNode;
    const property = node.property as SyntaxNode;
    if (object.type !== 'Identifier') return undefined;
    const [owner, name] = [String(object.name), String(property.name ?? property.value)];
    return owner === 'globalThis' ? name : `${owner}.${name}`;
  }
  if (node.type !== 'Identifier' || declared.has(node.name as string)) return undefined;
  const parent = ancestors.at(-1);
  const isKey = parent && (parent.property === node || parent.key === node) && !parent.computed && !parent.shorthand;
  // `import { setTimeout as wait }` is judged by the module that it comes from.
  const isElsewhere = parent && /^(TS|Import|Export)/.test(parent.type);
  return isKey || isElsewhere ? undefined : (node.name as string);
}

/**
 * The effects that a module makes by itself, where they have to come in as parameters (or, in the platform, the
 * environment outside the configuration). Tests are not to be given to this.
 */
export function checkEffects(source: Source): ShapeViolation[] {
  if (exempt.test(source.path)) return [];
  const inPlatform = platforms.test(source.path);
  const allowed = (effect: string) => (effect === 'process.env' ? configuration.test(source.path) : inPlatform);
  const violations: ShapeViolation[] = [];
  const report = (effect: string, line: number, instead: string) => {
    if (allowed(effect)) return;
    violations.push({ rule: 'effects', path: source.path, line, message: `${effect}: ${instead}` });
  };
  for (const { specifier, line, names } of source.imports) {
    const instead = effectModules[specifier];
    if (instead) report(specifier, line, instead);
    if (specifier === 'node:process' && names.includes('env')) report('process.env', line, 'read the configuration');
  }
  const declared = collectDeclaredNames(source);
  walkSyntax(source.program, (node, ancestors) => {
    const effect = readEffect(node, ancestors, declared);
    const instead = effect === undefined ? undefined : effects[effect];
    if (effect && instead) report(effect, source.lineAt(node.start), instead);
  });
  return violations;
}
