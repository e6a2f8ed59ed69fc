import { defineRule } from '../rule.ts';
import { nameVolume } from './disk-filling.ts';

/** The kernel takes a volume away from writers when its disk answers with errors. */
export const volumeReadOnly = defineRule({
  name: 'volume-read-only',
  title: 'A volume cannot be written',
  severities: ['page'],
  source: 'volumes',
  raiseAfterMs: 5_000,
  judge(volumes) {
    return volumes
      .filter(({ isReadOnly }) => isReadOnly)
      .map((volume) => {
        const summary = `${nameVolume(volume)} can only be read`;
        return { subject: nameVolume(volume), severity: 'page', summary };
      });
  },
});
