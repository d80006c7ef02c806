// Attacks a network that runs, beside honest use of it, and prints what honest users noticed: `scripts/attack` starts both.
//
//   main.mjs [--part chain|store]... [--json] [PART OF A NAME...]
//
// An attack is a file of this folder that exports `prepare(turn, attack)` and `attacks`: objects with
//   name, item    what it is, and the item of issue 12
//   run(world)    attacks until `world.over()`; returns what it got: a line, or counts by what was answered
//   promise(row)  throws if what must hold does not; beside what `judge.mjs` asks of every attack of the part
//   atLeast       seconds that it needs
//   refusesAll    nothing of it is taken

import { all } from './all.mjs';
import { honest } from './honest.mjs';
import { judge, table } from './judge.mjs';
import { most, ofNodes, watch } from './memory.mjs';
import { start } from './start.mjs';
import { fullest, head } from './trade.mjs';

const SECONDS = Number(process.env.BUSBAR_ATTACK_SECONDS ?? 10);
const [parts, names] = [[], []];
let asJson = false;
for (let rest = process.argv.slice(2); rest.length > 0; rest = rest.slice(1)) {
	if (rest[0] === '--json') {
		asJson = true;
	} else if (rest[0] === '--part') {
		rest = rest.slice(1);
		parts.push(rest[0]);
	} else {
		names.push(rest[0]);
	}
}
if (parts.length === 0) {
	parts.push('chain', 'store');
}

// What honest users of a part noticed while nobody attacked; all of it together is what an attack is compared with.
const quiet = new Map();
function remember(part, noticed) {
	const before = quiet.get(part) ?? { times: [], orders: [], questions: [] };
	Object.keys(before).forEach((what) => before[what].push(...(noticed[what] ?? [])));
	quiet.set(part, before);
	return Object.fromEntries(Object.entries(before).map(([what, all]) => [what, [...all]]));
}

async function one({ part, file, name, item, promise, refusesAll, atLeast = 0 }, users, turn) {
	const calm = await users.use(Math.max(3, SECONDS / 2));
	const row = { part, item, name, before: remember(part, calm), refusals: calm.refusals };
	const attacker = start(file, name, turn);
	try {
		await attacker.ready;
		row.memory = { before: await ofNodes() };
		const [watching, from] = [watch(), users.api && (await head(users.api))];
		const during = await users.use(Math.max(SECONDS, atLeast));
		row.memory.during = await watching.stop();
		attacker.stop();
		row.got = await attacker.result;
		row.during = during;
		row.refusals.push(...during.refusals);
		row.fullest = users.api && (await fullest(users.api, from + 1, await head(users.api)));
		row.memory.store = process.env.BUSBAR_STORE_PID ? await most(process.env.BUSBAR_STORE_PID) : 0;
		judge(row, refusesAll);
		await promise?.(row);
		row.held = 'yes';
	} catch (error) {
		row.held = `NO: ${error.message}`;
	} finally {
		attacker.end();
	}
	return row;
}

const rows = [];
const of = await honest(parts);
let turn = 0;
for (const { part, file, attacks } of await all(parts)) {
	for (const attack of attacks.filter(({ name }) => names.length === 0 || names.some((each) => name.includes(each)))) {
		const row = await one({ ...attack, part, file }, of[part], turn++);
		process.stderr.write(`${row.held.slice(0, 200)}: ${row.name}\n`);
		rows.push(row);
	}
}
if (rows.length === 0) {
	throw new Error('no attack has such a name');
}
console.log(asJson ? JSON.stringify(rows, null, '\t') : table(rows));
process.exit(rows.every(({ held }) => held === 'yes') ? 0 : 1);
