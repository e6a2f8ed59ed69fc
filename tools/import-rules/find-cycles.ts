/**
 * The knots of an import graph: for each group of modules that all reach each other, one shortest cycle through the
 * group's first module, as a list of modules (the first is not repeated at the end).
 *
 * `graph` maps each module to the modules that it imports.
 */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const inCycle = new Set<string>();
  for (const start of [...graph.keys()].sort()) {
    if (inCycle.has(start)) continue;
    const cycle = findShortestCycle(graph, start);
    if (!cycle) continue;
    cycles.push(cycle);
    for (const module of cycle) inCycle.add(module);
  }
  return cycles;
}

/** Breadth first from `start` back to `start`. */
function findShortestCycle(graph: ReadonlyMap<string, readonly string[]>, start: string): string[] | undefined {
  const importer = new Map<string, string>();
  const queue = [start];
  for (let module = queue.shift(); module !== undefined; module = queue.shift()) {
    for (const imported of graph.get(module) ?? []) {
      if (imported === start) return traceBack(importer, start, module);
      if (importer.has(imported)) continue;
      importer.set(imported, module);
      queue.push(imported);
    }
  }
  return undefined;
}

function traceBack(importer: ReadonlyMap<string, string>, start: string, last: string): string[] {
  const cycle = [last];
  for (let module = last; module !== start; ) {
    module = importer.get(module) ?? start;
    cycle.unshift(module);
  }
  return cycle;
}
