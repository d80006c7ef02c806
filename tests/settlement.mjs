// What settlement does beside paying for trade, on a network and by the project's command line: securities and their return,
// reductions on the grid operator's order, a retailer's point, certificates, a default and its repayment. Every amount is
// computed here, from the formulas of docs/settlement.md.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Keyring } from '@polkadot/api';
import { u8aToHex } from '@polkadot/util';
import { randomAsU8a } from '@polkadot/util-crypto';
import { background, busbar, refused } from './lib/busbar.mjs';
import { connect, council, eventOf, keyring, meterOf, mint, prove, setting, signedReading, submit, until, uuid } from './lib/outsider.mjs';

const EUR = 1_000_000_000n;
// A horizon of 48 s of chain time leaves time for all orders; the attestation window is as long as it takes to come to the later interval, whose reading must be
// in time. Points without one settle on estimates: on all that their ratings allow, because nothing was metered on four days before.
const HORIZON = 8;
const WINDOW_INTERVALS = 10;
const PRODUCTS = [{ kind: 'Auction', opensS: 86_400, closesS: 4, span: 1 }];
const PRODUCT = 0;
// Limit prices in nEUR/Wh, so far apart that everything trades, fees included.
const BID = 300_000;
const OFFER = 100_000;
// What is posted and guaranteed, in nEUR.
const DEPOSIT = EUR;
const GUARANTEE = 2n * EUR;
const SMALL_GUARANTEE = 5_000_000n;
// What the debtor keeps of its money, and the rating of its second point, which nothing but a small guarantee secures.
const KEPT = 1_000_000n;
const RATING_W = 4_000;

// Contracted, ordered not to be drawn or fed in, and metered, in Wh; import is positive. Terms of the orders in nEUR/Wh.
const HOME = { traded: 60n, ordered: 20n, metered: 45n, price: 70_000n, penalty: 110_000n };
const SHOP = { traded: 30n, ordered: 10n, metered: 20n, price: 50_000n, penalty: 0n };
const PLANT = { traded: -40n, ordered: 0n, metered: -45n };
const PARK = { traded: -50n, ordered: 20n, metered: -40n, price: 60_000n, penalty: 90_000n };
const SERVED = { traded: 0n, ordered: 0n, metered: 25n };

let api;
// The interval in which everything is traded, and the one in which somebody cannot pay.
let interval;
let later;
// Posted prices of imbalances, in nEUR/Wh.
let posted;
// The members: with a key, its path as the command line takes it, a participant and a connection point.
const home = { index: 0, meter: 'load-0', ...HOME };
const shop = { index: 1, meter: 'load-1', ...SHOP };
const served = { index: 2, meter: 'load-2', ...SERVED };
const debtor = { index: 3, meter: 'load-3' };
let idle;
const friend = { index: 4, meter: 'load-4' };
const plant = { index: 103, meter: 'pv-0', ...PLANT };
const park = { index: 104, meter: 'pv-1', ...PARK };
const MEMBERS = [home, shop, served, debtor, friend, plant, park];
const retailer = { suri: u8aToHex(randomAsU8a(32)), id: u8aToHex(uuid()).slice(2) };

const clock = async () => (await api.call.energyApi.clock()).toJSON();
const status = async (interval) => (await api.call.energyApi.status(interval)).unwrap();
const free = async ({ key }) => (await api.query.system.account(key.address)).data.free.toBigInt();
const min = (...values) => values.reduce((a, b) => (a < b ? a : b));
const max = (...values) => values.reduce((a, b) => (a > b ? a : b));
const sum = (values) => values.reduce((total, value) => total + value, 0n);
const at = ({ suri, point }) => ['--suri', suri, '--point', point];

async function member(who) {
	who.key = keyring().member(who.index);
	who.suri = `//busbar//point//${who.index}`;
	const view = (await api.call.energyApi.participant(who.key.address)).unwrap();
	who.id = view.id.toHex().slice(2);
	who.point = view.points[0].toNumber();
	const [{ point }] = await api.call.energyApi.points(who.point, 1);
	who.zone = point.zone.toNumber();
	who.device = await meterOf(api, who.point, who.meter);
}

// A second connection point of a member beside its own, with a meter, at which nothing is deposited. At the other one nothing
// is drawn.
async function second(who) {
	const { zone, device, point } = who;
	const added = await submit(api, api.tx.grid.addPoint(zone, `0x${who.id}`, 'Metered', RATING_W, RATING_W), keyring().devnet('Dso'));
	const { data } = eventOf(added, 'grid', 'PointAdded');
	const meter = new Keyring({ type: 'ed25519' }).addFromSeed(randomAsU8a(32));
	const register = api.tx.metering.registerMeter(data.point, meter.publicKey, 'B', 'Main', data.from);
	const registered = await submit(api, register, keyring().devnet('MeterOperator'));
	const { meter: id, from } = eventOf(registered, 'metering', 'MeterRegistered').data;
	Object.assign(who, { point: data.point.toNumber(), from: from.toNumber(), device: { id: id.toNumber(), device: meter } });
	return { zone, device, point, metered: 0n };
}

// Sums of the fees from zones up to the root, and the zones' prices, of an interval.
async function tariffs(interval) {
	const zones = new Map((await api.call.energyApi.zones(interval, 0, 256)).map(({ id, parent, link }) => [id.toNumber(), { parent, link }]));
	const prices = await api.call.energyApi.prices(interval, PRODUCT, 0, 256);
	return new Map(prices.map(({ zone, result }) => {
		let fee = 0n;
		for (let at = zones.get(zone.toNumber()); at.parent.isSome; at = zones.get(at.parent.unwrap().toNumber())) {
			fee += at.link.fee.toBigInt();
		}
		return [zone.toNumber(), { fee, price: result.price.isSome ? result.price.unwrap().toBigInt() : undefined }];
	}));
}

// The lines that docs/settlement.md says a point has.
function expected({ traded, ordered, metered, price, penalty }, tariff) {
	const line = (cause, wh, price, amount) => ({ cause, wh, price, amount });
	const contract = tariff.price;
	const corrected = traded > 0n ? traded - ordered : traded + ordered;
	const reduced = traded > 0n ? traded - metered : metered - traded;
	const delivered = max(0n, min(ordered, reduced));
	const undelivered = max(0n, ordered - reduced);
	const imbalance = metered - corrected;
	const lines = [];
	if (traded !== 0n) {
		lines.push(line('contract', traded, contract, -traded * contract));
	}
	if (ordered > 0n) {
		const value = traded > 0n ? ordered * contract : delivered * contract - ordered * contract;
		const shown = value === (traded - corrected) * contract ? contract : 0n;
		lines.push(line('curtailment', corrected - traded, shown, value));
		lines.push(line('flexibility', delivered, price, delivered * price));
		if (undelivered > 0n && penalty > 0n) {
			lines.push(line('non_delivery', undelivered, penalty, -undelivered * penalty));
		}
	}
	if (imbalance !== 0n) {
		const rate = imbalance > 0n ? max(posted.short + tariff.fee, contract ?? 0n) : min(posted.long - tariff.fee, contract ?? posted.long);
		lines.push(line('imbalance', imbalance, rate, -imbalance * rate));
	}
	return lines;
}

// A point's lines of an interval, as its owner reads them, or the account that is named.
async function statement({ point }, interval, ...account) {
	const { lines } = await busbar('statement', '--point', point, '--interval', interval, ...account);
	return lines.map(({ line: { cause, wh, price, amount } }) => ({ cause, wh: BigInt(wh), price: BigInt(price), amount: BigInt(amount) }));
}

const amountOf = (lines, ...causes) => sum(lines.filter(({ cause }) => causes.includes(cause)).map(({ amount }) => amount));

// Nothing was made or lost: issuance is what was issued and what all accounts have, the intervals' lines sum to zero, and what
// is held for deposits and guarantees is what stands for connection points.
async function conserved(...intervals) {
	const now = await api.at(await api.rpc.chain.getBlockHash());
	for (const interval of intervals) {
		const { totalIssuance, issued, inTransit, linesSum } = await now.call.energyApi.conservation(interval);
		assert.deepEqual([linesSum.toBigInt(), inTransit.toBigInt()], [0n, 0n], `interval ${interval}`);
		assert.equal(totalIssuance.toBigInt(), issued.toBigInt());
	}
	const accounts = await now.query.system.account.entries();
	const all = sum(accounts.map(([, { data }]) => data.free.toBigInt() + data.reserved.toBigInt()));
	assert.equal(all, (await now.query.balances.totalIssuance()).toBigInt());
	const securities = await now.query.securities.secured.entries();
	const holds = (await now.query.balances.holds.entries()).flatMap(([, holds]) => [...holds]);
	for (const kind of ['Deposit', 'Guarantee']) {
		const posted = securities.filter(([{ args: [, backing] }]) => backing.type === kind).map(([, security]) => security.unwrap().amount.toBigInt());
		const held = holds.filter(({ id }) => id.isSecurities && id.asSecurities.type === kind).map(({ amount }) => amount.toBigInt());
		assert.equal(sum(posted), sum(held), kind);
	}
}

// What secures a point, as the command line shows it.
async function securities({ point }) {
	const shown = (await busbar('security', 'show', '--point', point)).securities;
	return Object.fromEntries(shown.map((secured) => [secured.backing, secured]));
}

async function settle(interval) {
	const end = (await status(interval)).terms.attestationEnd.toNumber();
	await until(`the attestation window of interval ${interval} is over`, 120, async () => (await clock()).now >= end);
	const { phase } = await busbar('settle', '--interval', interval, '--suri', friend.suri);
	assert.ok(['settled', 'final'].includes(phase), `interval ${interval} is ${phase}`);
}

async function meter(interval, ...members) {
	const end = (await status(interval)).terms.deliveryEnd.toNumber();
	await until(`interval ${interval} is delivered`, 120, async () => (await clock()).now >= end);
	await prove(api, interval, members.map(({ point, device, metered }) => {
		const [drawn, fed] = [max(metered, 0n), max(-metered, 0n)];
		return signedReading(api, device.device, { meter: device.id, point, interval, import: drawn, export: fed, quality: 'Measured' });
	}));
}

before(async () => {
	({ api } = await connect(setting('BUSBAR_URL')));
	await Promise.all(MEMBERS.map(member));
	const [, { short, long }] = (await api.query.settlement.ladders()).toJSON().at(-1);
	posted = { short: BigInt(short), long: BigInt(long) };
	retailer.key = new Keyring({ type: 'sr25519', ss58Format: 42 }).addFromUri(retailer.suri);
});

after(() => api?.disconnect());

test('a newcomer is admitted by command, and the council makes it a retailer', async () => {
	const commitment = u8aToHex(randomAsU8a(32));
	const { acceptance } = await busbar('participant', 'accept', '--suri', retailer.suri, '--id', retailer.id, '--commitment', commitment);
	const { participant } = await busbar(
		'participant', 'add', '--suri', '//Membership', '--id', retailer.id, '--account', retailer.key.address,
		'--commitment', commitment, '--acceptance', acceptance,
	);
	assert.equal(participant.account, retailer.key.address);
	const parameters = (await api.query.market.parametersValue()).toJSON();
	const changed = { ...parameters, horizon: HORIZON, products: PRODUCTS, attestationWindowS: WINDOW_INTERVALS * parameters.intervalClockS };
	await Promise.all([
		council(api, [api.tx.market.setParameters(changed), api.tx.participants.grantRole(`0x${retailer.id}`, 'Retailer', 'Grid')]),
		// The grid operator pays for reductions.
		mint(api, [[retailer.key.address, 10n * EUR], [keyring().devnet('Dso').address, EUR]]),
	]);
	retailer.uuid = participant.id;
});

test('a deposit and guarantees are posted, a retailer is chosen and serves, a plant is certified', async () => {
	const before = await securities(home);
	home.deposited = BigInt(before.deposit.amount);
	assert.equal(before.guarantee, undefined);
	idle = await second(debtor);
	// So that it can give all of its money away.
	const { free: margin } = await busbar('security', 'margin', '--suri', debtor.suri);
	await busbar('security', 'margin-out', '--suri', debtor.suri, '--amount', margin);
	debtor.moved = (await free(debtor)) - KEPT;
	const guarantee = ({ point }, amount) => busbar('security', 'guarantee', '--suri', retailer.suri, '--point', point, '--amount', amount);
	const [deposited, guaranteed, chosen, certified, stranger] = await Promise.all([
		busbar('security', 'deposit', ...at(home), '--amount', DEPOSIT),
		guarantee(home, GUARANTEE).then(async () => guarantee(debtor, SMALL_GUARANTEE)),
		busbar('retailer', 'choose', ...at(served), '--retailer', retailer.id),
		busbar('certificates', 'certify', '--suri', '//Regulator', '--point', plant.point, '--source', 'solar'),
		// Only retailers and aggregators stand in for others.
		refused('security', 'guarantee', '--suri', friend.suri, '--point', home.point, '--amount', 1),
		// So that it cannot pay later.
		submit(api, api.tx.balances.transferKeepAlive(friend.key.address, debtor.moved), debtor.key),
	]);
	assert.equal(stranger.code, 1);
	assert.match(stranger.message, /Custom error: 3\. .*another role/);
	assert.equal(BigInt(deposited.securities[0].amount), home.deposited + DEPOSIT);
	assert.equal(BigInt(guaranteed.securities.find(({ backing }) => backing === 'guarantee').amount), SMALL_GUARANTEE);
	assert.deepEqual(chosen.points.map(({ point, chosen }) => [point, chosen]), [[served.point, retailer.uuid]]);

	const { points } = await busbar('retailer', 'serve', '--suri', retailer.suri, '--point', served.point);
	const service = points[0].served.at(-1);
	assert.deepEqual([points[0].chosen, service.retailer, service.until], [null, retailer.uuid, null]);
	const { deposit, guarantee: stands } = await securities(home);
	assert.equal(BigInt(deposit.amount), home.deposited + DEPOSIT);
	assert.deepEqual([BigInt(stands.amount), stands.by, stands.leaving], [GUARANTEE, retailer.uuid, null]);
	const own = await busbar('security', 'show', '--suri', retailer.suri);
	assert.deepEqual(own.securities.map(({ point }) => point).sort((a, b) => a - b), [home.point, debtor.point].sort((a, b) => a - b));
	await conserved();

	interval = Math.max((await clock()).firstUnopened, service.from, debtor.from, ...certified.plants.map(({ from }) => from));
	await until('an interval opens in which all of that holds', 90, async () => (await clock()).firstUnopened > interval);
});

test('notice is given, and nothing is released while an open interval needs it', async () => {
	const order = (who, side, price) => busbar('order', 'place', ...at(who), '--interval', interval, `--${side}`, `${price}:${max(who.traded, -who.traded)}`);
	await Promise.all([order(home, 'buy', BID), order(shop, 'buy', BID), order(plant, 'sell', OFFER), order(park, 'sell', OFFER)]);

	// So that the last interval secured is another one.
	await until('the next interval opens', 60, async () => (await clock()).firstUnopened > interval + 1);
	const release = (who, backing) => refused('security', 'release', '--suri', who.suri, '--point', home.point, '--backing', backing);
	const [{ securities: [deposit] }, { securities: [, guarantee] }] = await Promise.all([
		busbar('security', 'give-notice', ...at(home), '--backing', 'deposit', '--amount', DEPOSIT),
		// All of it.
		busbar('security', 'give-notice', '--suri', retailer.suri, '--point', home.point, '--backing', 'guarantee'),
	]);
	assert.deepEqual([deposit, guarantee].map(({ leaving }) => BigInt(leaving.amount)), [DEPOSIT, GUARANTEE]);
	home.notices = [deposit.leaving.last, guarantee.leaving.last];
	later = Math.max(...home.notices);
	assert.ok(home.notices.every((last) => last > interval), `notices until ${home.notices}, traded in ${interval}`);
	const early = await Promise.all([release(home, 'deposit'), release(retailer, 'guarantee')]);
	for (const { code, message } of early) {
		assert.equal(code, 1);
		assert.match(message, /StillSecures/);
	}
	const { code, message } = await refused('security', 'give-notice', ...at(shop), '--backing', 'guarantee');
	assert.equal(code, 1);
	assert.match(message, /has no guarantee/);
});

test('members offer flexibility, and the grid operator orders reductions', async () => {
	const named = ({ point }) => ['--point', point, '--interval', interval];
	const offer = (who, reduction) => busbar(
		'flexibility', 'offer', '--suri', who.suri, ...named(who), '--reduction', reduction, '--wh', who.ordered, '--price', who.price, '--penalty', who.penalty,
	);
	const [{ offers }] = await Promise.all([offer(home, 'load'), offer(park, 'generation'), offer(shop, 'load')]);
	const stated = { interval, point: home.point, reduction: 'load', wh: 20, price: 70_000, penalty: 110_000 };
	assert.deepEqual(offers, [stated]);

	const order = (who, ...terms) => ['flexibility', 'order', '--suri', '//Dso', ...named(who), ...terms];
	const [taken] = await Promise.all([
		// As offered.
		busbar(...order(home)),
		busbar('flexibility', 'cancel', '--suri', shop.suri, ...named(shop)),
	]);
	assert.deepEqual([taken.offers, taken.orders], [[], [stated]]);
	await busbar(...order(park));
	// A charge for non-delivery needs the member's offer, which is taken back; without terms nothing says what to order.
	const terms = ['--reduction', 'load', '--wh', shop.ordered, '--price', shop.price];
	const charged = await refused(...order(shop, ...terms, '--penalty', 1));
	assert.equal(charged.code, 1);
	assert.match(charged.message, /NotOffered/);
	assert.equal((await refused(...order(shop))).code, 2);
	await busbar(...order(shop, ...terms));
	const { orders } = await busbar('flexibility', 'show', '--interval', interval);
	assert.deepEqual(orders.map(({ point, wh }) => [point, BigInt(wh)]), [home, shop, park].map(({ point, ordered }) => [point, ordered]).sort(([a], [b]) => a - b));
});

test('curtailment, flexibility, non-delivery and imbalances are settled by the formulas, to the nEUR', async () => {
	plant.before = await certificates(plant);
	home.before = await certificates(home);
	shop.before = await certificates(shop);
	// Who has no money must not be charged for silence.
	await meter(interval, home, shop, plant, park, served, idle, { ...debtor, metered: 0n });
	// More than all that it has. A run settles what stands when it is due, so the reading must be there by then.
	const { deposit } = await securities(debtor);
	debtor.metered = (KEPT + BigInt(deposit?.amount ?? 0) + SMALL_GUARANTEE) / posted.short + 100n;
	for (const last of new Set(home.notices)) {
		await meter(last, idle, last === later ? debtor : { ...debtor, metered: 0n });
	}
	retailer.before = await free(retailer);
	served.before = await free(served);
	await settle(interval);
	const tariff = await tariffs(interval);
	const all = [];
	for (const who of [home, shop, plant, park]) {
		const lines = expected(who, tariff.get(who.zone));
		assert.deepEqual(await statement(who, interval), lines, `point ${who.point}`);
		all.push(...lines);
	}
	const causes = (who) => expected(who, tariff.get(who.zone)).map(({ cause }) => cause);
	assert.deepEqual(causes(home), ['contract', 'curtailment', 'flexibility', 'non_delivery', 'imbalance']);
	assert.deepEqual(causes(shop), ['contract', 'curtailment', 'flexibility']);

	// The grid operator pays for it; with the balance-responsible party it settles the energy, at the posted prices.
	const perimeter = park.ordered * posted.short - (home.ordered + shop.ordered) * posted.long;
	const lines = (await api.call.energyApi.lines(interval, 0, 512)).map(({ line }) => line);
	const amount = (party, cause) => sum(lines.filter((line) => line.party.type === party && line.cause.type === cause).map(({ amount }) => amount.toBigInt()));
	assert.equal(amount('GridOperator', 'Curtailment'), -amountOf(all, 'curtailment') - perimeter);
	assert.equal(amount('GridOperator', 'Flexibility'), -amountOf(all, 'flexibility', 'non_delivery'));
	assert.equal(amount('Balancing', 'Curtailment'), perimeter);
	await conserved(interval);
});

test('the grid operator and the balance-responsible party find their own lines in their bills', async () => {
	// Bills are read at finalised blocks.
	await until('it is settled in a finalised block', 60, async () => {
		const final = await api.at(await api.rpc.chain.getFinalizedHead());
		return (await final.query.settlement.roots(interval)).isSome;
	});
	const statements = (await api.query.settlement.statements.entries(interval)).map(([, statement]) => statement.unwrap());
	const lines = [...statements.flatMap(({ lines }) => [...lines]), ...(await api.query.settlement.systemLines(interval))];
	const { grid, balancing } = (await api.query.settlement.systemAccounts())[0][1].unwrap();
	const { account } = (await api.query.participants.participants(balancing)).unwrap();
	for (const [party, name, owner] of [['GridOperator', 'grid_operator', grid], ['Balancing', 'balancing', account]]) {
		const own = lines.filter(([, line]) => line.party.type === party).map(([index]) => index.toNumber());
		const bill = await busbar('statement', '--account', owner.toString(), '--interval', interval, '--proof');
		const shown = bill.lines.filter(({ line }) => line.party === name).map(({ index }) => index);
		assert.ok(own.length > 1, party);
		assert.deepEqual(shown, own.sort((one, other) => one - other), party);
	}
});

test('a point that did not trade is settled to the retailer that serves it', async () => {
	const lines = expected(served, (await tariffs(interval)).get(served.zone));
	assert.deepEqual(lines.map(({ cause, wh }) => [cause, wh]), [['imbalance', served.metered]]);
	assert.deepEqual(await statement(served, interval, '--account', retailer.key.address), lines);
	const own = await busbar('statement', '--point', served.point, '--interval', interval);
	assert.deepEqual([own.lines, own.points.map(({ payer }) => payer)], [[], [retailer.uuid]]);
	const { payer } = (await api.query.settlement.statements(interval, served.point)).unwrap();
	assert.equal(payer.toHex(), `0x${retailer.id}`);
	assert.equal(await free(retailer), retailer.before + lines[0].amount);
	assert.equal(await free(served), served.before);
	const { points } = await busbar('retailer', 'show', '--suri', retailer.suri);
	assert.deepEqual(points.map(({ point, served }) => [point, served.at(-1).serves]), [[served.point, true]]);
	// Without a retailer what opens next is the owner's again; what is open stays.
	const { firstUnopened } = await clock();
	const none = (await busbar('retailer', 'choose', ...at(served), '--none')).points[0];
	assert.equal(none.chosen, null);
	assert.ok(none.served.at(-1).until >= firstUnopened && none.served.at(-1).serves, JSON.stringify(none));
});

// What somebody has of the plant's certificates, in Wh.
async function certificates({ id }) {
	const { holdings } = await busbar('certificates', 'show', '--participant', id);
	const own = holdings.find(({ source, zone }) => source === 'solar' && zone === plant.zone);
	return { held: BigInt(own?.held ?? 0), retired: BigInt(own?.retired ?? 0) };
}

// What they have more than before.
async function gained(who) {
	const now = await certificates(who);
	return [now.held - who.before.held, now.retired - who.before.retired];
}

test('certificates are issued to the seller and through the pool to buyers, and retired by consumption', async () => {
	const [fed, sold] = [-plant.metered, -plant.traded];
	const bought = home.traded + shop.traded;
	for (const who of [home, shop]) {
		const share = sold * who.traded / bought;
		const retired = share * min(who.metered, who.traded) / who.traded;
		assert.deepEqual(await gained(who), [share - retired, retired], `point ${who.point}`);
		assert.ok(retired > 0n && share > retired, 'the numbers show nothing');
	}
	assert.deepEqual(await gained(plant), [fed - sold, 0n]);
});

test('certificates change hands and are retired by command, and no more of them than there are', async () => {
	const lot = (who, wh) => ['--suri', who.suri, '--source', 'solar', '--zone', plant.zone, '--wh', wh];
	const [{ held }, before] = await Promise.all([certificates(home), certificates(shop)]);
	const [given, retired, beyond, ended] = await Promise.all([
		busbar('certificates', 'transfer', ...lot(home, 3), '--to', shop.id),
		busbar('certificates', 'retire', ...lot(plant, 2)),
		// Whether what is given to it arrives before or not.
		refused('certificates', 'transfer', ...lot(shop, before.held + 3n + 1n), '--to', home.id),
		busbar('certificates', 'certify', '--suri', '//Regulator', '--point', plant.point, '--end'),
	]);
	assert.equal(beyond.code, 1);
	assert.match(beyond.message, /BeyondHoldings/);
	const shown = ({ holdings }) => holdings.find(({ source, zone }) => source === 'solar' && zone === plant.zone);
	assert.equal(BigInt(shown(given).held), held - 3n);
	assert.equal((await certificates(shop)).held, before.held + 3n);
	assert.deepEqual(await gained(plant), [-plant.metered + plant.traded - 2n, 2n]);
	assert.equal(BigInt(shown(retired).retired), (await certificates(plant)).retired);

	const { plants, classes } = await busbar('certificates', 'supply');
	assert.deepEqual(plants.filter(({ point }) => point === plant.point), ended.plants);
	assert.deepEqual(ended.plants.map(({ source, from, until }) => [source, from <= interval, until > interval]), [['solar', true, true]]);
	const all = classes.find(({ source, zone }) => source === 'solar' && zone === plant.zone);
	assert.equal(all.issued, all.held + all.retired);
	assert.deepEqual([all.pooled, all.owed], [0, 0]);
	assert.ok(BigInt(all.issued) >= -plant.metered);
});

test('who cannot pay defaults after money, deposit and guarantee, and trades no more', async () => {
	const { deposit } = await securities(debtor);
	const there = KEPT + BigInt(deposit?.amount ?? 0) + SMALL_GUARANTEE;
	assert.equal(await free(debtor), KEPT);
	for (const last of new Set(home.notices)) {
		await settle(last);
	}
	const [imbalance] = expected({ traded: 0n, ordered: 0n, metered: debtor.metered }, (await tariffs(later)).get(debtor.zone));
	const owed = -imbalance.amount - there;
	assert.ok(owed > 0n);
	assert.deepEqual(await statement(debtor, later), [imbalance, { cause: 'default', wh: 0n, price: 0n, amount: owed }]);
	assert.equal(await free(debtor), 0n);
	assert.deepEqual(await securities(debtor), {});
	assert.equal(BigInt((await busbar('security', 'debt', '--suri', debtor.suri)).owed), owed);
	debtor.owed = owed;
	await conserved(interval, ...home.notices);

	const { code, message } = await refused('order', 'place', ...at(debtor), '--buy', `${BID}:1`);
	assert.equal(code, 1);
	assert.match(message, /InDebt/);
});

test('what notice was given of stays until all that it secures is final, though it is settled', async () => {
	const before = await free(retailer);
	assert.equal((await securities(home)).deposit.leaving.final, false);
	const early = await Promise.all([
		refused('security', 'release', ...at(home), '--backing', 'deposit'),
		refused('security', 'release', '--suri', retailer.suri, '--point', home.point, '--backing', 'guarantee'),
	]);
	for (const { code, message } of early) {
		assert.equal(code, 1);
		assert.match(message, /StillSecures/);
	}
	const { deposit, guarantee } = await securities(home);
	assert.deepEqual([BigInt(deposit.amount), BigInt(guarantee.amount)], [home.deposited + DEPOSIT, GUARANTEE]);
	assert.equal(await free(retailer), before);
	await conserved();
});

test('who repays trades again, once it has margin', async () => {
	await submit(api, api.tx.balances.transferKeepAlive(debtor.key.address, debtor.moved), friend.key);
	// Somebody else pays a part, the debtor the rest.
	const part = await busbar('security', 'repay', '--suri', friend.suri, '--participant', debtor.id, '--amount', 1_000);
	assert.equal(BigInt(part.owed), debtor.owed - 1_000n);
	const { owed } = await busbar('security', 'repay', '--suri', debtor.suri);
	assert.equal(owed, '0');
	assert.equal(await free(debtor), debtor.moved - debtor.owed + 1_000n);
	assert.match((await refused('security', 'repay', '--suri', debtor.suri)).message, /owes nothing/);
	const buy = () => refused('order', 'place', ...at(debtor), '--buy', `${BID}:1`);
	const unsecured = await buy();
	assert.equal(unsecured.code, 1);
	assert.match(unsecured.message, /SecurityTooSmall/);
	assert.match(unsecured.message, /busbar security needed/);
	// The retailer that stood in for it has a claim on it, and what its guarantee was is gone.
	const { claims } = await busbar('security', 'claims', '--suri', debtor.suri);
	assert.deepEqual(claims, [{ debtor: claims[0].debtor, guarantor: retailer.uuid, amount: String(SMALL_GUARANTEE) }]);
	const needed = async () => (await busbar('security', 'needed', '--point', debtor.point)).points[0];
	const { least, lacks, used, suffices } = await needed();
	assert.deepEqual([lacks, suffices], [least, false]);
	assert.equal(BigInt(least), BigInt(used) * 10n / 9n + 1n);
	await busbar('security', 'deposit', ...at(debtor), '--amount', lacks);
	assert.deepEqual([(await needed()).lacks, (await needed()).suffices], ['0', true]);
	const { code, message } = await buy();
	assert.equal(code, 1);
	assert.match(message, /MarginTooSmall/);
	assert.match(message, /busbar security margin-in/);
	const moved = await busbar('security', 'margin-in', '--suri', debtor.suri, '--amount', EUR);
	assert.deepEqual([moved.margin, moved.held, moved.free].map(BigInt), [EUR, 0n, EUR]);
	const { order } = await busbar('order', 'place', ...at(debtor), '--buy', `${BID}:1`);
	assert.equal(order.point, debtor.point);
	await conserved(interval, later);
});

test('a keeper that follows the chain settles whatever was delivered', async () => {
	const open = async (before) => {
		const first = (await api.query.market.nextToPrune()).toNumber();
		const numbers = Array.from({ length: before + 1 - first }, (_, index) => first + index);
		const found = await Promise.all(numbers.map((number) => api.call.energyApi.status(number)));
		// Intervals that passed while the chain stood still never opened.
		return found.filter((status) => status.isSome && !['Settled', 'Final'].includes(status.unwrap().phase.type));
	};
	const last = (await clock()).current - 1;
	assert.ok((await open(last)).length > 0, 'everything is settled before the keeper starts');
	const keeper = background('settle', '--follow', '--suri', '//MarketOperator');
	try {
		await until(`everything up to interval ${last} is settled`, 240, async () => (await open(last)).length === 0);
	} finally {
		await keeper.stop();
	}
	const kinds = new Set(keeper.said().trim().split('\n').map((line) => JSON.parse(line).kind));
	assert.ok(kinds.has('debit') && kinds.has('credit'), keeper.said());
});
