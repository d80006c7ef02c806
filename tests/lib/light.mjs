// A light client that follows one chain: smoldot, spoken to over its JSON-RPC.

import { start } from 'smoldot';

export class LightClient {
	#chain;
	#client;
	#following = null;
	#next = 1;
	#waiting = new Map();
	#operations = new Map();
	#early = new Map();
	#finalized = [];
	#onFinalized = [];
	#failure = null;

	// Starts on a chain specification (text) whose boot nodes include a gateway.
	static async start(chainSpec, log) {
		const self = new LightClient();
		self.#client = start({ maxLogLevel: 3, logCallback: log });
		self.#chain = await self.#client.addChain({ chainSpec });
		self.#pump();
		self.#following = await self.#call('chainHead_v1_follow', [true]);
		return self;
	}

	async stop() {
		this.#failure ??= new Error('the light client was stopped');
		await this.#client.terminate();
	}

	// Hash of the newest finalised block, as soon as there is one.
	finalized() {
		if (this.#finalized.length > 0) {
			return Promise.resolve(this.#finalized.at(-1));
		}
		return new Promise((resolve) => this.#onFinalized.push(resolve));
	}

	// Header of a block that the subscription has reported, as hex.
	header(block) {
		return this.#call('chainHead_v1_header', [this.#following, block]);
	}

	// Value of a storage key at a block as hex, checked by the client against the header's state root; null if absent.
	async storage(block, key) {
		const events = await this.#operation('chainHead_v1_storage', [this.#following, block, [{ key, type: 'value' }], null]);
		const items = events.flatMap((event) => event.items ?? []);
		return items.find((item) => item.key === key)?.value ?? null;
	}

	// What a runtime API answers at a block as hex, executed by the client itself on proven state.
	async call(block, name, parameters) {
		const events = await this.#operation('chainHead_v1_call', [this.#following, block, name, parameters]);
		return events.at(-1).output;
	}

	#call(method, params) {
		const id = this.#next++;
		return new Promise((resolve, reject) => {
			this.#waiting.set(id, { resolve, reject });
			this.#chain.sendJsonRpc(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
		});
	}

	async #operation(method, params) {
		const started = await this.#call(method, params);
		if (started.result !== 'started') {
			throw new Error(`${method}: ${JSON.stringify(started)}`);
		}
		return new Promise((resolve, reject) => {
			this.#operations.set(started.operationId, { events: [], resolve, reject });
			for (const event of this.#early.get(started.operationId) ?? []) {
				this.#operationEvent(event);
			}
			this.#early.delete(started.operationId);
		});
	}

	async #pump() {
		try {
			for (;;) {
				this.#message(JSON.parse(await this.#chain.nextJsonRpcResponse()));
			}
		} catch (error) {
			for (const { reject } of [...this.#waiting.values(), ...this.#operations.values()]) {
				reject(this.#failure ?? error);
			}
		}
	}

	#message(message) {
		if (message.id !== undefined) {
			const { resolve, reject } = this.#waiting.get(message.id);
			this.#waiting.delete(message.id);
			if (message.error) {
				reject(new Error(message.error.message));
			} else {
				resolve(message.result);
			}
		} else if (message.method === 'chainHead_v1_followEvent') {
			this.#followEvent(message.params.result);
		}
	}

	#followEvent(event) {
		const finalized = event.finalizedBlockHashes ?? [];
		if (event.event === 'stop') {
			throw new Error('the light client stopped following the chain');
		} else if (finalized.length > 0) {
			this.#finalized.push(...finalized);
			for (const resolve of this.#onFinalized.splice(0)) {
				resolve(this.#finalized.at(-1));
			}
		} else if (event.operationId !== undefined) {
			this.#operationEvent(event);
		}
	}

	#operationEvent(event) {
		const operation = this.#operations.get(event.operationId);
		if (!operation) {
			this.#early.set(event.operationId, [...(this.#early.get(event.operationId) ?? []), event]);
			return;
		}
		switch (event.event) {
			case 'operationStorageItems':
				operation.events.push(event);
				break;
			case 'operationStorageDone':
			case 'operationCallDone':
				operation.events.push(event);
				this.#operations.delete(event.operationId);
				operation.resolve(operation.events);
				break;
			case 'operationWaitingForContinue':
				this.#call('chainHead_v1_continue', [this.#following, event.operationId]).catch(operation.reject);
				break;
			default:
				this.#operations.delete(event.operationId);
				operation.reject(new Error(`${event.event}: ${event.error ?? ''}`));
		}
	}
}
