import fs from 'node:fs'; // breaks: protocol-imports-nothing
import dependency from 'dependency'; // breaks: protocol-imports-nothing
import type { Context } from '@holdfast/homeserver/platform/context.ts'; // breaks: protocol-imports-nothing layer-order
import { identifier } from '../identifiers/identifier.ts';
import { beside } from './beside.test.ts'; // breaks: product-imports-no-tests
import { gone } from './gone.ts'; // breaks: unresolved
