// What an outsider needs who knows the chain's address and nothing else: everything below comes from the metadata.

import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { stringToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { blake2AsU8a, cryptoWaitReady, randomAsU8a } from '@polkadot/util-crypto';
import { leafHash, proof, root } from './merkle.mjs';

// A value from the environment that the test run sets; its absence is a mistake in the call.
export function setting(name) {
	const value = process.env[name];
	if (!value) {
		throw new Error(`set ${name}; scripts/test does it`);
	}
	return value;
}

// The typed API of a full node, and the connection below it for methods that no metadata describes.
export async function connect(url) {
	await cryptoWaitReady();
	const provider = new WsProvider(url, 1000, {}, 30_000);
	return { api: await ApiPromise.create({ provider, noInitWarn: true, throwOnConnect: true }), provider };
}

// Well-known devnet accounts, the demonstration's members and fresh ones, all sr25519.
export function keyring() {
	const ring = new Keyring({ type: 'sr25519', ss58Format: 42 });
	return {
		devnet: (name) => ring.addFromUri(`//${name}`),
		member: (index) => ring.addFromUri(`//busbar//point//${index}`),
		fresh: () => ring.addFromSeed(randomAsU8a(32)),
	};
}

// The name of a dispatch error as pallet.Error.
function errorName(api, error) {
	if (error.isModule) {
		const { section, name } = api.registry.findMetaError(error.asModule);
		return `${section}.${name}`;
	}
	return error.toString();
}

// A transaction that a block took in and that failed there.
export class DispatchFailed extends Error {
	constructor(name) {
		super(`the call failed: ${name}`);
		this.errorName = name;
	}
}

// Signs, submits and waits for the block. Returns the transaction's events and the block's hash.
// Throws DispatchFailed if the call failed, or what the pool said if it never got into a block.
export function submit(api, call, signer, options = {}) {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error(`${call.method.section}.${call.method.method}: in no block for 60 s`)), 60_000);
		const settle = (outcome, value) => {
			clearTimeout(timer);
			outcome(value);
		};
		call.signAndSend(signer, options, ({ status, events, dispatchError }) => {
			if (status.isInBlock) {
				if (dispatchError) {
					settle(reject, new DispatchFailed(errorName(api, dispatchError)));
				} else {
					settle(resolve, { events: events.map(({ event }) => event), block: status.asInBlock });
				}
			} else if (status.isInvalid || status.isDropped || status.isUsurped) {
				settle(reject, new Error(`the pool let go of it: ${status.type}`));
			}
		}).catch((error) => settle(reject, error));
	});
}

// The one event of that name, or an error that lists what there was.
export function eventOf(result, section, method) {
	const event = result.events.find((each) => each.section === section && each.method === method);
	if (!event) {
		const names = result.events.map((each) => `${each.section}.${each.method}`).join(', ');
		throw new Error(`no event ${section}.${method} among: ${names}`);
	}
	return event;
}

// Tries until the answer is not undefined, a null or false.
export async function until(what, seconds, question) {
	const end = Date.now() + seconds * 1000;
	for (;;) {
		const answer = await question();
		if (answer !== undefined && answer !== null && answer !== false) {
			return answer;
		}
		if (Date.now() > end) {
			throw new Error(`not within ${seconds} s: ${what}`);
		}
		await new Promise((resume) => setTimeout(resume, 500));
	}
}

// Settles an interval whose attestation window is over and in which nobody is short: all its points, debits first. Anybody
// may. `busbar settle` also draws on securities.
export async function settle(api, interval, keeper) {
	const { terms, outcome } = (await api.call.energyApi.status(interval)).unwrap();
	const points = outcome.unwrap().points.toNumber();
	// Until then the run of another interval may be due before.
	const turn = terms.firstRun.toNumber() + terms.deliveryEnd.sub(terms.deliveryStart).toNumber();
	await until('the run is in turn', 120, async () => (await api.query.timestamp.now()).toNumber() >= turn);
	const most = api.consts.settlement.maxPoints.toNumber();
	for (const phase of ['debit', 'credit']) {
		for (let from = 0; from < points; from += most) {
			const batch = Array.from({ length: Math.min(most, points - from) }, (_, i) => from + i);
			await submit(api, api.tx.settlement[phase](interval, batch), keeper);
		}
	}
}

// Proposes calls to the council, lets a majority agree, and closes the motion. Returns the events of its execution.
export async function council(api, calls) {
	const [proposer, ...others] = ['Alice', 'Bob', 'Charlie'].map(keyring().devnet);
	const motion = api.tx.utility.batchAll(calls);
	const { encodedLength } = motion.method;
	const proposed = await submit(api, api.tx.council.propose(1 + others.length, motion, encodedLength), proposer);
	const { proposalIndex, proposalHash } = eventOf(proposed, 'council', 'Proposed').data;
	const aye = (voter) => submit(api, api.tx.council.vote(proposalHash, proposalIndex, true), voter);
	await Promise.all([proposer, ...others].map(aye));
	// A bound on the weight of what is executed.
	const bound = { refTime: 50_000_000_000n, proofSize: 500_000n };
	const closed = await submit(api, api.tx.council.close(proposalHash, proposalIndex, bound, encodedLength), proposer);
	const { result } = eventOf(closed, 'council', 'Executed').data;
	if (!result.isOk) {
		throw new Error(`the motion failed: ${result}`);
	}
	return closed;
}

// Mints money with both keys of the devnet: pairs of an address and an amount in nEUR.
export async function mint(api, payments) {
	const [first, second] = ['SettlementA', 'SettlementB'].map(keyring().devnet);
	const proposed = await submit(api, api.tx.issuance.propose('Mint', payments), first);
	await submit(api, api.tx.issuance.approve(eventOf(proposed, 'issuance', 'Proposed').data.id), second);
}

// A random UUID, version 4, as bytes.
export function uuid() {
	const bytes = randomAsU8a(16);
	bytes[6] = (bytes[6] & 0x0f) | 0x40;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	return bytes;
}

// A newcomer's consent to membership: its signature over (domain, genesis hash, participant, account, commitment).
export function acceptance(api, participant, pair, commitment) {
	const payload = u8aConcat(
		stringToU8a('busbar:join'),
		api.genesisHash.toU8a(),
		participant,
		pair.publicKey,
		commitment,
	);
	return { Sr25519: u8aToHex(pair.sign(payload)) };
}

// A commitment to a record that stays off chain: a salted hash.
export function commitmentTo(record) {
	return blake2AsU8a(u8aConcat(randomAsU8a(32), stringToU8a(record)), 256);
}

// The main meter of a connection point of the demonstration, with the key that its device signs with.
export async function meterOf(api, point, name) {
	const { meter } = (await api.query.metering.fittedMeters(point, 'Main')).unwrap();
	const seed = blake2AsU8a(stringToU8a(`busbar:meter:${name}`), 256);
	const device = new Keyring({ type: 'ed25519' }).addFromSeed(seed);
	const known = (await api.query.metering.meters(meter)).unwrap().device.toHex();
	if (u8aToHex(device.publicKey) !== known) {
		throw new Error(`the meter of point ${point} is not that of ${name}`);
	}
	return { id: meter.toNumber(), device };
}

// Gives back to the devnet's meter operator what its bond was charged for points that tests leave silent, which keepers
// report, and for a hundred more.
async function restoreBond(api, operator) {
	const full = api.consts.metering.operatorBond.toBigInt();
	await mint(api, [[operator.address, 4n * full]]);
	await submit(api, api.tx.metering.postBond(3n * full), operator);
}

// Attests readings of an interval and proves each of them, as the devnet's meter operator. The dataset stays here.
export async function prove(api, interval, signed) {
	const operator = keyring().devnet('MeterOperator');
	const { id } = (await api.call.energyApi.participant(operator.address)).unwrap();
	const salted = signed.map((each) => ({ signed: each, salt: randomAsU8a(16) }));
	const contents = salted.map(({ signed, salt }) => u8aConcat(salt, api.registry.createType('BusbarPrimitivesMeteringSignedReading', signed).toU8a()));
	const dataset = u8aConcat(...contents);
	const leaves = contents.map((content) => leafHash(content));
	const attest = () => submit(api, api.tx.metering.attest(interval, root(leaves), leaves.length, dataset.length, blake2AsU8a(dataset, 256)), operator);
	await attest().catch(async (error) => {
		if (!(error instanceof DispatchFailed && error.errorName === 'metering.BondTooSmall')) {
			throw error;
		}
		await restoreBond(api, operator);
		await attest();
	});
	const readings = salted.map((each, index) => ({ ...each, index, proof: proof(leaves, index) }));
	await submit(api, api.tx.metering.prove(interval, id, readings), operator);
}

// A reading signed by its device: over the tag, the genesis hash and the reading.
export function signedReading(api, device, { meter, point, interval, import: drawn = 0, export: fed = 0, quality }) {
	const fields = { meter, point, interval, import: drawn, export: fed, importVarh: 0, exportVarh: 0, quality };
	const reading = api.registry.createType('BusbarPrimitivesMeteringReading', fields);
	const payload = u8aConcat(stringToU8a('busbar:reading:1'), api.genesisHash.toU8a(), reading.toU8a());
	return { reading, signature: u8aToHex(device.sign(payload)) };
}
