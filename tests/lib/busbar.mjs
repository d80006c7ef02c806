// The project's own command line, as a person types it.

import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { setting } from './outsider.mjs';

const run = promisify(execFile);

// Runs `busbar` against the node under test and returns what it answers as JSON. Fails as the command fails.
export async function busbar(...args) {
	const { stdout } = await run(setting('BUSBAR_CLI'), [...args.map(String), '--json', '--url', setting('BUSBAR_URL')], { maxBuffer: 1 << 26 });
	return JSON.parse(stdout);
}

// Starts `busbar` in the background; `stop` ends it, and fails if it has ended by itself.
export function background(...args) {
	const child = spawn(setting('BUSBAR_CLI'), [...args.map(String), '--json', '--url', setting('BUSBAR_URL')]);
	const [said, warned] = [[], []];
	child.stdout.on('data', (data) => said.push(data.toString()));
	child.stderr.on('data', (data) => warned.push(data.toString()));
	const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
	return {
		said: () => said.join(''),
		stop: async () => {
			child.kill('SIGTERM');
			const { code, signal } = await ended;
			if (signal !== 'SIGTERM') {
				throw new Error(`busbar ${args.join(' ')} ended with ${code}: ${warned.join('')}`);
			}
		},
	};
}

// Runs `busbar` and returns the exit code and the message with which it fails; that it succeeds is the failure here.
export async function refused(...args) {
	let answer;
	try {
		answer = await busbar(...args);
	} catch ({ code, stderr }) {
		return { code, message: stderr };
	}
	throw new Error(`busbar ${args.join(' ')} went through: ${JSON.stringify(answer)}`);
}
