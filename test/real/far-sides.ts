// Real servers for the conformance suite. What they hold is read by zone transfer and changed by
// nsupdate: neither shares code with the providers.
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import dnsPacket from 'dns-packet';
import { fqdn } from '../../src/dns/name.ts';
import type { Fqdn } from '../../src/dns/name.ts';
import { genericFromText, genericText } from '../../src/dns/rdata-text.ts';
import { rdataSet } from '../../src/dns/rrset.ts';
import type { RdataHex, RecordType } from '../../src/dns/rrset.ts';
import type { Side } from '../conformance/side.ts';
import { OWNER } from '../conformance/subject.ts';
import type { RunningPrimary } from '../lab/primaries.ts';
import { must } from '../lab/processes.ts';

export const ZONES = ['example.org', 'sub.example.org'];
const [ZONE = ''] = ZONES;

/** As `dig +unknownformat` prints them; the suite writes no others. */
const TYPES: ReadonlyMap<string, RecordType> = new Map([
  ['TYPE16', 'TXT'],
  ['TYPE52', 'TLSA'],
]);

interface Line {
  readonly owner: Fqdn;
  readonly type: RecordType;
  readonly rdata: RdataHex;
}

/** Empty except for what a zone must have. */
export async function realSide(
  primary: RunningPrimary,
  options: Readonly<Record<string, unknown>>,
): Promise<Side> {
  const { host, secret } = primary;
  const asked = async (...args: string[]): Promise<string> =>
    must(['dig', '+time=2', '+tries=2', `@${host.v4}`, ...args]);
  const lines = async (): Promise<Line[]> => {
    const transfer = ['+onesoa', '+noall', '+answer', '+unknownformat', ZONE, 'AXFR'];
    const text = await asked('-k', primary.keyFile('xfr'), ...transfer);
    const found = text.matchAll(/^(\S+)\s+\d+\s+\S+\s+(TYPE\d+)\s+(\\# .+)$/gm);
    return [...found].flatMap(([, owner = '', number = '', rdata = '']) => {
      const type = TYPES.get(number);
      return type === undefined
        ? []
        : [{ owner: fqdn(owner), type, rdata: genericFromText(rdata) }];
    });
  };
  const update = async (changes: readonly string[]): Promise<void> => {
    const input = [`server ${host.v4}`, `zone ${ZONE}`, ...changes, 'send', ''].join('\n');
    await must(['nsupdate', '-k', primary.keyFile('lab')], { input });
  };
  const left = await lines();
  if (left.length > 0) {
    await update(left.map(({ owner, type }) => `update delete ${owner} ${type}`));
  }
  const watcher = watch(host.v4, OWNER);
  return {
    options,
    secrets: [secret],
    there: async (owner, type) => {
      const held = (await lines()).filter((line) => line.owner === owner && line.type === type);
      return rdataSet(held.map(({ rdata }) => rdata));
    },
    put: (rdata, owner, type, ttl) =>
      update([`update add ${owner} ${ttl} ${type} ${genericText(rdata)}`]),
    writes: async () => Number((await asked('+short', ZONE, 'SOA')).split(' ')[2]),
    emptied: () => watcher.emptied(),
    stop: () => watcher.stop(),
  };
}

/** Queries the TLSA records of an owner all the time, as clients do. */
function watch(address: string, owner: Fqdn): { emptied(): string[]; stop(): Promise<void> } {
  const type: RecordType = 'TLSA';
  const socket = createSocket('udp4');
  const query = dnsPacket.encode({
    type: 'query',
    questions: [{ type, name: owner.slice(0, -1) }],
  });
  const emptied: string[] = [];
  let wasThere = 0;
  let isStopping = false;
  socket.on('message', (bytes) => {
    const answers = dnsPacket.decode(bytes).answers ?? [];
    if (answers.some((answer) => answer.type === type)) wasThere += 1;
    else if (wasThere > 0) emptied.push(`${owner} ${type}`);
  });
  const asking = (async (): Promise<void> => {
    while (!isStopping) {
      await new Promise((resolve) => socket.send(query, 53, address, resolve));
      await sleep(2);
    }
  })();
  return {
    emptied() {
      if (wasThere === 0) throw new Error(`no server has answered ${type} records of ${owner}`);
      return emptied;
    },
    async stop() {
      isStopping = true;
      await asking;
      socket.close();
    },
  };
}
