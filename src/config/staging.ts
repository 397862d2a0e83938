// Which CAs are test environments, and the test environment of the configured CA.
import { entryOf } from '../base/table.ts';
import type { AcmeConfig } from './schema.ts';

/**
 * Directories of test environments, by their usual names: Let's Encrypt (acme-staging-v02), Google
 * (test-api), Buypass (api.test4), Actalis and others ("staging", "sandbox").
 */
const STAGING_URL = /staging|sandbox|\btest[\d-]*(api)?\b|acme-test/i;

/**
 * CAs with a public staging environment; that of another CA is configured (acme.staging_directory).
 */
const STAGING_OF: Readonly<Record<string, string>> = {
  'https://acme-v02.api.letsencrypt.org/directory':
    'https://acme-staging-v02.api.letsencrypt.org/directory',
  'https://dv.acme-v02.api.pki.goog/directory': 'https://dv.acme-v02.test-api.pki.goog/directory',
};

/** The directory is the CA itself, and its test environment has another one. */
export function hasStaging(directory: string): boolean {
  return entryOf(STAGING_OF, directory) !== undefined;
}

/** Where an issuance can be tried; undefined if no such place is known. */
export function stagingDirectoryOf({
  directory,
  stagingDirectory,
}: Pick<AcmeConfig, 'directory' | 'stagingDirectory'>): string | undefined {
  if (stagingDirectory !== undefined) return stagingDirectory;
  return isStagingDirectory(directory) ? directory : entryOf(STAGING_OF, directory);
}

export function isStagingDirectory(directory: string): boolean {
  return STAGING_URL.test(URL.canParse(directory) ? new URL(directory).hostname : directory);
}
