import { runAll } from './processes/run-all.ts';
import { bridge } from '@holdfast/irc-bridge/bridge.ts'; // breaks: processes-share-only-foundations
import { startTestDatabase } from './testing/start-test-database.ts'; // breaks: product-imports-no-tests
import { drill } from '@holdfast/drills/drill.ts'; // breaks: product-imports-no-tests
