// What must hold of every attack, and the table that says so.

import { told } from './counts.mjs';

// Latencies below this are no more than this machine's noise, in ms.
const NOISE = Number(process.env.BUSBAR_ATTACK_NOISE_MS ?? 30);
// An order waits for a block, which comes every two seconds: half of that, once. A question waits for a core, of which all nodes and
// attackers may have two.
const BLOCK_NOISE = Math.max(NOISE, 1_000);
const CORE_NOISE = Math.max(NOISE, 100);
// Blocks of honest authors within which an honest order is included.
const BLOCKS = 2;
// Memory that one attack may cost a node, in MB, and a node in all.
const MOST_MORE = 400;
const MOST = 3_000;
// What a block has of ordinary computation, in ms.
const FULLEST = 750;

export const percentile = (values, share) =>
	[...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

export const withinBlocks = (orders) => orders.filter(({ blocks }) => blocks <= BLOCKS).length;

function ensureLatency(what, before, during, noise) {
	const [calm, under] = [percentile(before, 0.5), percentile(during, 0.5)];
	if (under > 2 * calm + noise) {
		throw new Error(`${what} took ${Math.round(under)} ms, before ${Math.round(calm)} ms`);
	}
}

const ms = (orders) => orders.map((order) => order.ms);

// Throws if a promise to the honest is broken.
export function judge({ part, before, during, refusals, got, memory, fullest }, refusesAll = false) {
	if (refusals.length > 0) {
		throw new Error(`honest use was refused: ${refusals[0]}`);
	}
	if (refusesAll && got.taken > 0) {
		throw new Error(`${got.taken} were taken`);
	}
	if (part === 'store') {
		ensureLatency('honest requests', before.times, during.times, NOISE);
		return;
	}
	const { orders, questions } = during;
	if (orders.length < 3) {
		throw new Error('hardly any honest order was sent');
	}
	const late = orders.length - withinBlocks(orders);
	if (late > 0) {
		throw new Error(`${late} of ${orders.length} honest orders waited for more than ${BLOCKS} blocks`);
	}
	ensureLatency('honest orders', ms(before.orders), ms(orders), BLOCK_NOISE);
	ensureLatency('honest questions', before.questions, questions, CORE_NOISE);
	for (const node of ['gateway', 'validators']) {
		const more = memory.during[node] - memory.before[node];
		if (more > MOST_MORE || memory.during[node] > MOST) {
			throw new Error(`${node} took ${more} MB more, ${memory.during[node]} MB in all`);
		}
	}
	if (fullest > FULLEST) {
		throw new Error(`a block took ${fullest} ms of ordinary computation`);
	}
}

const pair = (values, share) => (values.length === 0 ? '-' : [0.5, share].map((at) => Math.round(percentile(values, at))).join(' / '));
const rowOf = (cells) => `| ${cells.join(' | ')} |`;
const head = (columns) => [rowOf(columns), `|${'---|'.repeat(columns.length)}`];
const memoryOf = ({ before, during }, node) => `${before[node]} / ${during[node]}`;

function chain(rows) {
	const columns = ['item', 'attack', 'what the attackers got', 'honest orders within 2 blocks', 'latest, blocks', 'order, ms before, median / 99 %'];
	columns.push('under attack', 'question, ms before', 'under attack', 'fullest block, ms', 'gateway, MB before / most', 'validator, MB', 'held');
	return [...head(columns), ...rows.map(({ item, name, got, before, during, fullest, memory, held }) => {
		if (!during) {
			return rowOf([item, name, '-', ...Array(9).fill('-'), held]);
		}
		const { orders, questions } = during;
		return rowOf([
			item, name, told(got), `${withinBlocks(orders)} of ${orders.length}`, Math.max(...orders.map(({ blocks }) => blocks)),
			pair(ms(before.orders), 0.99), pair(ms(orders), 0.99), pair(before.questions, 0.99), pair(questions, 0.99), fullest,
			memoryOf(memory, 'gateway'), memoryOf(memory, 'validators'), held,
		]);
	})];
}

function store(rows) {
	const columns = ['item', 'attack', 'what the attacker got', 'honest ms before, median / 95 %', 'under attack', 'honest requests', 'store, most MB', 'held'];
	return [...head(columns), ...rows.map(({ item, name, got, before, during, refusals, memory, held }) => {
		const times = during?.times ?? [];
		const requests = `${times.length} of ${times.length + refusals.length}`;
		return rowOf([item, name, got ? told(got) : '-', pair(before.times, 0.95), pair(times, 0.95), requests, memory?.store ?? '-', held]);
	})];
}

// All rows, part by part.
export function table(rows) {
	const of = { chain, store };
	const parts = Object.keys(of).map((part) => [part, rows.filter((row) => row.part === part)]).filter(([, own]) => own.length > 0);
	return parts.map(([part, own]) => of[part](own).join('\n')).join('\n\n');
}
