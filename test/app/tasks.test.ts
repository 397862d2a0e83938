import { expect, it } from 'vitest';
import { tasksOf } from '../../src/app/tasks.ts';
import { parseConfig } from '../../src/config/load.ts';
import { servicesAt } from '../../src/engine/neighbours.ts';

it('a service is the same one, however two certificates write it', () => {
  const certificate = (name: string, url: string): string => `
[[certificate]]
name = "${name}"
domains = ["mx1.example.org"]
services = ["${url}"]
`;
  const { certificates } = parseConfig(
    `[provider.main]
type = "rfc2136"
server = "192.0.2.53"
${certificate('ecdsa', 'smtp://MX1.example.org')}key_type = "ec-p256"
${certificate('rsa', 'smtp://mx1.example.org:25')}key_type = "rsa-2048"
`,
    'config.toml',
  );
  const [first] = tasksOf(certificates, 'https://ca.example/directory');
  expect(first?.neighbours).toHaveLength(1);
  expect(first && servicesAt(first).map(({ service }) => service.id)).toEqual([
    'smtp://mx1.example.org:25',
  ]);
  expect(first?.reach).toHaveProperty(['smtp://mx1.example.org:25', 'serverName']);
});
