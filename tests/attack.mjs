// Three members flood the network with all that they may send, while others send it what is nothing, and honest orders are in a
// block all the same, within two. Attacks of `tests/attack`, some of them at a time; `scripts/attack` makes all, one by one. Runs
// on a network whose demonstration's members are registered.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { told } from './attack/counts.mjs';
import { withinBlocks } from './attack/judge.mjs';
import { start } from './attack/start.mjs';
import { fullest, head, trade, traders } from './attack/trade.mjs';

// How long each lasts, in s.
const SECONDS = 12;

// Whose members are not those who are honest here.
const FIRST_TURN = 8;

let honest;
const table = [];

before(async () => {
	honest = await traders([30, 31, 32]);
});

after(async () => {
	console.table(table);
	await honest?.asking.disconnect();
	await honest?.api.disconnect();
});

// Attacks at once, each by members of its own; returns what each got.
async function underAttack(...attacks) {
	const turn = FIRST_TURN + table.length;
	const running = attacks.map(([file, name], index) => start(file, name, turn + index));
	try {
		await Promise.all(running.map(({ ready }) => ready));
		const from = await head(honest.api);
		const { orders, refusals } = await trade(honest, SECONDS);
		running.forEach(({ stop }) => stop());
		const got = await Promise.all(running.map(({ result }) => result));
		const most = await fullest(honest.api, from + 1, await head(honest.api));
		attacks.forEach(([, name], index) => table.push({ attack: name, got: told(got[index]), 'honest orders': orders.length, 'fullest block, ms': most }));
		assert.deepEqual(refusals, []);
		assert.ok(orders.length >= 3, 'hardly any honest order was sent');
		assert.equal(withinBlocks(orders), orders.length, `honest orders waited too long: ${JSON.stringify(orders)}`);
		return got;
	} finally {
		running.forEach(({ end }) => end());
	}
}

// That something of a flood got into the pool, else it was none, and that the budget refused the rest.
function isFlood(got) {
	assert.ok(got.taken > 0, 'nothing of the flood got into the pool: it was no flood');
	assert.ok(['budget spent', 'too much waits', 'too far ahead'].some((what) => got[what] > 0), told(got));
}

test('calls that fail and declare the most delay no honest order, and garbage on the ports of peers does not', { timeout: 120_000 }, async () => {
	const [calls, garbage] = await underAttack(
		['calls.mjs', 'calls that fail and declare the most'],
		['wire.mjs', 'garbage on the ports of peers and light clients'],
	);
	isFlood(calls);
	assert.ok(garbage.connections > 100, told(garbage));
});

test('long transactions delay no honest order, and signatures that are not good do not', { timeout: 120_000 }, async () => {
	const [long, signatures] = await underAttack(['calls.mjs', 'long transactions'], ['calls.mjs', 'signatures that are not good']);
	isFlood(long);
	assert.ok(!signatures.taken && Object.keys(signatures).length > 0, told(signatures));
});

test('many small transactions delay no honest order, subscriptions that nobody reads do not, and nobody closes motions that do not exist', { timeout: 120_000 }, async () => {
	const [small, , closes] = await underAttack(
		['calls.mjs', 'many small ones'],
		['wire.mjs', 'subscriptions that nobody reads'],
		['calls.mjs', 'closes of motions that do not exist'],
	);
	isFlood(small);
	assert.deepEqual(Object.keys(closes).sort(), ['no such motion', 'not theirs']);
});
