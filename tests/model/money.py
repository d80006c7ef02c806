"""That everybody's money moved by its lines, and that losses fell in their order.

A participant's *wealth* here is its money, whatever part of it is on hold, less what it owes after defaults. A default takes
nothing more of it: what is not paid is owed.
"""

from order import party

LOSSES = ("default", "loss_share", "cover")


class Money:
    """Money of one interval's first settlement."""

    def __init__(self):
        self.moved, self.owed, self.fund, self.drawn, self.mixed = {}, {}, 0, [], False
        self.taken, self.had = {}, None

    def add(self, record):
        self.mixed |= record["call"] == "mixed"
        for name, (money, debt) in record["moved"].items():
            name = int(name)
            self.moved[name] = self.moved.get(name, 0) + int(money)
            self.owed[name] = self.owed.get(name, 0) + int(debt)
            if record["call"] == "debit":
                self.taken[name] = self.taken.get(name, 0) - int(money)
        # What closes the debits is the last of their calls.
        if record["call"] != "credit" and "had" in record:
            self.had = [int(amount) for amount in record["had"]]
        self.fund += int(record["fund"])
        self.drawn += [(point, by, int(amount)) for point, by, amount in record["guaranteed"]]

    def objections(self, terms, payers, lines, orders):
        """`payers`: whose each point is. `lines`: all of the first version. `orders`: who gave each, and what it cost."""
        names = terms["accounts"]
        whose = {"grid_operator": names["grid"], "congestion_rent": names["rent"], "balancing": names["balancing"]}
        expected, fund, defaulted = {}, 0, 0
        add = lambda name, amount: expected.__setitem__(name, expected.get(name, 0) + amount)
        for line in lines:
            at, amount = party(line), int(line[5])
            if line[2] == "default":
                defaulted += amount
            elif at == "fund":
                fund += amount
            else:
                add(payers[at] if isinstance(at, int) else whose[at], amount)
        for operator, cost in orders:
            # Who ordered pays, at once, instead of the grid operator.
            add(operator, -cost)
            add(names["grid"], cost)
        for point, by, amount in self.drawn:
            add(by, -amount)
            add(payers[point], amount)
        wrong = []
        for name in sorted(set(expected) | set(self.moved) | set(self.owed)):
            wealth = self.moved.get(name, 0) - self.owed.get(name, 0)
            if wealth != expected.get(name, 0):
                wrong.append(f"participant {name} is {wealth} richer, by its lines {expected.get(name, 0)}")
        if self.fund + sum(self.owed.values()) != fund + defaulted:
            wrong.append(f"the fund has {self.fund} more and is owed {sum(self.owed.values())} more, by its lines {fund} and {defaulted}")
        return wrong
