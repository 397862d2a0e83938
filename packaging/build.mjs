// Makes the packages: `npm run package`, or import { makePackages }. Debian's own dpkg-deb is all
// that is needed beside Node and npm.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { buildAll } from '../build.mjs';
import { makeSingleFile } from './single-file.mjs';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '..');
// Debian's own variables say who builds.
const { DEBFULLNAME = 'The holger authors', DEBEMAIL = 'holger@example.org' } = process.env;
const MAINTAINER = `${DEBFULLNAME} <${DEBEMAIL}>`;

const read = (...names) => readFile(path.join(ROOT, ...names), 'utf8');

/** Into `out`, from which everything earlier is removed. @returns the files made */
export async function makePackages(out = path.join(ROOT, 'dist/package')) {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const { version } = JSON.parse(await read('package.json'));
  const documents = await generated(version, out);
  const made = [await debianPackage(out, version, documents)];
  await checksums(out, made);
  return made;
}

/** Manual pages, completions and schema: TypeScript of ours, bundled as the command is. */
async function generated(version, out) {
  // Below the checkout, where node_modules is found.
  const outfile = path.join(ROOT, 'dist', `documents-${process.pid}.mjs`);
  await build({
    entryPoints: [path.join(ROOT, 'packaging/documents.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  const { documents } = await import(pathToFileURL(outfile).href);
  await rm(outfile);
  const examples = [await read('config.example.toml'), await read('receive/receive.conf')];
  const files = documents(version, ...examples);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(out, name)), { recursive: true });
    await writeFile(path.join(out, name), text);
  }
  return files;
}

async function debianPackage(out, version, documents) {
  const tree = path.join(out, 'debian');
  const place = async (name, content, mode = 0o644) => {
    const file = path.join(tree, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content, { mode });
  };
  const shipped = (name, ...from) => read(...from).then((text) => place(name, text));
  const packed = (name, text) => place(`${name}.gz`, gzipSync(text, { level: 9 }));
  const doc = 'usr/share/doc/holger';

  await command(path.join(tree, 'usr/lib/holger'), path.join(tree, doc));
  await mkdir(path.join(tree, 'usr/bin'), { recursive: true });
  await symlink('../lib/holger/holger.mjs', path.join(tree, 'usr/bin/holger'));
  await shipped('usr/lib/holger/holger-receive', 'receive/holger-receive');
  await mkdir(path.join(tree, 'etc/holger'), { recursive: true, mode: 0o750 });

  const watching = ['holger-watch.service', 'holger-serve.service'];
  for (const unit of ['holger.service', 'holger.timer', ...watching]) {
    await shipped(`usr/lib/systemd/system/${unit}`, 'packaging/systemd', unit);
  }
  await shipped('usr/lib/sysusers.d/holger.conf', 'packaging/systemd/sysusers.conf');
  await shipped('usr/lib/tmpfiles.d/holger.conf', 'packaging/systemd/tmpfiles.conf');
  await shipped('usr/share/lintian/overrides/holger', 'packaging/debian/lintian-overrides');
  await shipped('usr/share/polkit-1/rules.d/holger.rules', 'packaging/holger.rules');

  await packed('usr/share/man/man1/holger.1', documents['holger.1']);
  await packed('usr/share/man/man5/holger.toml.5', documents['holger.toml.5']);
  await packed('usr/share/man/man8/holger-receive.8', documents['holger-receive.8']);
  const completions = {
    'bash-completion/completions/holger': 'holger.bash',
    'zsh/vendor-completions/_holger': '_holger',
    'fish/vendor_completions.d/holger.fish': 'holger.fish',
  };
  for (const [name, from] of Object.entries(completions)) {
    await place(`usr/share/${name}`, documents[`completions/${from}`]);
  }
  await place('usr/share/holger/holger.schema.json', documents['holger.schema.json']);

  for (const file of ['alerts.yml', 'dashboard.json']) {
    await shipped(`usr/share/holger/${file}`, 'packaging/monitoring', file);
  }

  const date = await releaseDate();
  await shipped(`${doc}/examples/config.toml`, 'config.example.toml');
  await shipped(`${doc}/examples/receive.conf`, 'receive/receive.conf');
  await shipped(`${doc}/README.md`, 'README.md');
  await cp(path.join(ROOT, 'docs'), path.join(tree, doc, 'docs'), { recursive: true });
  await packed(`${doc}/changelog`, await read('CHANGELOG.md'));
  await packed(`${doc}/changelog.Debian`, debianChangelog(version, date));
  await place(
    `${doc}/copyright`,
    copyright(await read('packaging/debian/copyright'), await read('LICENSE')),
  );

  const files = await filesBelow(tree);
  await place('DEBIAN/md5sums', (await sums(tree, files, 'md5')).join(''));
  const bytes = await Promise.all(
    files.map(async (name) => (await readFile(path.join(tree, name))).length),
  );
  const size = bytes.reduce((sum, one) => sum + Math.ceil(one / 1024), 0);
  const control = (await read('packaging/debian/control'))
    .replace('@VERSION@', `${version}-1`)
    .replace('@SIZE@', String(size))
    .replace('@MAINTAINER@', MAINTAINER);
  await place('DEBIAN/control', control);
  for (const script of ['postinst', 'prerm', 'postrm']) {
    await place(`DEBIAN/${script}`, await read('packaging/debian', script), 0o755);
  }
  await permissions(tree);

  const file = path.join(out, `holger_${version}-1_all.deb`);
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(Math.floor(date.getTime() / 1000)) };
  await run('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', tree, file], { env });
  await rm(tree, { recursive: true });
  return file;
}

/** The bundle, run by Debian's Node; the licences of what is in it go to the documents. */
async function command(folder, documents) {
  const file = await buildAll(folder, 0);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/^#!.*/, '#!/usr/bin/node'));
  await mkdir(documents, { recursive: true });
  const licences = (await filesBelow(folder)).filter((name) => name.endsWith('.LEGAL.txt'));
  const texts = await Promise.all(
    licences.sort().map((name) => readFile(path.join(folder, name), 'utf8')),
  );
  await writeFile(path.join(documents, 'LEGAL.txt'), texts.join('\n'));
  for (const name of licences) await rm(path.join(folder, name));
}

/** Nothing of the umask of whoever builds. */
async function permissions(tree) {
  await chmod(tree, 0o755);
  for (const entry of await readdir(tree, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(file, file.endsWith('etc/holger') ? 0o750 : 0o755);
    else if (entry.isFile()) {
      const runs = /\/holger(\.mjs|-receive)$|DEBIAN\/(post|pre)/.test(file);
      await chmod(file, runs ? 0o755 : 0o644);
    }
  }
}

async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

const sums = (folder, names, algorithm) =>
  Promise.all(
    names.map(async (name) => {
      const content = await readFile(path.join(folder, name));
      return `${createHash(algorithm).update(content).digest('hex')}  ${name}\n`;
    }),
  );

async function checksums(out, files) {
  const names = files.map((file) => path.basename(file)).sort();
  await writeFile(path.join(out, 'SHA256SUMS'), (await sums(out, names, 'sha256')).join(''));
}

/** Of the last commit, so that the same source gives the same package. */
async function releaseDate() {
  const seconds = process.env.SOURCE_DATE_EPOCH ?? (await commitTime());
  return new Date(Number(seconds) * 1000);
}

const commitTime = () =>
  run('git', ['log', '-1', '--format=%ct'], { cwd: ROOT }).then(
    ({ stdout }) => stdout,
    () => Date.now() / 1000,
  );

const debianChangelog = (version, date) =>
  `holger (${version}-1) unstable; urgency=medium\n\n` +
  `  * Release ${version}: changelog.gz has what is new.\n\n` +
  ` -- ${MAINTAINER}  ${date.toUTCString().replace('GMT', '+0000')}\n`;

function copyright(frame, licence) {
  const lines = licence.trim().split('\n').slice(2);
  const text = lines.map((line) => (line.trim() === '' ? ' .' : ` ${line}`)).slice(1);
  return frame
    .replace('@LICENSE@', text.join('\n'))
    .replace('@COPYRIGHT@', lines[0].replace(/^Copyright \(c\) /, ''));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const made = await makePackages();
  made.push(await makeSingleFile());
  await checksums(path.join(ROOT, 'dist/package'), made);
  for (const file of made) process.stdout.write(`${path.relative(ROOT, file)}\n`);
}
