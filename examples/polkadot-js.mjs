// A first order with @polkadot/api, which takes all types from the chain's metadata.
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';

const api = await ApiPromise.create({ provider: new WsProvider(process.env.BUSBAR_URL ?? 'ws://127.0.0.1:9944'), noInitWarn: true });
const pair = new Keyring({ type: 'sr25519' }).addFromUri(process.env.BUSBAR_SURI ?? '//busbar//point//0');
const { energyApi } = api.call;
const pricesOf = async (interval) => (await energyApi.prices(interval, 0, 0, 256)).toJSON();

const clock = (await energyApi.clock()).toJSON();
const interval = clock.firstUnopened - 1;
for (let past = clock.current; past >= 0; past--) {
	const [root] = await pricesOf(past);
	if (root?.result.price != null) { console.log(`interval ${past}: ${root.result.price} nEUR/Wh at the root`); break; }
}

const point = (await energyApi.participant(pair.address)).unwrap().points[0];
const order = api.tx.market.place(interval, 0, point, [{ side: 'Buy', price: 220_000, wh: 10 }]);
await new Promise((done, fail) => order.signAndSend(pair, ({ status, dispatchError }) => {
	if (status.isInBlock) { (dispatchError ? fail : done)(dispatchError); }
}).catch(fail));
console.log(`interval ${interval}: 10 Wh at 220000 nEUR/Wh ordered at point ${point}`);

while ((await pricesOf(interval)).length === 0) { await new Promise((resume) => setTimeout(resume, 1000)); }
const [{ position }] = (await energyApi.positions(pair.address, interval, 0, 64)).toJSON();
console.log(`interval ${interval}: position of ${position.bought - position.sold} Wh`);
await api.disconnect();
