// Takes one check after another out of a copy of the tree, and runs the tests that should miss it.
//
// usage: run.mjs --tree FOLDER [--check] [--json] [PART...]

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

/** Longer takes only what does not end any more. */
const MOST_MS = 600_000;

const { values, positionals } = parseArgs({
	options: { tree: { type: 'string' }, check: { type: 'boolean' }, json: { type: 'boolean' } },
	allowPositionals: true,
});
const lists = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'));
const list = lists.flatMap((name) => JSON.parse(readFileSync(path.join(import.meta.dirname, name), 'utf8')));
const named = ({ check, file, package: tested }) =>
	positionals.length === 0 || positionals.some((part) => part === tested || check.includes(part) || file.startsWith(part));
// Those of one package follow each other, so that each compiles little.
const chosen = list.filter(named).sort((one, other) => (one.package < other.package ? -1 : one.package > other.package ? 1 : 0));

/** The file of a mutation, with its text before and after. */
function texts({ file, from, to }) {
	const at = path.join(values.tree, file);
	const before = readFileSync(at, 'utf8');
	const found = before.split(from).length - 1;
	return { at, before, found, after: before.replace(from, () => to) };
}

// Each must name one place: a list that the code has left behind checks nothing.
const lost = chosen.filter((mutation) => texts(mutation).found !== 1);
for (const mutation of lost) {
	console.error(`${mutation.file}: what "${mutation.check}" takes out stands there ${texts(mutation).found} times, not once`);
}
const twice = list.map(({ check }) => check).filter((check, at, all) => all.indexOf(check) !== at);
for (const check of twice) console.error(`"${check}" stands in the list twice`);
if (lost.length > 0 || twice.length > 0) process.exit(1);
if (values.check) {
	console.log(`${chosen.length} mutations, each of one place`);
	process.exit(0);
}

/** Runs the tests of a mutation's package, which alone is compiled anew, and fast rather than well. */
function test({ file, package: tested, target, tests }) {
	// What is changed, and what tests it.
	const changed = file.startsWith('pallets/') ? `pallet-${file.split('/')[1]}` : `busbar-${file.split('/')[0]}`;
	const faster = [...new Set(target ? [changed] : [changed, tested])].flatMap((name) => {
		const profile = `profile.release.package.${name}`;
		return ['--config', `${profile}.opt-level=1`, '--config', `${profile}.codegen-units=64`, '--config', `${profile}.incremental=true`];
	});
	// Programs of the runtime's tests are built with the workspace's features.
	const what = target ? ['--workspace', '--test', target] : ['--package', tested, '--lib'];
	const args = [...faster, 'test', '--release', '--locked', '--quiet', ...what, '--', ...(tests ?? [])];
	const run = spawnSync('cargo', args, { cwd: values.tree, encoding: 'utf8', maxBuffer: 1 << 28, timeout: MOST_MS, killSignal: 'SIGTERM' });
	return { passed: run.status === 0, ended: run.status !== null, output: `${run.stdout}\n${run.stderr}` };
}

function mutate(mutation) {
	const { at, before, after } = texts(mutation);
	const began = Date.now();
	writeFileSync(at, after);
	try {
		const { passed, ended, output } = test(mutation);
		const failed = [...new Set([...output.matchAll(/^ {4}(\w+(?:::\w+)+)$/gm)].map(([, name]) => name))];
		const compiled = !/could not compile|error: no test target|error: package ID/.test(output);
		const outcome = passed ? 'missed' : compiled ? 'caught' : 'does not compile';
		const by = ended ? failed : ['it does not end'];
		return { check: mutation.check, file: mutation.file, outcome, by, seconds: (Date.now() - began) / 1000 };
	} finally {
		writeFileSync(at, before);
	}
}

// Tests that fail without any mutation catch none.
const sound = new Set();
const results = [];
for (const [at, mutation] of chosen.entries()) {
	const suite = JSON.stringify([mutation.package, mutation.target, mutation.tests]);
	if (!sound.has(suite)) {
		const { passed, output } = test(mutation);
		if (!passed) {
			console.error(output);
			console.error(`the tests of ${mutation.package} fail as they are`);
			process.exit(1);
		}
		sound.add(suite);
	}
	const result = mutate(mutation);
	results.push(result);
	const words = result.outcome === 'caught' ? `caught by ${result.by.slice(0, 3).join(', ')}` : result.outcome.toUpperCase();
	console.error(`${at + 1}/${chosen.length} without "${result.check}": ${words} (${Math.round(result.seconds)} s)`);
}
const caught = results.filter(({ outcome }) => outcome === 'caught').length;
if (values.json) console.log(JSON.stringify(results, null, '\t'));
console.log(`${caught} of ${results.length} caught`);
process.exit(caught === results.length ? 0 : 1);
