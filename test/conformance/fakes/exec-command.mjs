// The statuses that docs/providers/own.md lists.
import { request } from 'node:http';
import process from 'node:process';

const [, , server = ''] = process.argv;
const asked = request(server, { method: 'POST' }, (response) => {
  let answer = '';
  response.setEncoding('utf8').on('data', (text) => (answer += text));
  response.on('end', () => {
    const good = response.statusCode === 200;
    if (good) process.stdout.write(answer);
    else process.stderr.write(`the server says ${response.statusCode}: ${answer}\n`);
    process.exitCode = good ? 0 : response.statusCode === 422 ? 77 : 70;
  });
});
process.stdin.pipe(asked);
