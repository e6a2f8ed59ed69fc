import { join } from 'node:path';
import type { Config } from './config.ts';

/** The folder of the media store: `media.store_path`, or `media` in the data folder. */
export function mediaFolder({ dataDir, media }: Pick<Config, 'dataDir' | 'media'>): string {
  return media.storePath ?? join(dataDir, 'media');
}
