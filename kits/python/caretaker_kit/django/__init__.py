"""A health view for Django that warms what it checks: `path("warmz/", include("caretaker_kit.django.urls"))`.

It is a view behind Django's own routing, not a middleware in front of it: routing imports the URL conf and with it
the project's views, which is most of what a first user would wait for.
"""
