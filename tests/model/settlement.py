#!/usr/bin/env python3
"""Reads a history of settled intervals, a line of JSON each, and says where it would have settled otherwise.

usage: settlement.py <HISTORY
"""

import json
import sys

import order
from money import LOSSES, Money
from order import party
from parties import Losses, Parties
from point import Point

# Objections that are told.
MOST = 20


class Interval:
    """One interval, as far as it is settled."""

    def __init__(self, terms):
        self.terms = terms
        self.parties, self.money = Parties(terms), Money()
        self.points, self.payers, self.lines, self.orders, self.short_of_money = {}, {}, {}, [], False
        self.ordered, self.closed = set(), False


class Judge:
    """All intervals."""

    def __init__(self):
        self.intervals, self.losses, self.objections = {}, Losses(), []
        self.counts = dict.fromkeys(("intervals", "points", "lines", "payments", "defaults", "losses", "unjudged", "later runs", "unjudged runs"), 0)

    def object(self, interval, what):
        self.objections.append(f"interval {interval}: {what}")

    def terms(self, record):
        # Of an interval that was voided after debits these are its terms anew: it settles once more, from nothing.
        self.intervals[record["interval"]] = Interval(record)

    def debit(self, record):
        one = self.intervals[record["interval"]]
        number = record["point"]
        one.payers[number] = record["payer"]
        one.lines[number] = record["lines"]
        one.points[number] = None
        self.counts["points"] += 1
        if not record["in_force"]:
            if record["lines"]:
                self.object(record["interval"], f"point {number} is not in force and has lines")
            return
        point = Point(one.terms, record)
        for what in point.traded_at_session_prices():
            self.object(record["interval"], f"point {number}: {what}")
        if point.payer() != record["payer"]:
            self.object(record["interval"], f"point {number} is {record['payer']}'s, not {point.payer()}'s")
        if record["coupling"]:
            one.parties.add(point, None, 0)
            expected = [("contract", each[1] - each[2], int(each[3])) for each in point.contracts]
        else:
            outcome, estimated = point.settled()
            if outcome is None:
                self.object(record["interval"], f"point {number} was to wait for its reading")
                return
            unfunded = self.unfunded(one, point, outcome, record)
            one.parties.add(point, outcome, unfunded)
            expected = point.lines(outcome, estimated, unfunded)
        self.compare(record["interval"], f"point {number}", expected, [(line[2], line[3], int(line[5])) for line in record["lines"]])

    def unfunded(self, one, point, outcome, record):
        """What nobody funded of a credit for an order. Beyond one order in a transaction it is taken as it was told."""
        if not point.order or not record["placed"]:
            return 0
        cost = max(0, outcome["for_order"] + point.perimeter())
        one.ordered.add(record["point"])
        one.orders.append((record["placed"][0], cost))
        had = int(record["for_order"] or 0)
        if had >= cost and not any(line[2] == "loss_share" for line in record["lines"]):
            return 0
        one.short_of_money = True
        told = -sum(int(line[5]) for line in record["lines"] if line[2] == "loss_share")
        if not 0 <= told <= max(0, outcome["for_order"]):
            self.object(record["interval"], f"point {record['point']} lacks {told} for an order worth {outcome['for_order']}")
        return told

    def compare(self, interval, who, expected, told):
        self.counts["lines"] += len(told)
        if sorted(expected) != sorted(told):
            fewer = [line for line in expected if line not in told]
            more = [line for line in told if line not in expected]
            self.object(interval, f"{who} has {more} in the place of {fewer}")

    def closed(self, record):
        one = self.intervals[record["interval"]]
        if one.short_of_money:
            told = -sum(int(line[5]) for line in record["others"] if line[1] == "balancing" and line[2] == "loss_share")
        else:
            told = 0
        expected = one.parties.lines(self.losses, record["interval"], told)
        others = [(line[1], line[2], line[3], int(line[5])) for line in record["others"] if line[2] not in LOSSES]
        self.compare(record["interval"], "the others", expected, others)
        one.closed = True

    def moved(self, record):
        one = self.intervals.get(record["interval"])
        # Of a batch that went on without what failed in it, nothing of an interval may be settled.
        if one is not None:
            self.counts["payments"] += len(record["moved"])
            one.money.add(record)

    def ended(self, record):
        one = self.intervals.pop(record["interval"])
        self.counts["intervals"] += 1
        if not one.closed:
            self.object(record["interval"], "ended, and its debits were never counted")
        first = [line for line in record["others"] if line[0] == 1]
        stood, joined = [], []
        for line in first:
            (joined if line[2] in LOSSES else stood).append(line)
        for number, payer, lines in record["points"]:
            lines = [line for line in lines if line[0] == 1]
            first += lines
            # What was written stays, and only losses join it.
            stands, later = lines[:len(one.lines[number])], lines[len(one.lines[number]):]
            stood += stands
            joined += later
            if stands != one.lines[number] or any(line[2] not in LOSSES for line in later):
                self.object(record["interval"], f"point {number} has {lines} at its end, of {one.lines[number]}")
            if payer != one.payers[number]:
                self.object(record["interval"], f"point {number} is {payer}'s at its end, of {one.payers[number]}")
        rest = sum(int(line[5]) for line in first)
        if rest:
            self.object(record["interval"], f"its lines sum to {rest}")
        self.counts["defaults"] += any(line[2] == "default" for line in first)
        self.later(record, one)
        if one.money.mixed:
            self.counts["unjudged"] += 1
            return
        for what in one.money.objections(one.terms, one.payers, first, one.orders):
            self.object(record["interval"], what)
        # Who lacked money for an order bears that alone.
        if joined and not one.short_of_money:
            self.counts["losses"] += 1
            for what in order.objections(one.terms, one.payers, stood, joined, one.orders, one.money):
                self.object(record["interval"], what)

    def later(self, record, one):
        """Runs after the first, of whose points none was ordered to do anything, which is paid for beside them."""
        runs = {}
        for line in [line for _, _, lines in record["points"] for line in lines] + record["others"]:
            if line[0] > 1:
                runs.setdefault(line[0], []).append(line)
        for run, lines in sorted(runs.items()):
            if one.ordered & {party(line) for line in lines}:
                self.counts["unjudged runs"] += 1
                continue
            self.counts["later runs"] += 1
            for what in order.later(one.terms, one.payers, lines):
                self.object(record["interval"], f"run {run}: {what}")

    def read(self, lines):
        for line in lines:
            record = json.loads(line)
            getattr(self, record["k"])(record)
            if len(self.objections) >= MOST:
                break
        return self


def main():
    judge = Judge().read(sys.stdin)
    for objection in judge.objections[:MOST]:
        print(objection, file=sys.stderr)
    counts = ", ".join(f"{number} {name}" for name, number in judge.counts.items())
    print(f"second model: {counts}, {len(judge.objections)} objections", file=sys.stderr)
    if judge.counts["intervals"] == 0:
        print("nothing was settled", file=sys.stderr)
    return 1 if judge.objections or judge.counts["intervals"] == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
