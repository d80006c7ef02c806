"""Compares busbar's power flow with pandapower, power-grid-model and OpenDSS, on seeded grids and on known ones.

Each balanced grid is made in pandapower, handed to the others as the same numbers, solved by all three and timed; each
feeder is read and solved by OpenDSS and handed over as OpenDSS's own numbers (see feeder.py).
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys
import time
import warnings

import numpy as np
import pandapower as pp
import pandapower.networks
from power_grid_model import CalculationMethod, LoadGenType, PowerGridModel, initialize_array

import feeder

warnings.filterwarnings("ignore")


# ---- grids -----------------------------------------------------------------------------------------------------------


def seeded(buses, ties, seed):
    """A 20 kV grid behind a 110/20 kV transformer: a random tree, some further lines that close loops."""
    numbers = np.random.default_rng(seed)
    net = pp.create_empty_network()
    top = pp.create_bus(net, 110.0)
    pp.create_ext_grid(net, top, vm_pu=1.01)
    low = pp.create_bus(net, 20.0)
    pp.create_transformer_from_parameters(
        net, top, low, sn_mva=25, vn_hv_kv=110, vn_lv_kv=20, vkr_percent=0.41, vk_percent=11.2, pfe_kw=14, i0_percent=0.07,
        shift_degree=150, tap_side="hv", tap_neutral=0, tap_min=-9, tap_max=9, tap_pos=-2, tap_step_percent=1.5,
        tap_step_degree=0.0, tap_changer_type="Ratio",
    )
    nodes = [low, *pp.create_buses(net, buses - 2, 20.0)]
    reach = 20

    def line(one, other, km):
        pp.create_line_from_parameters(
            net, one, other, length_km=km, r_ohm_per_km=numbers.uniform(0.12, 0.5), x_ohm_per_km=numbers.uniform(0.1, 0.35),
            c_nf_per_km=numbers.uniform(10, 300), max_i_ka=0.3,
        )

    length = min(1.0, 200 / buses)
    for place in range(1, len(nodes)):
        parent = place - 1 - int(numbers.integers(0, min(place, reach)))
        line(nodes[parent], nodes[place], numbers.uniform(0.05, 0.6) * length)
    for _ in range(ties):
        one, other = numbers.choice(len(nodes), 2, replace=False)
        line(nodes[one], nodes[other], numbers.uniform(0.5, 2))
    for node in nodes[1:]:
        mw = 8.0 / buses * numbers.uniform(0.1, 2.0)
        pp.create_load(net, node, p_mw=mw, q_mvar=mw * numbers.uniform(-0.1, 0.5))
        if numbers.random() < 0.2:
            pp.create_sgen(net, node, p_mw=12.0 / buses * numbers.uniform(0.1, 2.0))
    return net


def case33(ties):
    net = pandapower.networks.case33bw()
    if ties:
        net.line["in_service"] = True
    return net


def balanced_grids():
    networks = pandapower.networks
    yield "33 buses", case33(False)
    yield "33 buses, 5 ties closed", case33(True)
    yield "Kerber village", networks.create_kerber_dorfnetz()
    yield "Kerber suburb", networks.create_kerber_vorstadtnetz_kabel_1()
    for buses, ties in [(100, 0), (1000, 0), (10000, 0), (100, 5), (1000, 20), (10000, 100)]:
        yield f"seeded, {buses} buses, {ties} loops", seeded(buses, ties, 7)


# ---- the same grid for the others ------------------------------------------------------------------------------------


def turns(row, side):
    if row.tap_side != side or math.isnan(row.tap_pos):
        return 1.0
    return 1.0 + (row.tap_pos - row.tap_neutral) * row.tap_step_percent / 100


def exchange(net):
    """A pandapower network of lines, two-winding transformers, loads, static generators and external grids."""
    name = lambda bus: f"{int(bus)}"
    nominal = net.bus.vn_kv.to_dict()
    single = lambda value: [[float(value)]]
    lines = [
        {
            "name": f"line {row.Index}", "from": name(row.from_bus), "to": name(row.to_bus), "phases": [0],
            "r_ohm": single(row.r_ohm_per_km * row.length_km / row.parallel),
            "x_ohm": single(row.x_ohm_per_km * row.length_km / row.parallel),
            "b_s": single(2 * math.pi * net.f_hz * row.c_nf_per_km * 1e-9 * row.length_km * row.parallel),
            "rated_a": row.max_i_ka * 1e3 * row.df * row.parallel,
        }
        for row in net.line[net.line.in_service].itertuples()
    ]
    transformers = []
    for row in net.trafo.itertuples():
        resistance, impedance = row.vkr_percent / 100, row.vk_percent / 100
        loss, current = row.pfe_kw / 1e3 / row.sn_mva, row.i0_percent / 100
        transformers.append({
            "name": f"trafo {row.Index}", "from": name(row.hv_bus), "to": name(row.lv_bus), "phases": [0],
            "shift_degree": row.shift_degree, "rated_va": row.sn_mva * 1e6,
            "from_v": row.vn_hv_kv * 1e3, "to_v": row.vn_lv_kv * 1e3,
            "series_pu": [resistance, math.sqrt(impedance**2 - resistance**2)],
            "magnetising_pu": [loss, -math.sqrt(max(0.0, current**2 - loss**2))],
            "from_tap": turns(row, "hv"), "to_tap": turns(row, "lv"),
        })
    powers = [(f"load {row.Index}", row.bus, row.p_mw, row.q_mvar) for row in net.load.itertuples()]
    powers += [(f"sgen {row.Index}", row.bus, -row.p_mw, -row.q_mvar) for row in net.sgen.itertuples()]
    sources = [
        {"name": f"grid {row.Index}", "bus": name(row.bus),
         "voltage_v": [[row.vm_pu * nominal[row.bus] * 1e3 / math.sqrt(3), 0.0]]}
        for row in net.ext_grid.itertuples()
    ]
    return {
        "phases": 1,
        "buses": [{"name": name(bus), "nominal_v": vn * 1e3, "phases": [0]} for bus, vn in nominal.items()],
        "lines": lines, "transformers": transformers, "sources": sources,
        "loads": [
            {"name": label, "bus": name(bus), "connection": "wye", "power_va": [[p * 1e6, q * 1e6]]}
            for label, bus, p, q in powers
        ],
    }


def power_grid_model(net, grid):
    """The same network for power-grid-model."""
    count = lambda rows: np.arange(len(rows))
    number = {entry["name"]: place for place, entry in enumerate(grid["buses"])}
    following = len(number)

    def table(kind, rows, **columns):
        nonlocal following
        array = initialize_array("input", kind, len(rows))
        array["id"] = following + count(rows)
        following += len(rows)
        for column, value in columns.items():
            array[column] = value
        return array

    nodes = initialize_array("input", "node", len(number))
    nodes["id"] = count(nodes)
    nodes["u_rated"] = [entry["nominal_v"] for entry in grid["buses"]]
    ends = lambda rows: {
        "from_node": [number[row["from"]] for row in rows], "to_node": [number[row["to"]] for row in rows],
        "from_status": 1, "to_status": 1,
    }
    lines, loads, sources = grid["lines"], grid["loads"], grid["sources"]
    data = {
        "node": nodes,
        "line": table(
            "line", lines, **ends(lines), r1=[row["r_ohm"][0][0] for row in lines], x1=[row["x_ohm"][0][0] for row in lines],
            c1=[row["b_s"][0][0] / (2 * math.pi * 50) for row in lines], tan1=0.0, i_n=[row["rated_a"] for row in lines],
        ),
        "sym_load": table(
            "sym_load", loads, node=[number[row["bus"]] for row in loads], status=1, type=LoadGenType.const_power,
            p_specified=[row["power_va"][0][0] for row in loads], q_specified=[row["power_va"][0][1] for row in loads],
        ),
        "source": table(
            "source", sources, node=[number[row["bus"]] for row in sources], status=1, sk=1e15,
            u_ref=[row.vm_pu for row in net.ext_grid.itertuples()],
        ),
    }
    if len(net.trafo):
        rows = list(net.trafo.itertuples())
        with_tap = [0.0 if math.isnan(row.tap_pos) else row.tap_pos - row.tap_neutral for row in rows]
        data["transformer"] = table(
            "transformer", rows, **ends(grid["transformers"]), u1=[row.vn_hv_kv * 1e3 for row in rows],
            u2=[row.vn_lv_kv * 1e3 for row in rows], sn=[row.sn_mva * 1e6 for row in rows],
            uk=[row.vk_percent / 100 for row in rows], pk=[row.vkr_percent / 100 * row.sn_mva * 1e6 for row in rows],
            i0=[row.i0_percent / 100 for row in rows], p0=[row.pfe_kw * 1e3 for row in rows], winding_from=2, winding_to=1,
            clock=[round(row.shift_degree / 30) for row in rows], tap_side=0, tap_pos=[round(tap) for tap in with_tap],
            tap_min=-20, tap_max=20, tap_nom=0,
            tap_size=[0.0 if math.isnan(row.tap_step_percent) else row.tap_step_percent / 100 * row.vn_hv_kv * 1e3 for row in rows],
        )
    return PowerGridModel(data), [entry["name"] for entry in grid["buses"]]


# ---- running ---------------------------------------------------------------------------------------------------------


def busbar(program, grid, work, repeats):
    file = work / "grid.json"
    file.write_text(json.dumps(grid))
    done = subprocess.run([program, file, str(repeats)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"busbar: {done.stderr}")
    return json.loads(done.stdout)


def least(runs, run):
    found = []
    for _ in range(runs):
        began = time.perf_counter()
        run()
        found.append((time.perf_counter() - began) * 1e3)
    return min(found)


def compare_balanced(program, work, repeats):
    print("| grid | buses | from pandapower, pu | from power-grid-model, pu | losses, share apart | loading, share apart | sweep, ms | Newton, ms | power-grid-model, ms | pandapower, ms |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    worst = 0.0
    for label, net in balanced_grids():
        # With very short lines rounding leaves more than 1e-9 MVA.
        tolerance = 1e-9 if len(net.bus) < 5000 else 1e-6
        solve = lambda: pp.runpp(
            net, algorithm="nr", calculate_voltage_angles=True, tolerance_mva=tolerance, trafo_model="t", trafo_loading="current", numba=False
        )
        solve()
        pp_ms = least(3, solve)
        grid = exchange(net)
        ours = busbar(program, grid, work, repeats)
        model, names = power_grid_model(net, grid)
        run = lambda: model.calculate_power_flow(
            calculation_method=CalculationMethod.newton_raphson, error_tolerance=1e-9, symmetric=True
        )
        theirs = dict(zip(names, run()["node"]["u_pu"]))
        pgm_ms = least(repeats, run)
        magnitude = {bus: pairs[0][0] for bus, pairs in ours["voltages"].items()}
        from_pp = max(abs(magnitude[f"{bus}"] - vm) for bus, vm in net.res_bus.vm_pu.items())
        from_pgm = max(abs(magnitude[bus] - vm) for bus, vm in theirs.items())
        losses = (net.res_line.pl_mw.sum() + net.res_trafo.pl_mw.sum()) * 1e6
        limit = [(f"line {index}", row) for index, row in net.res_line.loading_percent.items() if net.line.in_service[index]]
        limit += [(f"trafo {index}", row) for index, row in net.res_trafo.loading_percent.items()]
        greatest = max(percent for _, percent in limit)
        # Against the greatest, so that a line without current does not decide.
        loading = max(abs(ours["loadings"][branch] * 100 - percent) / greatest for branch, percent in limit)
        ms = lambda method: f"{ours['methods'][method]['ms']:.3f}" if method in ours["methods"] else "-"
        print(
            f"| {label} | {len(magnitude)} | {from_pp:.1e} | {from_pgm:.1e} | {abs(ours['loss_w'] / losses - 1):.1e} | {loading:.1e} "
            f"| {ms('Sweep')} | {ms('Newton')} | {pgm_ms:.3f} | {pp_ms:.1f} |",
            flush=True,
        )
        worst = max(worst, from_pp, from_pgm)
    return worst


def feeders(folder, data):
    yield "IEEE 13, from the tables", data / "ieee13.dss"
    yield "village", data / "village.dss"
    if folder:
        yield "IEEE 13", folder / "13Bus/IEEE13Nodeckt.dss"
        yield "IEEE 123", folder / "123Bus/IEEE123Master.dss"
        yield "European low voltage", folder / "LVTestCase/Master.dss"


def compare_feeders(program, work, folder, data, repeats):
    print("| feeder | buses | voltages | from OpenDSS, pu | losses, share apart | iterations of the sweep | sweep, ms | Newton, ms | OpenDSS, ms |")
    print("|---|---|---|---|---|---|---|---|---|")
    worst = 0.0
    for label, path in feeders(folder, data):
        if not path.exists():
            raise SystemExit(f"no such circuit: {path}")
        grid = feeder.export(str(path.resolve()), label)
        ours = busbar(program, grid, work, repeats)
        apart = [
            abs(mine[0] * np.exp(1j * np.radians(mine[1])) - theirs[0] * np.exp(1j * np.radians(theirs[1])))
            for bus, expected in grid["expected"].items()
            for mine, theirs in zip(ours["voltages"][bus], expected, strict=True)
        ]

        def again():
            feeder.DSS.Text.Command = "solve"

        dss_ms = least(repeats, again)
        sweep = ours["methods"].get("Sweep", {})
        ms = lambda method: f"{ours['methods'][method]['ms']:.3f}" if method in ours["methods"] else "-"
        print(
            f"| {label} | {len(grid['buses'])} | {len(apart)} | {max(apart):.1e} | {abs(ours['loss_w'] / grid['expected_loss_w'] - 1):.1e} "
            f"| {sweep.get('iterations', '-')} | {ms('Sweep')} | {ms('Newton')} | {dss_ms:.3f} |",
            flush=True,
        )
        worst = max(worst, *apart)
    return worst


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program", type=pathlib.Path)
    arguments.add_argument("data", type=pathlib.Path)
    arguments.add_argument("work", type=pathlib.Path)
    arguments.add_argument("--feeders", type=pathlib.Path)
    arguments.add_argument("--repeats", type=int, default=5)
    given = arguments.parse_args()
    worst = compare_balanced(given.program, given.work, given.repeats)
    print()
    worst = max(worst, compare_feeders(given.program, given.work, given.feeders, given.data, given.repeats))
    if not worst <= 1e-4:
        print(f"voltages are {worst:.1e} pu apart, more than 1e-4", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
