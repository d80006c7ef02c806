// What people watch a network by: every metric that a rule or a panel names exists on the nodes that run, and a Prometheus that
// scrapes them evaluates every rule, wakes nobody, and fills every panel.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const setting = (name) => {
	assert.ok(process.env[name], `set ${name}; scripts/test does it`);
	return process.env[name];
};
const packaging = new URL('../packaging/', import.meta.url);
const rules = await readFile(new URL('prometheus/alerts.yml', packaging), 'utf8');
const dashboard = JSON.parse(await readFile(new URL('grafana/busbar.json', packaging), 'utf8'));
const panels = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
// Where the nodes serve their metrics, and where Prometheus answers.
const nodes = setting('BUSBAR_METRICS').split(' ');
const prometheus = setting('BUSBAR_PROMETHEUS');

const text = async (url) => {
	const answer = await fetch(url);
	assert.ok(answer.ok, `${url}: ${answer.status}`);
	return answer.text();
};
const api = async (path) => {
	const { status, data, error } = JSON.parse(await text(`${prometheus}/api/v1/${path}`));
	assert.equal(status, 'success', error);
	return data;
};

// A name of a metric: a histogram's has an ending that its kind brings.
const named = (expressions) => new Set(expressions.match(/\b(?:busbar|substrate)_[a-z0-9_]+/g));

test('every metric that a rule or a panel names exists on every node', async () => {
	const names = named(rules + panels.map(({ expr }) => expr).join('\n'));
	assert.ok(names.size > 10, `${names.size} names`);
	for (const node of nodes) {
		const served = named((await text(`${node}/metrics`)).replace(/^#.*$/gm, ''));
		assert.deepEqual([...names].filter((name) => !served.has(name)), [], node);
	}
});

test('Prometheus scrapes every node', async () => {
	const began = Date.now();
	for (;;) {
		const up = (await api(`query?query=${encodeURIComponent('up == 1')}`)).result;
		if (up.length === nodes.length) return;
		assert.ok(Date.now() - began < 60_000, `${up.length} of ${nodes.length} nodes answer`);
		await sleep(500);
	}
});

test('every rule is evaluated, and a network that is well wakes nobody', async () => {
	const began = Date.now();
	for (;;) {
		const all = (await api('rules')).groups.flatMap((group) => group.rules);
		assert.equal(all.length, rules.match(/- alert:/g).length);
		assert.deepEqual(all.filter(({ health }) => health === 'err').map(({ name, lastError }) => [name, lastError]), []);
		const firing = all.filter(({ state }) => state === 'firing').map(({ name }) => name);
		assert.deepEqual(firing, []);
		if (all.every(({ health }) => health === 'ok')) return;
		assert.ok(Date.now() - began < 60_000, 'some rules are never evaluated');
		await sleep(500);
	}
});

test('every panel shows something', async () => {
	const began = Date.now();
	let empty = panels;
	while (empty.length > 0) {
		const left = [];
		for (const panel of empty) {
			const { result } = await api(`query?query=${encodeURIComponent(panel.expr)}`);
			if (result.length === 0) left.push(panel);
		}
		empty = left;
		assert.ok(empty.length === 0 || Date.now() - began < 90_000, JSON.stringify(empty));
		if (empty.length > 0) await sleep(1_000);
	}
});
