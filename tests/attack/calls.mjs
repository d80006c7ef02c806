// Items 1 and 3 of issue 12: who wants blocks and the pool for itself; and signatures that are none.

import { u8aToHex } from '@polkadot/util';
import { randomAsU8a } from '@polkadot/util-crypto';
import { acceptance, commitmentTo, council, keyring, submit, until, uuid } from '../lib/outsider.mjs';
import { Counts } from './counts.mjs';
import * as transactions from './transactions.mjs';

const { COLLUDING, flood, nonceOf, OFFERED, pause, senders, signer } = transactions;

// An interval that never opens, and as many points as a batch may name.
const NEVER = 4_000_000;
const POINTS = Array.from({ length: 128 }, () => 0);
// Newcomers whom a provider admits to flood with.
const NEWCOMERS = 4;

export async function prepare(turn, attack) {
	const world = await transactions.prepare(turn);
	return attack?.more ? { ...world, ...(await attack.more(world)) } : world;
}

const remark = (api, bytes, number) => api.tx.system.remark(u8aToHex(new Uint8Array(bytes).fill(number)));

// A member whom the council makes the operator of the zone that it lives in.
async function operator({ api, keys: [key] }) {
	const view = (await api.call.energyApi.participant(key.address)).unwrap();
	const [{ point }] = await api.call.energyApi.points(view.points[0], 1);
	const zone = point.zone.toNumber();
	await council(api, [api.tx.participants.grantRole(view.id, 'Dso', { Zone: zone })]);
	return { keys: [key], zone };
}

// Newcomers with their provider's signature and their own.
function newcomers(api, count, isGood) {
	return Array.from({ length: count }, () => {
		const [participant, key, commitment] = [uuid(), keyring().fresh(), commitmentTo('nobody')];
		const accepted = isGood ? acceptance(api, participant, key, commitment) : { Sr25519: u8aToHex(randomAsU8a(64)) };
		return { key, entry: { participant, account: key.address, commitment, acceptance: accepted, roles: [] } };
	});
}

async function admitted({ api }) {
	const provider = keyring().devnet('Membership');
	const all = newcomers(api, NEWCOMERS, true);
	await submit(api, api.tx.participants.registerMany(all.map(({ entry }) => entry), 'Grid'), provider);
	return { keys: [provider, ...all.map(({ key }) => key)], sponsor: provider };
}

// Hands in what `make(number)` makes, again and again.
async function hammer({ over }, make) {
	const [counts, wire] = [new Counts(), await senders()];
	const one = async (place) => {
		for (let number = place; !over(); number += COLLUDING) {
			const round = Array.from({ length: OFFERED }, (_, index) => make(number * OFFERED + index));
			await Promise.all(round.map((hex) => counts.of(wire.send('author_submitExtrinsic', [hex]))));
			await pause(100);
		}
	};
	await Promise.all(Array.from({ length: COLLUDING }, (_, place) => one(place)));
	await wire.close();
	return counts.all;
}

export const attacks = [
	{
		item: 1,
		name: 'closes of motions that do not exist',
		refusesAll: true,
		run: ({ api, keys, ...world }) => {
			const bound = { refTime: 100_000_000_000n, proofSize: 1_000n };
			const close = api.tx.council.close(`0x${'00'.repeat(32)}`, 0, bound, 0);
			return flood({ ...world, api, keys: [...keys, keyring().devnet('Alice')] }, () => close);
		},
	},
	{
		item: 1,
		name: 'calls that fail and declare the most',
		run: (world) => flood(world, () => world.api.tx.settlement.debit(NEVER, POINTS)),
	},
	{
		item: 1,
		name: 'due work that is not due',
		run: (world) => {
			const { debit, draw, credit } = world.api.tx.settlement;
			return flood(world, (number) => [debit, draw, credit][number % 3](NEVER, POINTS.slice(0, 16)));
		},
	},
	{
		item: 1,
		name: 'an operator of one zone publishes what it may and what it may not',
		more: operator,
		run: async ({ api, zone, ...world }) => {
			const interval = (await api.call.energyApi.clock()).firstUnopened.toNumber() - 1;
			const link = (number) => ({ importW: 100_000 + number, exportW: 100_000 + number, fee: 0 });
			const all = (number) => Array.from({ length: 96 }, (_, other) => [other + 1, link(number)]);
			return flood({ ...world, api }, (number) => api.tx.grid.publish(interval, number % 2 === 0 ? all(number) : [[zone, link(number)]]));
		},
	},
	{
		item: 1,
		name: 'a membership provider and its newcomers',
		more: admitted,
		run: ({ api, sponsor, ...world }) => {
			const forged = newcomers(api, 32, false).map(({ entry }) => entry);
			const failing = api.tx.participants.registerMany(forged, 'Grid');
			return flood({ ...world, api }, (number, key) => (key === sponsor ? failing : remark(api, 500, number)));
		},
	},
	{
		item: 3,
		name: 'long transactions',
		run: (world) => flood(world, (number) => remark(world.api, 15_000, number)),
	},
	{
		item: 3,
		name: 'the longest that a budget pays for',
		run: (world) => flood(world, (number) => remark(world.api, 250_000, number), { offered: 3 }),
	},
	{
		item: 3,
		name: 'many small ones',
		run: (world) => flood(world, (number) => remark(world.api, 1, number)),
	},
	{
		item: 3,
		name: 'nonces with a gap before them',
		run: (world) => flood(world, (number) => remark(world.api, 2_000, number), { ahead: 1 }),
	},
	{
		item: 3,
		name: 'nonces far ahead',
		refusesAll: true,
		run: (world) => flood(world, (number) => remark(world.api, 2_000, number), { ahead: 1_000 }),
	},
	{
		item: 3,
		name: 'short eras',
		run: (world) => flood(world, (number) => remark(world.api, 2_000, number), { period: 4 }),
	},
	{
		item: 'signatures',
		name: 'signatures that are not good',
		refusesAll: true,
		run: async (world) => {
			const { api, keys } = world;
			const sign = await signer(api);
			const good = sign(remark(api, 1_000, 0), keys[0], await nonceOf(api, keys[0]));
			// Within the signature, behind length, version, kind of address, account, kind of signature.
			const at = 2 + 2 * (2 + 1 + 1 + 32 + 1 + 8);
			return hammer(world, (number) => good.slice(0, at) + number.toString(16).padStart(8, '0') + good.slice(at + 8));
		},
	},
	{
		item: 'replay',
		name: 'transactions of another chain, and this one\'s once more',
		refusesAll: true,
		run: async (world) => {
			const { api, keys } = world;
			const nonce = await nonceOf(api, keys[0]);
			const call = remark(api, 100, 0);
			const own = (await signer(api))(call, keys[0], nonce);
			await api.rpc.author.submitExtrinsic(own);
			await until('it is in a block', 30, async () => (await nonceOf(api, keys[0])) > nonce);
			const foreign = await signer(api, { genesisHash: u8aToHex(new Uint8Array(32).fill(7)) });
			const others = keys.slice(1).map((key) => foreign(call, key, 0));
			return hammer(world, (number) => (number % 2 === 0 ? own : others[number % others.length]));
		},
	},
];
