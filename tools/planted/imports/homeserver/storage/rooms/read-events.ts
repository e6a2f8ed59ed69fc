import fs from 'node:fs';
import { clock } from '../../platform/clock.ts';
export const readEvents = 1;
