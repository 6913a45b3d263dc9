"""What a router should hold against what it holds."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.network.reconcile import Deviation, Drift, Kind, is_our_profile, reconcile
from core.network.router import (
    AddProfile,
    AddUser,
    HeldProfile,
    HeldUser,
    HotspotProfile,
    HotspotUser,
    RemoveProfile,
    RemoveUser,
    SetProfile,
    SetUser,
)

MARK = "shabaka:"
HOUR = HotspotProfile("shabaka-512k", "512k/2M", 1)
ACHOL = HotspotUser("achol7", "0042", HOUR.name, 3_600, None, f"{MARK}grant-7")


def held(user: HotspotUser, key: str = "*1", **changes) -> HeldUser:
    values = {field.name: getattr(user, field.name) for field in fields(HotspotUser)}
    return HeldUser(**{**values, "id": key, **changes})


def held_profile(profile: HotspotProfile, key: str = "*1", **changes) -> HeldProfile:
    values = {field.name: getattr(profile, field.name) for field in fields(HotspotProfile)}
    return HeldProfile(**{**values, "id": key, **changes})


DEFAULT = held_profile(HotspotProfile("default", "", 1), "*0", default=True)


def drift(users=(), profiles=(HOUR,), held_users=(), held_profiles=None) -> Drift:
    standing = (DEFAULT, held_profile(HOUR)) if held_profiles is None else held_profiles
    return reconcile(users, profiles, held_users, standing, MARK)


def test_a_router_that_holds_all_has_no_drift() -> None:
    found = drift([ACHOL], held_users=[held(ACHOL)])
    assert found == Drift()
    assert found.none


def test_what_is_missing_is_added_profile_first() -> None:
    found = drift([ACHOL], held_profiles=[DEFAULT])
    assert found.missing == (Deviation(Kind.PROFILE, HOUR.name), Deviation(Kind.USER, "achol7"))
    assert found.changes == (AddProfile(HOUR), AddUser(ACHOL))


def test_what_is_no_longer_wanted_is_removed_user_before_profile() -> None:
    found = drift([], [], [held(ACHOL, "*7")])
    assert found.extra == (Deviation(Kind.PROFILE, HOUR.name), Deviation(Kind.USER, "achol7"))
    assert found.changes == (RemoveUser("*7", "achol7"), RemoveProfile("*1", HOUR.name))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "1111"),
        ("profile", "default"),
        ("limit_uptime_s", None),
        ("limit_bytes_total", 1_000),
        ("comment", f"{MARK}other"),
        ("disabled", True),
    ],
)
def test_a_field_that_was_edited_by_hand_is_named_and_put_right(field: str, value: object) -> None:
    found = drift([ACHOL], held_users=[held(ACHOL, "*7", **{field: value})])
    assert found.changed == (Deviation(Kind.USER, "achol7", (field,)),)
    assert found.changes == (SetUser("*7", ACHOL),)


def test_a_drift_never_shows_a_password() -> None:
    found = drift([ACHOL], held_users=[held(ACHOL, password="1111")])
    assert "0042" not in repr(found)
    assert "1111" not in repr(found)


def test_a_password_we_may_not_read_is_not_rewritten_forever() -> None:
    hidden = held(ACHOL, password="", password_hidden=True)
    assert drift([ACHOL], held_users=[hidden]).none


def test_a_changed_speed_is_set_before_users() -> None:
    slow = held_profile(replace(HOUR, rate_limit="64k/64k"), "*4")
    found = drift([ACHOL], held_profiles=[DEFAULT, slow])
    assert found.changes == (SetProfile("*4", HOUR), AddUser(ACHOL))
    assert found.changed == (Deviation(Kind.PROFILE, HOUR.name, ("rate_limit",)),)


def test_what_does_not_carry_our_mark_is_never_touched() -> None:
    trial = held(HotspotUser("default-trial", "", "default", comment="counters and limits for trial users"))
    owners = held(HotspotUser("deng", "his own", "default", comment=""), "*2")
    tier = held_profile(HotspotProfile("deng-fast", "9M/9M", 3), "*9")
    assert drift(held_users=[trial, owners], held_profiles=[DEFAULT, held_profile(HOUR), tier]).none


def test_a_name_taken_by_a_stranger_is_reported_and_left() -> None:
    found = drift([ACHOL], held_users=[held(ACHOL, comment="made by hand")])
    assert found.clashes == (Deviation(Kind.USER, "achol7"),)
    assert found.changes == ()
    assert not found.none


def test_a_profile_that_a_stranger_uses_is_reported_and_left() -> None:
    strangers = held(HotspotUser("deng", "p", HOUR.name, comment="made by hand"))
    found = drift([], [], [strangers])
    assert found.clashes == (Deviation(Kind.PROFILE, HOUR.name),)
    assert found.changes == ()


def test_a_second_of_ours_under_another_server_is_removed() -> None:
    found = drift([ACHOL], held_users=[held(ACHOL, "*1"), held(ACHOL, "*2")])
    assert found.changes == (RemoveUser("*2", "achol7"),)


def test_to_desire_what_we_could_not_recognise_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="must begin with shabaka:"):
        drift([replace(ACHOL, comment="")])
    with pytest.raises(ValueError, match="must begin with shabaka"):
        drift([], [HotspotProfile("1h", "", 1)])
    with pytest.raises(ValueError, match="desired twice"):
        drift([ACHOL, ACHOL])


@pytest.mark.parametrize(("limit", "amount"), [("limit_uptime_s", 0), ("limit_bytes_total", -1)])
def test_a_limit_of_zero_is_refused_because_a_router_takes_it_for_none(limit: str, amount: int) -> None:
    with pytest.raises(ValueError, match="disable achol7 instead"):
        replace(ACHOL, **{limit: amount})


@pytest.mark.parametrize(
    ("name", "ours"),
    [("shabaka:1h", True), ("shabaka-1h", True), ("shabaka", True), ("shabakat", False), ("my shabaka", False)],
)
def test_our_profiles_are_known_by_name(name: str, ours: bool) -> None:
    assert is_our_profile(name, MARK) is ours


# Any state of any router


class Model:
    """A router in memory that refuses what RouterOS refuses."""

    def __init__(self, users: list[HeldUser], profiles: list[HeldProfile]) -> None:
        self.users = {user.id: user for user in users}
        self.profiles = {profile.id: profile for profile in profiles}
        self.next = 1_000

    def apply(self, change) -> None:
        self.next += 1
        key = f"*{self.next:X}"
        match change:
            case AddProfile(profile):
                assert profile.name not in {held.name for held in self.profiles.values()}
                self.profiles[key] = held_profile(profile, key)
            case SetProfile(id, profile):
                self.profiles[id] = held_profile(profile, id)
            case RemoveProfile(id, name):
                assert name not in {user.profile for user in self.users.values()}, "in use"
                del self.profiles[id]
            case AddUser(user):
                assert user.name not in {held.name for held in self.users.values()}
                assert user.profile in {held.name for held in self.profiles.values()}
                self.users[key] = held(user, key)
            case SetUser(id, user):
                assert user.profile in {held.name for held in self.profiles.values()}
                self.users[id] = held(user, id)
            case RemoveUser(id):
                del self.users[id]


TIERS = st.sampled_from(["shabaka-a", "shabaka-b", "shabaka-c"])
RATES = st.sampled_from(["", "512k/2M", "1M/4M"])
LIMITS = st.none() | st.integers(1, 10)
NAMES = st.sampled_from("pqrstu")


def some_users(tiers: st.SearchStrategy[str], comments: st.SearchStrategy[str]):
    user = st.builds(HotspotUser, NAMES, st.sampled_from(["1", "2"]), tiers, LIMITS, LIMITS, comments, st.booleans())
    return st.lists(user, max_size=6, unique_by=lambda one: one.name)


def some_profiles(names: st.SearchStrategy[str]):
    profile = st.builds(HotspotProfile, names, RATES, st.none() | st.integers(1, 3))
    return st.lists(profile, max_size=4, unique_by=lambda one: one.name)


@st.composite
def cases(draw):
    profiles = draw(some_profiles(TIERS))
    standing = [
        held_profile(profile, f"*{at}")
        for at, profile in enumerate(draw(some_profiles(TIERS | st.sampled_from(["deng-x", "deng-y"]))), start=1)
    ]
    standing.append(DEFAULT)
    tiers = [profile.name for profile in profiles]
    users = draw(some_users(st.sampled_from(tiers), st.just(f"{MARK}g"))) if tiers else []
    comments = st.sampled_from([f"{MARK}g", f"{MARK}old", "", "by hand"])
    present = draw(some_users(st.sampled_from([profile.name for profile in standing]), comments))
    return users, profiles, [held(user, f"*{at}") for at, user in enumerate(present, start=1)], standing


@settings(max_examples=300, deadline=None)
@given(cases())
def test_after_its_changes_there_is_nothing_more_to_change(case) -> None:
    users, profiles, present, standing = case
    model = Model(present, standing)
    strangers = {user for user in present if not user.comment.startswith(MARK)}
    first = reconcile(users, profiles, present, standing, MARK)
    for change in first.changes:
        model.apply(change)
    again = reconcile(users, profiles, list(model.users.values()), list(model.profiles.values()), MARK)
    assert again.changes == again.missing == again.extra == again.changed == ()
    assert again.clashes == first.clashes
    assert strangers <= set(model.users.values())
    assert {one for one in standing if one.name.startswith(("deng", "default"))} <= set(model.profiles.values())
    clashing = {one.name for one in again.clashes if one.kind is Kind.USER}
    ours = {user.name for user in model.users.values() if user.comment.startswith(MARK)}
    assert ours == {user.name for user in users} - clashing
