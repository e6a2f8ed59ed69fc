import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';

let piped: AsyncIterator<string> | undefined;

/** Asks on the terminal without showing what is typed; from a pipe or file it takes the next line, '' at its end. */
export async function readSecret(prompt: string): Promise<string> {
  if (!process.stdin.isTTY) {
    piped ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    const line = await piped.next();
    return line.done ? '' : line.value;
  }
  process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await readLine(lines);
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

/** Ctrl-C and Ctrl-D give ''. */
function readLine(lines: Interface): Promise<string> {
  return new Promise((resolve) => {
    lines.once('line', resolve);
    lines.once('SIGINT', () => resolve(''));
    lines.once('close', () => resolve(''));
  });
}
