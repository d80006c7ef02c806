// Puts all mutations into one text of the tree, each behind its name in a test's environment, so that a package is compiled once
// for all of them.

import path from 'node:path';

/** The environment's variable that names the mutation. */
export const VARIABLE = 'BUSBAR_MUTANT';

const SWITCH = `
/// Which mutation is on: none, or the one that the environment names.
pub mod mutant {
	pub fn on(name: &str) -> bool {
		static ON: std::sync::OnceLock<std::string::String> = std::sync::OnceLock::new();
		ON.get_or_init(|| std::env::var("${VARIABLE}").unwrap_or_default()) == name
	}
}
`;

/** The entries of a list by what a function says of each. */
export function groups(list, of) {
	const found = new Map();
	for (const entry of list) found.set(of(entry), [...(found.get(of(entry)) ?? []), entry]);
	return found;
}

/** The text with everything blanked that is a comment, a string or a character, at its place. */
export function code(text) {
	const literal = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\bb?r(#*)"[\s\S]*?"\1|\bb?"(?:\\[\s\S]|[^"\\])*"|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[^\n]{1,10}?|[^\\'\n])'/g;
	return text.replace(literal, (found) => found.replace(/[^\n]/g, ' '));
}

/** Where the bracket that opens at a place closes. */
export function closes(blank, at) {
	let depth = 0;
	for (let end = at; end < blank.length; end++) {
		if ('([{'.includes(blank[end])) depth += 1;
		if (')]}'.includes(blank[end])) depth -= 1;
		if (depth === 0) return end;
	}
	return -1;
}

/** The bodies of functions, with what stands before each. Braces of types and defaults before a body there are none. */
function functions(blank) {
	const found = [];
	for (const match of blank.matchAll(/\bfn\s+\w+/g)) {
		let at = match.index;
		while (at < blank.length && blank[at] !== '{' && blank[at] !== ';') {
			at = '(['.includes(blank[at]) ? closes(blank, at) + 1 : at + 1;
		}
		if (blank[at] !== '{') continue;
		const line = blank.lastIndexOf('\n', match.index) + 1;
		found.push({ head: blank.slice(line, at), from: at + 1, to: closes(blank, at) });
	}
	return found;
}

/** The innermost body of a function in which a place stands, if it may hold two bodies and a choice of them. */
function around(bodies, begin, end) {
	const body = bodies.filter(({ from, to }) => from <= begin && end <= to).sort((one, other) => other.from - one.from)[0];
	// A type that is its body's is one body's only, and a constant one asks no environment.
	return body && !/\bconst\s+fn\b|->\s*impl\b/.test(body.head) ? body : undefined;
}

/** Where in a text what a mutation takes out begins and ends: what its entry says, or the one place of its text. */
function place(text, { at, from }) {
	return at ?? [text.indexOf(from), text.indexOf(from) + from.length];
}

/** A text, or a part of it from a place on, with a mutation for good. */
function mutated(text, mutation, [from, to] = [0, text.length]) {
	const [begin, end] = place(text, mutation);
	return `${text.slice(from, begin)}${mutation.to}${text.slice(end, to)}`;
}

/** A file's text with mutations behind their names, and the names of those that stand in it. */
function switched(text, mutations) {
	const bodies = functions(code(text));
	const within = new Map();
	for (const mutation of mutations) {
		const body = around(bodies, ...place(text, mutation));
		if (body) within.set(body, [...(within.get(body) ?? []), mutation]);
	}
	// One within another would be changed twice.
	const holds = (one, other) => other !== one && other.from > one.from && other.to < one.to;
	const innermost = [...within.keys()].filter((body) => ![...within.keys()].some((other) => holds(body, other)));
	let changed = text;
	for (const body of innermost.sort((one, other) => other.from - one.from)) {
		const before = text.slice(body.from, body.to);
		const arms = within.get(body).map((mutation) => {
			const name = JSON.stringify(mutation.check);
			return `if crate::mutant::on(${name}) {/*<${name}*/${mutated(text, mutation, [body.from, body.to])}\n/*${name}>*/} else `;
		});
		changed = `${changed.slice(0, body.from)}\n${arms.join('')}{${before}}\n${changed.slice(body.to)}`;
	}
	return { changed, names: innermost.flatMap((body) => within.get(body)).map(({ check }) => check) };
}

/**
 * The texts of a tree, which are read so, that change when mutations are put into it, by file, and where each stands that is in them, by name. What
 * says that it goes alone, what is no function's body and functions whose type is their body's stay out. `alone` is on for good.
 */
export function embed(read, list, alone) {
	const together = list.filter((mutation) => !mutation.alone && mutation.file !== alone?.file);
	const files = groups(together, ({ file }) => file);
	const texts = new Map();
	const embedded = new Map();
	for (const [file, mutations] of files) {
		const { changed, names } = switched(read(file), mutations);
		texts.set(file, changed);
		const line = (at) => changed.slice(0, at).split('\n').length;
		for (const name of names) {
			const [begin, end] = [`/*<${JSON.stringify(name)}*/`, `/*${JSON.stringify(name)}>*/`];
			embedded.set(name, { file, lines: [line(changed.indexOf(begin)), line(changed.indexOf(end))] });
		}
	}
	if (alone) texts.set(alone.file, mutated(read(alone.file), alone));
	for (const crate of new Set(list.map(({ file }) => file.slice(0, file.indexOf('/src/'))))) {
		const library = path.join(crate, 'src/lib.rs');
		texts.set(library, (texts.get(library) ?? read(library)) + SWITCH);
	}
	return { texts, embedded };
}

/** The names of the mutations in whose lines the compiler found an error. */
export function broken(embedded, errors) {
	const places = errors.flatMap(({ spans }) => spans).map((span) => ({ file: span.file_name, line: span.line_start }));
	const hit = ([, { file, lines }]) => places.some((place) => file === place.file && lines[0] <= place.line && place.line <= lines[1]);
	return [...embedded].filter(hit).map(([name]) => name);
}
