// One attack in a process of its own: until it is told that it is over, then says what it got.

const [file, name] = process.argv.slice(2);
const { attacks, prepare } = await import(`./${file}`);
const { run } = attacks.find((each) => each.name === name);

let ended = false;
process.on('message', (message) => (ended ||= message === 'over'));
try {
	const world = { ...(await prepare()), over: () => ended };
	process.send({ ready: true });
	process.send({ got: String(await run(world)) });
} catch (error) {
	process.send({ failed: error.stack });
}
