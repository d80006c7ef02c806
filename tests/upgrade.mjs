// The council replaces the runtime while the network trades: by another `spec_version`, with one migrated storage item. A
// keeper and a program that trades and follows blocks run throughout; an interval is between its debits and its credits;
// transactions are in flight. The chain's state before and after is left in a folder, for the runtime's own invariants.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { u8aToHex } from '@polkadot/util';
import { blake2AsU8a } from '@polkadot/util-crypto';
import { background, busbar } from './lib/busbar.mjs';
import { connect, council, keyring, meterOf, prove, setting, signedReading, submit, until } from './lib/outsider.mjs';

// What the trading program orders in every interval, in Wh, and of which product.
const WH = 10;
const PRODUCT = 0;
// Long enough that an interval waits for a reading over the upgrade.
const WINDOW_INTERVALS = 24;
// One after the other over several blocks, so that some are on their way when the new code comes: fewer in two blocks than may
// wait of one account, so that none waits for a block.
const REMARKS = 80;
const REMARK_EVERY_MS = 180;

let api;
let provider;
let keeper;
let program;
// The block whose state has the new code first, and what was known of the chain just before.
let upgrade;
const told = {};
const buyer = { index: 20, meter: 'load-20' };
const seller = { index: 105, meter: 'pv-2' };
const remarker = '//Dso';

const clock = async () => (await api.call.energyApi.clock()).toJSON();
const status = async (interval) => (await api.call.energyApi.status(interval)).unwrapOr(null);
const ask = (method, ...params) => provider.send(method, params);
const suri = ({ index }) => `//busbar//point//${index}`;
const is = (wanted) => (line) => Object.keys(wanted).every((key) => line[key] === wanted[key]);
const has = (key) => (line) => key in line;

async function member(who) {
	who.key = keyring().member(who.index);
	const view = (await api.call.energyApi.participant(who.key.address)).unwrap();
	who.point = view.points[0].toNumber();
	who.device = await meterOf(api, who.point, who.meter);
}

// The program of client/examples: what it has told so far, and a way to command it.
function start(...args) {
	const child = spawn(setting('BUSBAR_LONG_RUNNING'), args, { stdio: ['pipe', 'pipe', 'inherit'] });
	const said = [];
	let rest = '';
	child.stdout.on('data', (data) => {
		const lines = (rest + data).split('\n');
		rest = lines.pop();
		said.push(...lines.map((line) => JSON.parse(line)));
	});
	return {
		pid: child.pid,
		all: (wanted) => said.filter(wanted),
		command: (line) => child.stdin.write(`${line}\n`),
		runs: () => child.exitCode === null && child.signalCode === null,
		stop: () => child.kill('SIGTERM'),
	};
}

// Writes the whole state at a block as an object of keys and values.
async function save(at, name) {
	const state = {};
	for (let from = null; ;) {
		const keys = await ask('state_getKeysPaged', '0x', 512, from, at);
		if (keys.length === 0) {
			break;
		}
		for (const { changes } of await ask('state_queryStorageAt', keys, at)) {
			changes.forEach(([key, value]) => (state[key] = value));
		}
		from = keys.at(-1);
	}
	writeFileSync(join(setting('BUSBAR_STATES'), `${name}.json`), JSON.stringify(state));
	return state;
}

// What the program reads at a block of what was issued.
async function issued(number) {
	program.command(`issued ${number}`);
	const lines = await until('the program has read what was issued', 30, () => {
		const lines = program.all(is({ at: number }));
		return lines.length > 0 && lines;
	});
	return lines.at(-1);
}

async function reading(who, interval, wh) {
	const { device: { id, device }, point } = who;
	const [drawn, fed] = [Math.max(wh, 0), Math.max(-wh, 0)];
	await prove(api, interval, [signedReading(api, device, { meter: id, point, interval, import: drawn, export: fed, quality: 'Measured' })]);
}

// A point's lines of an interval: cause, energy in Wh and amount in nEUR.
async function lines({ key, point }, interval) {
	const all = (await api.call.energyApi.statement(key.address, interval, 0, 64)).map(({ line }) => line);
	const own = all.filter(({ party }) => party.isPoint && party.asPoint.toNumber() === point);
	return own.map(({ cause, wh, amount }) => [cause.type, wh.toNumber(), amount.toBigInt()]);
}

before(async () => {
	({ api, provider } = await connect(setting('BUSBAR_URL')));
	await Promise.all([buyer, seller].map(member));
});

after(async () => {
	program?.stop();
	// It is still running if a test failed.
	await keeper?.stop().catch(() => {});
	await api?.disconnect();
});

test('a keeper settles, and a program trades in every interval and follows blocks', async () => {
	const parameters = (await api.query.market.parametersValue()).toJSON();
	const attestationWindowS = WINDOW_INTERVALS * parameters.intervalClockS;
	// The first run waits for readings as long, so that the interval stays between its debits and its credits.
	await council(api, [api.tx.market.setParameters({ ...parameters, attestationWindowS, firstRunS: attestationWindowS })]);
	keeper = background('settle', '--follow', '--suri', '//MarketOperator');
	program = start(setting('BUSBAR_URL'), suri(buyer), `${buyer.point}`, suri(seller), `${seller.point}`, remarker);
	told.interval = await until('the first orders stand', 60, async () => {
		const orders = program.all(has('order'));
		// In an interval with the new window.
		const found = orders.find((order) => orders.filter(is({ order: order.order, failure: undefined })).length === 2);
		const terms = found && (await status(found.order))?.terms;
		return terms && terms.attestationEnd.sub(terms.deliveryEnd).toNumber() === attestationWindowS * 1000 && found.order;
	});
	told.version = (await ask('state_getRuntimeVersion')).specVersion;
});

test('the council announces a runtime of the next version by its hash, and anybody enacts it when its time has come', async () => {
	const code = readFileSync(setting('BUSBAR_UPGRADE'));
	const hash = u8aToHex(blake2AsU8a(code, 256));
	const call = api.tx.governance.announceUpgrade(hash).method.toHex();
	const { proposal } = await busbar('council', 'propose', '--call', call, '--suri', '//Alice');
	await Promise.all(['//Alice', '//Bob', '//Charlie'].map((member) => busbar('council', 'vote', proposal, '--suri', member)));
	const { closed } = await busbar('council', 'close', proposal, '--suri', '//Alice');
	assert.equal(closed, 'enacted');
	const { codeHash, from } = (await api.query.governance.announced()).unwrap();
	assert.equal(codeHash.toHex(), hash);
	const anybody = keyring().devnet('Dso');
	await assert.rejects(submit(api, api.tx.governance.enactUpgrade(), anybody), /TooEarly/);
	assert.ok((await api.query.system.authorizedUpgrade()).isNone);
	await until('its time has come', 60, async () => (await api.rpc.chain.getHeader()).number.toNumber() >= from.toNumber());
	await submit(api, api.tx.governance.enactUpgrade(), anybody);
	assert.equal((await api.query.system.authorizedUpgrade()).unwrap().codeHash.toHex(), hash);
	told.code = u8aToHex(code);
});

test('an interval is between its debits and its credits', async () => {
	const { interval } = told;
	const { terms } = await status(interval);
	await until('it is delivered', 60, async () => (await clock()).now >= terms.deliveryEnd.toNumber());
	// The seller's reading comes later, and so do most others.
	await reading(buyer, interval, WH);
	await until('the keeper has debited the points that were read', 60, async () => {
		const statement = await api.query.settlement.statements(interval, buyer.point);
		return statement.isSome && !statement.unwrap().credited.isTrue;
	});
	const { creditsDone, phase, outcome } = await status(interval);
	assert.deepEqual([creditsDone.toNumber(), phase.type], [0, 'Debits']);
	assert.ok(outcome.unwrap().traded.toNumber() >= WH);
	assert.ok((await clock()).now < terms.attestationEnd.toNumber(), 'the window is too short for this test');
});

test('the runtime is enacted with transactions in flight', async () => {
	const finalised = await ask('chain_getFinalizedHead');
	told.before = parseInt((await ask('chain_getHeader', finalised)).number, 16);
	told.issued = await issued(told.before);
	assert.equal(told.issued.item, told.issued.issued);
	told.state = await save(finalised, 'before');
	told.kept = keeper.said().length;
	told.first = (await api.rpc.chain.getHeader()).number.toNumber();
	program.command(`remarks ${REMARKS} ${REMARK_EVERY_MS}`);
	await until('the first remark is in a block', 60, async () => (await api.rpc.chain.getHeader()).number.toNumber() > told.first + 1);
	// Anybody may: it needs no signature.
	await api.tx.system.applyAuthorizedUpgrade(told.code).send();
	await until('all remarks were submitted', 120, () => program.all(is({ submitted: REMARKS })).length === 1);
	upgrade = await until('a finalised block has the new code', 60, () => program.all(({ spec_version: version }) => version > told.version)[0]);
	assert.equal(upgrade.spec_version, told.version + 1);
	assert.equal((await ask('state_getRuntimeVersion')).specVersion, upgrade.spec_version);
	await api.disconnect();
	({ api, provider } = await connect(setting('BUSBAR_URL')));
});

test('the item is migrated, and is read right by those who knew the one before', async () => {
	const number = upgrade.block + 1;
	await until('the first block of the new runtime is final', 30, () => program.all(is({ block: number })).filter(has('spec_version')).length === 1);
	const at = await api.rpc.chain.getBlockHash(number);
	const [now, { issued: answered }] = await Promise.all([issued(number), ask('energy_conservation', 0, at)]);
	assert.equal(now.issued, told.issued.issued);
	assert.equal(BigInt(answered), BigInt(told.issued.issued));
	// The item itself has another shape: who reads it is told, and reads nothing wrong.
	assert.match(now.item.failure, /storage item Issuance\.Issued is not the one that this program knows/);
	const state = await api.at(at);
	const { minted, burned } = await state.query.issuance.issued();
	assert.deepEqual([minted.toString(), burned.toString()], [told.issued.issued, '0']);
	assert.equal((await state.query.issuance.palletVersion()).toNumber(), 2);
	const key = api.query.issuance.issued.key();
	const saved = await save(at.toHex(), 'after');
	assert.deepEqual([told.state, saved].map((state) => (state[key].length - 2) / 2), [16, 32]);
	assert.equal((await state.call.energyApi.status(told.interval)).unwrap().phase.type, 'Debits', 'the interval was settled before');
	assert.ok((await state.query.settlement.statements(told.interval, buyer.point)).unwrap().credited.isFalse);
});

test('what was sent while it was enacted is in one block each', async () => {
	const ended = await until('all remarks are final', 120, () => {
		const ended = program.all(has('remark'));
		return ended.length === REMARKS && ended;
	});
	assert.deepEqual(ended.filter(({ ok }) => !ok), []);
	const included = new Map();
	const hashes = new Set();
	const last = Math.max(...ended.map(({ block }) => block));
	for (let number = told.first + 1; number <= last; number++) {
		const { block } = await api.rpc.chain.getBlock(await api.rpc.chain.getBlockHash(number));
		for (const extrinsic of block.extrinsics.filter(({ method }) => method.section === 'system' && method.method === 'remark')) {
			const remark = extrinsic.method.args[0].toUtf8();
			included.set(remark, [...(included.get(remark) ?? []), number]);
			hashes.add(extrinsic.hash.toHex());
		}
	}
	assert.equal(included.size, REMARKS);
	for (const { remark, block } of ended) {
		assert.deepEqual(included.get(`remark ${remark}`), [block]);
	}
	// What was signed before can be in no block behind the upgrade.
	const again = ended.filter(({ hash }) => !hashes.has(hash));
	assert.ok(again.every(({ block }) => block > upgrade.block));
	assert.ok(again.length > 0, 'nothing was in flight over the upgrade');
	console.log(`${again.length} of ${REMARKS} transactions were signed again`);
});

test('the program that trades and follows has gone on', async () => {
	const cleared = await until('an order that was placed after the upgrade has cleared', 90, async () => {
		for (const { order } of program.all(({ order, block }) => order !== undefined && block > upgrade.block + 1)) {
			const outcome = (await status(order))?.outcome;
			if (outcome?.isSome && outcome.unwrap().cleared.isTrue) {
				return { order, traded: outcome.unwrap().traded.toNumber() };
			}
		}
		return false;
	});
	assert.ok(cleared.traded >= WH);
	// No block comes while every node compiles the new code. What was in flight then may be signed again for a gate that has closed
	// meanwhile; that is the only thing that may fail.
	const resumed = await api.at(await api.rpc.chain.getBlockHash(upgrade.block + 4));
	const goesOn = (await resumed.query.timestamp.now()).toNumber();
	for (const { order, failure } of program.all(has('failure'))) {
		assert.match(failure, /GateClosed/);
		assert.ok((await status(order)).terms.gateClosure.toNumber() <= goesOn, `interval ${order}: ${failure}`);
	}
	assert.ok(program.runs());
	const blocks = program.all(has('block')).filter(has('spec_version'));
	blocks.forEach(({ block }, index) => assert.equal(block, blocks[0].block + index, 'a block is missing'));
	assert.equal(blocks.at(-1).known, upgrade.spec_version);
	assert.ok(blocks.every(({ events, unread }) => events > 0 && unread.length === 0), 'events were not read');
	// Every interval has both orders, before the upgrade and after it. At it, each node compiles the new code, so that the next
	// block may open several intervals.
	const orders = program.all(has('order')).filter(({ order }) => order <= cleared.order);
	for (const side of [orders.filter(({ block }) => block <= upgrade.block), orders.filter(({ block }) => block > upgrade.block + 1)]) {
		const all = [...new Set(side.map(({ order }) => order))].sort((a, b) => a - b);
		assert.equal(all.length, all.at(-1) - all[0] + 1, `orders in ${all}`);
	}
	const all = new Set(orders.map(({ order }) => order));
	assert.equal(orders.length, 2 * all.size);
	program.stop();
	told.last = Math.max(...program.all(has('order')).map(({ order }) => order));
});

test('the interval that was between debits and credits is settled, to the nEUR', async () => {
	const { interval } = told;
	await reading(seller, interval, -WH);
	await until('the keeper has settled it', 240, async () => ['Settled', 'Final'].includes((await status(interval)).phase.type));
	const prices = new Map((await api.call.energyApi.prices(interval, PRODUCT, 0, 256)).map(({ zone, result }) => [zone.toNumber(), result]));
	for (const [who, wh] of [[buyer, WH], [seller, -WH]]) {
		const [{ point }] = await api.call.energyApi.points(who.point, 1);
		const price = prices.get(point.zone.toNumber()).price.unwrap().toBigInt();
		assert.deepEqual(await lines(who, interval), [['Contract', wh, -BigInt(wh) * price]]);
	}
	const { linesSum, totalIssuance, issued } = await api.call.energyApi.conservation(interval);
	assert.equal(linesSum.toBigInt(), 0n);
	assert.equal(totalIssuance.toBigInt(), issued.toBigInt());
});

test('the keeper has gone on, and settles all that was traded', async () => {
	await until('everything is settled', 300, async () => {
		const { inTransit } = await api.call.energyApi.conservation(told.interval);
		const { phase } = await status(told.last);
		return inTransit.isZero() && ['Settled', 'Final'].includes(phase.type);
	});
	const since = keeper.said().slice(told.kept).trim().split('\n').map((line) => JSON.parse(line));
	// It is the process of before, or stopping it fails.
	await keeper.stop();
	const credited = since.filter(is({ interval: told.interval, kind: 'credit', failure: null }));
	assert.ok(credited.length > 0, JSON.stringify(since));
});
