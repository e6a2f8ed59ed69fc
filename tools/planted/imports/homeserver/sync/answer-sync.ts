export * from '../push/push.ts'; // breaks: layer-order
import { ring } from './ring.ts';
