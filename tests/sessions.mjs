// Several products of one interval on a network: the council adds a day-ahead and an intraday auction, an auction of spans
// with block orders, and continuous trading. One buyer and one seller, far from each other in the grid, trade in all of
// them; what they trade adds up, is settled, and is rebuilt from events alone.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { busbar } from './lib/busbar.mjs';
import { connect, council, eventOf, keyring, setting, settle, submit, until } from './lib/outsider.mjs';

const AREA = 0;
// Times in s before delivery. A horizon of 60 s of chain time leaves time for everything below.
const HORIZON = 10;
const PRODUCTS = [
	{ kind: 'Auction', opensS: 86_400, closesS: 20, span: 1 },
	{ kind: 'Auction', opensS: 20, closesS: 4, span: 1 },
	{ kind: 'Auction', opensS: 86_400, closesS: 8, span: 2 },
	{ kind: { Continuous: { area: AREA } }, opensS: 86_400, closesS: 2, span: 1 },
];
const [DAY_AHEAD, INTRADAY, SPANS, CONTINUOUS] = PRODUCTS.keys();
// Limit prices in nEUR/Wh: the seller's, the buyer's, and one that nobody sells at.
const OFFER = 100_000;
const BID = 300_000;
const TOO_LOW = 100;
// What the buyer buys of each product in the first interval of the span, and of the span in the second one, in Wh.
const WH = { [DAY_AHEAD]: 20, [INTRADAY]: 10, [SPANS]: 12, [CONTINUOUS]: 16 };
const SECOND = 8;
const OFFERED = 40;
const ALL = Object.values(WH).reduce((sum, wh) => sum + wh);

let api;
// The first interval of the span in which everything happens.
let first;
let tree;
// Each has a key, the path to it as the command line takes it, and a connection point.
const buyer = {};
const seller = {};
const loser = {};
const bystander = {};
let resting;
let fees;
// What the market's history counted before.
let counted;

const clock = async () => (await api.call.energyApi.clock()).toJSON();
const status = async (interval) => (await api.call.energyApi.status(interval)).unwrap();
const buys = (wh) => [{ side: 'Buy', price: BID, wh }];
const sells = (wh) => [{ side: 'Sell', price: OFFER, wh }];
const place = (interval, product, { point }, steps) => api.tx.market.place(interval, product, point, steps);

// The zones from one up to the root, itself first.
function up(zone) {
	const path = [];
	for (let at = zone; at !== undefined; at = tree.get(at).parent) {
		path.push(at);
	}
	return path;
}

// The demonstration's member with this number, and its connection point.
async function member(who, index) {
	who.key = keyring().member(index);
	who.suri = `//busbar//point//${index}`;
	who.point = (await api.call.energyApi.participant(who.key.address)).unwrap().points[0].toNumber();
	const [{ point }] = await api.call.energyApi.points(who.point, 1);
	who.zone = point.zone.toNumber();
	who.rating = { import: point.importW.toNumber(), export: point.exportW.toNumber() };
}

// Where the market notes collateral, and whose and how much an entry notes.
const KEPT = ['orders', 'limitOrders', 'traders', 'blockOrders'];
const collateral = (entry) => {
	const { account, held } = entry.unwrap();
	return [held].flat().map((part) => [account, part.toBigInt()]);
};

// What orders hold of the owners' margins is what orders, block orders and trades require that are not settled, and what is on
// hold for orders is the margins. Returns how much somebody's orders hold.
async function orderHoldsAreRequired({ key }) {
	const at = await api.at(await api.rpc.chain.getBlockHash());
	const sums = (entries) => {
		const accounts = new Map();
		entries.forEach(([account, amount]) => accounts.set(`${account}`, (accounts.get(`${account}`) ?? 0n) + amount));
		return [...accounts].filter(([, amount]) => amount > 0n).sort();
	};
	const required = [];
	for (const kept of KEPT) {
		required.push(...(await at.query.market[kept].entries()).flatMap(([, entry]) => collateral(entry)));
	}
	const owners = (await at.query.participants.participants.entries()).map(([, participant]) => participant.unwrap());
	const held = owners.map(({ account, margin }) => [account, margin.held.toBigInt()]);
	assert.deepEqual(sums(held), sums(required));
	const onHold = (await at.query.balances.holds.entries()).flatMap(([{ args }, holds]) => holds
		.filter(({ id }) => id.isSecurities && id.asSecurities.isOrder)
		.map(({ amount }) => [args[0], amount.toBigInt()]));
	assert.deepEqual(sums(onHold), sums(owners.map(({ account, margin }) => [account, margin.own.toBigInt()])));
	return new Map(sums(held)).get(key.address) ?? 0n;
}

before(async () => {
	({ api } = await connect(setting('BUSBAR_URL')));
	const zones = await api.call.energyApi.zones((await clock()).firstUnopened - 1, 0, 256);
	tree = new Map(zones.map(({ id, parent, link }) => [id.toNumber(), { parent: parent.unwrapOr(undefined)?.toNumber(), link }]));
	counted = (await busbar('market', 'replay')).events;
	// Three homes and the first plant.
	await Promise.all([member(buyer, 0), member(loser, 1), member(bystander, 2), member(seller, 103)]);
	assert.notEqual(buyer.zone, seller.zone);
	assert.ok(buyer.rating.import / 4 >= ALL && seller.rating.export / 4 >= 4 * OFFERED, 'the ratings are too small for this test');
});

after(() => api?.disconnect());

test('the council adds a day-ahead, an intraday, a span and a continuous product to intervals that have not opened', async () => {
	const area = [...new Set([...up(buyer.zone), ...up(seller.zone)])].sort((a, b) => a - b);
	const parameters = (await api.query.market.parametersValue()).toJSON();
	// A short attestation window, so that what is traded here is soon settled, on estimates.
	const changed = { ...parameters, horizon: HORIZON, products: PRODUCTS, attestationWindowS: parameters.intervalClockS };
	const closed = await council(api, [api.tx.market.setArea(AREA, area), api.tx.market.setParameters(changed)]);
	eventOf(closed, 'market', 'AreaSet');
	eventOf(closed, 'market', 'ParametersSet');

	first = await until('a span opens with all products, its gates far ahead', 60, async () => {
		const { firstUnopened } = await clock();
		const even = (firstUnopened - 2) & ~1;
		const both = await Promise.all([status(even), status(even + 1)]);
		return both.every(({ sessions }) => sessions.length === PRODUCTS.length) && even;
	});
	const { sessions, terms } = await status(first);
	const before = (moment) => (terms.deliveryStart.toNumber() - moment.toNumber()) / 1000;
	assert.deepEqual(sessions.map(({ gateClosure }) => before(gateClosure)), PRODUCTS.map(({ closesS }) => closesS));
	assert.equal((await status(first + 1)).sessions[SPANS].gateClosure.toNumber(), sessions[SPANS].gateClosure.toNumber());
});

test('orders find their sessions: each product takes its own kind, from its gate\'s opening on', async () => {
	const offers = [[first, DAY_AHEAD], [first, SPANS], [first + 1, SPANS]];
	const refused = async (expected, call) => assert.rejects(submit(api, call, loser.key), (error) => {
		assert.equal(error.errorName, expected, error.message);
		return true;
	});
	await Promise.all([
		submit(api, api.tx.utility.batchAll(offers.map(([interval, product]) => place(interval, product, seller, sells(OFFERED)))), seller.key),
		submit(api, place(first, DAY_AHEAD, buyer, buys(WH[DAY_AHEAD])), buyer.key),
		refused('market.NotOpenYet', place(first, INTRADAY, loser, buys(1))),
	]);
	await refused('market.NoBlockOrders', api.tx.market.placeBlockOrder(first, DAY_AHEAD, loser.point, 'Buy', BID, [1]));
});

test('limit orders trade across zones at the resting price, and the one that comes bears the fees of the path', async () => {
	const limit = ({ suri, point }, options, side, price, wh) =>
		busbar('order', 'submit', '--suri', suri, '--product', CONTINUOUS, '--point', point, ...options, '--side', side, '--price', price, '--wh', wh);
	const named = ['--interval', first];
	const blockOrder = ({ suri, point }, interval, price, wh) =>
		busbar('order', 'block', '--suri', suri, '--product', SPANS, '--point', point, ...interval, '--side', 'buy', '--price', price, '--wh', wh.join());
	const [, , nextSpan, next] = await Promise.all([
		limit(seller, named, 'sell', OFFER, OFFERED),
		blockOrder(buyer, named, BID, [WH[SPANS], SECOND]),
		// Without --interval they go to the next one whose gate is open. Nobody sells there.
		blockOrder(loser, [], TOO_LOW, [1, 1]),
		limit(bystander, ['--time-in-force', 'immediate-or-cancel'], 'buy', BID, 1),
	]);
	assert.ok(nextSpan.interval < first && nextSpan.interval % 2 === 0, `the block order went to ${nextSpan.interval}`);
	assert.ok(next.interval < first, `the limit order went to ${next.interval}`);
	const [answer] = await Promise.all([limit(buyer, named, 'buy', BID, WH[CONTINUOUS]), blockOrder(loser, named, TOO_LOW, [1, 1])]);

	const at = await api.at(answer.block_hash);
	const events = (await at.query.system.events()).map(({ event }) => event);
	const { data } = eventOf({ events }, 'market', 'Traded');
	const [sold, bought] = [up(seller.zone), up(buyer.zone)];
	const path = [...sold.filter((zone) => !bought.includes(zone)), ...bought.filter((zone) => !sold.includes(zone))];
	fees = path.reduce((sum, zone) => sum + tree.get(zone).link.fee.toBigInt(), 0n) * BigInt(WH[CONTINUOUS]);
	assert.ok(path.length >= 2 && fees > 0n, 'the trade crosses no link with a fee');
	assert.deepEqual(
		[data.seller.toNumber(), data.buyer.toNumber(), data.wh.toNumber(), data.price.toNumber(), data.fees.toBigInt()],
		[seller.point, buyer.point, WH[CONTINUOUS], OFFER, fees],
	);
	resting = data.resting.toNumber();

	// What is left keeps its place when it becomes less.
	const reduced = await submit(api, api.tx.market.amend(first, CONTINUOUS, resting, OFFER, 5), seller.key);
	assert.equal(eventOf(reduced, 'market', 'LimitOrderReduced').data.wh.toNumber(), 5);
	// It happens before any gate of the interval closes, and stands all the same.
	const position = (await api.call.energyApi.positions(buyer.key.address, first, 0, 64)).find(({ point }) => point.toNumber() === buyer.point);
	assert.equal(position.position.bought.toNumber(), WH[CONTINUOUS]);
});

test('the intraday auction opens when the day-ahead one has closed', async () => {
	await until('it takes orders', 60, async () => {
		const { gateOpening } = (await status(first)).sessions[INTRADAY];
		return (await clock()).now >= gateOpening.toNumber();
	});
	await Promise.all([
		submit(api, place(first, INTRADAY, seller, sells(OFFERED)), seller.key),
		submit(api, place(first, INTRADAY, buyer, buys(WH[INTRADAY])), buyer.key),
	]);
	const { sessions } = await status(first);
	assert.equal(sessions[DAY_AHEAD].outcome.unwrap().traded.toNumber(), WH[DAY_AHEAD]);
	assert.equal(sessions[INTRADAY].outcome.isNone, true);
});

test('every kind of order holds collateral, and nothing else is held for orders', async () => {
	buyer.held = await orderHoldsAreRequired(buyer);
	assert.ok(buyer.held > 0n);
});

test('every session clears what was wanted, and the block order is accepted in both intervals of its span', async () => {
	await until('all sessions have ended', 60, async () => (await status(first)).outcome.isSome);
	const { sessions, outcome } = await status(first);
	const traded = sessions.map(({ outcome }) => outcome.unwrap().traded.toNumber());
	assert.deepEqual(traded, PRODUCTS.map((_, product) => WH[product]));
	assert.equal(outcome.unwrap().traded.toNumber(), ALL);
	assert.equal(sessions[CONTINUOUS].outcome.unwrap().fees.toBigInt(), fees);
	assert.equal((await status(first + 1)).sessions[SPANS].outcome.unwrap().traded.toNumber(), SECOND);

	const blockOrders = await api.query.market.blockOrders.entries();
	const decided = blockOrders.map(([key, order]) => [key.args[0].toNumber(), order.unwrap()]).filter(([last]) => last === first + 1);
	const accepted = new Map(decided.map(([, order]) => [order.point.toNumber(), order.accepted.unwrap().isTrue]));
	assert.deepEqual([...accepted].sort(), [[buyer.point, true], [loser.point, false]].sort());
});

test('positions add up over all sessions, and so does the flow over every link', async () => {
	const position = async ({ key, point }, interval) => {
		const all = await api.call.energyApi.positions(key.address, interval, 0, 64);
		return all.find((each) => each.point.toNumber() === point).position.toJSON();
	};
	assert.deepEqual(await position(buyer, first), { bought: ALL, sold: 0 });
	assert.deepEqual(await position(seller, first), { bought: 0, sold: ALL });
	assert.deepEqual(await position(loser, first), { bought: 0, sold: 0 });

	const flows = new Map();
	const add = (zone, flow) => flows.set(zone.toNumber(), (flows.get(zone.toNumber()) ?? 0) + flow.toNumber());
	for (const product of [DAY_AHEAD, INTRADAY, SPANS]) {
		(await api.call.energyApi.prices(first, product, 0, 256)).forEach(({ zone, result }) => add(zone, result.flow));
	}
	(await api.query.market.tradedFlows.entries(first)).forEach(([key, flow]) => add(key.args[1], flow));
	for (const [zone, { parent }] of tree) {
		const imports = up(buyer.zone).includes(zone) ? ALL : 0;
		const exports = up(seller.zone).includes(zone) ? ALL : 0;
		assert.equal(flows.get(zone) ?? 0, parent === undefined ? 0 : imports - exports, `the flow into zone ${zone}`);
	}
});

test('each session is paid at its own price, and settlement gives all collateral back', async () => {
	const prices = await Promise.all([DAY_AHEAD, INTRADAY, SPANS].map((product) => api.call.energyApi.prices(first, product, 0, 256)));
	const owed = prices.map((zones, product) => {
		const { result } = zones.find(({ zone }) => zone.toNumber() === buyer.zone);
		return -result.price.unwrap().toBigInt() * BigInt(WH[product]);
	});
	owed.push(-BigInt(OFFER * WH[CONTINUOUS]) - fees);

	const end = (await status(first + 1)).terms.attestationEnd.toNumber();
	await until('the attestation windows are over', 60, async () => (await clock()).now >= end);
	await Promise.all([settle(api, first, buyer.key), settle(api, first + 1, seller.key)]);
	const lines = (await api.call.energyApi.statement(buyer.key.address, first, 0, 64)).map(({ line }) => line);
	const contracts = lines.filter(({ cause, party }) => cause.isContract && party.isPoint && party.asPoint.toNumber() === buyer.point);
	assert.deepEqual(contracts.map(({ amount }) => amount.toBigInt()), owed);
	for (const interval of [first, first + 1]) {
		const { linesSum, inTransit } = await api.call.energyApi.conservation(interval);
		assert.deepEqual([linesSum.toBigInt(), inTransit.toBigInt()], [0n, 0n]);
	}
	const settled = [];
	for (const kept of KEPT) {
		for (const interval of [first, first + 1]) {
			settled.push(...(await api.query.market[kept].entries(interval)).flatMap(([, entry]) => collateral(entry)));
		}
	}
	assert.ok(settled.length > 0 && settled.every(([, amount]) => amount === 0n), `held after settlement: ${settled}`);
	assert.ok((await orderHoldsAreRequired(buyer)) < buyer.held);
});

test('the market\'s history, replayed from events alone, is the state, with all of that in it', async () => {
	const best = (await api.rpc.chain.getHeader()).number.toNumber();
	await until('the last block is final', 60, async () => {
		const head = await api.rpc.chain.getFinalizedHead();
		return (await api.rpc.chain.getHeader(head)).number.toNumber() >= best;
	});
	const file = join(mkdtempSync(join(tmpdir(), 'busbar-')), 'history.json');
	const { events, compared, differences } = await busbar('market', 'replay', '--history', file);
	const history = JSON.parse(readFileSync(file, 'utf8'));
	rmSync(dirname(file), { recursive: true });
	assert.deepEqual(differences, []);
	const more = Object.fromEntries(Object.entries(events).map(([name, count]) => [name, count - counted[name]]));
	assert.deepEqual([more.placed, more.block_orders, more.submitted, more.trades], [6, 3, 3, 1]);
	const { session } = history.find(({ interval, product }) => interval === first + 1 && product === SPANS);
	assert.deepEqual(Object.values(session.block_orders).map(({ accepted }) => accepted).sort(), [false, true]);
	assert.ok(compared.block_orders >= 3 && compared.limit_orders >= 1, JSON.stringify(compared));
	assert.ok(compared.positions > 0 && compared.zone_results > 0);
});
