// An interval that failed safe settles like any other: the orders' collateral goes back, metered energy is imbalance.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { connect, keyring, setting, settle, until } from './lib/outsider.mjs';

let api;
let keeper;
let interval;
let held;

before(async () => {
	({ api } = await connect(setting('BUSBAR_URL')));
	keeper = keyring().member(0);
	({ interval, held } = JSON.parse(readFileSync(setting('BUSBAR_HALT'), 'utf8')));
});

after(() => api?.disconnect());

const heldForOrders = async () => {
	const holds = await api.query.balances.holds(keeper.address);
	const order = holds.find(({ id }) => id.isSettlement && id.asSettlement.isOrder);
	return order ? order.amount.toBigInt() : 0n;
};

test('anybody settles the failed interval once its attestation window is over, and the collateral is free again', async () => {
	const status = (await api.call.energyApi.status(interval)).unwrap();
	const end = status.terms.attestationEnd.toNumber();
	await until('the attestation window is over', 240, async () => (await api.query.timestamp.now()).toNumber() >= end);
	const before = await heldForOrders();
	await settle(api, interval, keeper);
	const settled = (await api.call.energyApi.status(interval)).unwrap();
	assert.ok(['Settled', 'Final'].includes(settled.phase.type), `the phase is ${settled.phase.type}`);
	assert.equal(before - await heldForOrders(), BigInt(held));
	const { linesSum, inTransit } = await api.call.energyApi.conservation(interval);
	assert.equal(linesSum.toBigInt(), 0n);
	assert.equal(inTransit.toBigInt(), 0n);
});
