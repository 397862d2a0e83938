// A config.toml with which holger rolls services of a lab in seconds: its waits are as short as the
// TTLs of the lab.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab, LabService } from './lab.ts';

/** Beyond the TTL, a deployment waits for these. */
export const waits = { ttlFactor: 2, margin: 1 };

/**
 * Both services of the lab, one certificate each. Returns the file's path; `more` is appended as it
 * is.
 */
export async function writeHolgerConfig(lab: Lab, more = ''): Promise<string> {
  const { mail, www } = lab.services;
  const file = join(lab.dir, 'config.toml');
  const certificates = `${certificateFor('mail', [mail])}\n${certificateFor('www', [www])}`;
  await writeFile(file, `${settings(lab, 'holger')}\n${certificates}${more}`);
  return file;
}

/**
 * One of several installations: a configuration, a state directory and an account of its own, all
 * of that name. `provider`: lines.
 */
export async function writeInstallation(
  lab: Lab,
  name: string,
  certificates: readonly string[],
  provider?: string,
): Promise<string> {
  const file = join(lab.dir, `${name}.toml`);
  await writeFile(file, `${settings(lab, name, provider)}\n${certificates.join('\n')}`);
  return file;
}

function settings(lab: Lab, state: string, provider?: string): string {
  const providers = provider === undefined ? writers(lab) : { main: provider };
  return `[acme]
directory = "${lab.acme.directory}"
email = "hostmaster@dane.test"
ca_file = "${lab.acme.caFile}"

[dns]
resolver = ["${lab.resolver.v4}"]

[state]
directory = "${join(lab.dir, state)}"

${Object.entries(providers)
  .map(([name, lines]) => `[provider.${name}]\n${lines}\n`)
  .join('\n')}
[[zone]]
name = "${lab.zone}"
provider = ${JSON.stringify(Object.keys(providers))}
nameservers = [${lab.serving.map((host) => `"${host.v4}", "${host.v6}"`).join(', ')}]

[defaults]
ttl = "${lab.ttl}s"
ttl_factor = ${waits.ttlFactor}
cache_floor = "0s"
assumed_ttl = "0s"
settle = "0s"
rollback = "0s"
margin = "${waits.margin}s"
`;
}

/** Who may change the zone: all of the primaries, where it has several. */
function writers({ servers, tsig, api }: Lab): Readonly<Record<string, string>> {
  const key = `name = "${tsig.name}.", algorithm = "${tsig.algorithm}", secret = { file = "${tsig.secretFile}" }`;
  const update = `type = "rfc2136"\nserver = "${servers.primary.v4}"\ntsig = { ${key} }`;
  if (api === undefined) return { main: update };
  const byApi = `type = "powerdns"\nendpoint = "${api.url}"\nkey = { file = "${api.keyFile}" }`;
  return new URL(api.url).hostname === servers.primary.v4
    ? { main: byApi }
    : { main: update, other: byApi };
}

/**
 * One certificate, whose files are placed for each of the services, and each is reloaded; `more`:
 * lines for the certificate itself.
 */
export function certificateFor(name: string, services: readonly LabService[], more = ''): string {
  const hosts = services.map(({ host }) => host);
  const urls = services.map(({ protocol, host, port }) => `${protocol}://${host}:${port}`);
  const targets = services.map(
    ({ certificateFile, keyFile, reload }) => `[[certificate.deploy]]
type = "files"
certificate = "${certificateFile}"
key = "${keyFile}"
reload = ${JSON.stringify(reload)}
`,
  );
  return `[[certificate]]
name = "${name}"
domains = ${JSON.stringify(hosts)}
services = ${JSON.stringify(urls)}
${more}
${targets.join('\n')}`;
}
