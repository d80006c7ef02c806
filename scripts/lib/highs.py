"""Solves a market case file as a linear programme with HiGHS, and compares time and welfare with a measured clearing.

Usage: highs.py CASE MEASUREMENT LEAST_RATIO

One variable per order step, between nothing and its quantity; one per direction of every link, up to its limit; one balance
per zone. Nothing of the clearing library takes part. Every method that HiGHS offers for linear programmes is tried on one
thread several times, and the fastest counts.
"""

import json
import sys
import time

import highspy
import numpy as np

# Times each method solves the case, as often as "busbar clear --bench" clears it.
RUNS = 5


def model(case):
    """The case as a HiGHS model, column by column."""
    place = {zone["id"]: at for at, zone in enumerate(case["zones"])}
    cost, upper, starts, rows, values = [], [], [], [], []

    def column(gain, most, entries):
        cost.append(gain)
        upper.append(highspy.kHighsInf if most is None else most)
        starts.append(len(rows))
        for row, value in entries:
            rows.append(row)
            values.append(value)

    for order in case["orders"]:
        zone = place[order["zone"]]
        for step in order["steps"]:
            sign = 1 if step["side"] == "buy" else -1
            column(sign * step["price"], step["wh"], [(zone, -sign)])
    for at, zone in enumerate(case["zones"]):
        if zone["parent"] is None:
            continue
        for limit, sign in ((zone.get("import_wh"), 1), (zone.get("export_wh"), -1)):
            column(-zone.get("fee", 0), limit, [(at, sign), (place[zone["parent"]], -sign)])

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(place)
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = np.array(cost, dtype=np.double)
    lp.col_lower_ = np.zeros(len(cost))
    lp.col_upper_ = np.array(upper, dtype=np.double)
    lp.row_lower_ = np.zeros(len(place))
    lp.row_upper_ = np.zeros(len(place))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.array(starts + [len(rows)], dtype=np.int32)
    lp.a_matrix_.index_ = np.array(rows, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(values, dtype=np.double)
    return lp


def solve(lp, method):
    """Seconds and welfare of one method, or nothing if it does not reach the optimum within its time."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("time_limit", 600.0)
    highs.setOptionValue("solver", method)
    highs.passModel(lp)
    start = time.perf_counter()
    highs.run()
    seconds = time.perf_counter() - start
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return seconds, highs.getInfo().objective_function_value


def main():
    case_path, measured_path, least = sys.argv[1], sys.argv[2], float(sys.argv[3])
    with open(case_path) as file:
        case = json.load(file)
    with open(measured_path) as file:
        (measured,) = json.load(file)
    lp = model(case)
    ours = measured["total_ns"] / 1e9
    print(f"{case['name']}")
    print("| method | s | welfare nEUR | ratio |")
    print("|---|---|---|---|")
    print(f"| busbar | {ours:.4f} | {measured['welfare']} | 1 |")
    fastest = None
    for method in ("simplex", "ipm"):
        runs = [solve(lp, method) for _ in range(RUNS)]
        found = None if None in runs else min(runs)
        if found is None:
            print(f"| HiGHS {method} | not optimal within 600 s | | |")
            continue
        seconds, welfare = found
        print(f"| HiGHS {method} | {seconds:.4f} | {welfare:.3f} | {seconds / ours:.0f} |")
        # Floating point sums of this size are good to about twelve digits, tolerances to nine.
        if abs(welfare - measured["welfare"]) > 1e-8 * abs(measured["welfare"]) + 1:
            sys.exit(f"error: HiGHS {method} reaches another welfare: {welfare} instead of {measured['welfare']}")
        fastest = seconds if fastest is None else min(fastest, seconds)
    if fastest is None:
        sys.exit("error: HiGHS found no optimum to compare with")
    ratio = fastest / ours
    print(f"ratio to the fastest method: {ratio:.0f}")
    if ratio < least:
        sys.exit(f"error: less than {least:.0f} times faster")


main()
