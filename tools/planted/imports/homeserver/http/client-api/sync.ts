import { answerSync } from '../../sync/answer-sync.ts';
import { runAll } from '../../processes/run-all.ts'; // breaks: layer-order
