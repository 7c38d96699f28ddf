"""The health view at the path it is included under."""

from __future__ import annotations

from django.urls import path

from caretaker_kit.django.views import warm

app_name = "caretaker"
urlpatterns = [path("", warm, name="warm")]
