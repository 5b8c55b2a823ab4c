"""Public addresses of areas and centres."""

from __future__ import annotations

from django.urls import URLPattern, path

from centers import views

urlpatterns: list[URLPattern] = [
    path("wilayah/cari/", views.area_search, name="area_search"),
    path("pusat/", views.center_list, name="center_list"),
    path("pusat/<str:code>/", views.center_page, name="center_page"),
]
