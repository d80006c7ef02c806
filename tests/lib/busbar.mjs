// The project's own command line, as a person types it.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setting } from './outsider.mjs';

const run = promisify(execFile);

// Runs `busbar` against the node under test and returns what it answers as JSON. Fails as the command fails.
export async function busbar(...args) {
	const { stdout } = await run(setting('BUSBAR_CLI'), [...args.map(String), '--json', '--url', setting('BUSBAR_URL')], { maxBuffer: 1 << 26 });
	return JSON.parse(stdout);
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
