"""The top storey: chapters, calculational proofs, the ledger, figures, the command line."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from memorize.book.chapter import Chapter

__all__ = ["Chapter"]


def __getattr__(name: str) -> Any:
    """Load ``Chapter`` when it is asked for: the ledger and the pages need neither torch nor z3."""
    if name == "Chapter":
        from memorize.book.chapter import Chapter

        return Chapter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
