"""What one connection point is settled on in an interval, and what that comes to.

Energy in Wh, prices in nEUR/Wh, money in nEUR; import, purchases and what is short are positive, money is what the point
receives.
"""

MILLION = 1_000_000
# Readings of like days that an estimate rests on.
LIKE = 4
# No point carries more in an interval, whatever its rating.
MOST_WH = 1 << 48


def rated(power_w, seconds):
    """Energy of a power over an interval."""
    return min(power_w * seconds // 3_600, MOST_WH)


def towards_zero(number, by):
    size = abs(number) // abs(by)
    return size if (number < 0) == (by < 0) else -size


def net(reading):
    return reading[2] - reading[3]


def settles(reading):
    """Of a reading [quality, sound, import, export]: whether a device counted it and the point can have carried it."""
    return reading is not None and reading[1] and reading[0] != "estimated"


def zone_price(terms, zone):
    """The price of the zone's last auction that counts, within the bounds of orders, and the path's fee then; without such an
    auction the fee of the first. One counts in which energy was traded, and a tenth of what the greatest of them traded."""
    auctions = [(number, one) for number, one in enumerate(terms["sessions"]) if one["kind"] == "auction"]
    fee = next((one["prices"][zone][1] for _, one in auctions if zone in one["prices"]), 0)
    energy = {number: one["outcome"]["traded"] for number, one in auctions if one["outcome"]}
    most = max(energy.values(), default=0)
    counts = [number for number, wh in energy.items() if wh > 0 and 10 * wh >= most]
    traded = [(one["closes"], -number, one) for number, one in auctions if number in counts]
    if terms["void"] or not traded:
        return None, fee
    last = max(traded, key=lambda entry: entry[:2])[2]
    price, fee = last["prices"].get(zone, [None, 0])
    if price is None:
        return None, fee
    low, high = terms["bounds"]
    return min(max(price, low), high), fee


def posted(terms):
    """Posted prices within their bounds, and the levy on either side, which leaves them there."""
    most, least = terms["posted_bounds"]
    short, long = (min(max(price, least), most) for price in terms["posted"])
    return short, long, max(0, min(terms["levy"], most - short)), max(0, min(terms["levy"], long - least))


def candidates(terms, facts):
    """What may have been metered, of which the dearest counts, and whether a reading stands. None: the point waits."""
    reading, dispute = facts["reading"], facts["dispute"]
    # A run settles what stood when it was due, however late.
    at = min(facts["now"], terms["first_run"])
    if settles(reading):
        # Of two that devices signed both may be right until the ruling, or its deadline.
        if dispute and dispute[0] and at < dispute[1] and dispute[2]:
            return [net(reading), dispute[2][0] - dispute[2][1]], False
        return [net(reading)], True
    if not facts.get("metered", True) and (terms["void"] or not facts["contracts"]):
        # It never had a meter and did not trade: what it drew is nobody's but the losses'.
        return [0], True
    declared = reading is not None and reading[0] == "estimated"
    if at < terms["first_run"] and not declared:
        return None, False
    like = [net(one) for one in facts["like"] if settles(one)][:LIKE]
    if len(like) == LIKE:
        return [towards_zero(sum(like), LIKE)], False
    most, least = (rated(power, terms["interval_s"]) for power in facts["rating"])
    return [most, -least], False


class Point:
    """One point of an interval."""

    def __init__(self, terms, facts):
        self.terms, self.facts = terms, facts
        self.short, self.long, self.levy_short, self.levy_long = posted(terms)
        self.price, self.fee = zone_price(terms, str(facts["zone"]))
        self.contracts = [] if terms["void"] else facts["contracts"]
        self.position = sum(bought - sold for _, bought, sold, _, _, _ in self.contracts)
        self.contracted = sum(int(amount) for _, _, _, amount, _, _ in self.contracts)
        self.taken = self.direction = 0
        order = None if terms["void"] else facts["ordered"]
        if order:
            # +1: less is to be drawn, -1: less is to be fed in.
            self.direction = 1 if order[0] else -1
            self.taken = min(order[1], max(0, self.position * self.direction))
        self.order = order
        self.kept = self.position - self.direction * self.taken

    def traded_at_session_prices(self):
        """Objections to contracts: an auction has one price for a zone."""
        wrong = []
        for product, bought, sold, amount, lowest, highest in self.contracts:
            session = self.terms["sessions"][product]
            amount = int(amount)
            if session["kind"] == "auction":
                price = session["prices"].get(str(self.facts["zone"]), [None])[0]
                if (lowest, highest) != (price, price) or amount != price * (sold - bought):
                    wrong.append(f"product {product}: {amount} for {bought} bought and {sold} sold at {price}")
            elif not sold * lowest - bought * highest <= amount <= sold * highest - bought * lowest:
                wrong.append(f"product {product}: {amount} is not of prices from {lowest} to {highest}")
        return wrong

    def average(self, contract):
        """What a Wh of a contract cost or brought, rounded against the owner, among the prices of its trades."""
        _, bought, sold, amount, lowest, highest = contract
        size = bought - sold
        # Sold for more than that, or bought for less: a Wh less for the owner, who gives this back or pays it.
        price = -int(amount) // size if size > 0 else -(int(amount) // size)
        return min(max(price, lowest), highest)

    def imbalance(self, wh):
        """Tolerated Wh, what is received for them, and for the rest. Every Wh is looked at for what it costs."""
        short = wh > 0
        sign = 1 if short else -1
        # What an owner pays more for is worse for it; of what it receives, less.
        cost = lambda price: price * sign
        dear, cheap = self.short + self.levy_short + self.fee, self.long - self.levy_long - self.fee
        # Beyond the band, and what it costs at least within it.
        outside, least = (dear, cheap) if short else (cheap, dear)
        # What was sold and is not delivered, or bought and not used: what the owner would rather not keep comes first.
        broken = [(self.average(one), (one[1] - one[2]) * -sign) for one in self.contracts if (one[1] - one[2]) * -sign > 0]
        broken.sort(key=lambda part: cost(part[0]))
        left = min(abs(wh), max(0, self.kept * -sign))
        parts = [(None, abs(wh) - left)]
        for price, size in broken:
            parts.append((price, min(size, left)))
            left -= parts[-1][1]
        ways = []
        for traded, size in parts:
            bounds = [price for price in (self.price, traded) if price is not None]
            bound = max(bounds, key=cost) if bounds else None
            charged = outside if bound is None else max(outside, bound, key=cost)
            within = None if bound is None else max(bound, least, key=cost)
            ways.append((cost(charged) - cost(charged if within is None else within), charged, within, size))
        # What is tolerated is what that saves most on.
        band = abs(self.kept) * self.terms["tolerance"] // MILLION if self.price is not None else 0
        ways.sort(key=lambda way: (-way[0], cost(way[2]) if way[2] is not None else 0))
        tolerated = forgiven = charged_for = 0
        for _, charged, within, size in ways:
            inside = min(size, band)
            band -= inside
            tolerated += inside
            forgiven -= sign * (0 if inside == 0 else within) * inside
            charged_for -= sign * charged * (size - inside)
        return tolerated * sign, forgiven, charged_for

    def value(self, wh):
        """What was paid or received for a part of the position, rounded down, at prices among those of its contracts."""
        if wh == 0:
            return 0
        whole = -self.contracted if self.position > 0 else self.contracted
        least, most = min(one[4] for one in self.contracts), max(one[5] for one in self.contracts)
        return min(max(whole * wh // abs(self.position), least * wh), most * wh)

    def baseline(self):
        """What the point would have drawn by what like days say, or None."""
        placed = self.facts["placed"]
        if not placed or not placed[1]:
            return None
        mean, before = placed[1]
        room = abs(mean) // 5
        adjusted = mean
        if all(settles(one) for one in placed[2]) and before:
            adjusted = towards_zero(mean * sum(net(one) for one in placed[2]), before)
        return min(max(adjusted, mean - room), mean + room)

    def reduction(self, metered):
        """Curtailment, delivered and not delivered Wh and what is received for them."""
        if not self.taken:
            return 0, 0, 0, 0, 0
        _, _, price, charge = self.order
        baseline = self.baseline()
        counted = self.position if baseline is None else baseline
        reference = self.direction * max(0, min(self.position * self.direction, counted * self.direction))
        less = (reference - metered) * self.direction
        delivered, missing = min(self.taken, max(0, less)), max(0, self.taken - less)
        whole = self.value(self.taken)
        curtailment = whole if self.direction > 0 else self.value(delivered) - whole
        return curtailment, delivered, missing, price * delivered, -charge * missing

    def outcome(self, metered):
        """All that a reading comes to."""
        wh = metered - self.kept
        tolerated, forgiven, charged = self.imbalance(wh)
        curtailment, delivered, missing, paid, fined = self.reduction(metered)
        levy = self.levy_short if wh > 0 else self.levy_long
        return {
            "wh": wh, "tolerated": tolerated, "forgiven": forgiven, "charged": charged, "drawn": metered,
            "path_fees": self.fee * abs(wh), "levy": levy * abs(wh - tolerated),
            "curtailment": curtailment, "delivered": delivered, "missing": missing, "paid": paid, "fined": fined,
            "for_order": curtailment + paid + fined, "amount": forgiven + charged + curtailment + paid + fined,
        }

    def perimeter(self):
        """What who balances receives for energy that was taken over."""
        if self.direction > 0:
            return -self.taken * self.long
        return self.taken * self.short

    def settled(self):
        """The outcome that counts, and whether it is an estimate; None while the point has to wait."""
        possible, read = candidates(self.terms, self.facts)
        if possible is None:
            return None, False
        outcomes = [self.outcome(metered) for metered in possible]
        return min(outcomes, key=lambda outcome: outcome["amount"]), not read

    def lines(self, outcome, estimated, unfunded):
        """The lines of the first settlement, as (cause, Wh, amount)."""
        lines = [("contract", one[1] - one[2], int(one[3])) for one in self.contracts]
        if self.taken:
            lines.append(("curtailment", self.kept - self.position, outcome["curtailment"]))
        if outcome["delivered"]:
            lines.append(("flexibility", outcome["delivered"], outcome["paid"]))
        if outcome["missing"] and self.order[3]:
            lines.append(("non_delivery", outcome["missing"], outcome["fined"]))
        if unfunded:
            lines.append(("loss_share", 0, -unfunded))
        if outcome["tolerated"]:
            lines.append(("tolerance", outcome["tolerated"], outcome["forgiven"]))
        rest = outcome["wh"] - outcome["tolerated"]
        if rest or estimated:
            lines.append(("estimated_imbalance" if estimated else "imbalance", rest, outcome["charged"]))
        return lines

    def payer(self):
        """Whose the money is: the retailer's if the point did not trade."""
        retailer = self.facts["retailer"]
        return self.facts["owner"] if self.contracts or retailer is None else retailer
