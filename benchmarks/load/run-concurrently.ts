/** Runs `count` numbered tasks, `width` at a time; results in the order of their numbers. The first error ends it. */
export async function runConcurrently<Result>(
  count: number,
  width: number,
  task: (number: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(count);
  let next = 0;
  async function work(): Promise<void> {
    while (next < count) {
      const number = next;
      next += 1;
      results[number] = await task(number);
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, work));
  return results;
}
