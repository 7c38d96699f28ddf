from django.urls import path

from catalogue import views

app_name = "catalogue"
urlpatterns = [
    path("", views.product_list, name="list"),
    path("products/<slug:slug>/", views.product_page, name="product"),
    path("api/products/", views.product_api, name="api"),
]
