"""Fitting a page on a screen: at most five choices, within the budget of the alphabet it is written in."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from core.languages import marked as _
from core.languages import say
from core.messaging.segments import measure, substitute
from flows.session import Page, Screen

# A USSD string is 160 octets, 182 GSM-7 characters (GSM 04.80, TS 23.038); gateways cut at 160. Arabic goes as
# UCS-2: 80 characters, less a margin of ours for gateways that allow fewer.
SCREEN_GSM_CHARS_MAX: Final = 160
SCREEN_UCS2_CHARS_MAX: Final = 70
OPTIONS_MAX: Final = 5

MORE: Final = "98"
BACK: Final = "0"
HOME: Final = "00"
KEYS: Final = frozenset({MORE, BACK, HOME})
NOTICE_PAGE: Final = -1
_MORE_LABEL: Final = _("More")
_BACK_LABEL: Final = _("Back")
PAGES_KEPT_MAX: Final = 512  # menus and price lists, which all callers see alike, at a kilobyte each


def fits(text: str) -> bool:
    """Whether a text fits one screen."""
    measured = measure(text)
    most = SCREEN_GSM_CHARS_MAX if measured.encoding == "gsm7" else SCREEN_UCS2_CHARS_MAX
    return measured.units <= most


def screens(page: Page, tongue: str, notice: str = "") -> list[str]:
    """The page as texts that each fit one screen, in order; "98" leads from one to the next.

    The notice and the head stand on the first; what is too long runs on to the next, at a line or a space.
    """
    return list(_screens(page, tongue, notice))


@lru_cache(PAGES_KEPT_MAX)
def _screens(page: Page, tongue: str, notice: str) -> tuple[str, ...]:
    more = f"{MORE}. {say(tongue, _MORE_LABEL)}"
    tail = f"{BACK}. {say(tongue, _BACK_LABEL)}" if page.back and not page.ends else ""
    blocks = [line for line in (notice, page.head) if line]
    lines = [f"{key}. {label}" for key, label in page.options]
    if len(lines) < OPTIONS_MAX or (len(lines) == OPTIONS_MAX and fits(_join([*blocks, more]))):
        whole = _join([*blocks, *lines, tail])
        if fits(whole):  # most pages: what the way below would come to as well, line by line
            return (whole,) if whole else ()
    texts: list[str] = []
    current: list[str] = []
    count = 0
    waiting = [(block, False) for block in blocks] + [(line, True) for line in lines]
    while waiting:
        line, is_option = waiting.pop(0)
        if texts:  # a later screen always leads back to the one before
            tail = tail or f"{BACK}. {say(tongue, _BACK_LABEL)}" * (not page.ends)
        closing = tail if not waiting else more
        full = is_option and count == OPTIONS_MAX
        if not full and (_fits_with(current, line, closing) or (waiting and _last_fits(current, line, waiting, tail))):
            current.append(line)
            count += is_option
        elif current and (full or is_option or not fits(_join([line, closing]))):
            texts.append(_join([*current, more]))
            current, count = [], 0
            waiting.insert(0, (line, is_option))
        elif current:
            texts.append(_join([*current, more]))
            current, count = [line], int(is_option)
        else:
            first, rest = _cut(line, more)
            texts.append(_join([first, more]))
            if rest:
                waiting.insert(0, (rest, is_option))
    texts.append(_join([*current, tail]))
    return tuple(substitute(text) for text in texts if text)


def _join(lines: list[str]) -> str:
    return substitute("\n".join(line for line in lines if line))


def _fits_with(current: list[str], line: str, closing: str) -> bool:
    return fits(_join([*current, line, closing]))


def _last_fits(current: list[str], line: str, waiting: list[tuple[str, bool]], tail: str) -> bool:
    """Whether all that is left fits here at once, which spares the way to a further screen."""
    left = [line, *(text for text, _is_option in waiting)]
    few = sum(is_option for _text, is_option in waiting) < OPTIONS_MAX
    return few and fits(_join([*current, *left, tail]))


def _cut(line: str, closing: str) -> tuple[str, str]:
    """The longest beginning that fits a screen, and the rest: cut where a line ends, or at a space."""
    low, high = 1, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(_join([line[:middle], closing])):
            low = middle
        else:
            high = middle - 1
    at = line.rfind("\n", low // 2, low + 1)  # a line by itself says more than half of the next with it
    at = at if at > 0 else line.rfind(" ", 1, low + 1)
    at = at if at > 0 else low
    return line[:at].rstrip(), line[at:].lstrip()


def show(page: Page, tongue: str, number: int, notice: str = "") -> tuple[Screen, int]:
    """One screen of a page, and its number brought into range. A page that ends has one screen only.

    A notice is read at once, on the first screen. It pushes choices off it, so that "98" must lead to the first screen
    without it, not to the second, which would jump over them: such a screen stands before the first, at -1.
    """
    texts = screens(page, tongue, notice)
    if page.ends:
        return Screen(texts[0] if len(texts) == 1 else _first_of_ending(page, notice), ends=True), 0
    if notice and len(texts) > 1 and not page.options:  # no room for the question too: it is still the one to answer
        texts = screens(Page("", back=page.back), tongue, notice)
    if notice:
        return Screen(texts[0], ends=False), 0 if len(texts) == 1 else NOTICE_PAGE
    number = max(0, min(number, len(texts) - 1))
    return Screen(texts[number], ends=False), number


def _first_of_ending(page: Page, notice: str) -> str:
    """An ending longer than a screen, which only a strange fact can make: its beginning, cut at a space."""
    return _cut(" ".join(part for part in (notice, page.head) if part), "")[0]
