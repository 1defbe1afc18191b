"""An account that cannot fail proves nothing. `scripts/soak` runs these first."""

from __future__ import annotations

import unittest

from soak.account import MEBIBYTE, Account, Stored


def account_of(
    present: list[str], *, accepted: str = "abc", unsure: str = "", retired: str = "",
    dead_letters: str = "", may_be_missing: str = "",
) -> list[str]:
    account = Account()
    account.add_sink(
        Stored("postgres", present, set(retired), set(dead_letters), set(may_be_missing)),
        set(accepted), set(unsure))
    return account.wrong


class AccountTests(unittest.TestCase):
    def test_what_is_stored_once_balances(self) -> None:
        self.assertEqual(account_of(["a", "b", "c"]), [])

    def test_dead_letters_and_servers_put_away_count(self) -> None:
        self.assertEqual(account_of(["a"], retired="b", dead_letters="c"), [])

    def test_a_missing_event_is_named(self) -> None:
        self.assertEqual(account_of(["a", "b"]), ["1 accepted events are missing in postgres: c"])

    def test_only_what_redis_alone_held_may_be_missing(self) -> None:
        self.assertEqual(account_of(["a", "b"], may_be_missing="c"), [])
        self.assertEqual(
            account_of(["a"], may_be_missing="c"), ["1 accepted events are missing in postgres: b"])

    def test_an_event_stored_twice_is_named(self) -> None:
        self.assertEqual(
            account_of(["a", "b", "c", "c"]), ["1 events are stored twice by postgres: c"])

    def test_an_event_is_not_both_stored_and_a_dead_letter(self) -> None:
        self.assertEqual(
            account_of(["a", "b", "c"], dead_letters="a"),
            ["1 events are stored by postgres and dead letters: a"])

    def test_what_was_never_accepted_is_not_stored(self) -> None:
        self.assertEqual(account_of(["a", "b", "c", "d"], unsure="d"), [])
        self.assertEqual(
            account_of(["a", "b", "c", "d"]), ["1 events in postgres were never accepted: d"])

    def test_an_unheard_event_is_named(self) -> None:
        account = Account()
        account.add_listener("stays", {"a", "b", "c"}, {"a"}, {"b"})
        self.assertEqual(
            account.wrong, ["1 accepted events were not heard by the dashboard that stays: c"])

    def test_memory_that_grows_to_the_end_is_named(self) -> None:
        def of(*mebibytes: int) -> list[str]:
            account = Account()
            account.add_memory({"ingest": [(0, size * MEBIBYTE) for size in mebibytes]}, judge=True)
            return account.wrong

        self.assertEqual(of(40, 50, 60, 60, 60), [])
        self.assertEqual(of(40, 50, 60, 80, 120), ["ingest grew from 60 to 120 MiB"])
