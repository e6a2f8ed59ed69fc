import { bridge } from '@holdfast/irc-bridge/bridge.ts'; // breaks: processes-share-only-foundations unknown-folder
