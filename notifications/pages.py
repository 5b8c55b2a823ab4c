"""Pages of an inbox by key: as fast at the end as at the beginning, and steady while new messages arrive."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User

from .models import Notification

PAGE_SIZE = 20


@dataclass(frozen=True)
class Page:
    """Messages, newest first; `newer` and `older` are where the neighbouring pages begin."""

    messages: list[Notification]
    newer: Notification | None
    older: Notification | None

    @property
    def previous(self) -> str:
        """Address of the page with newer messages, or empty."""
        return f"?sebelum={self.newer.pk}" if self.newer else ""

    @property
    def next(self) -> str:
        """Address of the page with older messages, or empty."""
        return f"?sesudah={self.older.pk}" if self.older else ""


def inbox_page(
    user: User, *, older_than: Notification | None = None, newer_than: Notification | None = None
) -> Page:
    """The newest messages of a user, or those next to one of them in either direction. One query."""
    mine = Notification.objects.visible_to(user)
    if newer_than is not None:
        at, key = newer_than.created_at, newer_than.pk
        later = mine.filter(Q(created_at__gt=at) | Q(created_at=at, id__gt=key), created_at__gte=at)
        rows = list(later.order_by("created_at", "id")[: PAGE_SIZE + 1])
        shown = rows[:PAGE_SIZE][::-1]
        has_newer, has_older = len(rows) > PAGE_SIZE, True
    else:
        if older_than is not None:
            at, key = older_than.created_at, older_than.pk
            mine = mine.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=key), created_at__lte=at)
        rows = list(mine.newest_first()[: PAGE_SIZE + 1])
        shown = rows[:PAGE_SIZE]
        has_newer, has_older = older_than is not None, len(rows) > PAGE_SIZE
    return Page(
        messages=shown,
        newer=shown[0] if shown and has_newer else None,
        older=shown[-1] if shown and has_older else None,
    )
