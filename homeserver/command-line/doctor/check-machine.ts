import { readFile } from 'node:fs/promises';
import { freemem } from 'node:os';
import { type Finding, ok, problem, warning } from './finding.ts';

const leastNodeMajor = 26;
const leastOpenFiles = 4_096;
const leastMemoryMiB = 256;

/** What does not depend on the configuration: Node.js, open files, memory. */
export async function checkMachine(): Promise<Finding[]> {
  const findings = [checkNode(process.versions.node)];
  const openFiles = parseOpenFileLimit(await readFile('/proc/self/limits', 'utf8').catch(() => ''));
  if (openFiles !== undefined && openFiles < leastOpenFiles) {
    findings.push(
      warning(
        `only ${openFiles} open files allowed, and every connection is one`,
        `ulimit -n 65536 before the start, or LimitNOFILE=65536 in the systemd unit`,
      ),
    );
  }
  const memoryMiB = Math.floor((await readAvailableMemory()) / 2 ** 20);
  findings.push(
    memoryMiB < leastMemoryMiB
      ? warning(`only ${memoryMiB} MiB of memory are free`, 'end other programs or give the machine more')
      : ok(`${memoryMiB} MiB of memory are free`),
  );
  return findings;
}

export function checkNode(version: string): Finding {
  const major = Number(version.split('.')[0]);
  if (major >= leastNodeMajor) return ok(`Node.js ${version}`);
  return problem(
    `Node.js ${version} is too old: ${leastNodeMajor} is needed`,
    'start through npm (`npm start`), which brings the right one',
  );
}

/** Of `/proc/self/limits`; undefined where there is no such file. */
export function parseOpenFileLimit(limits: string): number | undefined {
  const written = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (written === undefined) return undefined;
  return written === 'unlimited' ? Number.POSITIVE_INFINITY : Number(written);
}

/** What programs can have, the kernel's caches included; os.freemem leaves those out on some systems. */
async function readAvailableMemory(): Promise<number> {
  const written = /^MemAvailable:\s+(\d+) kB/m.exec(await readFile('/proc/meminfo', 'utf8').catch(() => ''))?.[1];
  return written === undefined ? freemem() : Number(written) * 1024;
}
