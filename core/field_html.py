"""Form fields as HTML, written by plain string work.

Drawing forms is the main cost of the registration page, and one field costs about a fifteenth of Django's own
field template here. Order of a field: label, hint, error, control.
Everything a person wrote passes `escaped`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.widgets import Input
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from core.formats import number
from core.icons import MARKUP

WIDTHS = {
    "nik": "w-nik num-in",
    "phone": "w-nik num-in",
    "date": "w-date num-in",
    "money": "w-money num-in",
    "number": "w-date num-in",
    "half": "w-half",
}
"""Names a template may give as `width`, and the classes they stand for."""

NUMERIC = frozenset({"nik", "date", "money", "number"})

OPTIONAL = ' <span class="opt">(boleh dikosongkan)</span>'


@dataclass(frozen=True, slots=True)
class Look:
    """How a template wants a field shown; empty values mean "as the form says"."""

    label: str = ""
    hint: str = ""
    unit: str = ""
    width: str = ""
    optional: bool | None = None
    hide_label: bool = False
    look: str = ""
    notes: Mapping[str, str] | None = None
    autocomplete: str = ""
    told: bool = False


def escaped(value: Any) -> str:
    """Text for HTML; what is safe already stays (`conditional_escape` without its detours)."""
    if isinstance(value, Promise):
        value = str(value)
    if hasattr(value, "__html__"):
        markup: str = value.__html__()
        return markup
    return escape(str(value))


def render(bound: BoundField, look: Look) -> SafeString:
    """Return one field, complete with label, hint and error, as safe HTML."""
    return SafeString(_Writer(bound, look).field())


def first_error(bound: BoundField) -> str:
    """Return the field's errors as one plain sentence or paragraph, or ""."""
    return " ".join(str(message) for message in bound.errors)


class _Writer:
    """Writes one field; `control` picks the way by the kind of widget."""

    def __init__(self, bound: BoundField, look: Look) -> None:
        self.bound = bound
        self.look = look
        self.widget = bound.field.widget
        self.id = bound.auto_id or bound.html_name
        self.name = bound.html_name
        self.hint = look.hint or bound.help_text
        self.error = first_error(bound)

    def field(self) -> str:
        """The whole field; hidden inputs are the input alone."""
        widget = self.widget
        if widget.is_hidden:
            return str(self.bound)
        if isinstance(widget, forms.CheckboxInput):
            return self._wrap(self._error() + self._checkbox())
        if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
            return self._group()
        head = self._label() + self._hint() + self._error()
        if isinstance(widget, forms.FileInput):
            return self._wrap(f'<div class="file" data-file>{head}{self._file()}</div>')
        return self._wrap(head + self._control() + self._told())

    # parts -----------------------------------------------------------------------------------------

    def _wrap(self, inner: str) -> str:
        return f'<div class="field{" field-error" if self.error else ""}">{inner}</div>'

    def _words(self) -> str:
        label = escaped(self.look.label or self.bound.label)
        optional = self.look.optional if self.look.optional is not None else not self.bound.field.required
        return label + (OPTIONAL if optional else "")

    def _label(self) -> str:
        hidden = " visually-hidden" if self.look.hide_label else ""
        return f'<label class="form-label{hidden}" for="{self.id}">{self._words()}</label>'

    def _hint(self) -> str:
        if not self.hint:
            return ""
        return f'<p class="form-text" id="{self.id}-h">{escaped(self.hint)}</p>'

    def _error(self) -> str:
        if not self.error:
            return ""
        text = escaped(self.error)
        return f'<p class="invalid-feedback" id="{self.id}-e">{MARKUP["alert"]}<span>{text}</span></p>'

    def _told(self) -> str:
        """An empty line in which a script may say something about what was typed; it is read out."""
        return f'<p class="told" id="{self.id}-l" aria-live="polite"></p>' if self.look.told else ""

    def _described(self) -> str:
        ids = [f"{self.id}-h"] * bool(self.hint) + [f"{self.id}-e"] * bool(self.error)
        ids += [f"{self.id}-l"] * self.look.told
        return f' aria-describedby="{" ".join(ids)}"' if ids else ""

    def _invalid(self) -> str:
        return ' aria-invalid="true"' if self.error else ""

    def _attributes(self, css: str) -> str:
        """Attributes common to single controls: own ones first, then what the widget declares."""
        look, field = self.look, self.bound.field
        classes = f"{css}{' is-invalid' if self.error else ''}"
        if width := WIDTHS.get(look.width or getattr(field, "look_width", "")):
            classes += f" {width}"
        parts = [f' id="{self.id}" name="{self.name}" class="{classes}"', self._described(), self._invalid()]
        extra = dict(self.widget.attrs)
        extra.pop("class", None)
        if look.width in NUMERIC:
            extra.setdefault("inputmode", "numeric")
        if look.autocomplete:
            extra["autocomplete"] = look.autocomplete
        if field.required and self.bound.form.use_required_attribute:
            extra["required"] = True
        if field.disabled:
            extra["disabled"] = True
        parts.extend(_attribute(key, value) for key, value in extra.items())
        return "".join(parts)

    # controls --------------------------------------------------------------------------------------

    def _control(self) -> str:
        widget = self.widget
        if isinstance(widget, forms.Select):
            return f"<select{self._attributes('form-select')}>{self._options()}</select>"
        if isinstance(widget, forms.Textarea):
            text = escaped(self._value())
            return f"<textarea{self._attributes('form-control')}>\n{text}</textarea>"
        if isinstance(widget, Input):
            return self._input(widget)
        css = f"form-control{' is-invalid' if self.error else ''}"
        return self.bound.as_widget(attrs={"class": css})

    def _value(self) -> str:
        value = self.bound.value()
        if self.look.width == "money" and isinstance(value, int):
            return number(value)
        return self.widget.format_value(value) or ""

    def _input(self, widget: Input) -> str:
        kind = widget.input_type or "text"
        secret = kind == "password"
        value = "" if secret else escaped(self._value())
        given = f' value="{value}"' if value else ""
        reveal = " data-reveal" if secret else ""
        control = f'<input type="{kind}"{self._attributes("form-control")}{given}{reveal}>'
        if self.look.unit:
            unit = escaped(self.look.unit)
            return f'<div class="input-group"><span class="input-group-text">{unit}</span>{control}</div>'
        return control

    def _options(self) -> str:
        chosen = _chosen(self.bound.value())
        parts = []
        for value, label in _choices(self.bound):
            if isinstance(label, list | tuple):
                inner = "".join(_option(key, text, chosen) for key, text in label)
                parts.append(f'<optgroup label="{escaped(value)}">{inner}</optgroup>')
            else:
                parts.append(_option(value, label, chosen))
        return "".join(parts)

    def _checkbox(self) -> str:
        on = self.bound.value()
        checked = " checked" if on and on != "False" else ""
        required = " required" if self.bound.field.required and self.bound.form.use_required_attribute else ""
        disabled = " disabled" if self.bound.field.disabled else ""
        label = escaped(self.look.label or self.bound.label)
        hint = f'<span class="form-text" id="{self.id}-h">{escaped(self.hint)}</span>' if self.hint else ""
        return (
            f'<label class="form-check"><input type="checkbox" id="{self.id}" name="{self.name}"'
            f"{self._described()}{self._invalid()}{checked}{required}{disabled}><span>{label}{hint}</span></label>"
        )

    def _group(self) -> str:
        """A set of radio buttons or boxes: fieldset and legend; the first control carries the field's id."""
        kind = "checkbox" if isinstance(self.widget, forms.CheckboxSelectMultiple) else "radio"
        chosen = _chosen(self.bound.value())
        required = (
            " required"
            if kind == "radio" and self.bound.field.required and self.bound.form.use_required_attribute
            else ""
        )
        notes = self.look.notes or {}
        css = "choice" if self.look.look == "choice" else "form-check"
        rows: list[str] = []
        for value, label in _choices(self.bound):
            key = str(value) if value is not None else ""
            if key == "" and kind == "radio" and self.bound.field.required:
                continue
            suffix = f"_{len(rows)}" if rows else ""
            # the summary links to the first control, so that one also reads the error out
            told = "" if rows or not self.error else f' aria-describedby="{self.id}-e"'
            checked = " checked" if key in chosen else ""
            disabled = " disabled" if self.bound.field.disabled else ""
            words = escaped(label)
            note = notes.get(key, "")
            if css == "choice":
                words = f"<b>{words}</b>"
            if note:
                words += f'<span class="muted small">{escaped(note)}</span>'
            rows.append(
                f'<label class="{css}"><input type="{kind}" id="{self.id}{suffix}" name="{self.name}"'
                f' value="{escaped(key)}"{told}{checked}{required}{disabled}>'
                f"<span>{words}</span></label>"
            )
        hidden = ' class="visually-hidden"' if self.look.hide_label else ""
        gap = " choices" if css == "choice" else ""
        return (
            f'<fieldset class="field{" field-error" if self.error else ""}{gap}"{self._described()}>'
            f"<legend{hidden}>{self._words()}</legend>{self._hint()}{self._error()}{''.join(rows)}</fieldset>"
        )

    def _file(self) -> str:
        multiple = " multiple" if getattr(self.widget, "allow_multiple_selected", False) else ""
        return f'<input type="file"{self._attributes("file-input")}{multiple}>'


def _attribute(key: str, value: Any) -> str:
    if value is True:
        return f" {key}"
    if value is False or value is None:
        return ""
    return f' {key}="{escaped(value)}"'


def _choices(bound: BoundField) -> Iterable[tuple[Any, Any]]:
    choices: Iterable[tuple[Any, Any]] = bound.field.widget.choices  # type: ignore[attr-defined]
    return choices


def _chosen(value: Any) -> frozenset[str]:
    if value is None or value == "":
        return frozenset({""})
    if isinstance(value, list | tuple | set | frozenset):
        return frozenset(str(item) for item in value)
    return frozenset({str(value)})


def _option(value: Any, label: Any, chosen: frozenset[str]) -> str:
    key = "" if value is None else str(value)
    selected = " selected" if key in chosen else ""
    return f'<option value="{escaped(key)}"{selected}>{escaped(label)}</option>'
