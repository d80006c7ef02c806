// One attack in a process of its own: until it is told that it is over, then says what it got. The number of its turn gives it
// members of its own, whose budgets are whole.

const [file, name, turn] = process.argv.slice(2);
const { attacks, prepare } = await import(`./${file}`);
const attack = attacks.find((each) => each.name === name);

let ended = false;
process.on('message', (message) => (ended ||= message === 'over'));
try {
	const world = { ...(await prepare(Number(turn), attack)), over: () => ended };
	process.send({ ready: true });
	process.send({ got: await attack.run(world) });
} catch (error) {
	process.send({ failed: error.stack });
}
