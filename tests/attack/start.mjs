// Starts an attack in a process of its own, so that honest latency is not that of the attacker's event loop.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// `ready` when it attacks, `result` what it got after `stop`; `end` whatever it does.
export function start(file, name, turn) {
	const child = fork(fileURLToPath(new URL('attacker.mjs', import.meta.url)), [file, name, String(turn)]);
	const result = new Promise((resolve, reject) => {
		child.on('message', (message) => (message.failed ? reject(new Error(message.failed)) : message.got && resolve(message.got)));
		child.on('exit', (code) => reject(new Error(`the attacker ended with ${code}`)));
	});
	const ready = new Promise((resolve, reject) => {
		child.on('message', (message) => message.ready && resolve());
		result.catch(reject);
	});
	// Whoever waits for none of them wants no warning either.
	ready.catch(() => {});
	return { ready, stop: () => child.send('over'), result, end: () => child.kill() };
}
