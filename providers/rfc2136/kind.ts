// The options of RFC 2136.
import { AppError } from '../../src/base/errors.ts';
import { defineProvider, optional, required } from '../_kit/kind.ts';
import { readKeyFile } from './key-file.ts';
import { createRfc2136, RFC2136_TRAITS } from './rfc2136.ts';

export const rfc2136 = defineProvider({
  type: 'rfc2136',
  title: 'DNS UPDATE (BIND, Knot, PowerDNS, …)',
  site: 'https://www.rfc-editor.org/rfc/rfc2136',
  traits: RFC2136_TRAITS,
  options: {
    server: required(
      'servers',
      'the primary of the zone; several addresses of it are tried in turn',
    ),
    tsig: optional('tsig', 'name, algorithm and secret of the key'),
    key_file: optional(
      'secret',
      'instead of tsig: the output of tsig-keygen, keymgr or dnssec-keygen, or a part of ' +
        'nsd.conf',
    ),
  },
  notes: ['Updates are conditional: the server refuses if another writer was faster.'],
  async open({ server, tsig, key_file: keyFile }, { clock, addressesOf }) {
    if ((tsig === undefined) === (keyFile === undefined)) {
      throw new AppError('CONFIG_INVALID', 'an rfc2136 provider needs tsig, or key_file', {
        hint: 'unsigned updates are not supported; create a key with tsig-keygen',
      });
    }
    const key = tsig ?? readKeyFile(keyFile ?? '');
    const servers = (await Promise.all(server.map(addressesOf))).flat();
    return createRfc2136({ servers, tsig: key, clock });
  },
});
