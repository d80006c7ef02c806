// Item 6 of issue 12: places that the orders of all share. Three members take as many as they can, with orders that hardly
// anybody wants; an honest member then wants one for an order that is worth more.

import { council, DispatchFailed, keyring, submit, until } from '../lib/outsider.mjs';
import { Counts, reason } from './counts.mjs';
import * as transactions from './transactions.mjs';

const { pause } = transactions;

const AREA = 0;
// Times in s before delivery.
const HORIZON = 10;
const PRODUCTS = [
	{ kind: 'Auction', opensS: 86_400, closesS: 4, span: 1 },
	{ kind: 'Auction', opensS: 86_400, closesS: 8, span: 2 },
	{ kind: { Continuous: { area: AREA } }, opensS: 86_400, closesS: 2, span: 1 },
];
// The honest member, who does not trade otherwise meanwhile, and its order: in nEUR/Wh, and Wh.
const HONEST = 11;
const PRICE = 200_000;
const WH = 50;
// The least price on the tick, and orders of a batch.
const LEAST = 100;
const BATCH = 8;

const clock = async (api) => (await api.call.energyApi.clock()).toJSON();

// The products of an interval by what they are.
async function products(api, interval) {
	const status = await api.call.energyApi.status(interval);
	const kinds = status.isSome ? status.unwrap().sessions.map(({ product }) => product.toJSON()) : [];
	return { spans: kinds.findIndex(({ span }) => span > 1), continuous: kinds.findIndex(({ kind }) => kind.continuous !== undefined) };
}

// The first interval of a span that has just opened, all products of which are open.
async function opened(api) {
	return until('a span opens with all products', 90, async () => {
		const even = ((await clock(api)).firstUnopened - 2) & ~1;
		const each = await Promise.all([products(api, even), products(api, even + 1)]);
		return each.every(({ spans, continuous }) => spans >= 0 && continuous >= 0) && { interval: even, ...each[0] };
	});
}

async function pointOf(api, key) {
	const point = (await api.call.energyApi.participant(key.address)).unwrap().points[0].toNumber();
	const [{ point: view }] = await api.call.energyApi.points(point, 1);
	return { key, point, zone: view.zone.toNumber() };
}

// A network whose intervals have an auction of spans and continuous trading, in an area that all of them live in.
export async function prepare(turn) {
	const world = await transactions.prepare(turn);
	const { api, keys } = world;
	const honest = await pointOf(api, keyring().member(HONEST));
	const members = await Promise.all(keys.map((key) => pointOf(api, key)));
	const parents = new Map();
	for (const { id, parent } of await api.call.energyApi.zones((await clock(api)).firstUnopened - 1, 0, 256)) {
		parents.set(id.toNumber(), parent.isSome ? parent.unwrap().toNumber() : undefined);
	}
	const area = new Set();
	for (const { zone } of [honest, ...members]) {
		for (let at = zone; at !== undefined; at = parents.get(at)) {
			area.add(at);
		}
	}
	const parameters = (await api.query.market.parametersValue()).toJSON();
	const calls = [api.tx.market.setArea(AREA, [...area].sort((a, b) => a - b))];
	if (!parameters.products.some(({ span }) => span > 1)) {
		calls.push(api.tx.market.setParameters({ ...parameters, horizon: HORIZON, products: PRODUCTS }));
	}
	await council(api, calls);
	return { ...world, honest, members, at: await opened(api) };
}

// Everybody takes places by the batch until a batch takes none, or until it is over; then the honest member asks for one.
async function take({ api, honest, members, at, over }, order) {
	const counts = new Counts();
	const all = members.map(async ({ key, point }) => {
		for (let taken = BATCH; taken > 0 && !over(); ) {
			const calls = Array.from({ length: BATCH }, () => order(at, point, LEAST, 1));
			const { events } = await submit(api, api.tx.utility.forceBatch(calls), key);
			taken = events.filter(({ method }) => method === 'ItemCompleted').length;
			counts.add('places taken', taken);
			counts.add('refused', BATCH - taken);
		}
	});
	await Promise.all(all.map((each) => each.catch((error) => counts.add(reason(error)))));
	const got = await submit(api, order(at, honest.point, PRICE, WH), honest.key).then(
		() => 'taken',
		(error) => (error instanceof DispatchFailed ? error.errorName : reason(error)),
	);
	while (!over()) {
		await pause(100);
	}
	return { ...counts.all, [`honest order: ${got}`]: 1, ...(api.errors.market.QuotaReached ? {} : { 'no quotas here': 1 }) };
}

// Nobody keeps the others out where a participant has a quota; a chain without one is told as what it is.
const isShared = ({ got }) => {
	if (!got['honest order: taken'] && !got['no quotas here']) {
		throw new Error('the honest order found no place');
	}
};

export const attacks = [
	{
		item: 6,
		name: 'all places for block orders',
		atLeast: 14,
		promise: isShared,
		run: (world) => take(world, ({ interval, spans }, point, price, wh) =>
			world.api.tx.market.placeBlockOrder(interval, spans, point, 'Buy', price, [wh, wh])),
	},
	{
		item: 6,
		name: 'all places for whole orders that wait',
		atLeast: 14,
		promise: isShared,
		run: (world) => take(world, ({ interval, continuous }, point, price, wh) =>
			world.api.tx.market.submit(interval, continuous, point, 'Buy', price, wh, 'AllOrNothing')),
	},
];
