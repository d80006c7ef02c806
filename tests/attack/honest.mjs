// What honest users do while others attack; each is one request that must be served.

import { request, signerOf } from './requests.mjs';
import { dataset, operatorOf } from './datasets.mjs';

export async function honest() {
	const [operator, utility] = await Promise.all([signerOf('//MeterOperator'), signerOf('//Utility')]);
	// A dataset that stands while others are thrown away; it is the operator's and honest.
	const { bytes, hash } = await dataset(await operatorOf('//MeterOperator'), 'honest');
	const stored = await request(operator, 'PUT', `/v1/blobs/${hash}?class=readings`, bytes);
	if (stored.status !== 200) {
		throw new Error(`the honest dataset was refused: ${stored.status} ${await stored.text()}`);
	}
	let turn = 0;
	return {
		// Another member's list, the operator's own dataset, and whether the store holds it.
		store: async () => {
			turn += 1;
			const ask = [
				() => request(utility, 'GET', '/v1/datasets?from=0&until=99'),
				() => request(operator, 'GET', `/v1/blobs/${hash}`),
				() => request(null, 'GET', `/v1/holds/${hash}`),
			][turn % 3];
			const answer = await ask();
			const text = await answer.text();
			if (answer.status !== 200) {
				throw new Error(`${answer.status} ${text}`);
			}
		},
	};
}
