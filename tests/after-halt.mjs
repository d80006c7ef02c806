// An interval that failed safe settles like any other: the orders' collateral goes back, metered energy is imbalance.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { busbar } from './lib/busbar.mjs';
import { connect, DispatchFailed, keyring, meterOf, setting, settle, signedReading, submit, until } from './lib/outsider.mjs';

// Member 0 of the demonstration owns this connection point, whose meter is that of load 0.
const POINT = 1;
const LOAD = 'load-0';

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

// Of the member's margin, which is on hold whatever orders hold of it.
const heldForOrders = async () => {
	const id = (await api.query.participants.memberOf(keeper.address)).unwrap();
	return (await api.query.participants.participants(id)).unwrap().margin.held.toBigInt();
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

test('a reading that comes after settlement settles the difference, and the root covers it', async () => {
	const statement = async () => [...await api.call.energyApi.statement(keeper.address, interval, 0, 64)];
	const estimated = await statement();
	// Nothing was metered on four days before: all that the point may draw.
	const silent = estimated.map(({ line }) => line).find(({ cause }) => cause.isEstimatedImbalance);
	assert.ok(silent?.amount.toBigInt() < 0n, 'the point did not settle on an estimate');
	const root = (await api.query.settlement.roots(interval)).unwrap();
	// No reading has changed, and who is silent is settled again only by the last run.
	const early = await submit(api, api.tx.settlement.debit(interval, [POINT]), keeper).then(() => undefined, (error) => error);
	assert.ok(early instanceof DispatchFailed && early.errorName === 'settlement.RunNotDue', `${early}`);

	const meter = await meterOf(api, POINT, LOAD);
	// Less than the estimate, so that money comes back.
	const metered = Math.floor(silent.wh.toNumber() / 2);
	const reading = { meter: meter.id, point: POINT, interval, import: metered, quality: 'Measured' };
	await submit(api, api.tx.metering.dispute(signedReading(api, meter.device, reading), null), keeper);
	// Its attestation window is over, so the run at the end of the dispute window settles it.
	const due = (await api.call.energyApi.status(interval)).unwrap().terms.disputeEnd.toNumber();
	await until('the run is due that settles the reading', 240, async () => (await api.query.timestamp.now()).toNumber() >= due);
	const kept = await busbar('settle', '--interval', interval, '--suri', '//busbar//point//0');
	assert.deepEqual([kept.debited, kept.credited, kept.corrected], [0, 1, 1]);

	const corrections = (await statement()).map(({ line }) => line).filter(({ cause }) => cause.isCorrection);
	assert.equal(corrections.length, 1);
	const [line] = corrections;
	assert.equal(line.version.toNumber(), 3);
	// What was charged beyond that comes back.
	assert.equal(line.wh.toNumber(), metered - silent.wh.toNumber());
	assert.equal(line.amount.toBigInt(), -line.wh.toBigInt() * silent.price.toBigInt());
	assert.ok(line.amount.toBigInt() > 0n);
	const { linesSum, inTransit } = await api.call.energyApi.conservation(interval);
	assert.deepEqual([linesSum.toBigInt(), inTransit.toBigInt()], [0n, 0n]);
	const after = (await api.query.settlement.roots(interval)).unwrap();
	assert.ok(after.count.toNumber() > root.count.toNumber());
	assert.notEqual(after.root.toHex(), root.root.toHex());
});
