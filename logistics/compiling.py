"""numba, so that a function is compiled once and kept, wherever a cache folder can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compiles ahead of the first call of a later process where a cache folder can be written."""
    try:
        fast: Any = numba.njit(cache=True, nogil=True, boundscheck=False)(function)
    except RuntimeError:  # no folder for the cache: compile in every process
        fast = numba.njit(nogil=True, boundscheck=False)(function)
    return cast("F", fast)
