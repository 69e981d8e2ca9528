"""A form: one line a field, its help below while it has the focus, its problem under it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from screens.choice import Choice
from screens.hidden import Hidden

Sort = Literal["text", "number", "choice", "secret"]


@dataclass(frozen=True, slots=True)
class Row:
    """Describe one field as it is shown; `check` gives what is wrong with a text, or nothing."""

    key: str
    label: str
    help: str
    value: str = ""
    sort: Sort = "text"
    choices: tuple[str, ...] = ()
    default: str = ""
    note: str = ""
    check: Callable[[str], str] = field(default=lambda text: "", compare=False)


class FieldLine(Vertical):
    """Show one field: label, value, note; below them what is wrong, once it was touched."""

    DEFAULT_CSS = """
    FieldLine { height: auto; }
    FieldLine Horizontal { height: 1; }
    FieldLine .label { width: 30; }
    FieldLine .value { width: 1fr; max-width: 60; }
    FieldLine .note { width: auto; max-width: 30; padding: 0 1; color: $text-muted; }
    FieldLine .wrong { display: none; padding: 0 0 0 30; color: $text-error; height: auto; }
    FieldLine.-wrong .wrong { display: block; }
    """

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.row = row
        self.touched = False

    def compose(self) -> ComposeResult:
        """Lay out the line."""
        row = self.row
        with Horizontal():
            yield Static(Text(f"  {row.label}", no_wrap=True), classes="label")
            yield self._value()
            yield Static(Text(row.note), classes="note")
        yield Static(classes="wrong")

    def _value(self) -> Widget:
        row = self.row
        widget: Widget
        if row.sort == "choice":
            widget = Choice(row.choices, row.value)
        elif row.sort == "secret":
            widget = Hidden()
        else:
            widget = Input(
                row.value,
                compact=True,
                placeholder=row.default,
                restrict=r"[0-9]*" if row.sort == "number" else None,
            )
        widget.add_class("value")
        return widget

    @property
    def value(self) -> str:
        """Give what stands in the field."""
        widget = self.query_one(".value")
        return widget.value if isinstance(widget, Choice | Input) else ""

    def mark(self, focused: bool) -> None:
        """Point at the line that has the focus."""
        label = f"{'>' if focused else ' '} {self.row.label}"
        self.query_one(".label", Static).update(Text(label, style="bold" if focused else ""))

    def judge(self, *, touch: bool = False) -> str:
        """Say what is wrong with the value, and show it when the field was touched."""
        self.touched = self.touched or touch
        text = self.row.check(self.value)
        self.set_class(bool(text) and self.touched, "-wrong")
        self.query_one(".wrong", Static).update(Text(text))
        return text


class Form(Vertical):
    """Show rows and say every change; validates on blur, so an untouched field is never red."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]
    DEFAULT_CSS = """
    Form { height: 1fr; }
    Form #lines { height: 1fr; overflow-y: auto; }
    Form #fieldhelp { height: auto; min-height: 4; max-height: 6; }
    """

    class Changed(Message):
        """Say that a field has a new value."""

        def __init__(self, key: str, value: str) -> None:
            super().__init__()
            self.key = key
            self.value = value

    class Ended(Message):
        """Say that Enter was pressed in the last field."""

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__()
        self.rows = tuple(rows)
        self.current: Row | None = None

    def compose(self) -> ComposeResult:
        """Lay out the lines above the help."""
        with Vertical(id="lines"):  # a scrolling container would take Up and Down for itself
            for row in self.rows:
                yield FieldLine(row)
        yield Static(id="fieldhelp", classes="pane")

    def lines(self) -> Iterable[FieldLine]:
        """Give the lines."""
        return self.query(FieldLine).results()

    def line(self, key: str) -> FieldLine | None:
        """Give one line."""
        return next((line for line in self.lines() if line.row.key == key), None)

    def focus_first(self) -> None:
        """Give the focus to the first field."""
        self.focus_on(self.rows[0].key if self.rows else "")

    def focus_on(self, key: str) -> None:
        """Give the focus to a field."""
        line = self.line(key)
        if line is not None:
            line.query_one(".value").focus()

    async def set_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows, keeping those lines whose rows are the same fields."""
        if [r.key for r in rows] == [r.key for r in self.rows]:
            for row, line in zip(rows, self.lines(), strict=True):
                line.row = row
                line.query_one(".note", Static).update(Text(row.note))
            self.rows = tuple(rows)
            return
        key = self.current.key if self.current else ""
        self.rows = tuple(rows)
        box = self.query_one("#lines")
        await box.remove_children()
        await box.mount_all([FieldLine(row) for row in rows])
        self.focus_on(key if self.line(key) else (rows[0].key if rows else ""))

    def judge(self) -> str:
        """Judge every field; gives the key of the first that is wrong, which gets the focus."""
        wrong = [line.row.key for line in self.lines() if line.judge(touch=True)]
        if wrong:
            self.focus_on(wrong[0])
            self.call_after_refresh(self.reveal)
        return wrong[0] if wrong else ""

    def reveal(self) -> None:
        """Bring the current line into view, with what is wrong with it."""
        line = self.line(self.current.key) if self.current else None
        if line is not None:
            line.scroll_visible(animate=False)

    def explain(self) -> list[str]:
        """Give the help of the field that has the focus."""
        row = self.current
        if row is None:
            return []
        lines = [row.help]
        if row.choices:
            lines.append(f"One of: {', '.join(row.choices)}")
        if row.default:
            lines.append(f"Default: {row.default}")
        return lines

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the help of the field."""
        line = _line_of(event.widget)
        if line is None:
            return
        self.current = line.row
        line.mark(True)
        help_box = self.query_one("#fieldhelp", Static)
        help_box.border_title = line.row.label
        help_box.update(Text(line.row.help))
        # Before the first layout a box does not know how wide it is, and so not how high.
        self.call_after_refresh(help_box.refresh, layout=True)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Judge the field that was left."""
        line = _line_of(event.widget)
        if line is not None:
            line.mark(False)
            if line.value or line.touched:
                line.judge(touch=True)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say the change."""
        self._changed(event.input, event.value)
        event.stop()

    def on_choice_changed(self, event: Choice.Changed) -> None:
        """Say the change."""
        self._changed(event.choice, event.value)
        event.stop()

    def _changed(self, widget: Widget, value: str) -> None:
        line = _line_of(widget)
        if line is not None:
            line.judge()
            self.post_message(self.Changed(line.row.key, value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next field."""
        event.stop()
        self._onward()

    def on_choice_submitted(self) -> None:
        """Go to the next field."""
        self._onward()

    def _onward(self) -> None:
        if self.current is not None and self.current.key == self.rows[-1].key:
            self.post_message(self.Ended())
        else:
            self.screen.focus_next()


def _line_of(widget: Widget) -> FieldLine | None:
    found = (w for w in widget.ancestors_with_self if isinstance(w, FieldLine))
    return next(found, None)
