// The configuration as it is written: every table, each option with its type, its default and the
// reason. Keys are snake_case.
import * as z from 'zod';
import { DEPLOY_TIMEOUT, PARALLEL, PROBE_TIMEOUT, RESOLVER, STATE_DIRECTORY } from '../defaults.ts';
import * as field from '../fields.ts';
import { provider } from '../providers.ts';
import { certificate } from './certificate.ts';
import { acme, issuer } from './issuer.ts';
import { monitor } from './monitor.ts';
import { list, optional, preset } from './option.ts';
import { policyLayer } from './policy.ts';
import { serve } from './serve.ts';
import { target } from './target.ts';
import { zone } from './zone.ts';

const { table, duration, label } = field;

const most = z
  .number({ error: () => 'expected a whole number' })
  .int({ error: () => 'expected a whole number' })
  .min(1, { error: () => 'is not between 1 and 256' })
  .max(256, { error: () => 'is not between 1 and 256' })
  .meta({ title: 'a whole number from 1 to 256' });

const limits = table({
  parallel: preset(
    most,
    PARALLEL,
    'How many certificates move at the same time. One that waits for a CA, a name server or a cache is not counted.',
  ),
  orders: preset(
    most,
    PARALLEL,
    'How many orders are under way at the same time at one CA. The others follow.',
  ),
});

const run = table({
  before: optional(
    field.argv,
    'A command that is called once in a run, before its first order or deployment; where nothing is ordered or deployed, it is not called. If it fails, the run orders and deploys nothing, and ends with 3, or with 4 when it has failed for a quarter of an hour. Every command of holger that orders or deploys is a run, also run --staging. With --wait, a run ends whenever all certificates wait for a later time, and the next order or deployment begins another one. --dry-run only prints it.',
    ['/usr/local/sbin/firewall', 'open'],
  ),
  after: optional(
    field.argv,
    'A command that is called once when all that came after before has ended, also with errors or a signal, and also when before itself failed. If it fails, the run ends with 4, and what was ordered and deployed stays. After a crash it is not called, so both commands must work whatever an earlier run has left.',
    ['/usr/local/sbin/firewall', 'close'],
  ),
  timeout: preset(duration, DEPLOY_TIMEOUT, 'How long each of them may take.'),
});

const probe = table({
  timeout: preset(
    duration.refine((seconds) => seconds >= 1 && seconds <= 300, {
      error: () => 'is not between 1s and 5m',
    }),
    `${PROBE_TIMEOUT}s`,
    'How long a service may take for its greeting, for each later answer and for the TLS ' +
      'handshake. Servers that delay the greeting on purpose take 5 to 25 seconds.',
  ),
  ehlo: optional(
    field.ehlo,
    'The name in EHLO to SMTP and LMTP servers: fully qualified, or an address like "[192.0.2.1]". Without it, the machine\'s name when it is fully qualified, else the address that the connection comes from.',
    'mx1.example.org',
  ),
});

const dns = table({
  resolver: preset(
    field.oneOrMore(field.address(53)),
    [RESOLVER],
    'A validating resolver that is trusted, best on this machine: its AD bit then crosses no network (RFC 7672 §2.1.1 wants a trusted path).',
  ),
});

const pkix = table({
  ca_file: optional(
    field.file,
    'PEM file: the CAs that clients of usages 0 and 1 trust. Without it, the roots that ' +
      'are part of Node.js, which are those of Mozilla.',
    '/etc/ssl/certs/ca-certificates.crt',
  ),
});

const state = table({
  directory: preset(
    field.file,
    STATE_DIRECTORY,
    'The folder of keys, chains and observations, mode 0700. Back it up.',
  ),
});

export const document = table({
  acme: acme.prefault({}).meta({ description: 'The CA and the account there.' }),
  issuer: z
    .record(label, issuer, { error: () => 'expected tables like [issuer.zerossl]' })
    .default({})
    .meta({
      description:
        'Another issuer: a CA with an account of its own, or files of another program. You choose ' +
        'the name after the dot, and name it in issuer of a certificate or of [defaults].',
    }),
  dns: dns.prefault({}).meta({ description: 'How DNS is asked.' }),
  limits: limits.prefault({}).meta({ description: 'How much happens at the same time.' }),
  pkix: pkix.prefault({}).meta({
    description: 'The CAs of usages 0 and 1, for services other than SMTP.',
  }),
  probe: probe.prefault({}).meta({ description: 'How handshakes are made.' }),
  run: run.prefault({}).meta({
    description:
      'Commands of yours around all orders and deployments of a run; no shell reads them.',
  }),
  serve: serve.prefault({}).meta({
    description: 'Where holger serve answers HTTP, and to which requests. It only ever answers.',
  }),
  state: state.prefault({}).meta({ description: 'Where holger keeps its state.' }),
  provider: z
    .record(label, provider, { error: () => 'expected tables like [provider.main]' })
    .default({})
    .meta({
      description:
        'A provider that can change a zone. You choose the name after the dot. holger ' +
        'providers lists the types, holger providers TYPE their options.',
    }),
  target: z
    .record(label, target, { error: () => 'expected tables like [target.mx1]' })
    .default({})
    .meta({
      description:
        'Another machine that gets certificates. You choose the name after the dot, and name it in deploy of a certificate.',
    }),
  zone: list(zone, 'tables like [[zone]]').default([]).meta({
    description: 'How to reach a zone and its servers, if DNS alone does not say it.',
  }),
  defaults: table(policyLayer).prefault({}).meta({
    description: 'Options of all certificates. Each of them may also be in a [[certificate]].',
  }),
  certificate: list(certificate, 'tables like [[certificate]]').default([]).meta({
    description:
      'A certificate: its names, its services and where it is deployed. Each option of [defaults] may be here, too.',
  }),
  monitor: monitor.prefault({}).meta({
    description:
      'What holger check --watch checks, and who gets its messages. It is a process of its ' +
      'own and writes to no zone.',
  }),
});

export type Document = z.output<typeof document>;
