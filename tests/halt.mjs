// The chain stands still over several gates: what had orders fails safe, what had not opened never opens, and the market
// goes on afterwards. What settlement does with the failed interval is told by after-halt.mjs.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { connect, eventOf, keyring, setting, submit, until } from './lib/outsider.mjs';

// How many intervals pass without a block.
const INTERVALS = 5;
// The connection point of the demonstration's first member.
const PRODUCT = 0;
const POINT = 1;
const ORDER = [{ side: 'Buy', price: 220_000, wh: 10 }];

let api;
let member;
const halt = {};

const clock = async () => (await api.call.energyApi.clock()).toJSON();
const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms));

function signal(name) {
	for (const pid of setting('BUSBAR_VALIDATOR_PIDS').split(' ')) {
		process.kill(Number(pid), name);
	}
}

before(async () => {
	({ api } = await connect(setting('BUSBAR_URL')));
	member = keyring().member(0);
});

after(() => {
	// Whatever happened, nobody is left standing.
	signal('SIGCONT');
	return api?.disconnect();
});

test('validators stop with an order standing and go on after several gates', async () => {
	halt.interval = (await clock()).firstUnopened - 1;
	const placed = await submit(api, api.tx.market.place(halt.interval, PRODUCT, POINT, ORDER), member);
	halt.held = eventOf(placed, 'market', 'OrderPlaced').data.held.toBigInt();
	assert.ok(halt.held > 0n, 'the order holds no collateral');

	const { intervalClockS } = await clock();
	halt.best = (await api.rpc.chain.getHeader()).number.toNumber();
	signal('SIGSTOP');
	await sleep(INTERVALS * intervalClockS * 1000);
	halt.during = (await api.rpc.chain.getHeader()).number.toNumber();
	signal('SIGCONT');
	assert.ok(halt.during - halt.best <= 1, `${halt.during - halt.best} blocks although all validators stood`);

	await until('blocks are finalised again', 90, async () => {
		const head = await api.rpc.chain.getFinalizedHead();
		return (await api.rpc.chain.getHeader(head)).number.toNumber() > halt.during + 2;
	});
});

test('the interval with the order fails safe: an event, no price, no position', async () => {
	const status = await until('the interval is decided', 60, async () => {
		const status = (await api.call.energyApi.status(halt.interval)).unwrapOr(null);
		return status?.outcome.isSome && status;
	});
	assert.equal(status.outcome.unwrap().cleared.isFalse, true);
	assert.equal(status.outcome.unwrap().traded.toNumber(), 0);
	for (const { zone, result } of await api.call.energyApi.prices(halt.interval, PRODUCT, 0, 256)) {
		assert.equal(result.price.isNone, true, `zone ${zone} has a price`);
	}
	const [position] = (await api.call.energyApi.positions(member.address, halt.interval, 0, 64)).filter(({ point }) => point.toNumber() === POINT);
	assert.equal(position.position.bought.toNumber(), 0);

	const events = [];
	const head = (await api.rpc.chain.getHeader()).number.toNumber();
	for (let number = halt.best; number <= head; number++) {
		const at = await api.at(await api.rpc.chain.getBlockHash(number));
		events.push(...(await at.query.system.events()).map(({ event }) => event));
	}
	const failed = events.find((event) => event.section === 'market' && event.method === 'Failed' && event.data.interval.toNumber() === halt.interval);
	assert.ok(failed, 'no event tells that the interval failed');
	assert.equal(failed.data.reason.type, 'DeliveryBegan');
	const skipped = events.find((event) => event.section === 'market' && event.method === 'IntervalsSkipped');
	assert.ok(skipped, 'no event tells which intervals never opened');
	assert.ok(skipped.data.until.toNumber() > skipped.data.from.toNumber());
});

test('the market goes on: the next interval opens, takes an order and clears', async () => {
	const next = await until('an interval with an open gate', 60, async () => {
		const { nextGate, firstUnopened } = await clock();
		return nextGate !== null && firstUnopened - 1 > halt.interval && firstUnopened - 1;
	});
	await submit(api, api.tx.market.place(next, PRODUCT, POINT, ORDER), member);
	await until('it clears', 60, async () => {
		const status = (await api.call.energyApi.status(next)).unwrapOr(null);
		return status?.outcome.isSome && status.outcome.unwrap().cleared.isTrue;
	});
	writeFileSync(setting('BUSBAR_HALT'), JSON.stringify({ interval: halt.interval, held: halt.held.toString() }));
});
