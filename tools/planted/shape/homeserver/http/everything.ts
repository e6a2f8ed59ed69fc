// breaks: no-barrels
export * from '../rooms/effects.ts';
