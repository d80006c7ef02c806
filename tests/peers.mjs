// A node that has the right chain specification and the addresses of all validators gets no block from them until a participant has
// registered it on chain, and none any more once it is removed. Validators are not restarted for either.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Keyring } from '@polkadot/api';
import { u8aToHex } from '@polkadot/util';
import { randomAsU8a } from '@polkadot/util-crypto';
import { connect, keyring, setting, submit, until } from './lib/outsider.mjs';

// How long nothing comes; a validator that would let it in does so within a few seconds, as the later tests show.
const NOTHING_MS = 15_000;
// A node that was refused waits before it dials again.
const LET_IN_SECONDS = 150;

let api;
let owner;
let id;
let node;
let folder;
let key;

async function ask(method, ...params) {
	const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
	const headers = { 'Content-Type': 'application/json' };
	const answer = await fetch(`http://127.0.0.1:${setting('BUSBAR_SPARE_PORT')}`, { method: 'POST', headers, body });
	return (await answer.json()).result;
}

const best = async () => Number((await ask('chain_getHeader')).number);
const peers = async () => (await ask('system_health')).peers;

before(async () => {
	({ api } = await connect(setting('BUSBAR_URL')));
	owner = keyring().devnet('Regulator');
	({ id } = (await api.call.energyApi.participant(owner.address)).unwrap());
	folder = mkdtempSync(join(tmpdir(), 'busbar-stranger-'));
	const secret = randomAsU8a(32);
	writeFileSync(join(folder, 'node.key'), u8aToHex(secret, -1, false));
	key = u8aToHex(new Keyring({ type: 'ed25519' }).addFromSeed(secret).publicKey);
	const port = Number(setting('BUSBAR_SPARE_PORT'));
	const args = [
		'--chain', setting('BUSBAR_CHAIN_SPEC'), '--base-path', join(folder, 'data'), '--name', 'stranger',
		'--node-key-file', join(folder, 'node.key'), '--listen-addr', `/ip4/127.0.0.1/tcp/${port + 10}`, '--rpc-port', port,
		'--wasm-cache', setting('BUSBAR_WASM_CACHE'), '--reserved-only', '--reserved-nodes', ...setting('BUSBAR_VALIDATORS').split(' '),
		'--no-mdns', '--no-telemetry', '--no-prometheus',
	];
	node = spawn(setting('BUSBAR_NODE'), args.map(String), { stdio: 'ignore' });
	await until('the stranger\'s node answers', 60, () => ask('system_health').catch(() => false));
});

after(async () => {
	const ended = new Promise((resolve) => node.on('exit', resolve));
	node.kill('SIGKILL');
	await ended;
	rmSync(folder, { recursive: true });
	await api?.disconnect();
});

test('a node that nobody has registered gets no block from any validator', async () => {
	const end = Date.now() + NOTHING_MS;
	while (Date.now() < end) {
		assert.deepEqual([await best(), await peers()], [0, 0]);
		await sleep(500);
	}
	const { number } = await api.rpc.chain.getHeader();
	assert.ok(number.toNumber() > 0, 'there was nothing to get');
});

test('once its owner has registered it, validators let it in', async () => {
	await submit(api, api.tx.validators.registerPeer(id, key), owner);
	const { number } = await api.rpc.chain.getHeader();
	// A validator that has not seen the registration finalised yet parts from it once more.
	await until('it has the blocks, and a validator speaks to it', LET_IN_SECONDS, async () =>
		(await best()) >= number.toNumber() && (await peers()) >= 1);
});

test('once its owner has removed it, validators part from it, and it gets no further block', async () => {
	await submit(api, api.tx.validators.removePeer(id, key), owner);
	await until('no validator speaks to it', LET_IN_SECONDS, async () => (await peers()) === 0);
	const last = await best();
	await sleep(NOTHING_MS / 2);
	assert.deepEqual([await best(), await peers()], [last, 0]);
	assert.ok((await api.rpc.chain.getHeader()).number.toNumber() > last + 1, 'the others wrote none either');
});
