"""One thing ahead: in order, with its faults, and gone when nobody takes more."""

import threading

import pytest

from core.statements.ahead import ahead


def test_things_come_in_their_order():
    assert list(ahead(iter(range(50)))) == list(range(50))


def test_what_goes_wrong_is_raised_where_it_is_waited_for():
    def things():
        yield 1
        raise ValueError("the file ends here")

    taken = ahead(things())
    assert next(taken) == 1
    with pytest.raises(ValueError, match="ends here"):
        next(taken)


def test_whoever_stops_early_stops_the_thread_and_only_few_were_made():
    made = []

    def things():
        for number in range(1000):
            made.append(number)
            yield number

    taken = ahead(things())
    assert next(taken) == 0
    taken.close()
    assert len(made) <= 3
    assert not [thread for thread in threading.enumerate() if thread.name == "ahead"]
