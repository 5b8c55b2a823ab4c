"""A small portal around accounts, so that these tests do not depend on the pages of other apps."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from accounts.access import get_visible_or_404, public, role_required, signed_in
from accounts.models import Role, User

handler400 = "okoce.errors.bad_request"
handler403 = "okoce.errors.permission_denied"
handler404 = "okoce.errors.page_not_found"
handler500 = "okoce.errors.server_error"


@public
def opened(request: HttpRequest) -> HttpResponse:
    return HttpResponse("terbuka")


@signed_in
def inside(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"masuk sebagai {request.user}")


@role_required(Role.PENGELOLA, Role.ADMIN)
def managers(request: HttpRequest) -> HttpResponse:
    return HttpResponse("khusus")


@role_required(Role.PESERTA)
def participants(request: HttpRequest) -> HttpResponse:
    return HttpResponse("peserta")


def forgotten(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ini tidak boleh terlihat")


class OwnUsers:
    """Stands for a manager with `visible_to`: everybody sees themselves only."""

    model = User

    def visible_to(self, user: User) -> object:
        return User.objects.filter(pk=user.pk)


@signed_in
def record_page(request: HttpRequest, pk: str) -> HttpResponse:
    return HttpResponse(str(get_visible_or_404(OwnUsers(), request.user, pk=pk)))


urlpatterns = [
    path("", opened),
    path("terbuka/", opened),
    path("dalam/", inside),
    path("khusus/", managers, name="queue"),
    path(
        "dasbor/",
        role_required(Role.ADMIN, Role.DINAS)(lambda request: HttpResponse("dasbor")),
        name="dashboard",
    ),
    path("saya/", participants, name="journey"),
    path("hari-ini/", role_required(Role.PENDAMPING)(lambda request: HttpResponse("hari")), name="coach_day"),
    path("lupa/", forgotten),
    path("catatan/<str:pk>/", record_page),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
]
