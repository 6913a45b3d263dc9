"""Changing the plan of a monthly service, from now or from its next month; and keeping it after all."""

from __future__ import annotations

from typing import Final

from core.callers.commands import ChangePlan, KeepPlan
from core.callers.facts import Facts, ServiceFact, TariffFact
from core.errors import PlanGone
from core.languages import marked as _
from core.languages import say
from flows.menu import choose_again, read_nothing
from flows.refusals import sentence
from flows.session import Answer, Page, Session

MOVES: Final = [
    ("service", "my_plan.service", "my_plan.tariff"),
    ("tariff", "my_plan.tariff", "my_plan.when"),
    ("change", "my_plan.when", "my_plan.changed"),
    ("keep", "my_plan.tariff", "my_plan.kept"),
    ("back", ["my_plan.service", "my_plan.tariff"], "bill.show"),
    ("back", "my_plan.when", "my_plan.tariff"),
]
NAME_CHARS_MAX: Final = 24  # of a plan on a phone: with its price it stands on one screen in any script


def changeable(facts: Facts) -> tuple[ServiceFact, ...]:
    """The services that are on and for which another plan is on sale, or agreed on."""
    return tuple(one for one in facts.services if one.can_change and (_plans_for(one, facts) or one.agreed_id))


def _plans_for(service: ServiceFact, facts: Facts) -> tuple[TariffFact, ...]:
    """What a service can be changed to: paid in the same way, on the same days."""
    return tuple(
        one
        for one in facts.tariffs
        if (one.pay, one.billed_on) == (service.pay, service.billed_on) and one.tariff_id != service.tariff_id
    )


def first_question(facts: Facts) -> Answer:
    """Which service, where there are several; else which plan."""
    services = changeable(facts)
    if len(services) > 1:
        return Answer("which_service")
    return Answer("change", {"service": services[0].subscription_id})


def _service(session: Session, facts: Facts) -> ServiceFact | None:
    return next((one for one in changeable(facts) if one.subscription_id == session.data["service"]), None)


def _tariff(session: Session, facts: Facts) -> TariffFact | None:
    service = _service(session, facts)
    plans = _plans_for(service, facts) if service else ()
    return next((one for one in plans if one.tariff_id == session.data["tariff"]), None)


def _name(plan: TariffFact, facts: Facts) -> str:
    """A plan's name, in letters the phone can show."""
    return (plan.name_ar if facts.tongue == "ar" else plan.name_en)[:NAME_CHARS_MAX]


def show_service(_session: Session, facts: Facts) -> Page:
    """The services that are on, by number and plan."""
    options = tuple(
        (str(key), f"{one.number} {one.tariff_ar if facts.tongue == 'ar' else one.tariff_en}"[:NAME_CHARS_MAX])
        for key, one in enumerate(changeable(facts), 1)
    )
    return Page(say(facts.tongue, _("Which service?")), options)


def read_service(_session: Session, typed: str, facts: Facts) -> Answer:
    """One of them."""
    services = {str(key): one for key, one in enumerate(changeable(facts), 1)}
    return Answer("service", {"service": services[typed].subscription_id}) if typed in services else choose_again(facts)


def _own_name(service: ServiceFact, facts: Facts) -> str:
    """The name of the plan it has, in letters the phone can show."""
    return (service.tariff_ar if facts.tongue == "ar" else service.tariff_en)[:NAME_CHARS_MAX]


def show_tariff(session: Session, facts: Facts) -> Page:
    """The other plans on sale, each by the number that is its own for ever; its own, where a change is agreed on."""
    service = _service(session, facts)
    if service is None:
        return _gone_page(facts)
    options = {
        one.alias: f"{_name(one, facts)}: {str(one.price).removeprefix('SSP ')}"  # another currency is named
        for one in _plans_for(service, facts)
    }
    if service.agreed_id is not None:
        options[service.alias] = say(facts.tongue, _("Keep {plan}"), plan=_own_name(service, facts))
    in_order = tuple((str(alias), options[alias]) for alias in sorted(options))
    return Page(say(facts.tongue, _("Plans, SSP a month:")), in_order)


def read_tariff(session: Session, typed: str, facts: Facts) -> Answer:
    """A plan by its number. Its own takes back the change that is agreed on."""
    service = _service(session, facts)
    if service is None:
        return _gone(facts)
    if service.agreed_id is not None and typed == str(service.alias):
        return Answer("keep", {"tariff": service.tariff_id}, KeepPlan(service.subscription_id))
    plan = next((one for one in _plans_for(service, facts) if str(one.alias) == typed), None)
    return Answer("tariff", {"tariff": plan.tariff_id}) if plan else choose_again(facts)


def show_when(session: Session, facts: Facts) -> Page:
    """From now or later? Choosing is agreeing. Prepaid, the change now is paid from the balance."""
    service, plan = _service(session, facts), _tariff(session, facts)
    if service is None or plan is None:
        return _gone_page(facts)
    now = _("Now: your balance pays the difference") if service.pay == "prepaid" else _("From now on")
    head = say(facts.tongue, _("{plan}: {price} a month. From when?"), plan=_name(plan, facts), price=plan.price)
    return Page(head, (("1", say(facts.tongue, now)), ("2", say(facts.tongue, _("From next month")))))


def read_when(session: Session, typed: str, facts: Facts) -> Answer:
    """The day changes the plan."""
    service, plan = _service(session, facts), _tariff(session, facts)
    if service is None or plan is None:
        return _gone(facts)
    if typed not in ("1", "2"):
        return choose_again(facts)
    later = typed == "2"
    return Answer("change", {"later": later}, ChangePlan(service.subscription_id, plan.tariff_id, at_period_end=later))


def _gone(facts: Facts) -> Answer:
    """The plan is withdrawn, or the service went off since it was shown: back to what there is now."""
    return Answer(notice=sentence(PlanGone(code=""), facts.tongue), session=Session("bill.show"))


def _gone_page(facts: Facts) -> Page:
    """The same, where a dropped call is gone on with. Whatever is answered leads to the bill."""
    return Page(sentence(PlanGone(code=""), facts.tongue))


def show_changed(session: Session, facts: Facts) -> Page:
    """Done, or agreed on."""
    plan = next((one for one in facts.tariffs if one.tariff_id == session.data["tariff"]), None)
    name = _name(plan, facts) if plan else "-"
    if session.data["later"]:
        return Page(say(facts.tongue, _("From your next month you have the plan {plan}."), plan=name), ends=True)
    return Page(say(facts.tongue, _("You have the plan {plan} now."), plan=name), ends=True)


def show_kept(session: Session, facts: Facts) -> Page:
    """Nothing changes any more."""
    service = next((one for one in facts.services if one.subscription_id == session.data["service"]), None)
    name = _own_name(service, facts) if service else "-"
    return Page(say(facts.tongue, _("You keep the plan {plan}. The change is cancelled."), plan=name), ends=True)


STATES: Final = {
    "my_plan.service": (show_service, read_service),
    "my_plan.tariff": (show_tariff, read_tariff),
    "my_plan.when": (show_when, read_when),
    "my_plan.changed": (show_changed, read_nothing),
    "my_plan.kept": (show_kept, read_nothing),
}
