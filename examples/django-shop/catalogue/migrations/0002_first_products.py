"""Something to sell: a category's products, each with a few reviews."""

from datetime import date, timedelta
from decimal import Decimal

from django.db import migrations

STOCKED = {
    "Garden": ("Hand trowel", "Watering can", "Twine", "Seed tray", "Pruning shears", "Leaf rake"),
    "Kitchen": ("Chef's knife", "Cutting board", "Colander", "Saucepan", "Whisk", "Salt mill"),
    "Office": ("Desk lamp", "Notebook", "Paper clips", "Fountain pen", "Stapler", "Ruler"),
    "Workshop": ("Claw hammer", "Spirit level", "Wood glue", "Sandpaper", "Hand drill", "Tape measure"),
}
FIRST_REVIEW = date(2026, 1, 5)


def stock_up(apps, _schema_editor):
    category_model = apps.get_model("catalogue", "Category")
    product_model = apps.get_model("catalogue", "Product")
    review_model = apps.get_model("catalogue", "Review")
    for category_name, names in STOCKED.items():
        category = category_model.objects.create(name=category_name)
        for number, name in enumerate(names, start=1):
            product = product_model.objects.create(
                category=category,
                name=name,
                slug=name.lower().replace("'", "").replace(" ", "-"),
                price=Decimal(len(name) * number) + Decimal("0.95"),
                stock=number * 137,
            )
            review_model.objects.bulk_create(
                review_model(
                    product=product,
                    author=author,
                    stars=(len(name) + number + place) % 5 + 1,
                    text="As described.",
                    written_on=FIRST_REVIEW + timedelta(days=number * 7 + place),
                )
                for place, author in enumerate(("Ada", "Grace", "Edsger")[: number % 4])
            )


def sell_out(apps, _schema_editor):
    apps.get_model("catalogue", "Product").objects.all().delete()
    apps.get_model("catalogue", "Category").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = (("catalogue", "0001_initial"),)
    operations = (migrations.RunPython(stock_up, sell_out),)
