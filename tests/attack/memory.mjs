// What processes have of memory.

import { readFile } from 'node:fs/promises';

async function field(pid, name) {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024);
}

// In MB, the most that a process has ever had.
export const most = (pid) => field(pid, 'VmHWM');

// The nodes of BUSBAR_NODE_PIDS, `NAME:PID ...`: what the gateway has in MB, and the validator that has most.
export async function ofNodes() {
	const nodes = (process.env.BUSBAR_NODE_PIDS ?? '').split(' ').filter(Boolean).map((each) => each.split(':'));
	const sizes = await Promise.all(nodes.map(async ([name, pid]) => [name, await field(pid, 'VmRSS')]));
	const [gateway, validators] = [true, false].map((is) => sizes.filter(([name]) => (name === 'gateway') === is).map(([, mb]) => mb));
	return { gateway: Math.max(0, ...gateway), validators: Math.max(0, ...validators) };
}

// Looks again and again; `stop` returns the most that was seen.
export function watch(everyMs = 500) {
	const seen = { gateway: 0, validators: 0 };
	const look = async () => {
		const now = await ofNodes().catch(() => seen);
		Object.keys(seen).forEach((name) => (seen[name] = Math.max(seen[name], now[name])));
	};
	const timer = setInterval(look, everyMs);
	return {
		stop: async () => {
			clearInterval(timer);
			await look();
			return seen;
		},
	};
}
