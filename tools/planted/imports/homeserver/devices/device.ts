import { media } from '../media/media.ts'; // breaks: layer-order
