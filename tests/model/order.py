"""In which order the credits of an interval bear what debtors could not pay, run by run.

Contracts rank before imbalances. What lacks of imbalances cuts the own credit of who balances, then its security, then the fund, then
all other credits of imbalances, by one factor, and contracts only by what those do not come to. What lacks of contracts the fund
has to cover first, then contracts bear it, by one factor. Runs after the first settle differences, all of them of imbalances; what such
a run shows was not owed its debtor does not get, but who bore it.
"""

from collections import defaultdict


def party(line):
    """Whose a line is, as a point's number or a name."""
    return line[1]["point"] if isinstance(line[1], dict) else line[1]


class Account:
    """What one participant, or the fund, or the account of congestion rent, comes to."""

    def __init__(self):
        self.contracts = self.beside = self.lacks = self.loss = self.taken = 0

    def debt(self):
        return max(0, -self.contracts - self.beside)

    def due(self):
        return max(0, self.contracts + self.beside)

    def due_of_contracts(self):
        return min(max(0, self.contracts), self.due())

    def due_of_imbalances(self):
        """With what it paid beforehand for contracts that a credit of imbalances sets off."""
        too_much = max(0, self.taken - self.debt())
        return min(max(0, self.beside), self.due() - self.due_of_contracts() + too_much)

    def lacks_of_contracts(self):
        """What it pays, contracts get first."""
        return max(0, self.lacks - min(max(0, -self.beside), self.debt()))


def book(terms, payers):
    """No accounts, and a function that finds the one of a line."""
    names = terms["accounts"]
    whose = {"grid_operator": names["grid"], "balancing": names["balancing"], "fund": "fund", "congestion_rent": "rent"}
    of = defaultdict(Account)
    return of, lambda line: of[payers[party(line)] if isinstance(party(line), int) else whose[party(line)]]


def accounts(terms, payers, stood, joined, orders, taken):
    """Everybody's account of the lines that stood when debits were counted, and of the losses that joined them."""
    of, account = book(terms, payers)
    names = terms["accounts"]
    for line in stood:
        amount = int(line[5])
        # Fees of contracted flow have no energy of their own.
        if line[2] in ("contract", "rent") or (line[2] == "grid_fee" and line[3] == 0):
            account(line).contracts += amount
        else:
            account(line).beside += amount
    covers = defaultdict(int)
    for line in joined:
        amount = int(line[5])
        if line[2] == "default":
            account(line).lacks += amount
        elif line[2] == "loss_share":
            account(line).loss -= amount
        else:
            covers[party(line)] -= amount
    for operator, cost in orders:
        # Who ordered has paid instead of the grid operator.
        of[names["grid"]].beside += cost
        taken[operator] = taken.get(operator, 0) - cost
    for name, amount in taken.items():
        of[name].taken = amount
    return of, covers


def share(credit, every, lost):
    """What one credit of many loses where so much is lost of all: what is left is rounded down."""
    return credit - credit * (every - lost) // every if lost else 0


def objections(terms, payers, stood, joined, orders, money):
    """`stood`: lines when debits were counted. `joined`: the losses of later. `money`: of whose how much was collected before
    securities were drawn on, what each then owes more, and what the fund and the security of who balances had before, if it is known."""
    of, covers = accounts(terms, payers, stood, joined, orders, dict(money.taken))
    wrong = [
        f"{name} could not pay {one.lacks} and owes {money.owed.get(name, 0)} more"
        for name, one in of.items() if one.lacks and money.owed.get(name, 0) != one.lacks
    ]
    return wrong + judged(of, covers, terms["accounts"]["balancing"], money.had)


def later(terms, payers, lines):
    """`lines`: all of one run after the first."""
    of, account = book(terms, payers)
    covers, undone, back, wrong = defaultdict(int), 0, 0, []
    for line in lines:
        amount = int(line[5])
        if line[2] == "default" and amount > 0:
            account(line).lacks += amount
        # What rounding leaves is congestion rent's.
        elif line[2] == "loss_share" and (amount < 0 or party(line) == "congestion_rent"):
            account(line).loss -= amount
        elif line[2] == "cover" and amount < 0:
            covers[party(line)] -= amount
        else:
            account(line).beside += amount
            if line[2] == "default":
                undone -= amount
            elif line[2] in ("cover", "loss_share"):
                back += amount
    rest = sum(int(line[5]) for line in lines)
    if rest:
        wrong.append(f"its lines sum to {rest}")
    if undone != back:
        wrong.append(f"{undone} were not owed, and {back} go back to who bore them")
    return wrong + judged(of, covers, terms["accounts"]["balancing"], None)


def judged(of, covers, balancing, had):
    """Objections to who bears what of one run."""
    contracts = sum(one.due_of_contracts() for one in of.values())
    own = of[balancing].due_of_imbalances()
    others = sum(one.due_of_imbalances() for name, one in of.items() if name != balancing)
    of_contracts = sum(one.lacks_of_contracts() for one in of.values())
    of_imbalances = sum(one.lacks for one in of.values()) - of_contracts
    wrong = []
    beyond = max(0, of_imbalances - own)
    secured, covered = covers["balancing"], covers["fund"]
    if had is not None:
        fund, posted = had
        # Its own debt it pays with that, too.
        if of[balancing].debt() == 0 and secured != min(beyond, posted):
            wrong.append(f"who balances covers {secured} of {beyond} with {posted} posted")
        if covered != min(fund, of_contracts + beyond - secured):
            wrong.append(f"the fund has {fund} and covers {covered} of {of_contracts + beyond - secured}")
    if secured > beyond or covered > of_contracts + beyond - secured:
        wrong.append(f"{secured} and {covered} are covered, of {of_contracts} of contracts and {beyond} of imbalances")
    # The fund covers contracts first.
    for_contracts = min(covered, of_contracts)
    left = of_contracts - for_contracts
    rest = of_imbalances - secured - (covered - for_contracts)
    lost_own = min(rest, own)
    lost_others = min(rest - lost_own, others)
    lost_contracts = min(left + rest - lost_own - lost_others, contracts)
    more = left + rest - lost_own - lost_others - lost_contracts
    lost_own += min(more, own - lost_own)
    lost_others += left + rest - lost_own - lost_others - lost_contracts
    for name, one in of.items():
        # What rounding leaves is congestion rent.
        if name == "rent":
            continue
        imbalances = 0 if name == balancing else one.due_of_imbalances()
        expected = share(one.due_of_contracts(), contracts, lost_contracts) + share(imbalances, others, lost_others)
        if name == balancing:
            expected += lost_own
        if one.loss != expected:
            wrong.append(f"{name} bears {one.loss} of what lacks, and was to bear {expected}")
    return wrong
