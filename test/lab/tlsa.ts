// The `3 1 1` record of a file, for tests that publish by hand.

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { keyRecordOf } from './observe.ts';

export const keyRecord = (certificateFile: string): string =>
  keyRecordOf(new X509Certificate(readFileSync(certificateFile)));
