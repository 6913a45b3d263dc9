"""A year of one customer, as a clerk would tell it: every document, and why it says what it says."""

from datetime import date
from decimal import Decimal

from core.billing.change_service import change_service
from core.billing.credit import credit_invoice
from core.billing.end_service import end_service
from core.billing.withhold import record_withholding
from core.catalog.set_exchange_rate import set_exchange_rate
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.catalog.set_tax_rate import end_tax_rate, set_tax_rate
from core.subscriptions.pause import pause, unpause
from tests.provider import ssp


def test_a_year_of_achol(provider):
    p = provider
    mary = p.town.staff["mary"]

    # 14 January: she joins HOME, SSP 30,000 a month before excise of 20 %, paid afterwards, due in 14 days.
    p.on("2027-01-14")
    home = p.begins("HOME")

    # 14 February: the first month is over. 30,000 and 6,000 excise. She pays it in two parts.
    p.bills_daily_until("2027-02-14")
    p.on("2027-02-20")
    p.pays(20_000)
    assert p.invoices()[0].due == 16_000
    p.on("2027-02-27")
    p.pays(20_000)  # 4,000 too much: it waits on her balance
    assert (p.invoices()[0].due, p.balance()) == (0, ssp(4_000))

    # 14 March: the credit is used at once.
    p.bills_daily_until("2027-03-14")
    assert (p.invoices()[1].total, p.invoices()[1].due) == (36_000, 32_000)

    # 20 March: the line was down three days; a credit note of 3,600 for it.
    p.on("2027-03-20")
    p.does(
        credit_invoice,
        key="outage",
        invoice_id=p.invoices()[1].id,
        amount=ssp(3_600),
        reason="three days without service",
        issuer=p.issuer,
        now=p.clock.now(),
        made_by=mary,
    )
    p.pays(28_400)
    assert p.invoices()[1].due == 0

    # 25 March: a new price from 1 May is written down; the month that runs, and those before, keep the old one.
    p.does(
        set_tariff_version,
        code="HOME",
        terms=NewTerms(down_kbps=4_000, up_kbps=1_000, price=ssp(33_000)),
        valid_from=date(2027, 5, 1),
        staff_id=mary,
        now=p.clock.now(),
    )

    # 29 April: she changes to BIGGER, 60,000, in the middle of her month (14 April to 14 May, 30 days): 15 at the old
    # price, 15 at the new one.
    p.bills_daily_until("2027-04-29")
    ((bigger,),) = p.rows("SELECT id FROM tariff WHERE code = 'BIGGER'")
    p.does(
        change_service,
        subscription_id=home,
        tariff_id=bigger,
        at_period_end=False,
        by=p.by("more children at home"),
        issuer=p.issuer,
        key="april",
    )
    p.bills_daily_until("2027-05-14")
    may = p.invoices()[-1]
    assert [(line.facts["tariff_en"], line.facts["days"], line.facts["of"], int(line.amount)) for line in p.lines(may.id)] == [
        ("Home", 15, 30, 15_000),
        ("Bigger", 15, 30, 30_000),
    ]  # fmt: skip
    assert may.total == 54_000

    # 1 June: excise falls to 15 %. What was billed keeps its 20.
    p.on("2027-05-20")
    ((rate,),) = p.rows("SELECT id FROM tax_rate")
    p.does(end_tax_rate, rate_id=rate, until=date(2027, 6, 1))
    p.does(
        set_tax_rate,
        tax_code="EXCISE",
        product_class="telecom",
        rate_percent=Decimal(15),
        inclusive=False,
        compound=False,
        valid_from=date(2027, 6, 1),
        valid_until=None,
        note="as her accountant read the Finance Act",
        staff_id=mary,
        now=p.clock.now(),
    )
    p.bills_daily_until("2027-06-14")
    assert (p.invoices()[-1].net, p.invoices()[-1].tax) == (60_000, 9_000)

    # July and August: she is away from 1 July to 14 August. 17 of 30 days of the June month, none of July's.
    p.on("2027-06-30")
    p.does(pause, subscription_id=home, by=p.by("away for the rains"))
    p.bills_daily_until("2027-08-14")
    assert [(one.net, one.period_from.month) for one in p.invoices()[-1:]] == [(34_000, 6)]
    p.does(unpause, subscription_id=home, by=p.by("back"))
    p.bills_daily_until("2027-09-14")
    assert p.invoices()[-1].net == 60_000

    # 20 September: her employer pays, keeps 15 % of the net amount as tax, and sends the certificate.
    september = p.invoices()[-1]
    p.on("2027-09-20")
    p.does(
        record_withholding,
        invoice_id=september.id,
        amount=ssp(9_000),
        certificate="SSRA 2027/0417",
        now=p.clock.now(),
    )
    p.pays(60_000, invoice_id=september.id)
    assert [one.due for one in p.invoices() if one.id == september.id] == [0]

    # She pays all the rest, and ends it on 25 October: the last bill is for 12 days of 31.
    p.pays(int(sum(one.due or 0 for one in p.invoices())))
    p.bills_daily_until("2027-10-25")
    p.does(end_service, subscription_id=home, by=p.by("moves to Wau"), issuer=p.issuer)
    p.bills_daily_until("2027-10-26")
    last = p.invoices()[-1]
    (line,) = p.lines(last.id)
    assert (line.facts["days"], line.facts["of"], str(last.net)[:8], int(last.total)) == (12, 31, "23225.81", 26_710)
    p.pays(int(sum(one.due or 0 for one in p.invoices())))

    # Nothing is owed, nothing is left over, and no number is missing.
    p.bills_daily_until("2028-01-14")
    assert sum(one.due or 0 for one in p.invoices()) == 0
    assert p.balance() == ssp(0)
    assert [one.number for one in p.invoices() if one.kind == "invoice"] == [
        f"INV-2027-{n:06d}" for n in range(1, 10)
    ]  # fmt: skip
    p.agrees()


def test_a_year_of_an_ngo_in_dollars(provider):
    """USD 100 a month by the first, billed in pounds at the rate of the day; each invoice keeps the one it used."""
    p = provider

    def rate(day, pounds):
        p.on(day)
        p.does(
            set_exchange_rate,
            day=p.today,
            currency="USD",
            rate=Decimal(pounds),
            source="Bank of South Sudan",
            staff_id=p.town.staff["mary"],
            now=p.clock.now(),
        )

    rate("2026-11-16", "4500")
    p.begins("NGO")
    rate("2026-11-30", "4600.50")
    p.bills_daily_until("2026-12-01")
    rate("2026-12-31", "5000")
    p.bills_daily_until("2027-01-01")
    first, second = p.invoices()
    assert (first.net, second.net) == (230_025, 500_000)  # 15 of 30 days at 4,600.50; a month at 5,000
    assert [p.lines(one.id)[0].facts["rate_millionths"] for one in (first, second)] == [4_600_500_000, 5_000_000_000]
    p.agrees()
