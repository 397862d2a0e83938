// Whether what a resolver says crosses a network: the AD bit is not protected there (RFC 7672
// §2.1.1).
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ServerAddress } from './transport.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Docker answers here for resolvers elsewhere, and passes on what they say. */
const DOCKER = '127.0.0.11';

const withoutScope = (address: string): string => address.replace(/%.*$/, '');

/** `own`: the addresses of this machine. */
function isOnMachine(address: string, own: ReadonlySet<string>): boolean {
  const plain = withoutScope(address);
  if (plain === DOCKER) return false;
  return loopback.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4') || own.has(plain);
}

/** Addresses of resolvers that are not on this machine. */
export function remoteOf(resolvers: readonly Pick<ServerAddress, 'address'>[]): readonly string[] {
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((all) =>
      (all ?? []).map((one) => withoutScope(one.address)),
    ),
  );
  return resolvers.map(({ address }) => address).filter((address) => !isOnMachine(address, own));
}

export function remoteWarning(address: string): string {
  const why =
    address === DOCKER
      ? 'is the forwarder of Docker, and the resolvers behind it are elsewhere'
      : 'is not on this machine';
  return `the resolver ${address} ${why}: what it says of DNSSEC can be changed on the way (RFC 7672 §2.1.1). Run a validating resolver on this machine, or protect the path to it`;
}
