// Honest members who trade and ask while others attack, and what they notice.

import { connect, keyring, setting } from '../lib/outsider.mjs';
import { connection, pause } from './transactions.mjs';

const PRODUCT = 0;
// The first of the demonstration's members; `transactions.mjs` says who attacks.
export const MEMBERS = 11;
const STEPS = [{ side: 'Buy', price: 100_000, wh: 1 }];

export async function traders(indices) {
	const { api } = await connect(setting('BUSBAR_URL'));
	const members = await Promise.all(indices.map(async (index) => {
		const key = keyring().member(index);
		const point = (await api.call.energyApi.participant(key.address)).unwrap().points[0].toNumber();
		return { key, point, last: -1 };
	}));
	return { api, asking: await connection(), members };
}

export const head = async (api) => (await api.rpc.chain.getHeader()).number.toNumber();

// An order in the last interval that is open: how many blocks after its submission it was included, and after how many ms.
// Whether the market takes it does not matter here.
export async function order(api, { key, point }, interval) {
	const [sent, began] = [await head(api), performance.now()];
	const call = api.tx.market.place(interval, PRODUCT, point, STEPS);
	const block = await new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error('an honest order was in no block for 30 s')), 30_000);
		const settle = (outcome, value) => {
			clearTimeout(timer);
			outcome(value);
		};
		call.signAndSend(key, ({ status }) => {
			if (status.isInBlock) {
				settle(resolve, status.asInBlock);
			} else if (status.isInvalid || status.isDropped || status.isUsurped) {
				settle(reject, new Error(`the pool let go of an honest order: ${status.type}`));
			}
		}).catch((error) => settle(reject, error));
	});
	const ms = performance.now() - began;
	return { blocks: (await api.rpc.chain.getHeader(block)).number.toNumber() - sent, ms };
}

// Each trades in every interval that opens, and one asks all the time, for so many seconds. All of it together stays within the rate
// limit that a gateway has for a connection.
export async function trade({ api, asking, members }, seconds) {
	const noticed = { orders: [], questions: [], refusals: [] };
	const end = Date.now() + seconds * 1000;
	const refused = (error) => noticed.refusals.push(error.message);
	let open = -1;
	const clock = (async () => {
		while (Date.now() < end) {
			await api.call.energyApi.clock().then(({ firstUnopened }) => (open = firstUnopened.toNumber() - 1), refused);
			await pause(300);
		}
	})();
	const trading = members.map(async (member, place) => {
		// Not all in the same block.
		await pause((place * 2_000) / members.length);
		while (Date.now() < end) {
			if (open <= member.last) {
				await pause(100);
				continue;
			}
			member.last = open;
			await order(api, member, open).then((each) => noticed.orders.push(each), refused);
		}
	});
	const questions = (async () => {
		while (Date.now() < end) {
			const began = performance.now();
			await asking.send('energy_participant', [members[0].key.address]).then(() => noticed.questions.push(performance.now() - began), refused);
			await pause(100);
		}
	})();
	await Promise.all([clock, ...trading, questions]);
	return noticed;
}

// What blocks took of ordinary computation, at most, in ms.
export async function fullest(api, from, to) {
	let most = 0n;
	for (let number = from; number <= to; number++) {
		const at = await api.at(await api.rpc.chain.getBlockHash(number));
		const { normal } = await at.query.system.blockWeight();
		const time = normal.refTime.toBigInt();
		most = time > most ? time : most;
	}
	return Number(most / 1_000_000_000n);
}
