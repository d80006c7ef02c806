// The door before the gateway: members come in by a signed request and read what is theirs, granted to them, or their role's.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { signed } from './attack/requests.mjs';
import { connect, keyring, setting, submit, until } from './lib/outsider.mjs';

const ADDRESS = `127.0.0.1:${setting('BUSBAR_DOOR_PORT')}`;
const NOT_YOURS = 9010;

let api;
let door;
let interval;
const owner = () => keyring().member(0);

before(async () => {
	({ api } = await connect(setting('BUSBAR_URL')));
	door = spawn(setting('BUSBAR_DOOR'), ['--listen', ADDRESS, '--node', new URL(setting('BUSBAR_URL')).host], { stdio: 'ignore' });
	await until('the door answers', 20, async () => (await fetch(`http://${ADDRESS}/`).catch(() => null))?.status === 426);
	interval = (await api.call.energyApi.clock()).current.toNumber();
});

after(async () => {
	door.kill('SIGTERM');
	await api?.disconnect();
});

// A connection of a key's, or the status with which it is refused.
function enter(pair) {
	const headers = pair ? signed(pair, { service: 'busbar-door:1', name: ADDRESS, method: 'GET', path: '/' }) : {};
	const socket = new WebSocket(`ws://${ADDRESS}/`, { headers });
	return new Promise((resolve, reject) => {
		socket.once('open', () => resolve(socket));
		socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode));
		socket.once('error', reject);
	});
}

function ask(socket, method, ...params) {
	return new Promise((resolve) => {
		socket.once('message', (text) => resolve(JSON.parse(text)));
		socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
	});
}

test('a stranger does not come in', async () => {
	assert.equal(await enter(null), 401);
	assert.equal(await enter(keyring().fresh()), 403);
});

test('a member reads the market and its own, and nothing of others', async () => {
	const socket = await enter(owner());
	assert.equal(typeof (await ask(socket, 'energy_clock')).result.current, 'number');
	assert.ok(Array.isArray((await ask(socket, 'energy_positions', owner().address, interval)).result));
	for (const [method, ...params] of [
		['energy_positions', keyring().member(1).address, interval],
		['energy_orders', interval, 0, 0, 128],
		['energy_lines', interval, 0, 512],
		['chain_getBlock'],
		['state_getKeysPaged', '0x', 10],
		['state_call', 'EnergyApi_clock', '0x'],
	]) {
		assert.equal((await ask(socket, method, ...params)).error?.code, NOT_YOURS, method);
	}
	assert.equal((await ask(socket, 'system_addReservedPeer', '/ip4/127.0.0.1')).error.code, -32601);
	socket.close();
});

test('whom a member grants its readings reads its positions of those intervals, and no longer', async () => {
	const reader = keyring().devnet('Utility');
	const { id } = (await api.call.energyApi.participant(reader.address)).unwrap();
	const socket = await enter(reader);
	const read = async () => (await ask(socket, 'energy_positions', owner().address, interval)).error?.code;
	assert.equal(await read(), NOT_YOURS);
	await submit(api, api.tx.participants.grantData(id, 'Readings', interval, interval + 1), owner());
	await until('the grant is final', 30, async () => (await read()) === undefined);
	assert.equal((await ask(socket, 'energy_positions', owner().address, interval + 1)).error?.code, NOT_YOURS);
	await submit(api, api.tx.participants.revokeData(id, 'Readings'), owner());
	await until('it is revoked', 30, async () => (await read()) === NOT_YOURS);
	socket.close();
});

test('the regulator reads all', async () => {
	const socket = await enter(keyring().devnet('Regulator'));
	assert.ok(Array.isArray((await ask(socket, 'energy_orders', interval, 0, 0, 128)).result));
	assert.ok((await ask(socket, 'chain_getBlock')).result.block.header.number);
	socket.close();
});
