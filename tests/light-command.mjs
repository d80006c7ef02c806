// The command line with its own light client: it asks no node, checks what it is told, and starts from what it knew.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { connect, keyring, setting } from './lib/outsider.mjs';

const run = promisify(execFile);
// The demonstration's member that orders, and what.
const MEMBER = 40;
const STEP = '220000:10';

let api;
let folder;
let database;
const took = {};

// Runs `busbar` by the light client on a chain specification with these boot nodes.
async function busbar(bootNodes, ...args) {
	const specification = join(folder, 'specification.json');
	const spec = JSON.parse(readFileSync(setting('BUSBAR_CHAIN_SPEC'), 'utf8'));
	writeFileSync(specification, JSON.stringify({ ...spec, bootNodes }));
	const light = ['--light', specification, '--database', database, '--json'];
	// No node answers at this address.
	const env = { ...process.env, BUSBAR_URL: 'ws://127.0.0.1:1' };
	const { stdout } = await run(setting('BUSBAR_CLI'), [...args.map(String), ...light], { env, timeout: 120_000 });
	return JSON.parse(stdout);
}

// Chain time as the light client knows it, compared with the full node.
async function clock(bootNodes) {
	const began = Date.now();
	const shown = await busbar(bootNodes, 'clock');
	assert.equal((await api.rpc.chain.getBlockHash(shown.block)).toHex(), shown.block_hash);
	const at = await api.at(shown.block_hash);
	const { now, current } = (await at.call.energyApi.clock()).toJSON();
	assert.deepEqual([shown.now, shown.current], [now, current]);
	return { ...shown, took: Date.now() - began };
}

before(async () => {
	({ api } = await connect(setting('BUSBAR_URL')));
	folder = mkdtempSync(join(tmpdir(), 'busbar-light-'));
	database = join(folder, 'light.database');
});

after(async () => {
	rmSync(folder, { recursive: true, force: true });
	await api?.disconnect();
});

test('it reads at a finalised block, from the chain specification alone', async () => {
	const shown = await clock([setting('BUSBAR_GATEWAY')]);
	assert.ok(shown.block > 0, 'it is still at genesis');
	took.first = shown.took;
	const known = JSON.parse(readFileSync(database, 'utf8'));
	assert.equal(`0x${known.genesisHash}`, api.genesisHash.toHex());
	took.block = shown.block;
});

test('it starts from what it knew, which is enough to find the chain again', async () => {
	const known = readFileSync(database, 'utf8');
	const shown = await clock([]);
	assert.ok(shown.block >= took.block);
	console.log(`${took.first} ms from the specification, ${shown.took} ms from what it knew, ${known.length} bytes`);
});

test('it signs, submits, and follows a transaction until it is final', async () => {
	const { point } = (await api.call.energyApi.participant(keyring().member(MEMBER).address)).unwrap().points.map((point) => ({ point: point.toNumber() }))[0];
	const placed = await busbar([setting('BUSBAR_GATEWAY')], 'order', 'place', '--suri', `//busbar//point//${MEMBER}`, '--point', point, '--buy', STEP);
	assert.equal((await api.rpc.chain.getBlockHash(placed.block)).toHex(), placed.block_hash);
	const at = await api.at(placed.block_hash);
	const orders = await at.call.energyApi.orders(placed.interval, placed.product, point, 1);
	assert.deepEqual([orders[0].point.toNumber(), orders[0].arrival.toNumber()], [point, placed.order.arrival]);
});

test('a damaged database is as good as none', async () => {
	writeFileSync(database, 'no database');
	assert.ok((await clock([setting('BUSBAR_GATEWAY')])).block >= took.block);
});
