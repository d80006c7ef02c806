// Item 8 of issue 12 and what else comes over connections: work that nobody pays for, subscriptions, readers that do not read,
// bytes that are nothing.

import net from 'node:net';
import { WebSocket } from 'ws';
import { compactToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { randomAsU8a } from '@polkadot/util-crypto';
import { keyring, setting } from '../lib/outsider.mjs';
import { Counts } from './counts.mjs';
import { connection, pause, prepare } from './transactions.mjs';

export { prepare };

// Connections of an attacker, and what each has under way at a time.
const CONNECTIONS = 6;
const AT_ONCE = 16;
// What a client may have of one page, and of one of orders.
const PAGE = 1_000;
const ORDERS = 128;

// Asks the same questions over several connections, so many at a time, until it is over.
async function asked({ over }, questions) {
	const counts = new Counts();
	const one = async (place) => {
		const provider = await connection();
		const ask = async (turn) => {
			while (!over()) {
				const [method, params] = questions[turn++ % questions.length];
				await counts.of(provider.send(method, params), `answers of ${method}`);
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => ask(place + index)));
		await provider.disconnect();
	};
	await Promise.all(Array.from({ length: CONNECTIONS }, (_, place) => one(place)));
	return counts.all;
}

// Opens a WebSocket and sends `messages`; `read` says whether anything is read.
function raw(messages, read, counts) {
	return new Promise((resolve) => {
		const socket = new WebSocket(setting('BUSBAR_URL'));
		socket.on('open', () => {
			if (!read) {
				socket.pause();
			}
			messages.forEach((message) => socket.send(message));
			resolve(socket);
		});
		socket.on('message', (data) => {
			const { id, error, method } = JSON.parse(data);
			if (id !== undefined) {
				counts.add(error ? `refused: ${error.message.slice(0, 40)}` : 'subscriptions');
			} else if (method) {
				counts.add('notifications');
			}
		});
		socket.on('close', () => counts.add('closed'));
		socket.on('error', () => resolve(socket));
	});
}

// Subscribes again and again over several connections; returns what came of it.
async function subscribed({ over }, connections, each, read) {
	const counts = new Counts();
	const methods = [
		['energy_subscribePrices', () => []],
		['energy_subscribePositions', (index) => [keyring().member(index % 90).address]],
		['chain_subscribeAllHeads', () => []],
		['chain_subscribeFinalizedHeads', () => []],
	];
	const messages = Array.from({ length: each }, (_, id) => {
		const [method, params] = methods[id % methods.length];
		return JSON.stringify({ jsonrpc: '2.0', id, method, params: params(id) });
	});
	const sockets = await Promise.all(Array.from({ length: connections }, () => raw(messages, read, counts)));
	for (let turn = 0; !over(); ) {
		await pause(100);
		if (!read && ++turn % 10 === 0) {
			// Answers that nobody fetches, once a second: a megabyte each.
			sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).forEach((socket) => socket.send(METADATA));
		}
	}
	sockets.forEach((socket) => socket.terminate());
	counts.add('connections', connections);
	return counts.all;
}

const METADATA = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'state_getMetadata', params: [] });

// What a peer may begin with, and what it may not.
function garbage(turn) {
	const negotiation = u8aConcat([0x13], new TextEncoder().encode('/multistream/1.0.0\n'));
	const bytes = randomAsU8a(4_096);
	return [
		bytes,
		u8aConcat(negotiation, bytes),
		// A length of all that it can be.
		u8aConcat(negotiation, [0xff, 0xff, 0xff, 0xff, 0x0f], bytes),
		u8aConcat(new TextEncoder().encode('GET / HTTP/1.1\r\nupgrade: websocket\r\n'), bytes),
		u8aConcat(compactToU8a(1 << 20), new Uint8Array(1_000)),
	][turn % 5];
}

export const attacks = [
	{
		item: 8,
		name: 'questions about all orders, over and over',
		run: async (world) => {
			const { current } = (await world.api.call.energyApi.clock()).toJSON();
			const intervals = [current, current + 1, current + 2];
			return asked(world, [
				...intervals.map((interval) => ['energy_orders', [interval, 0, 0, ORDERS]]),
				['energy_points', [0, PAGE]],
				['energy_zones', [current]],
			]);
		},
	},
	{
		item: 8,
		name: 'calls of the runtime past the node\'s page limit',
		run: async (world) => {
			const { registry } = world.api;
			const { current } = (await world.api.call.energyApi.clock()).toJSON();
			const bytes = (...numbers) => u8aToHex(u8aConcat(...numbers.map(([type, value]) => registry.createType(type, value).toU8a())));
			const all = 4_000_000_000;
			return asked(world, [
				['state_call', ['EnergyApi_orders', bytes(['u32', current + 1], ['u8', 0], ['u32', 0], ['u32', all])]],
				['state_call', ['EnergyApi_points', bytes(['u32', 0], ['u32', all])]],
				['state_call', ['Metadata_metadata', '0x']],
				['state_call', ['Core_execute_block', `0x${'ff'.repeat(100)}`]],
			]);
		},
	},
	{
		item: 8,
		name: 'the whole state, key by key',
		run: (world) => asked(world, [
			['state_getKeysPaged', ['0x', PAGE]],
			['state_getMetadata', []],
			['chain_getBlock', []],
			['state_getReadProof', [['0x3a636f6465']]],
		]),
	},
	{
		item: 8,
		name: 'subscriptions by the thousand, which are read',
		run: (world) => subscribed(world, 6, 1_000, true),
	},
	{
		item: 8,
		name: 'subscriptions that nobody reads',
		run: (world) => subscribed(world, 20, 200, false),
	},
	{
		item: 'connections',
		name: 'bytes that are no request',
		run: async ({ over }) => {
			const counts = new Counts();
			const nested = '['.repeat(100_000);
			const batch = `[${Array.from({ length: 5_000 }, (_, id) => `{"jsonrpc":"2.0","id":${id},"method":"state_getMetadata"}`)}]`;
			const messages = [nested, batch, '{"jsonrpc":"2.0"', randomAsU8a(60_000), 'x'.repeat(20_000_000)];
			await Promise.all(Array.from({ length: CONNECTIONS }, async (_, place) => {
				for (let turn = place; !over(); turn++) {
					const socket = await raw([messages[turn % messages.length]], true, new Counts());
					counts.add('messages');
					await pause(200);
					socket.terminate();
				}
			}));
			return counts.all;
		},
	},
	{
		item: 'peers',
		name: 'garbage on the ports of peers and light clients',
		run: async ({ over }) => {
			const counts = new Counts();
			const ports = setting('BUSBAR_PEER_PORTS').split(' ').map(Number);
			const one = async (place) => {
				for (let turn = place; !over(); turn++) {
					await new Promise((resolve) => {
						const socket = net.connect(ports[turn % ports.length], '127.0.0.1', () => socket.write(garbage(turn)));
						const timer = setTimeout(() => socket.destroy(), 300);
						socket.on('error', () => {});
						socket.on('close', () => {
							clearTimeout(timer);
							counts.add('connections');
							resolve();
						});
					});
				}
			};
			await Promise.all(Array.from({ length: 60 }, (_, place) => one(place)));
			return counts.all;
		},
	},
];
