// Items 10 to 12 of issue 12: who wants the store's memory, disk, connections or node for itself.

import net from 'node:net';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Counts, told } from './counts.mjs';
import { connect, council, setting } from '../lib/outsider.mjs';
import { claiming, dataset, operatorOf } from './datasets.mjs';
import { headers, request, signerOf, store, stranger } from './requests.mjs';
import { pause } from './transactions.mjs';

// Members whom the council lets attest, another one in each turn: none is honest elsewhere, and each has its own share of requests.
const ATTESTING = ['SettlementA', 'SettlementB', 'MarketOperator', 'Membership'];

async function attester(turn) {
	const suri = `//${ATTESTING[turn % ATTESTING.length]}`;
	const { api } = await connect(setting('BUSBAR_URL'));
	const operator = await signerOf(suri);
	const { id, roles } = (await api.call.energyApi.participant(operator.address)).unwrap();
	if (!JSON.stringify(roles).includes('MeterOperator')) {
		await council(api, [api.tx.participants.grantRole(id, 'MeterOperator', 'Grid')]);
	}
	await api.disconnect();
	return { operator, id: await operatorOf(suri) };
}

export async function prepare(turn, attack) {
	return { member: await signerOf('//Regulator'), ...(attack.attests ? await attester(turn) : {}) };
}

// Runs `one` in so many places at a time until it is over, and counts what it returns.
async function flood({ over }, places, one) {
	const counts = new Counts();
	const worker = async (place) => {
		for (let turn = 0; !over(); turn += 1) {
			try {
				counts.add(await one(place, turn));
			} catch (error) {
				counts.add(error.cause?.code ?? error.message);
			}
		}
	};
	await Promise.all(Array.from({ length: places }, (_, place) => worker(place)));
	return counts.all;
}

async function put(signer, { bytes, hash }, kind = 'readings') {
	const answer = await request(signer, 'PUT', `/v1/blobs/${hash}?class=${kind}`, bytes);
	await answer.text();
	return answer.status;
}

// Opens a connection and sends `first`, then a byte now and then; resolves with how long it was held, in ms.
function drip(first, over) {
	const { hostname, port } = store();
	return new Promise((resolve) => {
		const began = Date.now();
		const socket = net.connect(Number(port), hostname, () => socket.write(first));
		const timer = setInterval(() => (over() ? socket.destroy() : socket.write('a')), 500);
		socket.on('error', () => {});
		socket.on('close', () => {
			clearInterval(timer);
			resolve(Date.now() - began);
		});
	});
}

async function bytesOf(folder) {
	let sum = 0;
	for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
		if (entry.isFile()) {
			sum += (await stat(path.join(entry.parentPath ?? entry.path, entry.name)).catch(() => ({ size: 0 }))).size;
		}
	}
	return sum;
}

const MOST_MEMORY_MB = 600;
const bounded = ({ memory }) => {
	if (memory.store > MOST_MEMORY_MB) {
		throw new Error(`the store took ${memory.store} MB`);
	}
};

export const attacks = [
	{
		item: 10,
		attests: true,
		name: 'a dataset of 3 KB that claims 2^31 - 1 values',
		promise: bounded,
		run: (world) => flood(world, 4, async (place, turn) => put(world.operator, await claiming(world.id, `${place}-${turn}`))),
	},
	{
		item: 10,
		attests: true,
		name: 'bytes that are no dataset',
		promise: bounded,
		run: (world) =>
			flood(world, 4, async (place, turn) => {
				const good = await dataset(world.id, `bad-${place}-${turn}`);
				good.bytes.set([turn & 255, 255, 255, 255, 15], (turn * 7 + place) % (good.bytes.length - 8));
				const { blake2AsHex } = await import('@polkadot/util-crypto');
				return put(world.operator, { bytes: good.bytes, hash: blake2AsHex(good.bytes, 256).slice(2) });
			}),
	},
	{
		item: 11,
		attests: true,
		name: 'datasets that nobody attested',
		promise: async (row) => {
			bounded(row);
			const [bytes, most] = [await bytesOf(process.env.BUSBAR_STORE_FOLDER), 16_000_000];
			row.got = `${told(row.got)}; ${Math.round(bytes / 1000)} kB on the disk`;
			if (bytes > most) {
				throw new Error(`${bytes} bytes on the disk`);
			}
		},
		run: (world) => flood(world, 4, async (place, turn) => put(world.operator, await dataset(world.id, `unattested-${place}-${turn}`))),
	},
	{
		item: 11,
		attests: true,
		name: 'documents without end',
		promise: bounded,
		run: (world) =>
			flood(world, 4, async (place, turn) => {
				const { blake2AsHex } = await import('@polkadot/util-crypto');
				const bytes = Buffer.alloc(500_000, `${place}-${turn}`);
				return put(world.operator, { bytes, hash: blake2AsHex(bytes, 256).slice(2) }, 'document');
			}),
	},
	{
		item: 12,
		name: 'strangers with good signatures, each another key',
		run: (world) => flood(world, 8, async () => (await request(await stranger(), 'GET', '/v1/datasets')).status),
	},
	{
		item: 12,
		name: 'signatures in the name of a member that are not its own',
		run: (world) =>
			flood(world, 8, async () => {
				const forged = { ...headers(await stranger(), 'GET', '/v1/datasets'), 'x-busbar-account': world.member.address };
				return (await fetch(new URL('/v1/datasets', store()), { headers: forged })).status;
			}),
	},
	{
		item: 12,
		name: 'a member that asks without pause, to fill the nonces',
		run: (world) =>
			flood(world, 8, async () => {
				const answer = await request(world.member, 'GET', '/v1/datasets');
				// Else its connections wait to be read, and are the next attack.
				await answer.text();
				return answer.status;
			}),
	},
	{
		item: 12,
		name: '200 connections that send their headers by the byte',
		run: async ({ over }) => {
			const held = [];
			const one = async () => {
				while (!over()) {
					held.push(await drip('GET /metrics HTTP/1.1\r\nx: ', over));
				}
			};
			await Promise.all(Array.from({ length: 200 }, one));
			return `${held.length} connections, the longest held for ${Math.max(...held)} ms`;
		},
	},
	{
		item: 12,
		name: '600 connections of one address',
		// From another address than the honest one: what is capped is the address.
		run: async ({ over }) => {
			const { hostname, port } = store();
			const sockets = Array.from({ length: 600 }, () => net.connect({ port: Number(port), host: hostname, localAddress: '127.0.0.2' }));
			let closed = 0;
			sockets.forEach((socket) => socket.on('error', () => {}).on('close', () => (closed += 1)));
			await pause(1_000);
			const refused = closed;
			while (!over()) {
				await pause(100);
			}
			sockets.forEach((socket) => socket.destroy());
			return `${600 - refused} held, ${refused} closed at once`;
		},
	},
];
