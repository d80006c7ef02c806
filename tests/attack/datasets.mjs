// Datasets for a network's operator, made of a committed file of another one: their bytes are changed in place.

import { readFile } from 'node:fs/promises';
import { blake2AsHex } from '@polkadot/util-crypto';
import { busbar } from '../lib/busbar.mjs';

const DATA = new URL('../../services/store/tests/data/', import.meta.url);
// Whose the committed files are.
const OPERATOR = '00112233445566778899aabbccddeeff';

// The participant of an account, as 32 hexadecimal digits.
export async function operatorOf(suri) {
	const { participant } = await busbar('participant', 'show', '--suri', suri);
	return participant.id.replaceAll('-', '');
}

function replace(bytes, from, to) {
	let found = 0;
	for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + to.length)) {
		bytes.set(to, at);
		found += 1;
	}
	if (found === 0) {
		throw new Error('the committed dataset has another form than this expects');
	}
}

// A dataset like no other of another `seed`; nobody attests it.
export async function dataset(operator, seed, file = 'as-documented.parquet', change = (bytes) => bytes) {
	const bytes = await readFile(new URL(file, DATA));
	replace(bytes, Buffer.from(OPERATOR), Buffer.from(operator));
	// The second row's signature, which the store leaves to the chain.
	const own = Buffer.from(blake2AsHex(seed, 512).slice(2), 'hex');
	replace(bytes, Buffer.alloc(64, 2), own);
	const changed = change(bytes);
	return { bytes: changed, hash: blake2AsHex(changed, 256).slice(2) };
}

// The same, but its first dictionary, of three numbers, claims 2^31 - 1 of them.
export function claiming(operator, seed) {
	return dataset(operator, seed, 'numbers-by-dictionary.parquet', (bytes) => {
		const at = bytes.indexOf(Buffer.from([0x4c, 0x15, 0x06]));
		if (at < 0 || at > 64) {
			throw new Error('the committed dataset begins with no dictionary');
		}
		return Buffer.concat([bytes.subarray(0, at + 2), Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f]), bytes.subarray(at + 3)]);
	});
}
