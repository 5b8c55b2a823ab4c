"""Forms of the action plan: strings become domain values, nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.fields import CodeField, DayField, WordsField
from participants.models import Stage

from .forms import DayForm
from .models import ActionPlan, StepOwner
from .models.plan import MOST_STEPS
from .plans import Step

SHOWN_STEPS = 4
"""Steps that show at once; the others open below them."""
FURTHEST_STEP = 365


class PlanForm(DayForm):
    """A goal and up to eight steps; a step without words is left out."""

    use_required_attribute = False

    goal = WordsField(
        label="Tujuan", max_length=300, required_text="Tulis tujuannya dengan satu kalimat.",
        help_text="Dengan kata-kata peserta. Contoh: berjualan tiap hari dengan harga yang untung.",
    )  # fmt: skip

    def __init__(self, *args: Any, plan: ActionPlan | None = None, **kwargs: Any) -> None:
        self.plan = plan
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        known = list(self.plan.steps.all()) if self.plan else []
        stages = [(stage.value, f"{stage.number}. {stage.label}") for stage in Stage]
        here = self.enrollment.stage if self.enrollment.stage_number >= 3 else Stage.PENDAMPINGAN.value
        self.initial["goal"] = self.plan.goal if self.plan else self.enrollment.goal
        for number in range(1, MOST_STEPS + 1):
            step = known[number - 1] if number <= len(known) else None
            self.fields[f"text_{number}"] = WordsField(
                label="Langkah", max_length=160, required=False, initial=step.text if step else ""
            )
            self.fields[f"owner_{number}"] = CodeField(
                label="Giliran", choices=StepOwner.choices, required=False,
                initial=step.owner if step else StepOwner.PESERTA.value,
            )  # fmt: skip
            self.fields[f"due_{number}"] = DayField(
                label="Paling lambat", required=False, help_text="", initial=step.due_on if step else None
            )
            self.fields[f"stage_{number}"] = CodeField(
                label="Untuk tahap", choices=stages, required=False, initial=step.stage if step else here
            )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The fields step by step, as the page draws them."""
        return [
            {name: self[f"{name}_{number}"] for name in ("text", "owner", "due", "stage")}
            | {"number": number, "is_more": number > SHOWN_STEPS}
            for number in range(1, MOST_STEPS + 1)
        ]

    @property
    def opens_more(self) -> bool:
        """Whether one of the hidden steps is filled in or refused."""
        late = range(SHOWN_STEPS + 1, MOST_STEPS + 1)
        return any(self[f"text_{number}"].value() or self[f"due_{number}"].errors for number in late)

    def clean(self) -> dict[str, Any]:
        """A step with words needs an owner and a day; there is at least one."""
        data: dict[str, Any] = super().clean() or {}
        last = self.today + timedelta(days=FURTHEST_STEP)
        filled = 0
        for number in range(1, MOST_STEPS + 1):
            text, due = data.get(f"text_{number}"), data.get(f"due_{number}")
            if not text:
                continue
            filled += 1
            if not data.get(f"owner_{number}"):
                data[f"owner_{number}"] = StepOwner.PESERTA.value
            if not data.get(f"stage_{number}"):
                data[f"stage_{number}"] = self.fields[f"stage_{number}"].initial
            if f"due_{number}" in self.errors:
                continue
            if due is None:
                self.add_error(f"due_{number}", ValidationError("Tulis sampai kapan langkah ini."))
            elif due < self.today and due != self.fields[f"due_{number}"].initial:
                self.add_error(f"due_{number}", ValidationError("Tanggal ini sudah lewat."))
            elif due > last:
                self.add_error(f"due_{number}", ValidationError("Terlalu jauh. Paling lama setahun lagi."))
        if not filled and "text_1" not in self.errors:
            self.add_error("text_1", ValidationError("Tulis sedikitnya satu langkah."))
        return data

    def steps(self) -> list[Step]:
        """The steps that were written, in their order."""
        data = self.cleaned_data
        return [
            Step(
                data[f"text_{number}"], StepOwner(data[f"owner_{number}"]), data[f"due_{number}"],
                Stage(data[f"stage_{number}"]),
            )
            for number in range(1, MOST_STEPS + 1)
            if data.get(f"text_{number}")
        ]  # fmt: skip


class AloudForm(forms.Form):
    """Where and when somebody agreed who does not use the portal."""

    use_required_attribute = False
    note = WordsField(
        label="Di mana dan kapan peserta setuju?", max_length=200,
        required_text="Tulis di mana dan kapan peserta menyetujuinya.",
        help_text="Contoh: di pusat, hari ini, sesudah rencananya dibacakan.",
    )  # fmt: skip


class WishForm(forms.Form):
    """What a participant wants to have changed."""

    use_required_attribute = False
    wish = WordsField(
        label="Apa yang ingin Anda ubah?", max_length=300, multiline=True,
        required_text="Tulis dengan kata-kata Anda sendiri.",
        help_text="Contoh: tanggalnya terlalu cepat, anak saya masih sakit.",
    )  # fmt: skip
