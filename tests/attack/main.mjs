// Attacks a network that runs, beside honest use of it, and prints what honest users noticed: `scripts/attack` starts both.
//
// An attack is a file of this folder that exports `attacks`: objects with
//   name, item    what it is, and the item of issue 12
//   honest        what honest users do meanwhile: a name of `honest.mjs`
//   run(world)    attacks until `world.over()`; returns what it got, as a line
//   promise(world, figures)  throws if what must hold does not; beside that honest use goes on and its latency at most doubles
// Each runs in a process of its own (`attacker.mjs`), so that honest latency is not that of the attacker's event loop.

import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { honest } from './honest.mjs';
import { all } from './all.mjs';

const SECONDS = Number(process.env.BUSBAR_ATTACK_SECONDS ?? 10);
const only = process.argv.slice(2);
// Latencies below this are no more than this machine's noise, in ms.
const NOISE = Number(process.env.BUSBAR_ATTACK_NOISE_MS ?? 30);

const percentile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

// Does what honest users do, again and again for so long; a refusal of one is a broken promise.
async function use(what, seconds) {
	const times = [];
	const refusals = [];
	const end = Date.now() + seconds * 1000;
	while (Date.now() < end) {
		const began = performance.now();
		try {
			await what();
			times.push(performance.now() - began);
		} catch (error) {
			refusals.push(error.message);
		}
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	return { times, refusals };
}

// Memory of a process in MB, the most that it has had.
async function most(pid) {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1024);
}

function attack(file, name) {
	const child = fork(fileURLToPath(new URL('attacker.mjs', import.meta.url)), [file, name]);
	const result = new Promise((resolve, reject) => {
		child.on('message', (message) => (message.failed ? reject(new Error(message.failed)) : message.got && resolve(message.got)));
		child.on('exit', (code) => reject(new Error(`the attacker ended with ${code}`)));
	});
	const ready = new Promise((resolve, reject) => {
		child.on('message', (message) => message.ready && resolve());
		result.catch(reject);
	});
	return { ready, stop: () => child.send('over'), result, end: () => child.kill() };
}

const rows = [];
let broken = 0;
const users = await honest();
for (const { file, attacks } of await all()) {
	for (const { name, item, honest: what, promise } of attacks) {
		if (only.length > 0 && !only.some((part) => name.includes(part))) {
			continue;
		}
		const before = await use(users[what], Math.max(3, SECONDS / 2));
		const attacker = attack(file, name);
		await attacker.ready;
		const during = await use(users[what], SECONDS);
		attacker.stop();
		const row = { item, name, before: before.times, during: during.times, refusals: during.refusals };
		try {
			row.got = await attacker.result;
			row.memory = process.env.BUSBAR_STORE_PID ? await most(process.env.BUSBAR_STORE_PID) : 0;
			if (before.refusals.length > 0 || during.refusals.length > 0) {
				throw new Error(`honest use was refused: ${[...before.refusals, ...during.refusals][0]}`);
			}
			const [p50, under] = [percentile(before.times, 0.5), percentile(during.times, 0.5)];
			if (under > 2 * p50 + NOISE) {
				throw new Error('honest latency more than doubled');
			}
			await promise?.(row);
			row.held = 'yes';
		} catch (error) {
			row.held = `NO: ${error.message}`;
			broken += 1;
		} finally {
			attacker.end();
		}
		rows.push(row);
	}
}
if (rows.length === 0) {
	throw new Error('no attack has such a name');
}
const ms = (times) => (times.length === 0 ? '-' : `${Math.round(percentile(times, 0.5))} / ${Math.round(percentile(times, 0.95))}`);
console.log('| item | attack | what the attacker got | honest ms before, median / 95 % | under attack | honest requests | store, most MB | held |');
console.log('|---|---|---|---|---|---|---|---|');
for (const { item, name, got, before, during, refusals, memory, held } of rows) {
	const requests = `${during.length} of ${during.length + refusals.length}`;
	console.log(`| ${item} | ${name} | ${got ?? '-'} | ${ms(before)} | ${ms(during)} | ${requests} | ${memory} | ${held} |`);
}
users.close?.();
process.exit(broken === 0 ? 0 : 1);
