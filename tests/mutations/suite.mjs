// Compiles the tests of a package in a copy of the tree, and runs them.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { VARIABLE } from './switch.mjs';

const MOST_BYTES = 1 << 28;

/** What the files of a checkout hold that git knows or would add: whoever works in it meanwhile changes nothing of that. */
export function snapshot(tree) {
	const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: tree, encoding: 'utf8', maxBuffer: MOST_BYTES });
	const files = new Set(listed.stdout.split('\0').filter((file) => file !== '' && existsSync(path.join(tree, file))));
	const read = (file) => ({ content: readFileSync(path.join(tree, file)), mode: statSync(path.join(tree, file)).mode });
	return new Map([...files].map((file) => [file, read(file)]));
}

/** Makes a folder hold these files with some texts changed. Leaves alone what it holds already: its build stays good. */
export function copy(files, folder, texts) {
	for (const [file, { content, mode }] of files) {
		const to = path.join(folder, file);
		const wanted = texts.has(file) ? Buffer.from(texts.get(file)) : content;
		if (existsSync(to) && readFileSync(to).equals(wanted)) continue;
		mkdirSync(path.dirname(to), { recursive: true });
		writeFileSync(to, wanted, { mode });
	}
	for (const file of readdirSync(folder, { recursive: true })) {
		const at = path.join(folder, file);
		if (!files.has(file) && statSync(at).isFile()) rmSync(at);
	}
}

/** Own packages are built fast rather than well, and beside what an ordinary build made of them. */
function faster(folder) {
	const { stdout } = spawnSync('cargo', ['metadata', '--no-deps', '--format-version=1', '--locked'], { cwd: folder, encoding: 'utf8', maxBuffer: MOST_BYTES });
	return JSON.parse(stdout).packages.flatMap(({ name }) => {
		const profile = `profile.release.package.${name}`;
		return ['--config', `${profile}.opt-level=1`, '--config', `${profile}.codegen-units=64`, '--config', `${profile}.incremental=true`];
	});
}

/** Compiles the tests of a mutation's package. Returns their program and where it runs, or what the compiler objects to. */
export async function compile(folder, { package: tested, target }) {
	// Programs of the runtime's tests are built with the workspace's features.
	const asked = target ? ['--workspace', '--test', target] : ['--package', tested, '--lib'];
	const args = [...faster(folder), 'test', '--release', '--locked', '--no-run', '--message-format=json', ...asked];
	const { status, stdout, stderr } = await run('cargo', args, folder);
	const messages = stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
	const name = (target ?? tested).replaceAll('-', '_');
	const built = messages.find((message) => message.executable && message.target.name.replaceAll('-', '_') === name);
	if (status === 0 && built) return { program: built.executable, folder: path.dirname(built.manifest_path) };
	const errors = messages.map(({ message }) => message).filter((message) => message?.level === 'error');
	return { errors, output: errors.map(({ rendered }) => rendered).join('\n') || stderr };
}

function run(program, args, cwd) {
	return new Promise((resolve) => {
		const child = spawn(program, args, { cwd });
		const [out, err] = [[], []];
		child.stdout.on('data', (data) => out.push(data));
		child.stderr.on('data', (data) => err.push(data));
		child.on('error', (error) => err.push(Buffer.from(String(error))));
		child.on('close', (status) => resolve({ status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }));
	});
}

/** Runs a suite's program with one mutation on, or none, until a test fails or its time is over. */
export function execute({ program, folder }, tests, { mutant = '', mostMs }) {
	return new Promise((resolve) => {
		const began = Date.now();
		const child = spawn(program, tests, { cwd: folder, env: { ...process.env, [VARIABLE]: mutant, CARGO_MANIFEST_DIR: folder } });
		// This takes long, and gives way to whatever else the machine does.
		if (child.pid) os.setPriority(child.pid, os.constants.priority.PRIORITY_LOW);
		let [output, by] = ['', undefined];
		const stop = (why) => {
			by ??= why;
			child.kill('SIGKILL');
		};
		const late = setTimeout(() => stop('it does not end'), mostMs);
		child.stdout.on('data', (data) => {
			output += data;
			const failed = output.match(/^test (\S+)(?: - should panic)? \.\.\. FAILED$/m);
			if (failed) stop(failed[1]);
		});
		child.stderr.on('data', (data) => (output += data));
		child.on('error', (error) => (output += error));
		child.on('close', (status) => {
			clearTimeout(late);
			const ran = Number(output.match(/^running (\d+) tests?$/m)?.[1] ?? 0);
			resolve({ passed: status === 0 && !by, by: by ?? 'the end of the process', ran, output, ms: Date.now() - began });
		});
	});
}
