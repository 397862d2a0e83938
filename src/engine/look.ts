// One look at one address of a service: what it presents to clients of either kind of signature.
import type { Call } from '../ports/call.ts';
import type { Endpoint, Handshake, SignatureAlgorithm } from '../ports/probe.ts';
import { NO_TLS } from '../rollover/sightings.ts';
import type { EndpointLook, EndpointMemory } from '../rollover/sightings.ts';
import type { World } from './world.ts';

/** A service may hold a certificate for each: both are part of what is live. */
const algorithms: readonly SignatureAlgorithm[] = ['ecdsa', 'rsa'];

interface Look {
  readonly algorithm: SignatureAlgorithm;
  readonly shake: Handshake;
}

function lookOf(address: string, looks: readonly Look[], world: World): EndpointLook {
  const failures: string[] = [];
  const met: EndpointLook['met'][number][] = [];
  for (const { algorithm, shake } of looks) {
    if (shake.status === 'presented') {
      met.push({ algorithm, chain: world.pki.readDer(shake.certificates) });
    } else if (shake.status === 'no-tls') met.push({ algorithm, chain: NO_TLS });
    else if (shake.status === 'no-certificate') met.push({ algorithm });
    else failures.push(`${shake.status}: ${shake.detail}`);
  }
  // Neither algorithm served: that is no evidence of absence, the two refusals may be a fault of the service.
  const empty = met.every(({ chain }) => chain === undefined);
  const [failure] = failures;
  if (empty) {
    const noRoute = looks.every(({ shake }) => shake.status === 'no-route')
      ? { noRoute: true }
      : {};
    return {
      address,
      met: [],
      failure: failure ?? 'no certificate of any algorithm',
      ...noRoute,
    };
  }
  return { address, met, ...(failure === undefined ? {} : { failure }) };
}

/** Of several processes behind one address each takes its turn; so often more is asked for the one that was not met. */
const AGAIN = 2;

/** One look at one address. A chain that was known and is not met may be one that another process still presents. */
export async function lookAt(
  endpoint: Endpoint,
  known: EndpointMemory | undefined,
  world: World,
  call: Call,
): Promise<EndpointLook> {
  const ask = async (algorithm: SignatureAlgorithm): Promise<Look> => ({
    algorithm,
    shake: await world.probe.handshake(endpoint, algorithm, call),
  });
  const looks = await Promise.all(algorithms.map(ask));
  for (let round = 0; round < AGAIN; round += 1) {
    const { met } = lookOf(endpoint.address, looks, world);
    const missing = unmet(known, met);
    if (met.length === 0 || missing.length === 0) break;
    const more = await Promise.all(missing.map(ask));
    // What goes wrong now says nothing that the first look did not.
    looks.push(...more.filter(({ shake }) => shake.status === 'presented'));
  }
  return lookOf(endpoint.address, looks, world);
}

/** The algorithms with which a chain was seen before that was not met now. */
function unmet(
  known: EndpointMemory | undefined,
  met: EndpointLook['met'],
): readonly SignatureAlgorithm[] {
  const missing = (known?.sightings ?? []).filter(
    ({ algorithm, chain }) =>
      !met.some(
        (one) =>
          one.algorithm === algorithm &&
          (one.chain === chain || (typeof one.chain === 'object' && one.chain.id === chain)),
      ),
  );
  return [...new Set(missing.map(({ algorithm }) => algorithm))];
}
