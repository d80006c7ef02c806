// A first order with polkadot-api (PAPI) in its untyped form; `npx papi add busbar -w URL` generates types.
import { createClient, Enum } from 'polkadot-api';
import { getPolkadotSigner } from 'polkadot-api/signer';
import { getWsProvider } from 'polkadot-api/ws';
import { sr25519CreateDerive } from '@polkadot-labs/hdkd';
import { DEV_MINI_SECRET, ss58Address } from '@polkadot-labs/hdkd-helpers';
import { WebSocket } from 'ws'; // Browsers, and Node.js from 22 on, have their own.

const client = createClient(getWsProvider(process.env.BUSBAR_URL ?? 'ws://127.0.0.1:9944', { websocketClass: WebSocket }));
const api = client.getUnsafeApi();
const pair = sr25519CreateDerive(DEV_MINI_SECRET)(process.env.BUSBAR_SURI ?? '//busbar//point//0');
const signer = getPolkadotSigner(pair.publicKey, 'Sr25519', pair.sign);
const account = ss58Address(pair.publicKey);
const { EnergyApi } = api.apis;

const clock = await EnergyApi.clock({ at: 'best' });
const interval = clock.first_unopened - 1;
for (let past = clock.current; past >= 0; past--) {
	const [root] = await EnergyApi.prices(past, 0, 0, 256, { at: 'best' });
	if (root?.result.price !== undefined) { console.log(`interval ${past}: ${root.result.price} nEUR/Wh at the root`); break; }
}

const [point] = (await EnergyApi.participant(account)).points;
const order = api.tx.Market.place({ interval, product: 0, point, steps: [{ side: Enum('Buy'), price: 220_000n, wh: 10n }] });
const { ok, dispatchError } = await order.signAndSubmit(signer);
if (!ok) { throw new Error(JSON.stringify(dispatchError)); }
console.log(`interval ${interval}: 10 Wh at 220000 nEUR/Wh ordered at point ${point}`);

while ((await EnergyApi.prices(interval, 0, 0, 256, { at: 'best' })).length === 0) { await new Promise((resume) => setTimeout(resume, 1000)); }
const [{ position }] = await EnergyApi.positions(account, interval, 0, 64, { at: 'best' });
console.log(`interval ${interval}: position of ${position.bought - position.sold} Wh`);
client.destroy();
