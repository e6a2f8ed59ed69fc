// breaks: no-barrels
export { effects } from '../rooms/effects.ts';
