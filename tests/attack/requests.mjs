// Signed requests to the store, as docs and headers say: nothing of the project's code.

import { Keyring } from '@polkadot/api';
import { u8aToHex } from '@polkadot/util';
import { cryptoWaitReady, randomAsU8a } from '@polkadot/util-crypto';
import { setting } from '../lib/outsider.mjs';

const SERVICE = 'busbar-store:1';

export const store = () => new URL(setting('BUSBAR_STORE'));

export async function signerOf(suri) {
	await cryptoWaitReady();
	return new Keyring({ type: 'sr25519', ss58Format: 42 }).addFromUri(suri);
}

export async function stranger() {
	return signerOf(u8aToHex(randomAsU8a(32)));
}

// The headers of a request to the store that is good for so many ms.
export function headers(signer, method, path, forMs = 60_000) {
	return signed(signer, { service: SERVICE, name: store().host, method, path }, forMs);
}

// The headers of a request to any of the services, by its name.
export function signed(signer, { service, name, method, path }, forMs = 60_000) {
	const expires = Date.now() + forMs;
	const nonce = u8aToHex(randomAsU8a(16)).slice(2);
	const payload = new TextEncoder().encode(`${service}\n${method}\n${name}\n${path}\n${expires}\n${nonce}`);
	// A MultiSignature: the number of its kind first.
	const signature = `01${u8aToHex(signer.sign(payload)).slice(2)}`;
	return {
		'x-busbar-account': signer.address,
		'x-busbar-expires': String(expires),
		'x-busbar-nonce': nonce,
		'x-busbar-signature': signature,
	};
}

export function request(signer, method, path, body) {
	return fetch(new URL(path, store()), { method, body, headers: signer ? headers(signer, method, path) : {} });
}
