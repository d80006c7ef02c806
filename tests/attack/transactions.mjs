// Transactions as attackers make them: signed without asking the node anything, and handed in by the dozen, over as many
// connections as the rate limit of one makes worth while.

import { connect, keyring, setting } from '../lib/outsider.mjs';
import { Counts } from './counts.mjs';

// Transactions that each attacker offers the pool at a time: more than may wait.
export const OFFERED = 20;
// Between two times, in ms.
const PAUSE = 100;
const CONNECTIONS = 10;

// The first of the demonstration's members who attack; those before are honest.
const FIRST = 12;
export const COLLUDING = 3;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The members who attack together in this turn.
export function colluding(turn) {
	return Array.from({ length: COLLUDING }, (_, index) => keyring().member(FIRST + COLLUDING * turn + index));
}

// A connection, and members of this turn's own.
export async function prepare(turn) {
	const { api, provider } = await connect(setting('BUSBAR_URL'));
	return { api, provider, keys: colluding(turn) };
}

// A connection more, without what a typed one reads at first.
export async function connection() {
	const { WsProvider } = await import('@polkadot/api');
	const provider = new WsProvider(setting('BUSBAR_URL'), 1000, {}, 60_000);
	await provider.isReady;
	return provider;
}

// What signs on top of the newest block.
export async function signer(api, other = {}) {
	const header = await api.rpc.chain.getHeader();
	return (call, key, nonce, period = 64) => {
		const era = api.registry.createType('ExtrinsicEra', { current: header.number.toNumber(), period });
		const options = { blockHash: header.hash, era, genesisHash: api.genesisHash, nonce, runtimeVersion: api.runtimeVersion, ...other };
		return api.tx(call.method).sign(key, options).toHex();
	};
}

export const nonceOf = async (api, { address }) => (await api.query.system.account(address)).nonce.toNumber();

// Sends over one connection after the other.
export async function senders() {
	const all = await Promise.all(Array.from({ length: CONNECTIONS }, connection));
	let next = 0;
	return { send: (...request) => all[next++ % all.length].send(...request), close: () => Promise.all(all.map((each) => each.disconnect())) };
}

// Every attacker hands in what `make(number, key)` makes, with the nonces that follow and more of them than may wait, again and
// again until it is over. Returns what the pool answered.
export async function flood({ api, keys, over }, make, { ahead = 0, period, offered = OFFERED } = {}) {
	const [counts, wire] = [new Counts(), await senders()];
	const one = async (key) => {
		for (let number = 0; !over(); ) {
			const [sign, next] = await Promise.all([signer(api), nonceOf(api, key)]);
			const signed = Array.from({ length: offered }, (_, index) => sign(make(number++, key), key, next + ahead + index, period));
			await Promise.all(signed.map((hex) => counts.of(wire.send('author_submitExtrinsic', [hex]))));
			await pause(PAUSE);
		}
	};
	await Promise.all(keys.map(one));
	await wire.close();
	return counts.all;
}
