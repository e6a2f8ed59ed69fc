import { formatShare } from '../format-figures.ts';
import { defineRule } from '../rule.ts';
import { nameVolume } from './disk-filling.ts';

const warningShare = 0.1;
const pageShare = 0.03;

/** A volume has space and cannot take another file. */
export const inodesRunningOut = defineRule({
  name: 'inodes-running-out',
  title: 'A volume can take few more files',
  severities: ['page', 'warning'],
  source: 'volumes',
  judge(volumes) {
    return volumes.flatMap((volume) => {
      const { available = 1, total = 0 } = volume.inodes ?? {};
      const share = total > 0 ? available / total : 1;
      if (share >= warningShare) return [];
      const summary = `${nameVolume(volume)}: ${available} more files (${formatShare(share)}) can be made`;
      return [{ subject: nameVolume(volume), severity: share < pageShare ? 'page' : 'warning', summary }];
    });
  },
});
