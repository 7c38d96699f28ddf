from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("catalogue.urls")),
    path("admin/", admin.site.urls),
    path("warmz/", include("caretaker_kit.django.urls")),
]
