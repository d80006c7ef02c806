// The attacks of this folder, by the part that they are made on. A new file of them is a line here.

const FILES = {
	chain: ['calls.mjs', 'slots.mjs', 'wire.mjs'],
	store: ['store.mjs'],
};

export async function all(parts) {
	const files = parts.flatMap((part) => FILES[part].map((file) => ({ part, file })));
	return Promise.all(files.map(async (each) => ({ ...each, attacks: (await import(`./${each.file}`)).attacks })));
}
