// A config.toml with which holger rolls both services of a lab in seconds: the waits that stand for the world's caches are
// as short as this world's caches.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab, LabService } from './lab.ts';

/** Beyond the TTL, a deployment waits for these. */
export const waits = { ttlFactor: 2, margin: 1 };

/** Returns the file's path; `more` is appended as it is. */
export async function writeHolgerConfig(lab: Lab, more = ''): Promise<string> {
  const file = join(lab.dir, 'config.toml');
  const { primary, nsd, knot } = lab.servers;
  const text = `[acme]
directory = "${lab.acme.directory}"
email = "hostmaster@dane.test"
ca_file = "${lab.acme.caFile}"

[dns]
resolver = ["${lab.resolver.v4}"]

[state]
directory = "${join(lab.dir, 'holger')}"

[provider.main]
type = "rfc2136"
server = "${primary.v4}"
tsig = { name = "${lab.tsig.name}.", algorithm = "${lab.tsig.algorithm}", secret = { file = "${lab.tsig.secretFile}" } }

[[zone]]
name = "${lab.zone}"
provider = "main"
nameservers = [${[primary, nsd, knot].map((host) => `"${host.v4}", "${host.v6}"`).join(', ')}]

[defaults]
ttl = "${lab.ttl}s"
ttl_factor = ${waits.ttlFactor}
cache_floor = "0s"
assumed_ttl = "0s"
settle = "0s"
rollback = "0s"
margin = "${waits.margin}s"

${certificate('mail', lab.services.mail)}
${certificate('www', lab.services.www)}${more}`;
  await writeFile(file, text);
  return file;
}

const certificate = (name: string, service: LabService): string => `[[certificate]]
name = "${name}"
domains = ["${service.host}"]
services = ["${service.protocol}://${service.host}:${service.port}"]

[[certificate.deploy]]
type = "files"
certificate = "${service.certificateFile}"
key = "${service.keyFile}"
reload = ${JSON.stringify(service.reload)}
`;
