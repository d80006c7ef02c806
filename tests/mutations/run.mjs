// Takes one check after another out of a copy of the tree, and runs the tests that should miss it. A package is compiled once
// for all of its mutations, which the copy holds behind a switch; one that cannot stand there is compiled alone.
//
// usage: run.mjs --tree FOLDER [--copy FOLDER] [--check] [--json] [--name] [--ensures] [PART...]

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensures } from './ensures.mjs';
import { compile, copy, execute, snapshot } from './suite.mjs';
import { broken, embed, groups } from './switch.mjs';

/** What a suite may take beyond ten times what it takes without a mutation. */
const PATIENCE_MS = 60_000;

const { values, positionals } = parseArgs({
	options: {
		tree: { type: 'string' },
		copy: { type: 'string' },
		check: { type: 'boolean' },
		json: { type: 'boolean' },
		name: { type: 'boolean' },
		ensures: { type: 'boolean' },
	},
	allowPositionals: true,
});
const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'));
const read = (name) => JSON.parse(readFileSync(path.join(import.meta.dirname, name), 'utf8'));
const written = names.flatMap(read);
const files = snapshot(values.tree);
const text = (file) => files.get(file)?.content.toString() ?? '';
const others = ensures([...files.keys()], text, written);
// All stand in one build, whichever of them are run.
const list = [...written, ...others];
const chosen = (values.ensures ? others : written).filter(
	({ check, file, package: tested, target }) =>
		positionals.length === 0 || positionals.some((part) => part === tested || part === target || check.includes(part) || file.startsWith(part)),
);

/** A list that the code has left behind checks nothing: each entry must name one place, and its test must exist. */
function faults() {
	const lost = chosen
		.filter(({ at }) => at === undefined)
		.map(({ check, file, from }) => ({ check, file, found: text(file).split(from).length - 1 }))
		.filter(({ found }) => found !== 1)
		.map(({ check, file, found }) => `${file}: what "${check}" takes out stands there ${found} times, not once`);
	const checks = list.map(({ check }) => check);
	const twice = checks.filter((check, at) => checks.indexOf(check) !== at).map((check) => `"${check}" stands in the list twice`);
	const named = chosen.filter(({ test }) => test !== undefined);
	const folders = new Set(named.map(folderOf));
	const functions = new Map([...folders].map((folder) => [folder, functionsOf(folder)]));
	const gone = named
		.filter((mutation) => !functions.get(folderOf(mutation)).has(mutation.test.split('::').at(-1)))
		.map(({ check, test }) => `no test is called ${test}, which should miss "${check}"`);
	return [...lost, ...twice, ...gone];
}

/** Where the tests of a mutation's package are. */
function folderOf({ package: tested }) {
	return tested.startsWith('pallet-') ? tested.replace('pallet-', 'pallets/') : tested.replace('busbar-', '');
}

function functionsOf(folder) {
	const sources = [...files.keys()].filter((file) => file.startsWith(`${folder}/`) && file.endsWith('.rs'));
	return new Set(sources.flatMap((file) => [...text(file).matchAll(/\bfn (\w+)/g)].map(([, name]) => name)));
}

function fail(output, what) {
	console.error(output);
	console.error(what);
	process.exit(1);
}

const wrong = faults();
if (wrong.length > 0) fail(wrong.join('\n'), `${wrong.length} entries are to be written anew`);
if (values.check) {
	console.log(`${chosen.length} mutations, each of one place`);
	process.exit(0);
}

/** Compiles the tests of a package with all mutations in them; those in which the compiler finds an error go alone from then on. */
async function together(mutation) {
	for (;;) {
		const { texts, embedded } = embed(text, list);
		copy(files, values.copy, texts);
		const suite = await compile(values.copy, mutation);
		if (suite.program) return { suite, embedded };
		const errors = broken(embedded, suite.errors);
		if (errors.length === 0) fail(suite.output, `the tests of ${mutation.package} do not compile with all mutations in them`);
		for (const check of errors) {
			console.error(`"${check}" does not compile among the others, and goes alone: say so in its entry`);
			list.find((mutation) => mutation.check === check).alone = true;
		}
	}
}

/** Runs what should miss a check, then whatever might. */
async function judge(suite, mutation, mutant, mostMs) {
	const began = Date.now();
	const filters = mutation.tests ?? [];
	let outcome;
	if (mutation.test) outcome = await execute(suite, ['--exact', mutation.test], { mutant, mostMs });
	const asMeant = outcome && !outcome.passed;
	if (!asMeant) outcome = await execute(suite, filters, { mutant, mostMs });
	const seconds = (Date.now() - began) / 1000;
	return { outcome: outcome.passed ? 'missed' : 'caught', by: outcome.passed ? undefined : outcome.by, other: mutation.test && !asMeant, seconds };
}

/** Takes one check out of the copy for good, and compiles and tests what is left. */
async function alone(mutation, mostMs) {
	copy(files, values.copy, embed(text, list, mutation).texts);
	const suite = await compile(values.copy, mutation);
	if (!suite.program) return { outcome: 'does not compile', seconds: 0, output: suite.output };
	return judge(suite, mutation, '', mostMs);
}

const results = [];
function tell(mutation, isAlone, { outcome, by, other, seconds, output }) {
	results.push({ check: mutation.check, file: mutation.file, outcome, by, alone: isAlone, seconds });
	const meant = other ? `, not by ${mutation.test}` : '';
	const words = outcome === 'caught' ? `caught by ${by}` : `${outcome.toUpperCase()}${output ? `\n${output}` : ''}`;
	const how = `${Math.round(seconds)} s${isAlone ? ', compiled alone' : ''}`;
	console.error(`${results.length}/${chosen.length} without "${mutation.check}": ${words}${meant} (${how})`);
}

mkdirSync(values.copy, { recursive: true });
const suites = [...groups(chosen, ({ package: tested, target }) => `${tested} ${target ?? ''}`).values()];
let next = suites.length > 0 ? together(suites[0][0]) : undefined;
for (const [at, mutations] of suites.entries()) {
	const { suite, embedded } = await next;
	// Compiled while this one's tests run.
	next = suites[at + 1] && together(suites[at + 1][0]);
	// Tests that fail without any mutation catch none.
	const most = new Map();
	for (const filters of new Set(mutations.map(({ tests }) => JSON.stringify(tests ?? [])))) {
		const { passed, output, ran, ms } = await execute(suite, JSON.parse(filters), { mostMs: 10 * PATIENCE_MS });
		if (!passed) fail(output, `the tests of ${mutations[0].package} fail as they are`);
		if (ran === 0) fail(filters, `no test of ${mutations[0].package} has such a name`);
		console.error(`${mutations[0].package} ${filters}: ${ran} tests pass without a mutation (${Math.round(ms / 1000)} s)`);
		most.set(filters, 10 * ms + PATIENCE_MS);
	}
	const mostOf = ({ tests }) => most.get(JSON.stringify(tests ?? []));
	for (const mutation of mutations.filter(({ check }) => embedded.has(check))) {
		tell(mutation, false, await judge(suite, mutation, mutation.check, mostOf(mutation)));
	}
	await next;
	for (const mutation of mutations.filter(({ check }) => !embedded.has(check))) {
		tell(mutation, true, await alone(mutation, mostOf(mutation)));
	}
}

if (values.name) {
	const by = new Map(results.map(({ check, by }) => [check, by]));
	for (const name of names) {
		const entries = read(name).map((entry) => (!entry.test && by.get(entry.check)?.includes(' ') === false ? { ...entry, test: by.get(entry.check) } : entry));
		writeFileSync(path.join(import.meta.dirname, name), `${JSON.stringify(entries, null, '\t')}\n`);
	}
}
const caught = results.filter(({ outcome }) => outcome === 'caught').length;
if (values.json) console.log(JSON.stringify(results, null, '\t'));
console.log(`${caught} of ${results.length} caught`);
process.exit(caught === results.length ? 0 : 1);
