from django.db.models import Avg, Count, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from catalogue.models import Product


def rated() -> QuerySet[Product]:
    products = Product.objects.select_related("category")
    return products.annotate(stars=Avg("reviews__stars"), review_count=Count("reviews"))


@require_safe
def product_list(request: HttpRequest) -> HttpResponse:
    return render(request, "catalogue/list.html", {"products": rated()})


@require_safe
def product_page(request: HttpRequest, slug: str) -> HttpResponse:
    product = get_object_or_404(rated().prefetch_related("reviews"), slug=slug)
    seen = [product.slug, *(other for other in request.session.get("seen", []) if other != product.slug)]
    request.session["seen"] = seen[:5]
    return render(request, "catalogue/product.html", {"product": product, "seen": seen[1:5]})


@require_safe
def product_api(_request: HttpRequest) -> HttpResponse:
    rows = rated().values("name", "slug", "price", "stock", "category__name", "stars")
    return JsonResponse({"products": [{**row, "price": str(row["price"])} for row in rows]})
