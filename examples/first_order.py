"""A first order with substrate-interface. What the market says is read by the energy_* methods, as JSON."""

import os
import time

from substrateinterface import Keypair, SubstrateInterface

chain = SubstrateInterface(os.environ.get("BUSBAR_URL", "ws://127.0.0.1:9944"))
pair = Keypair.create_from_uri(os.environ.get("BUSBAR_SURI", "//busbar//point//0"))


def energy(method, *parameters):
    return chain.rpc_request(f"energy_{method}", list(parameters))["result"]


clock = energy("clock")
interval = clock["first_unopened"] - 1
for past in range(clock["current"], -1, -1):
    prices = energy("prices", past, 0)
    if prices and prices[0]["result"]["price"] is not None:
        print(f"interval {past}: {prices[0]['result']['price']} nEUR/Wh at the root")
        break

point = energy("participant", pair.ss58_address)["points"][0]
# A bounded list is a structure of one field to this library: one pair of brackets more.
steps = [[{"side": "Buy", "price": 220_000, "wh": 10}]]
order = chain.compose_call("Market", "place", {"interval": interval, "product": 0, "point": point, "steps": steps})
# The default here is an immortal transaction, which this chain refuses: docs/refusals.md.
signed = chain.create_signed_extrinsic(order, pair, era={"period": 64})
receipt = chain.submit_extrinsic(signed, wait_for_inclusion=True)
assert receipt.is_success, receipt.error_message
print(f"interval {interval}: 10 Wh at 220000 nEUR/Wh ordered at point {point}")

while not energy("prices", interval, 0):
    time.sleep(1)
position = energy("positions", pair.ss58_address, interval)[0]["position"]
print(f"interval {interval}: position of {position['bought'] - position['sold']} Wh")
