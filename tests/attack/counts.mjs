// What attackers got, counted by what they were answered.

// `docs/refusals.md`, in a word or two.
const OWN = {
	1: 'immortal',
	2: 'not listed',
	3: 'not theirs',
	4: 'no such motion',
	5: 'beyond any budget',
	6: 'budget spent',
	7: 'provider spent',
	8: 'too far ahead',
	9: 'too much waits',
	10: 'unknown payee',
};

// Why a node refused, in a word or two.
export function reason({ message }) {
	const own = /Custom error: (\d+)/.exec(message)?.[1];
	const words = message.replace(/^-?\d+: /, '').replace(/^Invalid Transaction: /, '');
	return own ? (OWN[own] ?? `refused by ${own}`) : words.split(/[:(\n]/)[0].trim().slice(0, 60);
}

export class Counts {
	#counts = new Map();

	add(what, number = 1) {
		this.#counts.set(what, (this.#counts.get(what) ?? 0) + number);
	}

	// Counts what becomes of a promise, which never fails then.
	async of(promise, taken = 'taken') {
		await promise.then(() => this.add(taken), (error) => this.add(reason(error)));
	}

	get all() {
		return Object.fromEntries(this.#counts);
	}
}

// As a person reads it: the most frequent first.
export function told(got) {
	if (typeof got !== 'object') {
		return String(got);
	}
	return Object.entries(got).sort((a, b) => b[1] - a[1]).map(([what, count]) => `${count} x ${what}`).join(', ');
}
