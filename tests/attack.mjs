// Three members flood the network with all that they may send, and an honest order is in a block all the same, within two.
// Runs beside nothing else, on a network on which the demonstration has registered its members.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, keyring, setting, submit, until } from './lib/outsider.mjs';

const PRODUCT = 0;
// Attackers and an honest member among the demonstration's.
const ATTACKERS = [10, 11, 12];
const HONEST = 30;
// How long each attack lasts, in blocks, and how often an honest order is sent meanwhile.
const BLOCKS = 12;
// Transactions that each attacker offers the pool per block: more than may wait.
const OFFERED = 20;

let api;
let honest;
const keys = [];
const table = [];

before(async () => {
	({ api } = await connect(setting('BUSBAR_URL')));
	const ring = keyring();
	keys.push(...ATTACKERS.map(ring.member));
	const key = ring.member(HONEST);
	const view = (await api.call.energyApi.participant(key.address)).unwrap();
	honest = { key, point: view.points[0].toNumber() };
});

after(async () => {
	console.table(table);
	await api?.disconnect();
});

const head = async () => (await api.rpc.chain.getHeader()).number.toNumber();

// Signs `OFFERED` transactions with the nonces that follow, and hands all in at once. Returns how many the pool took, and why not the others.
async function flood(key, make, seen) {
	const nonce = (await api.query.system.account(key.address)).nonce.toNumber();
	const signed = [];
	for (let ahead = 0; ahead < OFFERED; ahead++) {
		// A new one each time: signing changes the transaction itself.
		signed.push(await make().signAsync(key, { nonce: nonce + ahead }));
	}
	const answers = await Promise.allSettled(signed.map((each) => api.rpc.author.submitExtrinsic(each)));
	for (const { status, reason } of answers) {
		const what = status === 'fulfilled' ? 'taken' : (/Custom error: \d+/.exec(reason.message)?.[0] ?? reason.message.split(':')[0]);
		seen[what] = (seen[what] ?? 0) + 1;
	}
}

// An honest order, and how many blocks after its submission it was included.
async function order() {
	const clock = await api.call.energyApi.clock();
	const steps = [{ side: 'Buy', price: 100_000, wh: 1 }];
	const sent = await head();
	const call = api.tx.market.place(clock.firstUnopened.toNumber() - 1, PRODUCT, honest.point, steps);
	// Whether the market takes it does not matter here: it may be one too many of its point.
	const block = await new Promise((resolve, reject) => {
		call.signAndSend(honest.key, ({ status }) => {
			if (status.isInBlock) {
				resolve(status.asInBlock);
			} else if (status.isInvalid || status.isDropped || status.isUsurped) {
				reject(new Error(`the pool let go of an honest order: ${status.type}`));
			}
		}).catch(reject);
	});
	const included = (await api.rpc.chain.getHeader(block)).number.toNumber();
	return included - sent;
}

// What blocks took of ordinary computation, at most, in ms.
async function heaviest(from, to) {
	let most = 0n;
	for (let number = from; number <= to; number++) {
		const at = await api.at(await api.rpc.chain.getBlockHash(number));
		const { normal } = await at.query.system.blockWeight();
		const time = normal.refTime.toBigInt();
		most = time > most ? time : most;
	}
	return Number(most / 1_000_000_000n);
}

async function attack(name, calls) {
	const [from, seen, delays] = [await head(), {}, []];
	let last = from;
	while (last < from + BLOCKS) {
		const floods = keys.map((key, index) => flood(key, calls[index % calls.length], seen));
		const trading = order().then((delay) => delays.push(delay));
		await Promise.all([...floods, trading]);
		last = await until('a block', 60, async () => (await head()) > last && head());
	}
	const most = Math.max(...delays);
	table.push({ attack: name, 'honest orders': delays.length, 'latest, blocks': most, 'fullest block, ms': await heaviest(from + 1, last), ...seen });
	return { most, seen, delays };
}

async function honestWithinTwoBlocks(name, calls) {
	const { most, seen, delays } = await attack(name, calls);
	assert.ok(delays.length >= 2, 'hardly any honest order was sent');
	assert.ok(seen.taken > 0, 'nothing of the flood got into the pool: it was no flood');
	assert.ok(Object.keys(seen).some((what) => what.startsWith('Custom error')), 'nothing of the flood was refused');
	assert.ok(most <= 2, `an honest order was included after ${most} blocks`);
}

test('calls that fail and declare the most delay no honest order', { timeout: 180_000 }, async () => {
	const points = Array.from({ length: 128 }, () => 0);
	await honestWithinTwoBlocks('calls that fail', [() => api.tx.settlement.debit(4_000_000, points)]);
});

test('long transactions delay no honest order', { timeout: 180_000 }, async () => {
	await honestWithinTwoBlocks('long transactions', [() => api.tx.system.remark(`0x${'00'.repeat(15_000)}`)]);
});

test('many small transactions delay no honest order', { timeout: 180_000 }, async () => {
	await honestWithinTwoBlocks('many small ones', [() => api.tx.system.remark('0x00')]);
});

test('motions that do not exist are closed by nobody', async () => {
	const bound = { refTime: 100_000_000_000n, proofSize: 1_000n };
	const close = api.tx.council.close(`0x${'00'.repeat(32)}`, 0, bound, 0);
	for (const key of [keys[0], keyring().devnet('Alice')]) {
		await assert.rejects(submit(api, close, key), /Custom error: [34]\./);
	}
});
