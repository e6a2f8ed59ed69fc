import { access } from 'node:fs/promises';
import { runProgram } from '../platform/run-program.ts';

export interface Synchronisation {
  /** Undefined: nothing here says. */
  readonly isSynchronised?: boolean;
  readonly keptBy?: string;
}

interface TimeKeeper {
  readonly program: string;
  readonly args: readonly string[];
  /** Undefined where it does not say. */
  read(output: string): Synchronisation | undefined;
}

const programTimeoutMs = 2_000;
const timesyncFile = '/run/systemd/timesync/synchronized';
/** Of timex.h: the kernel believes that nothing keeps its clock. */
const unsynchronisedBit = 0x40;

/** adjtimex() as those report it who call it. The last two ask the kernel itself, whoever keeps the time. */
export const timeKeepers: readonly TimeKeeper[] = [
  {
    ...{ program: 'timedatectl', args: ['show', '--property=NTPSynchronized', '--value'] },
    // systemd reads the kernel's own status, whoever keeps the time.
    read: (output) => {
      const [word] = /^(yes|no)\b/.exec(output) ?? [];
      return word === undefined ? undefined : { isSynchronised: word === 'yes', keptBy: 'systemd' };
    },
  },
  {
    ...{ program: 'chronyc', args: ['-c', 'tracking'] },
    read: (output) => {
      const leap = output.trim().split(',').at(-1) ?? '';
      return leap === '' ? undefined : { isSynchronised: !/not synch/i.test(leap), keptBy: 'chrony' };
    },
  },
  {
    ...{ program: 'adjtimex', args: ['--print'] },
    read: (output) => {
      const [, status] = /^\s*status:\s*(\d+)/m.exec(output) ?? [];
      return status === undefined
        ? undefined
        : { isSynchronised: (Number(status) & unsynchronisedBit) === 0, keptBy: 'the kernel' };
    },
  },
  {
    ...{ program: 'ntptime', args: [] },
    read: (output) => {
      const [, status] = /^\s*status 0x([0-9a-f]+)/m.exec(output) ?? [];
      return status === undefined
        ? undefined
        : { isSynchronised: (Number.parseInt(status, 16) & unsynchronisedBit) === 0, keptBy: 'the kernel' };
    },
  },
];

/** The first that says. Node.js cannot call adjtimex(), so that where none of them is installed nothing is known. */
export async function askTimeKeepers(
  run: typeof runProgram = runProgram,
  isTimesynced: () => Promise<boolean> = hasTimesyncFile,
): Promise<Synchronisation> {
  for (const { program, args, read } of timeKeepers) {
    const output = await run(program, args, programTimeoutMs);
    const told = output === undefined ? undefined : read(output);
    if (told) return told;
  }
  return (await isTimesynced()) ? { isSynchronised: true, keptBy: 'systemd-timesyncd' } : {};
}

function hasTimesyncFile(): Promise<boolean> {
  return access(timesyncFile).then(
    () => true,
    () => false,
  );
}
