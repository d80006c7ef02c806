"""What an interval leaves to the grid operator, to who balances, to the fund and to congestion rent."""

from point import MILLION, candidates, posted

HOURS = 24
# Intervals that a mean of losses counts at most.
COUNTED = 40


class Losses:
    """The mean share of losses, by the hour of the day and over all, in parts per million of what points drew."""

    def __init__(self):
        self.means = {}

    def count(self, interval, seconds, share):
        for which in (interval * seconds // 3_600 % HOURS, None):
            mean, counted = self.means.get(which, (0, 0))
            counted = min(counted, COUNTED - 1)
            self.means[which] = ((mean * counted + share) // (counted + 1), counted + 1)

    def expected(self, interval, seconds):
        for which in (interval * seconds // 3_600 % HOURS, None):
            if which in self.means:
                return self.means[which][0]
        return 0


class Parties:
    """The sums of an interval, point by point, and the lines that follow."""

    def __init__(self, terms):
        self.terms = terms
        self.of = dict.fromkeys(("imbalance", "wh", "deviation", "path_fees", "excess", "levies", "curtailment", "perimeter",
                                 "taken", "flexibility", "delivered", "drawn", "supplied", "unfunded"), 0)
        self.couplings = self.read = 0

    def add(self, point, outcome, unfunded):
        of = self.of
        if point.facts["coupling"]:
            self.couplings += 1
            possible, read = candidates(self.terms, point.facts)
            # Of two readings that contradict each other neither says what it supplied.
            if read:
                self.read += 1
                of["supplied"] -= possible[0]
            return
        of["imbalance"] += outcome["forgiven"] + outcome["charged"]
        of["wh"] += outcome["wh"]
        of["deviation"] += abs(outcome["wh"])
        of["path_fees"] += outcome["path_fees"]
        of["excess"] += abs(outcome["wh"] - outcome["tolerated"])
        of["levies"] += outcome["levy"]
        of["curtailment"] += outcome["curtailment"]
        of["perimeter"] += point.perimeter()
        of["taken"] += point.taken
        of["flexibility"] += outcome["paid"] + outcome["fined"]
        of["delivered"] += outcome["delivered"]
        of["drawn"] += outcome["drawn"]
        of["unfunded"] += unfunded

    def lost(self, losses, interval):
        """Losses in Wh, or None without couplings; what is known of them joins the means."""
        if not self.couplings:
            return None
        drawn, seconds = self.of["drawn"], self.terms["interval_s"]
        if self.read == self.couplings:
            lost = self.of["supplied"] - drawn
            if drawn > 0:
                share = abs(lost) * MILLION // drawn * (1 if lost > 0 else -1)
                losses.count(interval, seconds, min(max(share, 0), MILLION))
            return lost
        return max(drawn, 0) * losses.expected(interval, seconds) // MILLION

    def outcome(self):
        """Fees and rent of contracts: of all sessions of the interval."""
        if self.terms["void"]:
            return 0, 0
        ended = [one["outcome"] for one in self.terms["sessions"] if one["outcome"]]
        return sum(int(one["fees"]) for one in ended), sum(int(one["rent"]) for one in ended)

    def lines(self, losses, interval, unfunded_perimeter):
        """(party, cause, Wh, amount) of all but defaults, covers and shares of losses; and what the four receive."""
        of = self.of
        short, long, _, _ = posted(self.terms)
        fees, rent = self.outcome()
        lost = self.lost(losses, interval) or 0
        cost = lost * (short if lost > 0 else long)
        residual = -of["imbalance"] - of["path_fees"] - of["levies"]
        surplus = residual + of["perimeter"] - unfunded_perimeter + cost
        to_fund, to_rent = (max(surplus, 0) * share // MILLION for share in self.terms["sharing"])
        every = [
            ("grid_operator", "grid_fee", 0, fees, fees),
            ("grid_operator", "grid_fee", of["deviation"], of["path_fees"], of["path_fees"]),
            ("grid_operator", "curtailment", of["taken"], -of["curtailment"] - of["perimeter"], of["taken"]),
            ("grid_operator", "flexibility", of["delivered"], -of["flexibility"], of["flexibility"]),
            ("grid_operator", "losses", lost, -cost, lost),
            ("congestion_rent", "rent", 0, rent, rent),
            ("balancing", "imbalance", -of["wh"], residual, residual or of["wh"]),
            ("balancing", "curtailment", of["taken"], of["perimeter"], of["taken"]),
            ("balancing", "losses", -lost, cost, lost),
            ("balancing", "surplus", 0, -to_fund - to_rent, to_fund + to_rent),
            ("fund", "levy", of["excess"], of["levies"], of["levies"]),
            ("fund", "surplus", 0, to_fund, to_fund),
            ("congestion_rent", "surplus", 0, to_rent, to_rent),
        ]
        return [line[:4] for line in every if line[4]]
