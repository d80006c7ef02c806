// What honest users do while others attack. Each is `use(seconds)`, which returns what they noticed: `times` of requests in ms,
// `refusals`, which are broken promises, and more.

import { request, signerOf } from './requests.mjs';
import { dataset, operatorOf } from './datasets.mjs';
import { pause } from './transactions.mjs';
import { MEMBERS, trade, traders } from './trade.mjs';

// Does what an honest user does, again and again for so long.
async function again(what, seconds) {
	const noticed = { times: [], refusals: [] };
	const end = Date.now() + seconds * 1000;
	while (Date.now() < end) {
		const began = performance.now();
		try {
			await what();
			noticed.times.push(performance.now() - began);
		} catch (error) {
			noticed.refusals.push(error.message);
		}
		await pause(20);
	}
	return noticed;
}

// Another member's list, the operator's own dataset, and whether the store holds it.
async function store() {
	const [operator, utility] = await Promise.all([signerOf('//MeterOperator'), signerOf('//Utility')]);
	// A dataset that stands while others are thrown away; it is the operator's and honest.
	const { bytes, hash } = await dataset(await operatorOf('//MeterOperator'), 'honest');
	const stored = await request(operator, 'PUT', `/v1/blobs/${hash}?class=readings`, bytes);
	if (stored.status !== 200) {
		throw new Error(`the honest dataset was refused: ${stored.status} ${await stored.text()}`);
	}
	let turn = 0;
	const one = async () => {
		turn += 1;
		const ask = [
			() => request(utility, 'GET', '/v1/datasets?from=0&until=99'),
			() => request(operator, 'GET', `/v1/blobs/${hash}`),
			() => request(null, 'GET', `/v1/holds/${hash}`),
		][turn % 3];
		const answer = await ask();
		const text = await answer.text();
		if (answer.status !== 200) {
			throw new Error(`${answer.status} ${text}`);
		}
	};
	return { use: (seconds) => again(one, seconds) };
}

async function chain() {
	const world = await traders([...Array(MEMBERS).keys()]);
	return { ...world, use: (seconds) => trade(world, seconds) };
}

// The honest users of each part.
export async function honest(parts) {
	const of = { store, chain };
	return Object.fromEntries(await Promise.all(parts.map(async (part) => [part, await of[part]()])));
}
