"""Solves an OpenDSS circuit with OpenDSS and writes what OpenDSS made of it as one JSON file: the network as numbers
(in the form of services/dso/tests/common/exchange.rs) and, as `expected`, the voltages and losses that OpenDSS finds.

Loads keep their model at any voltage: outside 0.95 to 1.05 pu OpenDSS would turn constant power into constant impedance.
Regulators are left to find their taps, then stay there.
"""

import json
import math
import sys

import numpy as np
from dss import DSS


def matrix(values):
    return [[float(f"{value:.12g}") for value in row] for row in values]


def yprim(element):
    flat = np.array(element.Yprim)
    values = flat[0::2] + 1j * flat[1::2]
    side = math.isqrt(len(values))
    return values.reshape(side, side).T


def nodes(element, terminal):
    """Phases (from 0) of a terminal's conductors; None is earth."""
    order = list(element.NodeOrder)
    width = len(order) // element.NumTerminals
    return [int(node) - 1 if node else None for node in order[terminal * width : (terminal + 1) * width]]


def bus_of(element, terminal):
    return element.BusNames[terminal].split(".")[0].lower()


def each(collection):
    more = collection.First
    while more:
        yield collection
        more = collection.Next


def solve(path):
    def do(command):
        DSS.Text.Command = command
        if DSS.Error.Number:
            raise SystemExit(f"{path}: {command}: {DSS.Error.Description}")

    DSS.AllowForms = False
    do(f'redirect "{path}"')
    do("batchedit load..* vminpu=0.1 vmaxpu=5 vlowpu=0.05")
    do("set mode=snapshot controlmode=static maxcontroliter=200 maxiterations=500 tolerance=1e-9")
    do("solve")
    do("set controlmode=off")
    do("solve")
    if not DSS.ActiveCircuit.Solution.Converged:
        raise SystemExit(f"{path}: OpenDSS does not converge")
    return DSS.ActiveCircuit


def line(circuit):
    element = circuit.ActiveCktElement
    phases, far = nodes(element, 0), nodes(element, 1)
    name = element.Name.split(".", 1)[1]
    if phases != far or None in phases:
        raise SystemExit(f"line {name} changes phases")
    values, width = yprim(element), len(phases)
    impedance = np.linalg.inv(-values[:width, width:])
    charging = 2 * (values[:width, :width] + values[:width, width:])
    return {
        "name": f"line {name}",
        "from": bus_of(element, 0),
        "to": bus_of(element, 1),
        "phases": phases,
        "r_ohm": matrix(impedance.real),
        "x_ohm": matrix(impedance.imag),
        "b_s": matrix(charging.imag),
    }


def transformer(circuit, entry):
    element = circuit.ActiveCktElement
    name, count = entry.Name, element.NumPhases
    if entry.NumWindings != 2:
        raise SystemExit(f"transformer {name} has {entry.NumWindings} windings")
    sides = []
    for number in (1, 2):
        entry.Wdg = number
        sides.append((entry.kV, entry.kVA, entry.R, entry.Tap, bool(entry.IsDelta)))
    percent = lambda key: float(element.Properties(key).Val)
    if count == 1 and (sides[0][4] or sides[1][4]):
        raise SystemExit(f"transformer {name} is connected between two phases")
    (from_kv, kva, from_r, from_tap, from_delta), (to_kv, _, to_r, to_tap, to_delta) = sides
    to_three = math.sqrt(3) if count == 1 else 1.0
    return {
        "name": f"transformer {name}",
        "from": bus_of(element, 0),
        "to": bus_of(element, 1),
        "phases": [node for node in nodes(element, 0)[:count]],
        "windings": ["delta" if delta else "wye" for delta in (from_delta, to_delta)],
        "clock": 1 if from_delta != to_delta else 0,
        "rated_va": kva * 1e3 * (3 if count == 1 else 1),
        "from_v": from_kv * 1e3 * to_three,
        "to_v": to_kv * 1e3 * to_three,
        "series_pu": [(from_r + to_r) / 100, entry.Xhl / 100],
        "magnetising_pu": [percent("%noloadloss") / 100, -percent("%imag") / 100],
        "core": "to",
        "from_tap": from_tap,
        "to_tap": to_tap,
    }


SHARES = {1: [1, 0, 0], 2: [0, 0, 1], 5: [0, 1, 0]}


def load(circuit, entry):
    element = circuit.ActiveCktElement
    phases = [node for node in nodes(element, 0) if node is not None]
    count, delta = element.NumPhases, bool(entry.IsDelta)
    if entry.Model not in SHARES:
        raise SystemExit(f"load {entry.Name} has model {entry.Model}")
    power = [[0.0, 0.0] for _ in range(3)]
    if delta and count == 1:
        pair = set(phases)
        legs = [next(leg for leg in range(3) if {leg, (leg + 1) % 3} == pair)]
    elif delta:
        legs = [0, 1, 2]
    else:
        legs = phases[:count]
    for leg in legs:
        power[leg] = [entry.kW * 1e3 / len(legs), entry.kvar * 1e3 / len(legs)]
    across = entry.kV * 1e3 / (1.0 if delta or count == 1 else math.sqrt(3))
    return {
        "name": f"load {entry.Name}",
        "bus": bus_of(element, 0),
        "connection": "delta" if delta else "wye",
        "power_va": power,
        "shares": SHARES[entry.Model],
        "leg_v": across,
    }


def shunt(circuit):
    element = circuit.ActiveCktElement
    phases = nodes(element, 0)[: element.NumPhases]
    if element.NumTerminals > 1 and any(node is not None for node in nodes(element, 1)):
        raise SystemExit(f"{element.Name} is in series")
    values = yprim(element)[: len(phases), : len(phases)]
    return {
        "name": element.Name,
        "bus": bus_of(element, 0),
        "phases": phases,
        "g_s": matrix(values.real),
        "b_s": matrix(values.imag),
    }


def source(circuit, entry):
    element = circuit.ActiveCktElement
    if nodes(element, 0)[:3] != [0, 1, 2]:
        raise SystemExit(f"source {entry.Name} has other phases than three")
    impedance = np.linalg.inv(yprim(element)[:3, :3])
    volts = entry.BasekV * 1e3 * entry.pu / math.sqrt(3)
    angles = [math.radians(entry.AngleDeg - 120 * phase) for phase in range(3)]
    return {
        "name": entry.Name,
        "bus": bus_of(element, 0),
        "voltage_v": [[volts * math.cos(angle), volts * math.sin(angle)] for angle in angles],
        "r_ohm": matrix(impedance.real),
        "x_ohm": matrix(impedance.imag),
    }


def export(path, note):
    circuit = solve(path)
    enabled = lambda: circuit.ActiveCktElement.Enabled
    lines = [line(circuit) for _ in each(circuit.Lines) if enabled()]
    transformers = [transformer(circuit, entry) for entry in each(circuit.Transformers) if enabled()]
    loads = [load(circuit, entry) for entry in each(circuit.Loads) if enabled()]
    shunts = [shunt(circuit) for _ in each(circuit.Capacitors) if enabled()]
    sources = [source(circuit, entry) for entry in each(circuit.Vsources) if enabled()]
    reached = {bus for branch in lines + transformers for bus in (branch["from"], branch["to"])}
    buses, expected = [], {}
    for name in circuit.AllBusNames:
        circuit.SetActiveBus(name)
        bus = circuit.ActiveBus
        if name not in reached:
            continue
        phases = sorted(int(node) - 1 for node in bus.Nodes)
        buses.append({"name": name, "nominal_v": bus.kVBase * math.sqrt(3) * 1e3, "phases": phases})
        values = [float(f"{value:.12g}") for value in bus.puVmagAngle]
        by_phase = {node - 1: values[2 * place : 2 * place + 2] for place, node in enumerate(bus.Nodes)}
        expected[name] = [by_phase[phase] for phase in phases]
    return {
        "note": note,
        "phases": 3,
        "buses": buses,
        "lines": lines,
        "transformers": transformers,
        "sources": sources,
        "loads": loads,
        "shunts": shunts,
        "expected": expected,
        "expected_loss_w": circuit.Losses[0],
    }


def write(path, file, note):
    result = export(path, note)
    rows = []
    for key, value in result.items():
        if isinstance(value, list):
            body = ",\n".join(json.dumps(item) for item in value)
            rows.append(f"{json.dumps(key)}: [\n{body}\n]" if value else f"{json.dumps(key)}: []")
        elif isinstance(value, dict):
            body = ",\n".join(f"{json.dumps(name)}: {json.dumps(item)}" for name, item in value.items())
            rows.append(f"{json.dumps(key)}: {{\n{body}\n}}")
        else:
            rows.append(f"{json.dumps(key)}: {json.dumps(value)}")
    with open(file, "w", encoding="utf-8") as out:
        out.write("{\n" + ",\n".join(rows) + "\n}\n")
    return result


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit("usage: feeder.py CIRCUIT.dss FILE.json NOTE")
    found = write(*sys.argv[1:])
    print(f"{sys.argv[2]}: {len(found['buses'])} buses, losses {found['expected_loss_w'] / 1e3:.3f} kW")
