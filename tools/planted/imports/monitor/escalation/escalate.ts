import { identifier } from '@holdfast/protocol/identifiers/identifier.ts';
