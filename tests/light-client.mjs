// A light client started from the exported chain specification alone reads a zone price and proves it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { u8aToHex } from '@polkadot/util';
import { LightClient } from './lib/light.mjs';
import { leafHash, rootFrom } from './lib/merkle.mjs';
import { connect, setting } from './lib/outsider.mjs';

// The first finalised block on a network of minutes; warp sync and slow machines included.
const SYNC_SECONDS = 60;
// What the demonstration trades: the devnet's one product.
const PRODUCT = 0;
// Results are stored in pages of so many zones.
const ZONES_PER_PAGE = 32;

let api;
let provider;
let light;
const log = [];

before(async () => {
	({ api, provider } = await connect(setting('BUSBAR_URL')));
	const spec = JSON.parse(await readFile(setting('BUSBAR_CHAIN_SPEC'), 'utf8'));
	spec.bootNodes = [setting('BUSBAR_GATEWAY')];
	light = await LightClient.start(JSON.stringify(spec), (level, target, message) => log.push(`${level} ${target}: ${message}`));
});

after(async () => {
	await light?.stop();
	await api?.disconnect();
	// smoldot leaves timers behind that would keep the process alive for minutes.
	setTimeout(() => process.exit(), 1000).unref();
});

// A finalised block at which some interval has cleared, newest first, with a zone that has a price.
async function clearedAt(block) {
	const at = await api.at(block);
	const { current } = (await at.call.energyApi.clock()).toJSON();
	for (let interval = current; interval >= 0; interval--) {
		const prices = await at.call.energyApi.prices(interval, PRODUCT, 0, 256);
		const priced = prices.find((each) => each.result.price.isSome);
		if (priced) {
			return { interval, zone: priced.zone.toNumber(), price: priced.result.price.unwrap().toBigInt() };
		}
	}
	throw new Error('no interval has cleared on this network');
}

// The newest finalised block that the light client knows.
function finalized() {
	const late = () => new Error(`no finalised block within ${SYNC_SECONDS} s; its log ends:\n${log.slice(-15).join('\n')}`);
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(late()), SYNC_SECONDS * 1000);
		light.finalized().then((block) => {
			clearTimeout(timer);
			resolve(block);
		});
	});
}

test('it finds the finalised head from the chain specification alone', async () => {
	const block = await finalized();
	const header = api.registry.createType('Header', await light.header(block));
	assert.ok(header.number.toNumber() > 0, 'it is still at genesis');
	assert.equal((await api.rpc.chain.getBlockHash(header.number.toNumber())).toHex(), block, 'the full node has another block there');
});

test('it proves a zone price from storage', async () => {
	const block = await finalized();
	const { interval, zone, price } = await clearedAt(block);
	const key = api.query.market.results.key(interval, PRODUCT, Math.floor(zone / ZONES_PER_PAGE));
	const proven = await light.storage(block, key);
	assert.ok(proven, 'the page of results is missing in the light client\'s state');
	assert.equal(proven, await provider.send('state_getStorage', [key, block]));
	const type = api.registry.createLookupType(api.query.market.results.creator.meta.type.asMap.value);
	const page = api.registry.createType(type, proven);
	assert.equal(page[zone % ZONES_PER_PAGE].unwrap().result.price.unwrap().toBigInt(), price);
});

test('it runs the runtime API on proven state and agrees with the full node', async () => {
	const block = await finalized();
	const { interval } = await clearedAt(block);
	const parameters = api.registry.createType('(u32, u8, u32, u32)', [interval, PRODUCT, 0, 256]).toHex();
	const proven = await light.call(block, 'EnergyApi_prices', parameters);
	assert.equal(proven, await provider.send('state_call', ['EnergyApi_prices', parameters, block]));
});

test('it proves one statement line of a full node under the root that it proves from storage', async () => {
	const block = await finalized();
	const at = await api.at(block);
	let { current: interval } = (await at.call.energyApi.clock()).toJSON();
	while (interval >= 0 && !(await at.call.energyApi.status(interval)).unwrapOr(null)?.statementRoot.isSome) {
		interval--;
	}
	assert.ok(interval >= 0, 'no interval is settled on this network');
	const stored = await light.storage(block, api.query.settlement.roots.key(interval));
	assert.ok(stored, 'the root is missing in the light client\'s state');
	const type = api.registry.createLookupType(api.query.settlement.roots.creator.meta.type.asMap.value);
	const { root, count } = api.registry.createType(type, stored);
	const u32 = (number) => api.registry.createType('u32', number).toU8a();
	for (const place of [0, count.toNumber() - 1]) {
		// Whatever the node answers, the root decides.
		const answer = await at.call.energyApi.statementProof(interval, place);
		assert.ok(answer.isProven, `line ${place}: ${answer}`);
		const { line, index, path } = answer.asProven;
		const leads = (line) => {
			const leaf = leafHash(u32(interval), u32(place), line);
			return u8aToHex(rootFrom(leaf, place, count.toNumber(), path.map((hash) => hash.toU8a())));
		};
		assert.deepEqual([index.toNumber(), leads(line.toU8a())], [place, root.toHex()]);
		const forged = line.toU8a();
		forged[forged.length - 1] ^= 1;
		assert.notEqual(leads(forged), root.toHex());
		const { proven } = await provider.send('energy_statementProof', [interval, place, block]);
		assert.deepEqual([proven.path, proven.root, proven.count], [path.toJSON(), root.toHex(), count.toNumber()]);
	}
	assert.equal(await provider.send('energy_statementProof', [interval, count.toNumber(), block]), 'unknown');
});

test('it says what is absent', async () => {
	const block = await finalized();
	const key = api.query.market.results.key(4_000_000_000, PRODUCT, 0);
	assert.equal(await light.storage(block, key), null);
});
