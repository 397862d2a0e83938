// [[zone]]: how a zone and its servers are reached, when DNS alone does not say.
import * as field from '../fields.ts';
import { list, optional, preset, required } from './option.ts';

const servers = list(field.server(53), 'a list of servers');

export const zone = field.table({
  name: required(field.name, 'The name of the zone.', 'example.org'),
  provider: optional(
    field.oneOrMore(field.text),
    'The provider that writes TLSA records in this zone. A list names all of them where several providers sign the zone. Without it, the only provider.',
    'main',
  ),
  acme_provider: optional(
    field.oneOrMore(field.text),
    'The provider that writes the TXT records of DNS-01. Without it, that of the TLSA records.',
    'main',
  ),
  nameservers: optional(
    servers.min(1, { error: () => 'is empty' }),
    'Servers that are asked instead of those of the NS records. They are believed instead of the resolver for names in this zone, so that a resolver may see an internal view (split horizon). They must serve the zone as the Internet sees it. Only whether the zone is signed is asked of the resolver.',
    ['192.0.2.53', '[2001:db8::53]:5353'],
  ),
  extra_nameservers: preset(
    servers,
    [],
    'Servers that are asked as well: secondaries that no NS record names.',
    ['198.51.100.53'],
  ),
});
