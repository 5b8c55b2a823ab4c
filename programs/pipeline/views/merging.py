"""Merging two records of one person: preview, act, the merges done, undoing."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SeeOther, get_visible_or_404, role_required
from accounts.models import Role
from accounts.requests import actor_of, show_refusal
from core.clock import now
from core.fields import PlainTextField
from core.keyset import page as keyset_page
from participants.duplicates import pair_of
from participants.models import Merge
from participants.refusals import Refused
from programs.pipeline import merging

PAGE_SIZE = 25
OLD_PAGE = "Halaman ini sudah lama terbuka. Periksa sekali lagi, lalu gabungkan."


class MergeForm(forms.Form):
    """The versions the actor had read, and a note."""

    kept_version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    taken_out_version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    reason = PlainTextField(
        label="Keterangan",
        max_length=300,
        required=False,
        help_text="Misalnya: KTP sudah dilihat, peserta mendaftar dua kali. Tersimpan di riwayat.",
    )


class UndoForm(forms.Form):
    """Why the merge was wrong."""

    reason = PlainTextField(
        label="Alasan", max_length=300, required_text="Tulis mengapa penggabungan ini dibatalkan."
    )


@role_required(Role.PENGELOLA, Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, kept: UUID, taken_out: UUID) -> HttpResponse:
    """What moves where, and the act: the first person goes on, the second is taken out of the count."""
    actor = actor_of(request)
    pair = pair_of(actor, kept, taken_out)
    if pair is None:
        raise Http404("Tidak ditemukan.")
    form = MergeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            merging.merge(
                kept_id=pair[0].pk, taken_out_id=pair[1].pk, actor=actor, at=now(), **form.cleaned_data
            )
        except Refused as refusal:
            show_refusal(request, refusal)
            return SeeOther(request.path)
        messages.success(
            request, f"{pair[1].number} digabung ke {pair[0].number}. Bisa dibatalkan selama 30 hari."
        )
        return SeeOther(reverse("person", args=[kept]))
    if {"kept_version", "taken_out_version"} & form.errors.keys():
        messages.error(request, OLD_PAGE)
        return SeeOther(request.path)
    context = {
        "form": form,
        "plan": merging.plan(*pair, actor=actor),
        "swap_url": reverse("merge", args=[taken_out, kept]),
    }
    return render(request, "pipeline/merge.html", context, status=422 if form.errors else 200)


@role_required(Role.PENGELOLA, Role.DINAS, Role.ADMIN)
@require_safe
def merges(request: HttpRequest) -> HttpResponse:
    """The merges of the scope, newest first."""
    at = now()
    found = (
        Merge.objects.visible_to(actor_of(request))
        .select_related("winner", "loser", "kept", "taken_out", "merged_by", "undone_by")
        .defer("changes")
    )
    page = keyset_page(found, cursor=request.GET.get("sesudah", ""), field="merged_at", size=PAGE_SIZE)
    rows = [{"merge": row, "is_undoable": row.is_standing and at <= row.undo_until} for row in page.rows]
    context = {
        "rows": rows,
        "next_url": f"?sesudah={page.next_cursor}" if page.next_cursor else "",
        "previous_url": f"?sesudah={page.previous_cursor}" if page.previous_cursor else "",
    }
    return render(request, "pipeline/merges.html", context)


@role_required(Role.PENGELOLA, Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def undo_merge(request: HttpRequest, merge_id: UUID) -> HttpResponse:
    """The question, or why not; and the undoing."""
    actor, at = actor_of(request), now()
    rows = Merge.objects.visible_to(actor).select_related("winner", "loser", "kept", "taken_out")
    done: Merge = get_visible_or_404(rows, actor, pk=merge_id)
    form = UndoForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            merging.undo(merge_id=done.pk, actor=actor, reason=form.cleaned_data["reason"], at=at)
        except Refused as refusal:
            for reason in refusal.reasons:
                form.add_error(None, reason)
        else:
            messages.success(request, "Penggabungan dibatalkan. Keduanya dihitung lagi seperti semula.")
            return SeeOther(reverse("merges"))
    context = {"merge": done, "form": form, "refusals": merging.why_not_undo(done, at=at)}
    return render(request, "pipeline/merge_undo.html", context, status=422 if form.errors else 200)
