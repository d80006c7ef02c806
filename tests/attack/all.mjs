// The attacks of this folder. A new file of them is a line here.

const FILES = ['store.mjs'];

export async function all() {
	return Promise.all(FILES.map(async (file) => ({ file, attacks: (await import(`./${file}`)).attacks })));
}
