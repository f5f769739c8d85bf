"""Errors that say what was expected, what was found and what to do.

Every error that a user can meet derives from :class:`KpikitError`. The text is built from facts, so that no
message lacks one of them, and the exit code of the command line belongs to the class.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name most like ``name``, or None when none is like it.

    >>> nearest("custmer_id", ["customer_id", "amount"])
    'customer_id'
    """
    candidates = list(valid)
    folded = {candidate.casefold(): candidate for candidate in candidates}
    found = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def listed(names: Iterable[object], limit: int = 12) -> str:
    """Return names as a short list for a message.

    >>> listed(["a", "b", "c"], limit=2)
    'a, b … and 1 more'
    """
    items = [str(name) for name in names]
    if len(items) <= limit:
        return ", ".join(items) if items else "nothing"
    return f"{', '.join(items[:limit])} … and {len(items) - limit} more"


class KpikitError(Exception):
    """A failure with its facts: what was expected, what was found, what to do, and where.

    Parameters
    ----------
    expected, got, fix
        Sentence fragments: what was expected, what was found, what to do about it.
    where
        File, line, column, table or parameter that the message is about.
    """

    exit_code = 1
    kind = "internal error"

    def __init__(self, expected: str, *, got: str = "", fix: str = "", where: str = "") -> None:
        self.expected, self.got, self.fix, self.where = expected, got, fix, where
        super().__init__(self.__str__())

    def __str__(self) -> str:
        head = f"{self.where}: " if self.where else ""
        body = f"expected {self.expected}"
        if self.got:
            body += f"; found {self.got}"
        tail = f". {self.fix}" if self.fix else ""
        return f"{head}{body}{tail}"

    def __reduce__(self) -> tuple[object, ...]:  # keyword-only facts survive pickling between processes
        return (_rebuild, (type(self), self.expected, self.got, self.fix, self.where))


def _rebuild(cls: type[KpikitError], expected: str, got: str, fix: str, where: str) -> KpikitError:
    return cls(expected, got=got, fix=fix, where=where)


class MachineError(KpikitError):
    """The machine refused: a folder that cannot be written, a full disk."""

    exit_code, kind = 1, "machine"


class ConfigError(KpikitError):
    """kpikit.yaml, or a value in it, is wrong."""

    exit_code, kind = 2, "configuration"


class ParameterError(KpikitError):
    """A parameter of a notebook or a function is unknown, of the wrong type or out of range."""

    exit_code, kind = 2, "parameter"


class ContractError(KpikitError):
    """A table is not what its contract says: a column, a type or a value."""

    exit_code, kind = 2, "data contract"


class DataUnreachableError(KpikitError):
    """Data cannot be read: no such file, no server, no permission, or not fresh enough."""

    exit_code, kind = 7, "data not reachable"


class NotebookError(KpikitError):
    """A notebook raised an error."""

    exit_code, kind = 3, "notebook failed"


class RunTimeoutError(KpikitError):
    """A cell or a run took longer than its limit."""

    exit_code, kind = 4, "timed out"


class KernelDiedError(KpikitError):
    """The kernel ended before the notebook did."""

    exit_code, kind = 5, "kernel died"


class LockedError(KpikitError):
    """Another run holds the lock of this report."""

    exit_code, kind = 6, "locked"


class TerminatedError(KpikitError):
    """The run was asked to end: SIGTERM, or Ctrl-C."""

    exit_code, kind = 143, "interrupted"


class GateError(KpikitError):
    """The export gate refused a page."""

    exit_code, kind = 8, "export gate"


def one_of(name: str, value: object, valid: Iterable[str]) -> None:
    """Raise :class:`ParameterError` unless ``value`` is one of the valid names."""
    names = list(valid)
    if value in names:
        return
    hint = nearest(str(value), names)
    raise ParameterError(
        f"one of {listed(names)}",
        got=repr(value),
        fix=f"Did you mean {hint!r}?" if hint else "Pass one of these.",
        where=name,
    )
