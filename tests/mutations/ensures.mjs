// Every `ensure!` of the pallets that no entry of the list names, each taken out.

import { closes, code } from './switch.mjs';

/** What is no part of a pallet's rules: its tests and benchmarks, and the invariants that only tests look at. */
const BESIDE = /\/(tests|mock|benchmarking|migrations|invariants|weights)(\/|\.rs$)/;

/** The mutations of one file, `named` of which entries name already. */
function of(file, text, named) {
	const blank = code(text);
	const tests = blank.indexOf('#[cfg(test)]\nmod tests {');
	const rules = tests < 0 ? blank : blank.slice(0, tests);
	const places = named.map(({ from }) => [text.indexOf(from), text.indexOf(from) + from.length]);
	const found = [];
	for (const { index, 0: opening } of rules.matchAll(/(?<=\n)\t+ensure!\(/g)) {
		const end = closes(blank, index + opening.length - 1) + 2;
		// As an expression it is the value of its block.
		if (blank[end - 1] !== ';' || places.some(([from, to]) => from < end && index < to)) continue;
		const said = text.slice(index, end - 1).trim().replace(/\s+/g, ' ');
		const same = found.filter((other) => other.said === said).length;
		const check = `${file}: ${said}${same > 0 ? `, ${same + 1}` : ''}`;
		found.push({ said, check, file, at: [index, end], to: '', package: `pallet-${file.split('/')[1]}` });
	}
	return found.map(({ said, ...mutation }) => mutation);
}

/** The mutations of all pallets in a checkout's texts. */
export function ensures(files, text, list) {
	const sources = files.filter((file) => /^pallets\/\w+\/src\/.*\.rs$/.test(file) && !BESIDE.test(file));
	return sources.sort().flatMap((file) => of(file, text(file), list.filter((entry) => entry.file === file)));
}
