"""JSON values in a text: one in each line, one after the other, spread over lines, or in an array.

Whether values span lines is decided at the first one. If they do, a value that is not closed is a bad one, and reading
goes on with the next line.
"""

from __future__ import annotations

import json
import re
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from millstream_tools.tables import lines as limits
from millstream_tools.tables.lines import Lines

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|["{}\[\]]')
_SCALAR = re.compile(r'(?:"(?:[^"\\\r\n]|\\.)*"|[-+.\w]+)(?=[ \t]*[,\]\r\n])')
"""An element of an array that is neither an object nor an array."""
_BETWEEN = re.compile(r"[\s,\x1e]*")
_REST_OF_LINE = re.compile(r"[^\r\n]*")

LONGEST_NAME = 80
"""Characters of a name that an error shows."""


class RepeatedNameError(ValueError):
    """An object has a name twice: which of the two values counts is not said."""


class Value(NamedTuple):
    """A value or, with an `error`, a text that is none as `expected`; `line` and `lines` as of a Row."""

    line: int
    lines: int
    content: Any
    text: str
    error: str = ""
    expected: str = "a JSON object"


def _names_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of a file, as POST /events reads one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        ((repeated, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise RepeatedNameError(f"{repeated[:LONGEST_NAME]!r} twice")
    return found


_decode = json.JSONDecoder(object_pairs_hook=_names_once).decode


class JsonValues:
    """An iterator over the values of a text. `blank_lines` counts the lines without a part of any value."""

    def __init__(self, lines: Lines) -> None:
        self.blank_lines = 0
        self._parts = lines.parts()
        self._again: deque[str] = deque()
        self._spread: bool | None = None
        self._in_array = False
        self._line = 1  # of the text that comes next
        self._line_ended = True  # by the last part
        self._counted = 0  # lines that belong to a value or are blank
        self._text = ""  # of a value that is open, and what follows
        self._scanned = self._depth = 0

    def __iter__(self) -> Iterator[Value]:
        while True:
            part = self._next_part()
            if not part:
                if not self._text:
                    break
                yield from self._give_up()
            elif self._text or self._spread:
                yield from self._scan(part)
            else:
                yield from self._whole_line(part)
        last = self._line - 1 if self._line_ended else self._line
        self.blank_lines += max(0, last - self._counted)
        if self._in_array:
            yield Value(max(1, last), 0, None, "", "an array that is not closed: the file is cut off")

    def _next_part(self) -> str:
        part = self._again.popleft() if self._again else next(self._parts, "")
        self._line_ended = part[-1] in "\r\n" if part else self._line_ended
        return part

    def _whole_line(self, part: str) -> Iterator[Value]:
        if part.isspace():
            self._line += _line_ends(part)
            return
        try:
            content = _decode(part)
        except (ValueError, RecursionError):
            yield from self._scan(part)
            return
        if isinstance(content, list):
            yield from self._scan(part)
            return
        self._spread = False
        yield self._value(content, part)
        self._line += _line_ends(part)

    def _scan(self, part: str) -> Iterator[Value]:
        """Find the values in the text so far; keep one that is still open if values may span lines."""
        self._text += part
        while self._text:
            if not self._depth:
                begin = _BETWEEN.match(self._text).end()  # type: ignore[union-attr]  # it matches nothing too
                self._drop(begin)
                if not self._text:
                    return
                if self._text[0] == "]" if self._in_array else self._text[0] == "[":
                    self._in_array = self._text[0] == "["
                    self._spread = True if self._in_array else self._spread
                    self._drop(1)
                    continue
                if self._text[0] not in "{[":
                    if self._is_cut():
                        return
                    yield from self._no_object()
                    continue
            end = self._end_of_value()
            if end:
                yield self._taken(end)
            elif self._spread is False and self._text[-1] in "\r\n":
                yield from self._bad_line("an object that is not closed")
            elif len(self._text) > limits.LONGEST_LINE:
                yield from self._give_up()
                return
            else:
                self._spread = True
                return

    def _is_cut(self) -> bool:
        """Whether an element of an array, which is no object, goes on in the next part of a long line."""
        is_part = self._text[-1] not in "\r\n" and len(self._text) < limits.LONGEST_LINE
        return self._in_array and is_part and not _SCALAR.match(self._text)

    def _no_object(self) -> Iterator[Value]:
        """The next element of an array; elsewhere, and if that is no JSON, the rest of the line."""
        element = _SCALAR.match(self._text) if self._in_array else None
        if element:
            yield self._taken(element.end())
        else:
            yield from self._bad_line("a JSON value that is no object, or other text")

    def _end_of_value(self) -> int:
        """Where the value at the beginning of the text ends; 0 if it does not yet."""
        for token in _TOKEN.finditer(self._text, self._scanned):
            mark = token[0]
            if mark == '"':  # the string goes on in the next part
                self._scanned = token.start()
                return 0
            if mark in "{[":
                self._depth += 1
            elif mark in "}]":
                self._depth -= 1
                if not self._depth:
                    return token.end()
        self._scanned = len(self._text)
        return 0

    def _taken(self, end: int) -> Value:
        text = self._text[:end]
        try:
            value = self._value(_decode(text), text)
        except RepeatedNameError as error:
            value = self._value(None, text, str(error))._replace(expected="a JSON object with each name once")
        except (ValueError, RecursionError) as error:
            value = self._value(None, text, str(error))
        self._spread = self._spread is True or bool(_line_ends(text))
        self._drop(end)
        return value

    def _bad_line(self, why: str) -> Iterator[Value]:
        """The rest of the line is no value."""
        line = _REST_OF_LINE.match(self._text)[0]  # type: ignore[index]  # it matches nothing too
        yield self._value(None, line, why)
        self._in_array &= not line.rstrip(" \t,").endswith("]")
        self._drop(len(line))

    def _give_up(self) -> Iterator[Value]:
        """The open value is never closed, or is too long: go on with the line after its first one."""
        text = self._text
        end = _REST_OF_LINE.match(text).end()  # type: ignore[union-attr]  # it matches nothing too
        if end == len(text):  # the rest of the line is still to come
            while (part := self._next_part()) and part[-1] not in "\r\n":
                pass
            rest, ended = "", part[-2:] if part.endswith("\r\n") else part[-1:]
        else:
            ended = "\r\n" if text.startswith("\r\n", end) else text[end]
            rest = text[end + len(ended) :]
        yield self._value(
            None, text[:end], f"an object that is not closed, or of more than {limits.LONGEST_LINE} characters"
        )
        self._line += _line_ends(ended)
        self._text, self._scanned, self._depth, self._spread = "", 0, 0, None
        self._in_array &= bool(rest)  # at the end, one reject is enough
        self._again.extendleft(reversed(rest.splitlines(keepends=True)))

    def _value(self, content: Any, text: str, error: str = "") -> Value:
        last = self._line + _line_ends(text.rstrip("\r\n"))
        self.blank_lines += max(0, self._line - 1 - self._counted)
        lines = last - max(self._counted, self._line - 1)
        self._counted = last
        return Value(self._line, lines, content, text, error)

    def _drop(self, many: int) -> None:
        self._line += _line_ends(self._text[:many])
        self._text = self._text[many:]
        self._scanned = self._depth = 0


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")
