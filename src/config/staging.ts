/**
 * Directories of test environments, by the names that the CAs give them: Let's Encrypt (acme-staging-v02), Google (test-api), Buypass
 * (api.test4), Actalis and others ("staging", "sandbox").
 */
const STAGING_URL = /staging|sandbox|\btest[\d-]*(api)?\b|acme-test/i;

export function isStagingDirectory(directory: string): boolean {
  return STAGING_URL.test(URL.canParse(directory) ? new URL(directory).hostname : directory);
}
