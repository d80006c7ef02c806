// Takes one check after another out of a copy of the tree, and runs the tests that should miss it.
//
// usage: run.mjs --tree FOLDER [--check] [--json] [PART...]

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
	options: { tree: { type: 'string' }, check: { type: 'boolean' }, json: { type: 'boolean' } },
	allowPositionals: true,
});
const list = JSON.parse(readFileSync(path.join(import.meta.dirname, 'list.json'), 'utf8'));
const chosen = list.filter(
	({ check }) => positionals.length === 0 || positionals.some((part) => check.includes(part)),
);

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
if (lost.length > 0) process.exit(1);
if (values.check) {
	console.log(`${chosen.length} mutations, each of one place`);
	process.exit(0);
}

function mutate(mutation) {
	const { at, before, after } = texts(mutation);
	const began = Date.now();
	writeFileSync(at, after);
	try {
		const args = ['test', '--release', '--locked', '--quiet', '--package', mutation.package, '--', ...(mutation.tests ?? [])];
		const run = spawnSync('cargo', args, { cwd: values.tree, encoding: 'utf8', maxBuffer: 1 << 28 });
		const output = `${run.stdout}\n${run.stderr}`;
		const tests = [...output.matchAll(/^ {4}(\S+)$/gm)].map(([, name]) => name);
		const failed = [...new Set(tests)];
		const outcome =
			run.status === 0 ? 'missed' : output.includes('could not compile') ? 'does not compile' : 'caught';
		return { check: mutation.check, file: mutation.file, outcome, by: failed, seconds: (Date.now() - began) / 1000 };
	} finally {
		writeFileSync(at, before);
	}
}

const results = [];
for (const [at, mutation] of chosen.entries()) {
	const result = mutate(mutation);
	results.push(result);
	const words = result.outcome === 'caught' ? `caught by ${result.by.slice(0, 3).join(', ')}` : result.outcome.toUpperCase();
	console.error(`${at + 1}/${chosen.length} without "${result.check}": ${words} (${Math.round(result.seconds)} s)`);
}
const caught = results.filter(({ outcome }) => outcome === 'caught').length;
if (values.json) console.log(JSON.stringify(results, null, '\t'));
console.log(`${caught} of ${results.length} caught`);
process.exit(caught === results.length ? 0 : 1);
