// The invariants of money, energy, prices and settlement, asserted from what the chain tells everybody about the
// intervals that a demonstration has traded. Nothing of the project's own code takes part.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { u8aToHex } from '@polkadot/util';
import { leafHash, root } from './lib/merkle.mjs';
import { connect, keyring, setting, submit } from './lib/outsider.mjs';

// What the demonstration trades: the devnet's one product.
const PRODUCT = 0;
// Entries of a page: as many lines as one answer has, and as many points as orders are looked for at.
const PAGE = 512;
const ORDERS = 128;
const ZONES = 256;

let api;
let at;
// The intervals with orders that have cleared: number, status, zones, prices, orders, lines.
const intervals = [];

// All entries of a paged runtime API: `read(from)` gives a page, `number(entry)` what the next page starts after.
async function pages(read, number) {
	const all = [];
	for (let from = 0; ; from = number(all.at(-1)) + 1) {
		const page = await read(from);
		if (page.length === 0) {
			return all;
		}
		all.push(...page);
	}
}

// All orders of an interval: a page is of so many points, with or without an order.
async function orders(energyApi, interval) {
	const all = [];
	const points = (await at.query.grid.nextPoint()).toNumber();
	for (let from = 0; from < points; from += ORDERS) {
		all.push(...await energyApi.orders(interval, PRODUCT, from, ORDERS));
	}
	return all;
}

// What an interval has of all its zones: a page is of so many numbers of zones, whether or not they are in its tree.
async function zoned(status, read) {
	const all = [];
	for (let from = 0; from < status.zones.toNumber(); from += ZONES) {
		all.push(...await read(from));
	}
	return all;
}

const sum = (values) => values.reduce((total, value) => total + value, 0n);
const big = (codec) => codec.toBigInt();

before(async () => {
	({ api } = await connect(setting('BUSBAR_URL')));
	at = await api.at(await api.rpc.chain.getFinalizedHead());
	const { energyApi } = at.call;
	const { firstUnopened } = (await energyApi.clock()).toJSON();
	for (let interval = 0; interval < firstUnopened; interval++) {
		const status = (await energyApi.status(interval)).unwrapOr(null);
		if (!status || status.outcome.isNone || status.outcome.unwrap().cleared.isFalse || status.orders.toNumber() < 3) {
			continue;
		}
		intervals.push({
			interval,
			status,
			zones: await zoned(status, (from) => energyApi.zones(interval, from, ZONES)),
			prices: new Map((await zoned(status, (from) => energyApi.prices(interval, PRODUCT, from, ZONES))).map(({ zone, result }) => [zone.toNumber(), result])),
			orders: await orders(energyApi, interval),
			lines: await pages((from) => energyApi.lines(interval, from, PAGE), (line) => line.index.toNumber()),
		});
	}
});

after(() => api?.disconnect());

const isSettled = ({ status }) => ['Settled', 'Final'].includes(status.phase.type);
const settled = () => intervals.filter(isSettled);

test('every interval of the demonstration has cleared and settled', () => {
	const expected = Number(setting('BUSBAR_INTERVALS'));
	assert.ok(settled().length >= expected, `${settled().length} of ${expected} intervals are settled`);
});

test('invariant 1: issuance is what was minted less what was burned, and all of it is in accounts', async () => {
	const { totalIssuance, issued, inTransit } = await at.call.energyApi.conservation(intervals[0].interval);
	assert.equal(big(totalIssuance), big(issued));
	assert.equal(big(inTransit), 0n, 'money is between debits and credits although every interval is settled');
	const accounts = await at.query.system.account.entries();
	assert.equal(sum(accounts.map(([, { data }]) => big(data.free) + big(data.reserved))), big(totalIssuance));
	assert.ok(big(issued) <= big(await at.query.issuance.ceiling()), 'more was issued than the ceiling allows');
});

test('invariant 1: held money is what open orders, deposits, guarantees and bonds require', async () => {
	const required = new Map();
	const require = (account, reason, amount) => {
		const key = `${account} ${reason}`;
		required.set(key, (required.get(key) ?? 0n) + amount);
	};
	for (const [, order] of await at.query.market.orders.entries()) {
		const { account, held } = order.unwrap();
		require(account, 'Order', big(held));
	}
	// Of what orders hold each owner's record has the sum; on hold is its margin, which is no less.
	for (const [, participant] of await at.query.participants.participants.entries()) {
		const { account, margin } = participant.unwrap();
		const key = `${account} Order`;
		assert.equal(big(margin.held), required.get(key) ?? 0n, `${account}: what its orders hold`);
		assert.ok(big(margin.held) <= big(margin.own), `${account}: orders hold more than the margin`);
		required.set(key, big(margin.own));
	}
	for (const [{ args: [, backing] }, security] of await at.query.securities.secured.entries()) {
		const { account, amount } = security.unwrap();
		require(account, backing.type, big(amount));
	}
	for (const [, operator] of await at.query.metering.operators.entries()) {
		const { account, bond } = operator.unwrap();
		require(account, 'OperatorBond', big(bond));
	}
	for (const [, dispute] of await at.query.metering.disputes.entries()) {
		const { disputant, bond } = dispute.unwrap();
		if (disputant.isSome) {
			require(disputant.unwrap(), 'DisputeBond', big(bond));
		}
	}
	const held = new Map();
	for (const [key, holds] of await at.query.balances.holds.entries()) {
		for (const { id, amount } of holds) {
			assert.ok(id.isSecurities || id.isMetering, `a hold for ${id}`);
			held.set(`${key.args[0]} ${id.inner.type}`, big(amount));
		}
	}
	const nonzero = (map) => [...map].filter(([, amount]) => amount > 0n).sort();
	assert.deepEqual(nonzero(held), nonzero(required));
	assert.ok(held.size > 0, 'nothing is held at all');
});

test('invariant 1: every settlement\'s debits equal its credits', async () => {
	for (const { interval, lines } of settled()) {
		const amounts = lines.map(({ line }) => big(line.amount));
		assert.equal(sum(amounts), 0n, `interval ${interval}`);
		assert.ok(amounts.some((amount) => amount > 0n), `interval ${interval}: nobody was paid`);
	}
});

test('invariant 2: accepted buys equal accepted sells, zone by zone and in all', () => {
	for (const { interval, status, zones, prices, orders } of intervals) {
		const need = new Map(zones.map(({ id }) => [id.toNumber(), 0n]));
		let bought = 0n;
		let sold = 0n;
		for (const { zone, steps, accepted } of orders) {
			steps.forEach(({ side }, i) => {
				const wh = big(accepted[i]);
				need.set(zone.toNumber(), need.get(zone.toNumber()) + (side.isBuy ? wh : -wh));
				bought += side.isBuy ? wh : 0n;
				sold += side.isSell ? wh : 0n;
			});
		}
		assert.equal(bought, sold, `interval ${interval}`);
		assert.equal(bought, big(status.outcome.unwrap().traded), `interval ${interval}`);
		for (const { id, parent } of zones) {
			const flow = big(prices.get(id.toNumber()).flow);
			need.set(id.toNumber(), need.get(id.toNumber()) - flow);
			if (parent.isSome) {
				need.set(parent.unwrap().toNumber(), need.get(parent.unwrap().toNumber()) + flow);
			}
		}
		assert.ok([...need.values()].every((rest) => rest === 0n), `interval ${interval}: a zone does not balance`);
	}
});

test('invariant 2: no contracted flow exceeds its link\'s limit', async () => {
	const { intervalS } = (await at.call.energyApi.clock()).toJSON();
	const energy = (watt) => (big(watt) * BigInt(intervalS)) / 3600n;
	for (const { interval, zones, prices } of intervals) {
		for (const { id, parent, link } of zones.filter((zone) => zone.parent.isSome)) {
			const flow = big(prices.get(id.toNumber()).flow);
			const where = `interval ${interval}, link ${id} to ${parent}`;
			assert.ok(link.importW.isNone || flow <= energy(link.importW.unwrap()), where);
			assert.ok(link.exportW.isNone || -flow <= energy(link.exportW.unwrap()), where);
		}
	}
});

test('invariant 3: nobody pays more or receives less than the limit price, and what is better is accepted in full', () => {
	for (const { interval, prices, orders } of intervals) {
		for (const { point, zone, steps, accepted } of orders) {
			const price = big(prices.get(zone.toNumber()).price.unwrap());
			steps.forEach((step, i) => {
				const gain = step.side.isBuy ? big(step.price) - price : price - big(step.price);
				const where = `interval ${interval}, point ${point}, step ${i}`;
				assert.ok(big(accepted[i]) <= big(step.wh), where);
				assert.ok(gain >= 0n || big(accepted[i]) === 0n, `${where}: accepted at a worse price`);
				assert.ok(gain <= 0n || big(accepted[i]) === big(step.wh), `${where}: not accepted at a better price`);
			});
		}
	}
});

test('invariant 3: contracts are paid at the zone price, to the nEUR', () => {
	for (const { interval, prices, orders, lines } of settled()) {
		const owed = new Map();
		for (const { point, zone, steps, accepted } of orders) {
			const net = sum(steps.map(({ side }, i) => (side.isBuy ? big(accepted[i]) : -big(accepted[i]))));
			owed.set(point.toNumber(), -net * big(prices.get(zone.toNumber()).price.unwrap()));
		}
		for (const { line } of lines.filter((each) => each.line.cause.isContract && each.line.party.isPoint)) {
			const point = line.party.asPoint.toNumber();
			assert.equal(big(line.amount), owed.get(point) ?? 0n, `interval ${interval}, point ${point}`);
			owed.delete(point);
		}
		assert.ok([...owed.values()].every((amount) => amount === 0n), `interval ${interval}: a contract has no line`);
	}
});

test('invariant 4: every point is settled once, and the lines hash to the statement root', () => {
	for (const { interval, status, lines } of settled()) {
		const points = status.outcome.unwrap().points.toNumber();
		assert.deepEqual([status.debitsDone.toNumber(), status.creditsDone.toNumber()], [points, points]);
		const own = lines.filter(({ line }) => line.party.isPoint).map(({ line }) => `${line.version} ${line.party} ${line.cause}`);
		assert.equal(new Set(own).size, own.length, `interval ${interval}: a point's line stands twice`);
		assert.deepEqual(lines.map(({ index }) => index.toNumber()), lines.map((_, i) => i));
		const u32 = (value) => api.registry.createType('u32', value).toU8a();
		const leaves = lines.map(({ index, line }) => leafHash(u32(interval), index.toU8a(), line.toU8a()));
		assert.equal(u8aToHex(root(leaves)), status.statementRoot.unwrap().toHex(), `interval ${interval}`);
	}
});

test('invariant 4: a settled point cannot be settled again', async () => {
	const { interval } = settled()[0];
	const before = await api.call.energyApi.status(interval);
	// A debit may begin a later run, and of a final interval there is none.
	const none = before.unwrap().phase.isFinal ? 'settlement.Final' : 'settlement.AlreadySettled';
	for (const [call, expected] of [['debit', none], ['credit', 'settlement.AlreadySettled']]) {
		await assert.rejects(submit(api, api.tx.settlement[call](interval, [0]), keyring().devnet('Regulator')), (error) => {
			assert.equal(error.errorName, expected, error.message);
			return true;
		});
	}
	assert.equal((await api.call.energyApi.status(interval)).toHex(), before.toHex());
});
