// The chain as an outsider meets it with @polkadot/api and no types of its own: joins, trades, reads, is refused.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { acceptance, commitmentTo, connect, DispatchFailed, eventOf, keyring, setting, submit, until, uuid } from './lib/outsider.mjs';

const EUR = 1_000_000_000n;
// Limit prices in nEUR/Wh and quantities in Wh of the newcomer's two orders, at two points of its own. Nobody else
// trades any more when this runs, so the smaller quantity changes hands, at a price between the limits.
const PRODUCT = 0;
const BUY = { price: 200_000, wh: 400 };
const SELL = { price: 100_000, wh: 250 };
const RATING_W = 8_000;
// What of its money secures orders, in nEUR: enough for these.
const MARGIN = EUR;

let api;
let provider;
const keys = {};

before(async () => {
	({ api, provider } = await connect(setting('BUSBAR_URL')));
	const ring = keyring();
	for (const name of ['Dso', 'Membership', 'MeterOperator', 'SettlementA', 'SettlementB']) {
		keys[name] = ring.devnet(name);
	}
	keys.newcomer = ring.fresh();
	keys.stranger = ring.fresh();
});

after(() => api?.disconnect());

const clock = async () => (await api.call.energyApi.clock()).toJSON();
const newcomer = { id: uuid(), points: [], interval: undefined };

test('the metadata describes the market without any types of ours', () => {
	for (const [pallet, call] of [['market', 'place'], ['participants', 'register'], ['grid', 'addPoint'], ['metering', 'prove'], ['settlement', 'debit']]) {
		assert.ok(api.tx[pallet]?.[call], `${pallet}.${call} is missing`);
		assert.ok(api.tx[pallet][call].meta.docs.length > 0, `${pallet}.${call} is not documented`);
	}
	for (const name of ['clock', 'status', 'zones', 'book', 'prices', 'orders', 'positions', 'statement']) {
		assert.equal(typeof api.call.energyApi[name], 'function', `EnergyApi.${name} is missing`);
	}
});

test('a newcomer joins with its own consent and pays no fee', async () => {
	const commitment = commitmentTo('Jo Newcomer, 1 Feeder Street');
	const consent = acceptance(api, newcomer.id, keys.newcomer, commitment);
	const joined = await submit(api, api.tx.participants.register(newcomer.id, keys.newcomer.address, commitment, consent), keys.Membership);
	eventOf(joined, 'participants', 'Registered');
	await submit(api, api.tx.participants.grantRole(newcomer.id, 'Prosumer', 'Grid'), keys.Membership);

	const view = (await api.call.energyApi.participant(keys.newcomer.address)).unwrap();
	assert.equal(view.active.isTrue, true);
	assert.deepEqual(view.id.toU8a(), newcomer.id);
});

test('somebody else\'s consent does not do', async () => {
	const id = uuid();
	const commitment = commitmentTo('somebody');
	const forged = acceptance(api, id, keys.stranger, commitment);
	await assert.rejects(
		submit(api, api.tx.participants.register(id, keyring().fresh().address, commitment, forged), keys.Membership),
		(error) => {
			assert.equal(error.errorName, 'participants.BadAcceptance', error.message);
			return true;
		},
	);
});

test('two settlement agents mint money for the newcomer', async () => {
	const before = (await api.query.balances.totalIssuance()).toBigInt();
	const payments = [[keys.newcomer.address, 100n * EUR]];
	const proposed = await submit(api, api.tx.issuance.propose('Mint', payments), keys.SettlementA);
	const [id] = eventOf(proposed, 'issuance', 'Proposed').data;
	await assert.rejects(submit(api, api.tx.issuance.approve(id), keys.SettlementA), (error) => {
		assert.equal(error.errorName, 'issuance.SameParticipant', error.message);
		return true;
	});
	await submit(api, api.tx.issuance.approve(id), keys.SettlementB);
	assert.equal((await api.query.balances.totalIssuance()).toBigInt(), before + 100n * EUR);
	const account = await api.query.system.account(keys.newcomer.address);
	assert.equal(account.data.free.toBigInt(), 100n * EUR);
});

test('the newcomer moves money for its orders into its margin, which stays its own', async () => {
	const moved = await submit(api, api.tx.securities.marginIn(newcomer.id, MARGIN), keys.newcomer);
	assert.equal(eventOf(moved, 'securities', 'MarginMovedIn').data.margin.toBigInt(), MARGIN);
	const { data } = await api.query.system.account(keys.newcomer.address);
	assert.deepEqual([data.free, data.reserved].map((amount) => amount.toBigInt()), [100n * EUR - MARGIN, MARGIN]);
});

test('the grid operator connects the newcomer at the root', async () => {
	const zones = await api.call.energyApi.zones((await clock()).firstUnopened - 1, 0, 256);
	const root = zones.find((zone) => zone.parent.isNone);
	assert.ok(root, 'there is no root zone');
	for (let i = 0; i < 2; i++) {
		const added = await submit(api, api.tx.grid.addPoint(root.id, newcomer.id, 'Metered', RATING_W, RATING_W), keys.Dso);
		eventOf(added, 'grid', 'PointAdded');
	}
	newcomer.points = (await api.call.energyApi.participant(keys.newcomer.address)).unwrap().points.map((point) => point.toNumber());
	assert.equal(newcomer.points.length, 2);
});

test('the meter operator fits the meters without which the points do not trade', async () => {
	for (const point of newcomer.points) {
		const device = crypto.getRandomValues(new Uint8Array(32));
		const fitted = await submit(api, api.tx.metering.registerMeter(point, device, 'B', 'Main', 0), keys.MeterOperator);
		newcomer.from = eventOf(fitted, 'metering', 'MeterRegistered').data.from.toNumber();
	}
});

test('the newcomer sees what its point must have for security, and buys once it has deposited that', async () => {
	const [buyer] = newcomer.points;
	const security = async () => (await api.call.energyApi.security(buyer)).unwrap();
	const before = await security();
	// A quarter of the rating, in all intervals that can be unsettled at once.
	const wh = BigInt(RATING_W / 4 / 4);
	assert.equal(before.greatest.toBigInt(), wh);
	assert.equal(before.used.toBigInt(), wh * before.intervals.toBigInt() * before.price.toBigInt());
	assert.equal(before.least.toBigInt(), before.used.toBigInt() * 10n / 9n + 1n);
	assert.ok(before.suffices.isFalse);
	const interval = await until('an interval in which the new point has a meter opens', 120, async () => {
		const last = (await clock()).firstUnopened - 1;
		return last >= newcomer.from && last;
	});
	await assert.rejects(submit(api, api.tx.market.place(interval, PRODUCT, buyer, [{ side: 'Buy', ...BUY }]), keys.newcomer), (error) => {
		assert.equal(error.errorName, 'securities.SecurityTooSmall', error.message);
		return true;
	});
	await submit(api, api.tx.securities.deposit(buyer, before.least), keys.newcomer);
	const [own] = await api.call.energyApi.securities(keys.newcomer.address, 0, 64);
	assert.deepEqual([own.point.toNumber(), own.deposit.toBigInt(), own.free.toBigInt()], [buyer, before.least.toBigInt(), 0n]);
	assert.ok(own.suffices.isTrue);
});

test('the newcomer\'s orders are accepted and clear at one price', async () => {
	const [buyer, seller] = newcomer.points;
	newcomer.interval = await until('an interval in which the new points are metered opens', 120, async () => {
		const last = (await clock()).firstUnopened - 1;
		return last >= newcomer.from && last;
	});
	const order = (side, { price, wh }) => [{ side, price, wh }];
	const bought = await submit(api, api.tx.market.place(newcomer.interval, PRODUCT, buyer, order('Buy', BUY)), keys.newcomer);
	const placed = eventOf(bought, 'market', 'OrderPlaced');
	assert.equal(placed.data.point.toNumber(), buyer);
	assert.equal(placed.data.interval.toNumber(), newcomer.interval);
	await submit(api, api.tx.market.place(newcomer.interval, PRODUCT, seller, order('Sell', SELL)), keys.newcomer);

	await until('the interval clears', 120, async () => {
		const status = await api.call.energyApi.status(newcomer.interval);
		return status.isSome && status.unwrap().outcome.isSome && status.unwrap().outcome.unwrap().cleared.isTrue;
	});
	const positions = await api.call.energyApi.positions(keys.newcomer.address, newcomer.interval, 0, 64);
	const at = (point) => positions.find((each) => each.point.toNumber() === point);
	assert.equal(at(buyer).position.bought.toNumber(), SELL.wh);
	assert.equal(at(seller).position.sold.toNumber(), SELL.wh);
	const price = at(buyer).price.unwrap().toNumber();
	assert.equal(at(seller).price.unwrap().toNumber(), price);
	assert.ok(SELL.price <= price && price <= BUY.price, `the price is ${price}`);
});

test('the energy JSON-RPC tells the same position', async () => {
	const viaRpc = await provider.send('energy_positions', [keys.newcomer.address, newcomer.interval]);
	const viaApi = await api.call.energyApi.positions(keys.newcomer.address, newcomer.interval, 0, 64);
	assert.equal(viaRpc.length, newcomer.points.length);
	for (const each of viaApi) {
		const same = viaRpc.find((other) => other.point === each.point.toNumber());
		assert.equal(Number(same.position.bought), each.position.bought.toNumber());
		assert.equal(Number(same.position.sold), each.position.sold.toNumber());
	}
});

const freeMoney = async () => (await api.query.system.account(keys.newcomer.address)).data.free.toBigInt();

// What is wrong with an order, the error that says so, and the order: interval, point, steps.
const REFUSALS = [
	['after gate closure', 'market.GateClosed', ({ current }, [point]) => [current, point, [{ side: 'Buy', ...BUY }]]],
	['before its session opens', 'market.NotOpenYet', ({ firstUnopened }, [point]) => [firstUnopened + 50, point, [{ side: 'Buy', ...BUY }]]],
	['for an unknown point', 'market.UnknownPoint', ({ last }) => [last, 4_000_000, [{ side: 'Buy', ...BUY }]]],
	['for somebody else\'s point', 'participants.NotDelegate', ({ last }) => [last, 0, [{ side: 'Buy', ...BUY }]]],
	['with crossed steps', 'market.CrossedSteps', ({ last }, [point]) => [last, point, [{ side: 'Buy', ...BUY }, { side: 'Sell', ...SELL }]]],
	['beyond the point\'s rating', 'market.BeyondRating', ({ last }, [point]) => [last, point, [{ side: 'Buy', price: BUY.price, wh: RATING_W }]]],
	['beyond the price cap', 'market.PriceOutOfBounds', ({ last }, [point]) => [last, point, [{ side: 'Buy', price: 999_999_900, wh: 1 }]]],
];

for (const [what, expected, order] of REFUSALS) {
	test(`an order ${what} is refused with its own error and changes nothing`, async () => {
		const now = await clock();
		const money = await freeMoney();
		const [interval, point, steps] = order({ ...now, last: now.firstUnopened - 1 }, newcomer.points);
		await assert.rejects(submit(api, api.tx.market.place(interval, PRODUCT, point, steps), keys.newcomer), (error) => {
			assert.equal(error.errorName, expected, error.message);
			return true;
		});
		assert.equal(await freeMoney(), money);
	});
}

test('an order beyond the margin is refused and changes nothing, and with money moved in it is taken', async () => {
	// At the cap and the rating an order needs more than 2 EUR, which the newcomer has, but not in its margin.
	const steps = [{ side: 'Buy', price: 1_000_000, wh: RATING_W / 4 }];
	const place = async () => api.tx.market.place((await clock()).firstUnopened - 1, PRODUCT, newcomer.points[0], steps);
	const money = await freeMoney();
	assert.ok(money > 50n * EUR);
	await assert.rejects(submit(api, await place(), keys.newcomer), (error) => {
		assert.equal(error.errorName, 'securities.MarginTooSmall', error.message);
		return true;
	});
	assert.equal(await freeMoney(), money);
	const both = [api.tx.securities.marginIn(newcomer.id, 3n * EUR), await place()];
	eventOf(await submit(api, api.tx.utility.batchAll(both), keys.newcomer), 'market', 'OrderPlaced');
	assert.equal(await freeMoney(), money - 3n * EUR);
});

// The pool refuses a transaction, so that no block ever sees it.
async function refusedByThePool(call, signer, options, kind, reason) {
	await assert.rejects(submit(api, call, signer, options), (error) => {
		assert.ok(!(error instanceof DispatchFailed), `it got into a block: ${error.message}`);
		assert.match(error.message, kind);
		assert.match(error.message, reason);
		return true;
	});
}

test('a stranger\'s transaction does not enter the pool', async () => {
	await refusedByThePool(api.tx.system.remark('0x00'), keys.stranger, {}, /^1010: Invalid Transaction/, /sign/i);
});

test('limits from somebody who is no grid operator do not enter the pool', async () => {
	const { firstUnopened } = await clock();
	const link = { importW: 1_000, exportW: 1_000, fee: 0 };
	await refusedByThePool(api.tx.grid.publish(firstUnopened - 1, [[1, link]]), keys.newcomer, {}, /^1002: Verification Error/,
		/Custom error: 3\. .*participants with another role.*docs\/refusals\.md/);
});

test('money to somebody whom the chain does not know does not enter the pool', async () => {
	await refusedByThePool(api.tx.balances.transferKeepAlive(keys.stranger.address, 1), keys.newcomer, {}, /^1002: Verification Error/,
		/Custom error: 10\. /);
});

test('an immortal transaction does not enter the pool', async () => {
	await submit(api, api.tx.system.remark('0x00'), keys.newcomer);
	await refusedByThePool(api.tx.system.remark('0x00'), keys.newcomer, { era: 0 }, /^1002: Verification Error/,
		/Custom error: 1\. The transaction never expires.*Sign it with a mortal era.*docs\/refusals\.md/);
});
