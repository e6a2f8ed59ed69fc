import { defineRule } from '../rule.ts';

/** Files are named by the sum of their content: one that has another one has been damaged on the disk. */
export const mediaDamaged = defineRule({
  name: 'media-damaged',
  title: 'Data is being lost: files sent in rooms are damaged',
  severities: ['page'],
  losesData: true,
  source: 'backups',
  raiseAfterMs: 0,
  causes: ['checksums-wrong', 'volume-read-only'],
  judge({ damagedFiles = 0 }) {
    if (damagedFiles === 0) return [];
    const summary = `${damagedFiles === 20 ? '20 or more' : damagedFiles} files of the media store are not what they were`;
    return [{ subject: '', severity: 'page', summary }];
  },
});
