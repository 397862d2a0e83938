// docs/errors.md: every code of src/base/errors.ts, with its exit status and what it means.
import { it } from 'vitest';
import type { ErrorCode } from '../../src/base/errors.ts';
import { AppError } from '../../src/base/errors.ts';
import { expectCurrent, table } from './page.ts';

/** A new code does not compile before it has a sentence here. */
const MEANS: Readonly<Record<ErrorCode, string>> = {
  USAGE: 'The command line is wrong.',
  CONFIG_INVALID: 'The configuration is wrong. All problems are named, with their lines.',
  SECRET_UNREADABLE: 'A secret that the configuration refers to cannot be read.',
  INPUT_INVALID: 'A file or a value that was given is not what it has to be.',
  DNS_TIMEOUT: 'A resolver or name server did not answer in time.',
  DNS_UNREACHABLE: 'A resolver or name server cannot be reached.',
  DNS_SERVFAIL: 'A server answered SERVFAIL.',
  DNS_REFUSED: 'A server answered REFUSED.',
  DNS_BOGUS: 'An answer fails DNSSEC validation.',
  DNS_MALFORMED: 'An answer cannot be read.',
  DNS_DISAGREE: 'Name servers of a zone answer from different versions of it.',
  DNS_NO_ZONE: 'No zone, or no provider, is known for a name.',
  UPDATE_REFUSED: 'The name server or provider refuses the change. Nothing was written.',
  UPDATE_CONFLICT: 'Another writer changed the record set meanwhile. Nothing was written.',
  TSIG_FAILED: 'The TSIG signature of a request or an answer is wrong.',
  TSIG_BADTIME: 'The clocks of this machine and of the name server are too far apart.',
  PROVIDER_AUTH: 'The provider refuses the credentials.',
  PROVIDER_FAILED: 'A request to the provider failed, perhaps halfway.',
  PROVIDER_LIMITED: 'The provider limits requests.',
  ACME_PROBLEM: 'The CA refuses a request. Its words are quoted.',
  ACME_RATE_LIMITED: 'The CA limits orders or requests until a time.',
  ACME_UNREACHABLE: 'The CA cannot be reached, or fails.',
  ACME_CHALLENGE_PENDING: 'The CA has not validated a challenge yet.',
  ACME_ORDER_INVALID: 'The CA gave up an order. The next run places another one.',
  ACME_CERTIFICATE_WRONG: 'The CA issued a certificate that does not fit the order.',
  CONNECT_FAILED: 'No connection to a service could be made.',
  DEPLOY_FAILED: 'Files could not be placed at a target.',
  DEPLOY_REFUSED: 'Files cannot be placed at a target before its path or permissions change.',
  SERVICE_BROKEN: 'A service that worked before a deployment fails after it.',
  RELOAD_FAILED: 'A reload command failed.',
  RELOAD_TIMEOUT: 'A reload command did not end in time, and was stopped.',
  BEFORE_FAILED: 'The command before of [run] failed. Nothing was ordered or deployed.',
  BEFORE_REFUSED: 'The command before of [run] cannot be started.',
  AFTER_FAILED: 'The command after of [run] failed. What was done stays.',
  STORE_FAILED: 'The state could not be read or written.',
  STORE_REFUSED: 'The state may not be read or written, or other users could have written it.',
  STORE_CORRUPT: 'A state document is damaged.',
  STORE_NEWER: 'The state was written by a newer version.',
  REVISION_CONFLICT: 'Another process wrote the same state document meanwhile.',
  LOCKED: 'Another run, or another watch, is at work.',
  BLOCKED: 'A rule forbids every next step until a person changes something.',
  INTERRUPTED: 'A signal, or a deadline, ended the work. What was done is saved.',
  HTTP_FAILED: 'An HTTP request failed.',
  NOTIFY_FAILED: 'A message could not be delivered.',
  OUT_OF_RESOURCES: 'This machine or process has no memory or no file descriptors left.',
  BUG: 'holger is wrong. Please report it with the lines that it printed.',
};

const INTRODUCTION = `# Errors

Every error has a code, which \`--json\` and the log show. The exit status follows from it. "Again" says whether the same call may succeed later
without a change by a person: a timer is then enough. A temporary error that lasts past its usual time ends with 4 instead of 3.

The exit statuses: 0 done, nothing due, or waiting as planned; 1 a finding; 2 wrong usage or configuration; 3 temporary; 4 needs a person; 5
locked; 70 a bug.

`;

it('docs/errors.md equals the table of errors', async () => {
  const rows = (Object.entries(MEANS) as [ErrorCode, string][]).map(([code, means]) => {
    const { exit, retry } = new AppError(code, '');
    return [`\`${code}\``, String(exit), retry ? 'yes' : 'no', means];
  });
  await expectCurrent(
    'errors.md',
    INTRODUCTION + table(['code', 'exit status', 'again', 'meaning'], rows),
  );
});
