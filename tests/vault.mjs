// The vault on a network, by the command line: a newcomer's record before it is registered, reading by grant and by nothing
// else, rectification, what an erasure waits for, and that nothing of the person is found after it, in the vault's files, its
// backup, or any file of any node; the root of the log on chain; a statement's proof from before.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { u8aToHex } from '@polkadot/util';
import { randomAsU8a } from '@polkadot/util-crypto';
import { connect, keyring, setting, until } from './lib/outsider.mjs';

const URL = setting('BUSBAR_URL');
const CLI = setting('BUSBAR_CLI');
const VAULT = setting('BUSBAR_VAULT_PROGRAM');
const NETWORK = setting('BUSBAR_NETWORK');
const ADDRESS = `127.0.0.1:${setting('BUSBAR_VAULT_PORT')}`;
const PERSON = uuid();
const SEED = u8aToHex(randomAsU8a(32));
const KEEPER = '//MeterOperator';
const FIRST = { name: 'Ada-of-the-first-record', bank: 'DE02-first-0300-0000-0202-051', site: 'Cellar-of-the-first-record' };
const SECOND = { ...FIRST, name: 'Ada-rectified-of-the-second', address: 'Street-of-the-second-17' };

let api;
let folder;
let server;
// A statement that was proven before the erasure.
let receipt;

function uuid() {
	const hex = Buffer.from(randomAsU8a(16)).toString('hex');
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

// Runs a command as somebody, and returns what it says as JSON.
function busbar(suri, ...args) {
	const out = execFileSync(CLI, [...args, '--json', '--url', URL, '--suri', suri], { encoding: 'utf8', stdio: 'pipe' });
	return JSON.parse(out);
}

function vault(suri, command, ...args) {
	return busbar(suri, 'vault', command, ...args, '--vault', `http://${ADDRESS}`);
}

// That a command fails and says so.
function refused(what, words) {
	assert.throws(what, (error) => words.test(String(error.stderr)) || assert.fail(String(error.stderr)));
}

const value = (answer, field) => answer.reading.fields.find((each) => each.field === field)?.value;
const idOf = (suri) => busbar(suri, 'participant', 'show').participant.id;

function write(name, record) {
	const path = join(folder, name);
	writeFileSync(path, JSON.stringify(record));
	return path;
}

// The wrapped key of the person's record and its number, read beside the running vault.
function wrapped() {
	const code = `import sqlite3,sys
rows = sqlite3.connect(sys.argv[1]).execute("SELECT wrapped FROM keys WHERE subject = ?", (bytes.fromhex(sys.argv[2]),))
print(" ".join(row[0].hex() for row in rows))`;
	const out = execFileSync('python3', ['-c', code, join(folder, 'keys.db'), PERSON.replaceAll('-', '')], { encoding: 'utf8' });
	return out.trim();
}

// The files of the vault and of the network that hold any of these bytes, given in hexadecimal.
function holding(all) {
	const code = `import mmap,os,sys
wanted = [bytes.fromhex(text) for text in sys.stdin.read().split()]
for root in sys.argv[1:]:
	for folder, _, files in os.walk(root):
		for name in files:
			path = os.path.join(folder, name)
			try:
				if os.path.getsize(path) == 0: continue
				with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as bytes_of:
					if any(bytes_of.find(each) >= 0 for each in wanted): print(path)
			except OSError: pass`;
	const out = execFileSync('python3', ['-c', code, folder, NETWORK], { encoding: 'utf8', input: all.join(' ') });
	return out.split('\n').filter(Boolean);
}

const hexOf = (text) => Buffer.from(text).toString('hex');

before(async () => {
	({ api } = await connect(URL));
	folder = mkdtempSync(join(tmpdir(), 'busbar-vault-'));
	const paths = ['--records', join(folder, 'records.db'), '--keys', join(folder, 'keys.db'), '--master', join(folder, 'master')];
	execFileSync(VAULT, ['init', '--master', join(folder, 'master')]);
	const log = join(NETWORK, 'logs', 'vault.log');
	server = spawn(VAULT, ['serve', ...paths, '--listen', ADDRESS, '--chain', URL, '--suri', KEEPER, '--publish-every', '2'], {
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const said = [];
	for (const stream of [server.stdout, server.stderr]) stream.on('data', (data) => said.push(data));
	server.on('exit', () => writeFileSync(log, Buffer.concat(said)));
	await until('the vault answers', 20, async () => (await fetch(`http://${ADDRESS}/v1/root`).catch(() => null))?.ok);
	// The first interval that has lines.
	const statement = () => {
		for (let interval = 0; interval < 60; interval += 1) {
			try {
				const found = busbar('//busbar//point//0', 'statement', '--point', '1', '--interval', `${interval}`, '--proof');
				if (found.lines?.length > 0) return found;
			} catch {
				// Not settled, or not opened.
			}
		}
		return null;
	};
	receipt = statement();
	assert.ok(receipt, 'the demonstration has settled an interval of point 1');
});

after(async () => {
	server?.kill('SIGTERM');
	await api?.disconnect();
	if (folder) rmSync(folder, { recursive: true, force: true });
});

test('a provider puts the record of a newcomer, whose commitment it accepts and the chain keeps', async () => {
	const put = vault('//Membership', 'put', PERSON, write('first.json', FIRST));
	const own = ['participant', 'accept', '--id', PERSON, '--commitment', put.commitment];
	const accepted = busbar(SEED, ...own);
	const add = ['participant', 'add', '--id', PERSON, '--account', accepted.account, '--commitment', put.commitment];
	busbar('//Membership', ...add, '--acceptance', accepted.acceptance);
	// Members are read from the chain every 12 s at most.
	const read = await until('the newcomer reads its record', 60, () => {
		try {
			return vault(SEED, 'get', PERSON);
		} catch {
			return null;
		}
	});
	assert.equal(read.committed, true);
	assert.equal(value(read, 'name'), FIRST.name);
	refused(() => vault('//Membership', 'put', PERSON, write('first.json', FIRST)), /403/);
});

test('a utility reads what was granted to it, for the purpose, and nothing when it is revoked', () => {
	const get = (...more) => vault('//Utility', 'get', PERSON, ...more);
	const billing = ['--fields', 'name,bank', '--purpose', 'billing'];
	refused(() => get(...billing), /403/);
	const utility = idOf('//Utility');
	busbar(SEED, 'vault', 'grant', utility, ...billing, '--until', '4294967295');
	assert.equal(value(get(...billing), 'bank'), FIRST.bank);
	refused(() => get('--fields', 'name,site', '--purpose', 'billing'), /403/);
	refused(() => get('--fields', 'name', '--purpose', 'research'), /403/);
	refused(() => vault('//MarketOperator', 'get', PERSON, ...billing), /403/);
	assert.equal(value(vault('//Regulator', 'get', PERSON, '--fields', 'name', '--purpose', 'dispute'), 'name'), FIRST.name);
	busbar(SEED, 'vault', 'revoke', utility, '--purpose', 'billing');
	refused(() => get(...billing), /403/);
});

test('a rectified record has another commitment, on chain too', () => {
	const put = vault(SEED, 'put', PERSON, write('second.json', SECOND), '--commit');
	assert.equal(put.number, 2);
	const read = vault(SEED, 'get', PERSON);
	assert.deepEqual([read.committed, value(read, 'address')], [true, SECOND.address]);
});

test('a member with a connection point in unsettled intervals is not forgotten', () => {
	const home = idOf('//busbar//point//0');
	vault('//busbar//point//0', 'put', home, write('home.json', { name: 'Home-of-point-one' }));
	refused(() => vault('//busbar//point//0', 'erase', home), /409.*is not settled/);
});

test('after the erasure nothing of the person is found in any file of vault, backup and nodes', () => {
	mkdirSync(join(folder, 'backup'));
	for (const name of ['records.db', 'records.db-wal']) {
		if (existsSync(join(folder, name))) cpSync(join(folder, name), join(folder, 'backup', name));
	}
	const everything = join(folder, 'export.json');
	vault(SEED, 'export', PERSON, everything);
	const exported = JSON.parse(readFileSync(everything, 'utf8'));
	assert.equal(exported.record[0].name, SECOND.name);
	assert.ok(exported.accesses.length > 8);
	const key = wrapped();
	assert.match(key, /^[0-9a-f]{208}$/);
	// The search finds what is there: the wrapped key, and in the export the name.
	assert.ok(holding([key]).includes(join(folder, 'keys.db')));
	const names = holding([hexOf(SECOND.name)]);
	assert.deepEqual(names.sort(), [everything, join(folder, 'second.json')].sort());
	for (const name of ['first.json', 'second.json', 'home.json', 'export.json']) rmSync(join(folder, name));

	vault(SEED, 'erase', PERSON);
	refused(() => vault(SEED, 'get', PERSON), /404/);
	const salts = exported.proofs.map(({ salt }) => salt.slice(2));
	const words = [...Object.values(FIRST), ...Object.values(SECOND)].map(hexOf);
	assert.deepEqual(holding([key, ...salts, ...words]), []);
});

test('who read it is still told, and the root of the log is on chain', async () => {
	const log = vault(SEED, 'log', PERSON);
	const acts = log.entries.map(({ act, ground }) => `${act} ${ground}`);
	for (const act of ['put admission', 'read grant', 'read oversight', 'read null', 'put own', 'erase own']) {
		assert.ok(acts.includes(act), `${act} of ${acts}`);
	}
	// The library has a method `entries`, and calls the field so.
	const keeper = await api.query.participants.memberOf(keyring().devnet('MeterOperator').address);
	await until('the root is on chain', 60, async () => {
		const published = (await api.query.participants.accessLogs(keeper.unwrap())).unwrapOr(null);
		const now = await (await fetch(`http://${ADDRESS}/v1/root`)).json();
		return published && published.entries_.toNumber() === now.count && published.root.toHex() === now.root;
	});
});

test('a statement that was proven before is proven still', () => {
	const path = join(folder, 'receipt.json');
	writeFileSync(path, JSON.stringify(receipt));
	const proven = busbar('//busbar//point//0', 'statement', '--check', path);
	assert.equal(proven.length, receipt.lines.length);
});
